'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
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

test('what cannot be sent is told in JSON', async (t) => {
  const inbox = await openInbox(t, { size: 2_000 });
  const api = await within(openApi(inbox), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  /** @param {string} body @param {any} [headers] */
  const sent = async (body, headers) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    };
    const response = await within(fetch(`${api.url}/api/v1/send`, init), 'an answer');
    return { status: response.status, ...(await response.json()) };
  };
  const From = { Email: 'a@b.example' };
  assert.deepEqual(await sent('{'), { status: 400, Error: 'the body is no JSON' });
  assert.deepEqual(await sent('[]'), { status: 400, Error: 'the body must be an object of JSON' });
  assert.deepEqual(await sent('{}'), {
    status: 400,
    Error: 'From needs an Email that is an address',
  });
  assert.deepEqual(await sent(JSON.stringify({ From, Text: 'x'.repeat(2_000) })), {
    status: 413,
    Error: 'the message is longer than 2000 bytes',
  });
  assert.equal(inbox.messages.length, 0);
  const authorization = `Basic ${Buffer.from('ann:x').toString('base64')}`;
  assert.equal((await sent(JSON.stringify({ From }), { authorization })).status, 200);
  assert.equal(inbox.messages[0].session.user, 'ann');
});

test('few long mails are sent at a time, and any number of short ones', async (t) => {
  const { inbox, api, call } = await opened(t);
  const headers = { 'content-type': 'application/json' };
  const path = '/api/v1/send';
  const pending = Array.from({ length: 8 }, () => {
    const request = http.request(`${api.url}${path}`, { method: 'POST', headers });
    request.write('{"From":{"Email":"a@b.example"}');
    t.after(() => request.destroy());
    return request;
  });
  // They are there once another has no room.
  const body = JSON.stringify({ From: { Email: 'a@b.example' } });
  const chunked = () => {
    const stream = new Blob([body]).stream();
    return call(path, { method: 'POST', headers, body: stream, duplex: 'half' });
  };
  let refused = await chunked();
  for (let tries = 0; refused.status === 200 && tries < 1_000; tries += 1)
    refused = await chunked();
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  assert.deepEqual(await refused.json(), { Error: 'too many messages are being sent' });
  const short = await Promise.all(
    Array.from({ length: 50 }, () => call(path, { method: 'POST', headers, body })),
  );
  assert.ok(short.every(({ status }) => status === 200));
  for (const request of pending) {
    request.end('}');
    const [response] = await within(once(request, 'response'), 'the answer to what was pending');
    assert.equal(response.statusCode, 200);
    response.resume();
  }
  assert.equal((await chunked()).status, 200);
  assert.ok(inbox.messages.length >= 59);
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
  // What others in its network call it.
  const options = { host: '127.0.0.1', port: api.port, path: '/livez' };
  const asked = http
    .request({ ...options, headers: { host: 'mail_catcher:8025', authorization } })
    .end();
  const [{ statusCode }] = await within(once(asked, 'response'), 'an answer');
  assert.equal(statusCode, 200);
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

test('its end is that of a release to a server that says nothing', async (t) => {
  const silent = net.createServer().listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await once(silent, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (silent.address());
  const { inbox, api, call } = await opened(t, { release: { host: '127.0.0.1', port } });
  await sendTo(inbox);
  const connected = once(silent, 'connection');
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ To: ['a@b.example'] }),
  };
  const answer = assert.rejects(call('/api/v1/message/latest/release', post));
  const [socket] = await within(connected, 'the release');
  const gone = once(socket.on('error', () => {}).resume(), 'close');
  await within(api.close(), 'the end of the API');
  await within(gone, 'the end of the release');
  await answer;
});
