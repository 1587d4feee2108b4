'use strict';
// Sends mails by one connection and waits for each before it sends the next: `each-found.js CATCHER SETTINGS
// WARM_UP COUNT`. With `web` in the settings, the catcher is MailDev in another process, with `port`. Prints
// the time as JSON.

const { openCatcher, findMail } = require('../catchers/catcher.js');
const { finder } = require('../catchers/maildev.js');
const { mailOf } = require('../lib/test-mails.js');
const { sender } = require('./mail-sender.js');

const [name, settings, warmUp, count] = process.argv.slice(2);

/** @typedef {import('../catchers/catcher.js').Catcher} Catcher */

async function measure() {
  const { port, web, ...own } = JSON.parse(settings);
  /** @type {Catcher} */
  const catcher = port ? { port, find: finder(web) } : await openCatcher(name, own);
  const send = await sender(catcher.port);
  const mails = Array.from({ length: Number(warmUp) + Number(count) }, (_, at) => mailOf(at));
  let begin = process.hrtime.bigint();
  for (const [at, mail] of mails.entries()) {
    if (at === Number(warmUp)) begin = process.hrtime.bigint();
    await send(mail);
    await findMail(catcher, mail);
  }
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  process.stdout.write(`${JSON.stringify({ seconds })}\n`, () => process.exit());
}

measure();
