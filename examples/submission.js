'use strict';
// A submission server (RFC 6409): who logs in may send, as nobody but itself, and what it sends is
// handed on to a server that delivers it. Passwords are not kept, only keys that are made of them.
//
//   SUBMISSION_PASSWORD=... node examples/submission.js USER ADDRESS KEY CERT HOST [PORT [HOST_PORT]]
//
// USER may send as ADDRESS. KEY and CERT are files in PEM, for STARTTLS. HOST and HOST_PORT (25) are the
// server that delivers; PORT (2587) is ours, where 0 takes a free one.

const { readFileSync } = require('node:fs');
const { Client, Server, scramKeys } = require('smtp-engine');

const [user, sender, key, cert, host, port = '2587', hostPort = '25'] = process.argv.slice(2);
const password = process.env.SUBMISSION_PASSWORD;

/** Who there is: what is kept of a password, and the address to send as. */
const users = new Map();

const pool = new Client.Pool({ host, port: hostPort });

/** Hands a message on; whoever refuses it is heard by the client. */
async function handOn(/** @type {any} */ session) {
  const { from, recipients } = session.data;
  const { rejected } = await pool.send({ from, to: recipients }, session.raw);
  console.log(`${session.user} sent ${session.raw.length} bytes to ${recipients.join(', ')}`);
  // They were accepted here, so they are not lost: somebody has to hear of it.
  for (const address of rejected)
    console.error(`${address} was refused, and ${from} is to be told`);
}

const server = new Server(
  {
    ...{ host: '127.0.0.1', port, requireTls: true, requireAuth: true },
    tls: { key: readFileSync(key), cert: readFileSync(cert) },
  },
  {
    // For a user who is not there it looks the same.
    auth: (login) => login.verify(users.get(login.username)?.keys ?? null),
    mail({ from }) {
      if (from === users.get(this.user).sender) return true;
      return void this.failure(550, `You are ${this.user}, and may not send as ${from}`);
    },
    // The client hears 250 once the message has arrived there, else what was said there.
    async data() {
      await handOn(this);
    },
    error(error) {
      console.error(error.message);
    },
  },
);

async function close() {
  await server.close({ grace: 5_000 });
  await pool.close();
}

async function main() {
  if (!password || !host) throw new Error('see the head of this file for what it has to be given');
  users.set(user, { sender, keys: await scramKeys(password) });
  await server.listen();
  const address = server.address();
  if (typeof address === 'object') console.log(`Listening on 127.0.0.1:${address?.port}`);
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
}

main();
