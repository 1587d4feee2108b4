'use strict';
// Ours: `listeners: 'every'` has one on each event, `'data'` on the message alone, `'stream'` reads
// each message as it comes, `'none'` has none at all: what the engine costs without JavaScript.

const fs = require('node:fs');
const { Server } = require('../../index.js');
const { HOST, listening, settings } = require('./serve.js');

const every = {
  connect: () => true,
  disconnect: () => true,
  timeout: () => true,
  message: () => true,
  response: () => true,
  helo: () => true,
  mail: () => true,
  rcpt: () => true,
  dataStart: () => true,
  dataChunk: () => true,
  data: () => true,
  error: () => true,
};
const stream = {
  dataStart() {
    this.message().resume();
    return true;
  },
};
const LISTENERS = { every, data: { data: () => true }, stream, none: {} };

const params = { port: 0, host: HOST };
if (settings.tls) {
  const { key, cert } = settings.tls;
  params.tls = { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
}
const server = new Server(params, LISTENERS[settings.listeners]);
server.listen().then(() => listening(server.address().port));
