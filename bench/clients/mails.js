'use strict';
// Sends mails by one connection: `mails.js PORT COUNT`. Prints the time as JSON.

const { mailOf } = require('../lib/test-mails.js');
const { sender } = require('./mail-sender.js');

const [port, count] = process.argv.slice(2).map(Number);

async function sendAll() {
  const send = await sender(port);
  const begin = process.hrtime.bigint();
  for (let number = 0; number < count; number++) await send(mailOf(number));
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  process.stdout.write(`${JSON.stringify({ seconds })}\n`, () => process.exit());
}

sendAll();
