'use strict';
// mail-io's interface with its core plugins: with no queue handler, or with one that reads the mail.

const { load } = require('../lib/package.js');
const { HOST, listening, settings } = require('./serve.js');

const { createServer } = load(settings.folder, '/mail-io');

const LEVELS = ['debug', 'verbose', 'info', 'warn', 'error', 'protocol'];

const server = createServer(
  {
    hostname: 'example.domain',
    tls: false,
    logger: Object.fromEntries(LEVELS.map((level) => [level, () => {}])),
    relay: { enabled: false },
    limits: { idleTimeout: 0, maxConnections: 10_000 },
    plugins: { 'queue/spamd': false, 'queue/maildir': false, 'queue/relay': false },
  },
  (session) => {
    if (!settings.reads) return;
    session.on('queue', (request, response) => {
      if (!request.mail.text) throw new Error('a mail without a text');
      response.accept();
    });
  },
);
server.listen(0, HOST, () => listening(server.port));
