'use strict';
// A delivery agent: a mail server hands it mail by LMTP (RFC 2033), and hears of each recipient whether
// the mailbox has the message. A mailbox is a folder; who has none is not here.
//
//   node examples/lmtp.js FOLDER [PORT]        (FOLDER has the mailboxes; 2424, where 0 takes a free one)
//
// postfix delivers to it with `mailbox_transport = lmtp:inet:127.0.0.1:2424` in its main.cf.

const { randomUUID } = require('node:crypto');
const { open, rename, rm, stat } = require('node:fs/promises');
const { hostname } = require('node:os');
const path = require('node:path');
const { Server } = require('smtp-engine');

const [folder, port = '2424'] = process.argv.slice(2);

/** The folder of a mailbox, if there is one: no address leads out of ours. */
async function mailboxOf(/** @type {string} */ address) {
  const [, user] = /^([a-z0-9][a-z0-9._+-]*)@/.exec(address.toLowerCase()) ?? [];
  if (user === undefined) return undefined;
  const mailbox = path.join(folder, user);
  const found = await stat(mailbox).catch(() => undefined);
  return found?.isDirectory() ? mailbox : undefined;
}

/** Writes a message into a file that has its name only once it is whole and on the disk. */
async function store(/** @type {string} */ name, /** @type {(string | Uint8Array)[]} */ pieces) {
  const unfinished = `${name}.part`;
  const file = await open(unfinished, 'wx', 0o600);
  try {
    for (const piece of pieces) await file.appendFile(piece);
    await file.sync();
    await rename(unfinished, name);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Delivers to one mailbox; what its recipient's reply is. */
async function deliver(/** @type {any} */ session, /** @type {string} */ address) {
  try {
    const mailbox = await mailboxOf(address);
    if (mailbox === undefined) return { code: 550, message: '5.1.1 No such mailbox' };
    const id = randomUUID();
    // Each copy names its own recipient, so that nobody learns of the others.
    const trace = session.receivedField({ id, for: address });
    const sender = `Return-Path: <${session.data.from}>\r\n`;
    await store(path.join(mailbox, `${id}.eml`), [sender, trace, session.raw]);
    console.log(`${id} from <${session.data.from}> to ${address}`);
    return `2.0.0 Stored as ${id}`;
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    console.error(`${address}: ${message}`);
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    return isFull
      ? { code: 452, message: '4.2.2 The mailbox is full' }
      : { code: 451, message: '4.2.0 The mailbox cannot be written to' };
  }
}

const server = new Server(
  { host: '127.0.0.1', port, lmtp: true, name: hostname() },
  {
    async rcpt(address) {
      if ((await mailboxOf(address)) === undefined) this.failure(550, '5.1.1 No such mailbox');
    },
    // One that fails is tried again by the client, and the others are not.
    async data() {
      const { rcpt } = this.data;
      this.results(await Promise.all(rcpt.map(({ address }) => deliver(this, address))));
    },
    error(error) {
      console.error(error.message);
    },
  },
);

async function main() {
  if (!folder) throw new Error('see the head of this file for what it has to be given');
  await server.listen();
  const address = server.address();
  if (typeof address === 'object') console.log(`Listening on 127.0.0.1:${address?.port}`);
  process.once('SIGINT', () => server.close({ grace: 5_000 }));
  process.once('SIGTERM', () => server.close({ grace: 5_000 }));
}

main();
