'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { version } = require('../../package.json');
const { openApi } = require('../../src/js/catch-api/api.js');
const { sourceOf } = require('../../src/js/catch/inbox.js');
const { mailOf, openInbox, sendTo } = require('../support/catch.js');
const { waitAt } = require('../support/frames.js');
const { polled, within } = require('../support/wait.js');

/** @param {import('node:test').TestContext} t @param {any} [options] */
async function opened(t, options) {
  const inbox = await openInbox(t, options);
  const api = await within(openApi(inbox), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  /** @param {string} method @param {string} [path] @param {any} [body] @param {any} [headers] */
  const call = async (method, path = '', body = undefined, headers = {}) => {
    const response = await within(
      fetch(`${api.url}/api/v1/wait${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
      path,
    );
    const text = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json';
    return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined };
  };
  return { inbox, api, call };
}

test('it says where to send', async (t) => {
  for (const [options, isEverywhere] of /** @type {[any, boolean][]} */ ([
    [{}, false],
    [{ host: '0.0.0.0' }, true],
    [{ host: '::' }, true],
    [{ secure: true }, false],
  ])) {
    const { inbox, call } = await opened(t, options);
    const { url, host, port, ca } = inbox;
    const { instance, ...json } = (await call('GET')).json;
    const wanted = { name: 'smtp-engine', version, oldest: 0, url, host, port, isEverywhere };
    assert.deepEqual(json, ca === undefined ? wanted : { ...wanted, ca });
    assert.match(instance, /^[\da-f]{12}$/);
  }
});

test('mails are cleared, all of them or those to an address', async (t) => {
  const { inbox, call } = await opened(t);
  for (const to of ['a@x.example', 'b@x.example', 'c@x.example']) await sendTo(inbox, { to });
  const left = () => inbox.messages.map(({ envelope }) => envelope.to[0][0]).join('');
  await call('POST', '/clear', { address: 'B@X.EXAMPLE' });
  assert.equal(left(), 'ac');
  assert.equal((await call('POST', '/clear', { address: 7 })).status, 400);
  await call('POST', '/clear', {});
  assert.equal(left(), '');
});

test('mails that are only being read again are cleared as those that are there', async (t) => {
  const { inbox, call } = await opened(t);
  const late = await Promise.all(
    ['a@x.example', 'b@x.example'].map((to) => mailOf('\r\n', { to: [to] })),
  );
  /** @type {boolean[][]} */
  const told = [];
  sourceOf(inbox).store.watch({
    added() {},
    clearing: (isOne) => told.push(late.map(isOne)),
    dropped() {},
  });
  await call('POST', '/clear', { address: 'B@x.example' });
  await call('POST', '/clear', {});
  assert.deepEqual(told, [
    [false, true],
    [true, true],
  ]);
});

test('a rule is added, counts, and is removed', async (t) => {
  const { inbox, call } = await opened(t);
  const match = { source: '^A@', flags: 'i' };
  const rule = { at: 'rcpt', match, reply: [452, 'Full'], times: 'Infinity' };
  const { id } = (await call('POST', '/failures', rule)).json;
  const hits = async () => (await call('GET', `/failures/${id}`)).json.hits;
  assert.equal(await hits(), 0);
  for (let at = 1; at < 3; at += 1) {
    await assert.rejects(sendTo(inbox, { to: 'a@x.example' }), /452 Full/);
    assert.equal(await hits(), at);
  }
  await sendTo(inbox, { to: 'b@x.example' });
  assert.deepEqual((await call('DELETE', `/failures/${id}`)).json, { hits: 2 });
  await sendTo(inbox, { to: 'a@x.example' });
  assert.equal((await call('GET', `/failures/${id}`)).status, 410);
  assert.equal((await call('DELETE', `/failures/${id}`)).status, 200);
});

test('a rule that makes no sense is refused in the words of the inbox', async (t) => {
  const { call } = await opened(t);
  for (const [rule, wanted] of /** @type {[any, RegExp][]} */ ([
    [{}, /^at must be/],
    [{ at: 'rcpt', match: 'a@b' }, /^match must be a RegExp or a function/],
    [{ at: 'rcpt', match: { source: '(', flags: '' } }, /^Invalid regular expression/],
    [{ at: 'rcpt', times: 0 }, /^times must be/],
    [{ at: 'rcpt', times: 'often' }, /^times must be/],
    [{ at: 'rcpt', colour: 1 }, /colour/],
  ])) {
    const { status, text } = await call('POST', '/failures', rule);
    assert.equal(status, 400, text);
    assert.match(text, wanted);
  }
});

test('of rules there are so many, of which those that hit no more are forgotten', async (t) => {
  const { inbox, call } = await opened(t);
  const add = () => call('POST', '/failures', { at: 'rcpt' });
  const first = (await add()).json.id;
  await assert.rejects(sendTo(inbox));
  for (let at = 1; at < 1_000; at += 1) await add();
  assert.equal((await call('GET', `/failures/${first}`)).json.hits, 1);
  assert.equal((await add()).status, 200);
  assert.equal((await call('GET', `/failures/${first}`)).status, 410);
  const { status, text } = await add();
  assert.deepEqual([status, text], [503, 'there are 1000 rules already']);
});

test('of waits there are so many', async (t) => {
  const { inbox, api, call } = await opened(t);
  const all = await Promise.all(Array.from({ length: 1_000 }, () => waitAt(t, api, {})));
  const { status, text } = await call('POST', '', { timeout: 0 });
  assert.deepEqual([status, text], [503, 'there are 1000 waits already']);
  all[0].request.destroy();
  await polled(() => sourceOf(inbox).arrivals.count < 1_000, 'the end of a wait');
  assert.equal((await call('POST', '', { timeout: 0 })).status, 200);
});

test('of an inbox that is closed nobody waits', async (t) => {
  const { inbox, call } = await opened(t);
  await inbox.close();
  const { status, text } = await call('POST', '', { timeout: 0 });
  assert.deepEqual([status, text], [503, 'the inbox is closed']);
  assert.equal((await call('GET')).status, 200);
});

test('what was given out goes first', async (t) => {
  const { inbox, call } = await opened(t, { maxMessages: 3 });
  for (const subject of ['1', '2', '3']) await sendTo(inbox, { subject });
  const { instance } = (await call('GET')).json;
  await call('POST', '', { instance, given: [[2, 2]], timeout: 0 });
  await sendTo(inbox, { subject: '4' });
  assert.deepEqual(
    inbox.messages.map(({ subject }) => subject),
    ['1', '3', '4'],
  );
});

test('a wait that makes no sense is refused', async (t) => {
  const { call } = await opened(t);
  for (const [body, wanted] of /** @type {[any, RegExp][]} */ ([
    [{ match: { colour: 'red' } }, /^match\.colour is none/],
    [{ timeout: 'long' }, /^timeout must be/],
  ])) {
    const { status, text } = await call('POST', '', body);
    assert.equal(status, 400);
    assert.match(text, wanted);
  }
});

test('a page from elsewhere reaches none of them', async (t) => {
  const { inbox, call } = await opened(t);
  await sendTo(inbox);
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'content-type': 'text/plain' },
  ]) {
    for (const path of ['', '/clear', '/failures']) {
      const { status } = await call('POST', path, {}, headers);
      assert.ok([403, 415].includes(status), `${path} ${status}`);
    }
  }
  const origin = 'http://evil.example';
  assert.equal((await call('GET', '', undefined, { origin })).status, 403);
  assert.equal((await call('DELETE', '/failures/1', undefined, { origin })).status, 403);
  assert.equal(inbox.messages.length, 1);
});
