'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { openApi } = require('../../src/js/catch-api/api.js');
const { openInbox, sendTo } = require('../support/catch.js');
const { within } = require('../support/wait.js');

const AUTH = { user: 'ann', password: 'secret' };

/** @param {import('node:test').TestContext} t @param {any} [options] */
async function opened(t, options) {
  const inbox = await openInbox(t);
  const api = await within(openApi(inbox, options), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  /** @param {string} path @param {any} [init] */
  const call = (path, init) => within(fetch(`${api.url}${path}`, init), path);
  return { inbox, api, call };
}

test('a mail that was caught is there over HTTP, and one that came over HTTP is caught', async (t) => {
  const { inbox, api, call } = await opened(t);
  assert.equal(api.url, `http://127.0.0.1:${api.port}`);
  await sendTo(inbox, { subject: 'by SMTP' });
  assert.equal((await (await call('/api/v1/message/latest')).json()).Subject, 'by SMTP');
  const body = JSON.stringify({
    From: { Email: 'a@b.example' },
    Subject: 'by HTTP',
    Text: 'x'.repeat(2e6),
  });
  const headers = { 'content-type': 'application/json' };
  assert.equal((await call('/api/v1/send', { method: 'POST', headers, body })).status, 200);
  assert.deepEqual(
    inbox.messages.map(({ subject }) => subject),
    ['by SMTP', 'by HTTP'],
  );
  const { messages } = await (await call('/api/v1/search?query=subject:by')).json();
  assert.deepEqual(
    messages.map((/** @type {any} */ each) => each.Subject),
    ['by HTTP', 'by SMTP'],
  );
});

test('its URL is one that a program of this machine can use', async (t) => {
  for (const [host, wanted] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '[::1]'],
  ]) {
    const { api, call } = await opened(t, { host, auth: AUTH });
    assert.equal(api.url, `http://${wanted}:${api.port}`);
    assert.equal((await call('/livez')).status, 401);
  }
  const { call } = await opened(t, { host: 'localhost' });
  assert.equal((await call('/livez')).status, 200);
});

test('all other bodies are shorter', async (t) => {
  const { call } = await opened(t);
  const body = JSON.stringify({ Tags: ['x'.repeat(2e6)] });
  const status = await call('/api/v1/tags', { method: 'PUT', body }).then(
    (response) => response.status,
    // It may have gone while the client still wrote.
    () => 413,
  );
  assert.equal(status, 413);
});

test('beyond loopback it needs a login', async (t) => {
  const inbox = await openInbox(t);
  for (const host of [
    '0.0.0.0',
    '::',
    '192.168.0.1',
    'mail.example',
    '::ffff:10.0.0.1',
    '128.0.0.1',
    '',
  ]) {
    await assert.rejects(openApi(inbox, { host }), { name: 'TypeError' }, host);
  }
  const { api, call } = await opened(t, { host: '0.0.0.0', auth: AUTH });
  assert.equal(api.url, `http://127.0.0.1:${api.port}`);
  assert.equal((await call('/api/v1/messages')).status, 401);
  const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  assert.equal((await call('/api/v1/messages', { headers: { authorization } })).status, 200);
});

test('a port that is taken rejects, and one that was closed is free', async (t) => {
  const { inbox, api } = await opened(t);
  const { port } = api;
  await assert.rejects(openApi(inbox, { port }), { code: 'EADDRINUSE' });
  await within(api.close(), 'the end');
  await within(api.close(), 'the end, once more');
  const again = await within(openApi(inbox, { port }), 'the API again');
  assert.equal(again.port, port);
  await within(again.close(), 'the end of it');
});

test('its end does not wait for those who are connected', async (t) => {
  const { api, call } = await opened(t);
  await (await call('/livez')).text();
  const { url } = api;
  await within(api.close(), 'the end');
  await assert.rejects(within(fetch(`${url}/livez`), 'a refusal'), { name: 'TypeError' });
});
