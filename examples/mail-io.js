'use strict';
// A mail server with mail-io's interface: handlers decide who gets in and what becomes of mail.
//
//   node examples/mail-io.js [port]

const { createServer } = require('smtp-engine/mail-io');

const quiet = () => {};
const server = createServer(
  {
    hostname: 'mx.example.com',
    domains: ['example.com'],
    // A real one has `tls: { key, cert }` here.
    tls: false,
    relay: { enabled: false },
    plugins: { 'queue/spamd': false, 'queue/maildir': false },
    logger: { debug: quiet, verbose: quiet, info: quiet, protocol: quiet },
  },
  (session) => {
    session.on('queue', (req, res) => {
      const [to] = session.envelope.to;
      console.log(`${session.envelope.from} -> ${to}: ${req.mail.subject}`);
      res.accept(250, 'queued');
    });
  },
);

server.addHandler('rcpt', {
  name: 'known-users',
  after: 'core',
  handler(req, res) {
    if (req.to.startsWith('nobody@')) res.reject(550, 'no such user');
    else res.accept();
  },
});

server.listen(Number(process.argv[2] ?? 2525), '127.0.0.1', () => {
  console.log(`Listening on 127.0.0.1:${server.port}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close());
