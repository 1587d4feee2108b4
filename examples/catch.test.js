'use strict';
// A suite that catches the mails of the program under test: node --test examples/catch.test.js

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const nodemailer = require('nodemailer');
const { catchMail } = require('smtp-engine/catch');

/** The program under test. @param {string} email @param {{ smtp: string }} settings */
async function signUp(email, { smtp }) {
  const transport = nodemailer.createTransport(smtp);
  await transport.sendMail({
    from: 'Shop <shop@example.com>',
    to: email,
    subject: 'Please confirm your address',
    html: '<p><a href="https://shop.example/confirm?token=7">Confirm</a> or enter 482913.</p>',
  });
}

/** @type {import('smtp-engine/catch').Inbox} */
let inbox;

before(async () => {
  inbox = await catchMail();
});
after(() => inbox.close());

test('a new user gets a link and a code, and nothing else', async () => {
  const ann = inbox.address('ann');
  await signUp(ann.email, { smtp: inbox.url });
  const mail = await ann.waitFor({ subject: /confirm/i });
  assert.equal(mail.link('/confirm'), 'https://shop.example/confirm?token=7');
  assert.equal(mail.code(), '482913');
  await ann.none({ subject: /welcome/i });
});

test('a mailbox that is full is told of', async () => {
  const full = inbox.address('full');
  inbox.fail({ at: 'rcpt', match: /^full-/, reply: [452, 'Mailbox full'] });
  await assert.rejects(signUp(full.email, { smtp: inbox.url }), /452 Mailbox full/);
  await full.none();
});
