'use strict';
// smtp-server's interface with a handler of each kind, nothing looked up or limited: from npm, or ours.
// `collect` keeps a message's Buffers until its end, as a program that wants the message does.

const fs = require('node:fs');
const { PASSWORD, USER } = require('../lib/login.js');
const { load } = require('../lib/package.js');
const { HOST, listening, settings } = require('./serve.js');

const { SMTPServer } = settings.isOurs
  ? load(settings.folder, '/smtp-server')
  : require('smtp-server');

/** Silent sessions are a row of the table; the default would close them after a minute. */
const SOCKET_TIMEOUT_MS = 10 * 60 * 1000;

const keys = settings.tls && {
  key: fs.readFileSync(settings.tls.key),
  cert: fs.readFileSync(settings.tls.cert),
};

const server = new SMTPServer({
  ...keys,
  authOptional: true,
  disableReverseLookup: true,
  disabledCommands: keys ? [] : ['STARTTLS'],
  logger: false,
  socketTimeout: SOCKET_TIMEOUT_MS,
  onConnect: (_session, callback) => callback(),
  onSecure: (_socket, _session, callback) => callback(),
  onAuth({ username, password }, _session, callback) {
    if (username === USER && password === PASSWORD) callback(null, { user: username });
    else callback(new Error('Authentication credentials invalid'));
  },
  onMailFrom: (_address, _session, callback) => callback(),
  onRcptTo: (_address, _session, callback) => callback(),
  onData(stream, _session, callback) {
    const chunks = [];
    stream.on('data', (chunk) => {
      if (settings.collect) chunks.push(chunk);
    });
    stream.on('end', () => callback(null, 'OK'));
  },
  onClose: () => {},
});
// Clients that reset their connection are reported here.
server.on('error', () => {});
server.listen(0, HOST, () => listening(server.server.address().port));
