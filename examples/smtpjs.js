'use strict';
// smtpjs' interface: a schema of events.
//
//   node examples/smtpjs.js [port]

const Server = require('smtp-engine/smtpjs');

const server = new Server({
  config: { port: Number(process.argv[2] ?? 2525) },
  logger: { level: 'warn' },
  data: () => ({ since: Date.now() }),
  events: {
    async 'RCPT TO'({ params }) {
      // A promise is awaited before the client is answered.
      await new Promise((resolve) => setImmediate(resolve));
      if (!params.includes('@')) throw new Error(`${params} is no address`);
    },
    done(mail) {
      const bytes = Buffer.byteLength(mail.message.join(''));
      console.log(`${mail.from} -> ${mail.to.join(', ')}: ${bytes} bytes`);
    },
  },
});

const listening = server.getServer();
listening.once('listening', () => {
  console.log(`Listening on 127.0.0.1:${listening.address().port}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => listening.close());
