'use strict';
// Sends messages with a library: `sending.js LIBRARY PORT CONNECTIONS LENGTH [FOLDER]`, LIBRARY being
// smtp-engine, which FOLDER has, or nodemailer. Says { ready: true }, then for each line `COUNT` on
// stdin sends so many messages, a few more under way than there are connections, and says { seconds }.

const { createInterface } = require('node:readline');
const { load } = require('../lib/package.js');

const [library, ...numbers] = process.argv.slice(2, 6);
const folder = process.argv[6];
const [port, connections, length] = numbers.map(Number);
const HOST = '127.0.0.1';
/** Messages that wait for each connection. */
const AHEAD = 4;

const LINE = `${'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.padEnd(76, '-')}\r\n`;
const head = 'Subject: a message\r\n\r\n';
const body = head + LINE.repeat(Math.ceil(length / LINE.length)).slice(0, length);
const message = Buffer.from(body);

/** @type {Record<string, () => () => Promise<unknown>>} */
const LIBRARIES = {
  'smtp-engine'() {
    const { Client } = load(folder);
    const maxMessages = 0;
    const pool = new Client.Pool({ host: HOST, port, maxConnections: connections, maxMessages });
    return () => pool.send({ from: 'from@example.com', to: 'to@example.com' }, message);
  },
  nodemailer() {
    const transport = require('nodemailer').createTransport({
      ...{ host: HOST, port, pool: true, ignoreTLS: true },
      ...{ maxConnections: connections, maxMessages: Number.POSITIVE_INFINITY },
    });
    const envelope = { from: 'from@example.com', to: ['to@example.com'] };
    return () => transport.sendMail({ envelope, raw: message });
  },
};

async function main() {
  const send = LIBRARIES[library]();
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    let left = Number(line);
    const begin = process.hrtime.bigint();
    const worker = async () => {
      while (left-- > 0) await send();
    };
    const workers = Math.min(left, connections * AHEAD);
    await Promise.all(Array.from({ length: workers }, worker));
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    console.log(JSON.stringify({ seconds }));
  }
  process.exit();
}

main();
