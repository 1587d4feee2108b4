'use strict';
// A suite for jest that catches the mails of the program under test: put it among the tests of your
// project, and the matcher into a file that `setupFilesAfterEnv` names.

const { afterAll, beforeAll, expect, test } = require('@jest/globals');
const nodemailer = require('nodemailer');
const { catchMail } = require('smtp-engine/catch');

expect.extend({
  async toHaveMail(mails, match) {
    try {
      if (this.isNot) await mails.none(match);
      else await mails.waitFor(match, { timeout: 4_000 });
      return { pass: !this.isNot };
    } catch (error) {
      return { pass: this.isNot, message: () => error.message };
    }
  },
});

/** The program under test. */
async function signUp(email, { smtp }) {
  const transport = nodemailer.createTransport(smtp);
  const text = 'Your code is 482913.';
  await transport.sendMail({
    from: 'shop@example.com',
    to: email,
    subject: 'Please confirm',
    text,
  });
}

let inbox;
beforeAll(async () => {
  inbox = await catchMail();
});
afterAll(() => inbox.close());

test('a new user gets a mail with a code', async () => {
  const ann = inbox.address('ann');
  await signUp(ann.email, { smtp: inbox.url });
  await expect(ann).toHaveMail({ subject: /confirm/i, text: '482913' });
  await expect(ann).not.toHaveMail({ subject: /welcome/i });
});
