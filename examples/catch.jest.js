'use strict';
// A suite for jest that catches the mails of the program under test: put it among the tests of your
// project, and the matcher into a file that `setupFilesAfterEnv` names.

const { afterAll, beforeAll, expect, test } = require('@jest/globals');
const nodemailer = require('nodemailer');
const { catchMail } = require('smtp-engine/catch');

expect.extend({
  /** Waits for a mail of an inbox, or of the view of one address. */
  async toHaveMail(mails, match) {
    try {
      const { subject } = await mails.waitFor(match);
      return { pass: true, message: () => `there is a mail: ${subject}` };
    } catch (error) {
      return { pass: false, message: () => error.message };
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
  await ann.none({ subject: /welcome/i });
});
