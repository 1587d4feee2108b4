'use strict';
// How long it takes from nothing of a catcher being loaded to its first mail found: `first-mail.js CATCHER
// SETTINGS`. Prints milliseconds as JSON.

const { openCatcher, findMail } = require('../catchers/catcher.js');
const { mailOf } = require('../lib/test-mails.js');
const { sender } = require('./mail-sender.js');

const [name, settings = '{}'] = process.argv.slice(2);

async function measure() {
  const mail = mailOf(0);
  const begin = performance.now();
  const catcher = await openCatcher(name, JSON.parse(settings));
  const openMs = performance.now() - begin;
  const send = await sender(catcher.port);
  await send(mail);
  const sentMs = performance.now() - begin;
  await findMail(catcher, mail);
  const foundMs = performance.now() - begin;
  process.stdout.write(`${JSON.stringify({ openMs, sentMs, foundMs })}\n`, () => process.exit());
}

measure();
