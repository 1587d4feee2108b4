'use strict';
// Ours: `listeners: 'every'` has one on each event, `'data'` on the message alone, `'stream'` reads
// each message as it comes, `'none'` has none at all: what the engine costs without JavaScript;
// `'parse'` has each message parsed, `'login'` judges logins. `workers` is how many threads share the port, each with a server.

const fs = require('node:fs');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { PASSWORD, USER } = require('../lib/login.js');
const { load } = require('../lib/package.js');
const { HOST, listening, settings: ours } = require('./serve.js');

const { settings = ours, port = 0 } = workerData ?? {};
const { Server } = load(settings.folder);

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
/** What smtp-server has callbacks for. */
const login = {
  connect: () => true,
  secure: () => true,
  auth: ({ username, password }) => username === USER && password === PASSWORD,
  mail: () => true,
  rcpt: () => true,
  data: () => true,
  disconnect: () => true,
};
const stream = {
  dataStart() {
    this.message().resume();
    return true;
  },
};
const parse = {
  async data() {
    // Loaded here: the other servers' memory is not to have it.
    await require('mailparser').simpleParser(this.raw);
  },
};
const LISTENERS = { every, data: { data: () => true }, stream, none: {}, parse, login };

const { threads, workers = 1 } = settings;
const params = { port, host: HOST, threads, reusePort: workers > 1 };
if (settings.tls) {
  const { key, cert } = settings.tls;
  params.tls = { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
}
const server = new Server(params, LISTENERS[settings.listeners]);

async function share() {
  await server.listen();
  if (!isMainThread) return;
  const { port } = server.address();
  for (let more = 1; more < workers; more++)
    new Worker(__filename, { workerData: { settings, port } });
  listening(port);
}
share();
