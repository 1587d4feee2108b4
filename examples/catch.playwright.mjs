// A suite for Playwright: a browser signs up at the site under test, and goes on with the link of the mail
// that comes. Each worker has an inbox and a site, each test an address of its own.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { test as base, expect } from '@playwright/test';
import nodemailer from 'nodemailer';
import { catchMail } from 'smtp-engine/catch';

/** The site under test: who signs up gets a mail with a link. */
async function openSite(smtp) {
  const transport = nodemailer.createTransport(smtp);
  const form = `<form method="post"><label>Email <input name="email"></label>
    <button>Sign up</button></form>`;
  const site = createServer(async (request, response) => {
    response.setHeader('content-type', 'text/html');
    if (request.url.startsWith('/confirm')) return response.end('<h1>Welcome</h1>');
    if (request.method === 'GET') return response.end(form);
    const chunks = await request.toArray();
    const to = new URLSearchParams(String(Buffer.concat(chunks))).get('email');
    const html = `<a href="${site.url}/confirm?token=7">Confirm</a>`;
    await transport.sendMail({ from: 'site@example.com', to, subject: 'Please confirm', html });
    response.end('<p>A mail is on its way</p>');
  });
  await once(site.listen(0, '127.0.0.1'), 'listening');
  site.url = `http://127.0.0.1:${site.address().port}`;
  return site;
}

const test = base.extend({
  inbox: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants to read here what is needed
    async ({}, use) => {
      const inbox = await catchMail();
      await use(inbox);
      await inbox.close();
    },
    { scope: 'worker' },
  ],
  site: [
    async ({ inbox }, use) => {
      const site = await openSite(inbox.url);
      await use(site);
      site.close();
    },
    { scope: 'worker' },
  ],
  user: async ({ inbox }, use) => {
    await use(inbox.address('user'));
  },
});

test('a new user confirms the address', async ({ page, site, user }) => {
  await page.goto(`${site.url}/sign-up`);
  await page.getByLabel('Email').fill(user.email);
  await page.getByRole('button', { name: 'Sign up' }).click();
  const mail = await user.waitFor({ subject: /confirm/i });
  await page.goto(mail.link('/confirm'));
  await expect(page.getByText('Welcome')).toBeVisible();
  await user.none({ subject: /welcome/i });
});
