// A suite for vitest that catches the mails of the program under test. Put it among the tests of your
// project, and the matcher into a file that `setupFiles` names.

import nodemailer from 'nodemailer';
import { catchMail } from 'smtp-engine/catch';
import { afterAll, beforeAll, expect, test } from 'vitest';

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
  const html = '<p><a href="https://shop.example/confirm?token=7">Confirm</a></p>';
  await transport.sendMail({
    from: 'shop@example.com',
    to: email,
    subject: 'Please confirm',
    html,
  });
}

let inbox;
beforeAll(async () => {
  inbox = await catchMail();
});
afterAll(() => inbox.close());

test('a new user gets a mail with a link', async () => {
  const ann = inbox.address('ann');
  await signUp(ann.email, { smtp: inbox.url });
  await expect(ann).toHaveMail({ subject: /confirm/i, from: 'shop@example.com' });
  await expect(ann).not.toHaveMail({ subject: /welcome/i });
});
