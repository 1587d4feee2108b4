'use strict';
// What users of the application do, for suites of any runner: each journey is a test.

const assert = require('node:assert/strict');
const { Client } = require('smtp-engine');
const { catchMail } = require('smtp-engine/catch');
const { openApp } = require('./app.js');

/** @typedef {{ inbox: import('smtp-engine/catch').Inbox, url: string }} Tools */

/** @param {string} url @param {Record<string, string>} fields */
async function post(url, fields) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
  return response.text();
}

/** An inbox, and an application that sends to it. */
async function start() {
  const inbox = await catchMail();
  const app = await openApp({ smtp: inbox.url });
  const close = async () => {
    await app.close();
    await inbox.close();
  };
  return { inbox, url: app.url, close };
}

/** A mail without any application. @param {Tools['inbox']} inbox @param {string} to @param {string} subject */
async function send({ host, port }, to, subject) {
  const message = `Subject: ${subject}\r\n\r\nThe code is 482913.\r\n`;
  await Client.send({ host, port, tls: 'none' }, { from: 'a@shop.example', to }, message);
}

/** @type {Record<string, (tools: Tools) => Promise<void>>} */
const journeys = {
  async 'who signs up confirms by the link of a mail'({ inbox, url }) {
    const ann = inbox.address('ann');
    await post(`${url}/sign-up`, { email: ann.email });
    const mail = await ann.waitFor({ subject: /confirm/i, from: 'shop@shop.example' });
    const page = await fetch(mail.link('/confirm'));
    assert.equal(await page.text(), 'Welcome');
    await ann.none({ subject: /code/ }, { within: 10 });
  },

  async 'who forgot the password gets a code'({ inbox, url }) {
    const bob = inbox.address('bob');
    const coming = bob.next({ subject: 'Your code' });
    await post(`${url}/forgot`, { email: bob.email });
    const code = (await coming).code();
    assert.equal(await post(`${url}/reset`, { email: bob.email, code: '0' }), 'Wrong code');
    assert.equal(await post(`${url}/reset`, { email: bob.email, code }), 'Done');
  },

  async 'many at once see their own mails'({ inbox, url }) {
    const users = Array.from({ length: 20 }, (_, index) => inbox.address(`user${index}`));
    await Promise.all(users.map(({ email }) => post(`${url}/forgot`, { email })));
    for (const user of users) {
      const [mail, ...others] = user.messages;
      assert.deepEqual([mail.envelope.to, others.length], [[user.email], 0]);
    }
  },

  async 'a second inbox of the process is another one'({ inbox }) {
    const other = await catchMail();
    const cid = inbox.address('cid');
    await send(other, cid.email, 'Elsewhere');
    await other.waitFor({ to: cid.email });
    await cid.none(undefined, { within: 10 });
    await other.close();
  },

  async 'a mailbox that is full is an error of the application'({ inbox, url }) {
    const full = inbox.address('full');
    inbox.fail({ at: 'rcpt', match: /^full-/, reply: [452, 'Mailbox full'] });
    assert.match(await post(`${url}/sign-up`, { email: full.email }), /452 Mailbox full/);
    assert.deepEqual(full.messages, []);
  },

  async 'errors, buffers, dates and signals are those of the test'({ inbox }) {
    const dan = inbox.address('dan');
    await send(inbox, dan.email, 'Realms');
    const mail = await dan.waitFor(new Function('return (mail) => mail.subject === "Realms"')());
    assert.ok(Buffer.isBuffer(mail.raw) && mail.receivedAt instanceof Date);
    await assert.rejects(dan.waitFor(/** @type {any} */ (5)), TypeError);
    await assert.rejects(dan.waitFor({ subject: 'no' }, { timeout: 1 }), (error) => {
      assert.ok(error instanceof Error);
      return /** @type {any} */ (error).code === 'SMTP_ERR_NO_MAIL';
    });
    const controller = new AbortController();
    for (const signal of [controller.signal, AbortSignal.timeout(5)]) {
      const wait = dan.waitFor({ subject: 'no' }, { signal });
      controller.abort();
      await assert.rejects(wait, { name: 'AbortError', code: 'ABORT_ERR' });
    }
  },
};

/** Waits do wait where the clock of the test stands still. @param {Tools} tools */
async function underFakeTimers({ inbox }) {
  const eve = inbox.address('eve');
  await send(inbox, eve.email, 'Now');
  const mail = await eve.waitFor({ subject: 'Now', text: /code/ });
  assert.deepEqual([mail.code(), mail.problem], ['482913', undefined]);
  const late = eve.waitFor({ subject: 'Late' });
  await send(inbox, eve.email, 'Late');
  await late;
  await eve.none({ subject: 'Never' }, { within: 10 });
  await assert.rejects(eve.waitFor({ subject: 'Never' }, { timeout: 10 }), {
    code: 'SMTP_ERR_NO_MAIL',
  });
  const other = await catchMail();
  await other.close();
}

module.exports = { journeys, post, send, start, underFakeTimers };
