'use strict';
// smtp-protocol's interface with a listener on every event of its server: from npm, or ours.

const { load } = require('../lib/package.js');
const { HOST, listening, settings } = require('./serve.js');

const smtp = settings.isOurs ? load(settings.folder) : require('smtp-protocol');

const server = smtp.createServer({ domain: 'example.domain' }, (request) => {
  request.on('command', () => {});
  request.on('greeting', (_command, ack) => ack.accept());
  request.on('from', (_from, ack) => ack.accept());
  request.on('to', (_to, ack) => ack.accept());
  request.on('message', (stream, ack) => {
    stream.on('data', () => {});
    ack.accept();
  });
  request.on('received', (ack) => {
    // It keeps the recipients of a session's earlier messages: a list that would only grow.
    request.to = undefined;
    request.toExt = undefined;
    ack.accept();
  });
  request.on('rset', () => {});
  request.on('quit', () => {});
});
server.listen(0, HOST, () => listening(server.address().port));
