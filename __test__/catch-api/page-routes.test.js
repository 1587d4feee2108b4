'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { openApi } = require('../../src/js/catch-api/api.js');
const { connectTo, messageOf, openInbox, sendTo } = require('../support/catch.js');
const { within } = require('../support/wait.js');

const AUTH = { user: 'ann', password: 'secret' };

/** @param {import('node:test').TestContext} t @param {any} [options] @param {any} [inboxOptions] */
async function opened(t, options, inboxOptions) {
  const inbox = await openInbox(t, inboxOptions);
  const api = await within(openApi(inbox, options), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  /** @param {string} path @param {any} [init] */
  const call = (path, init) => within(fetch(`${api.url}${path}`, init), path);
  return { inbox, api, call };
}

/** The directives of a policy. @param {Response} response */
function policyOf({ headers }) {
  const policy = headers.get('content-security-policy') ?? '';
  return new Map(policy.split('; ').map((each) => /** @type {any} */ (each.split(/ (.*)/s))));
}

test('the page and its files are served, under a policy that runs nothing else', async (t) => {
  const { call } = await opened(t);
  for (const [path, type, begin] of [
    ['/', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/page.js', 'text/javascript; charset=utf-8', '//'],
    ['/page.css', 'text/css; charset=utf-8', '/*'],
  ]) {
    const response = await call(path);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get('content-type'), type);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.ok((await response.text()).startsWith(begin), path);
    const policy = policyOf(response);
    for (const [name, value] of [
      ['default-src', "'none'"],
      ['script-src', "'self'"],
      ['style-src', "'self'"],
      ['connect-src', "'self'"],
      ['img-src', 'data:'],
      ['frame-src', "'self'"],
      ['frame-ancestors', "'none'"],
      ['base-uri', "'none'"],
      ['form-action', "'none'"],
      ['require-trusted-types-for', "'script'"],
      ['trusted-types', "'none'"],
    ]) {
      assert.equal(policy.get(name), value, name);
    }
    assert.equal((await call(path, { method: 'HEAD' })).status, 200);
    assert.equal((await call(path, { method: 'DELETE' })).status, 404);
  }
  for (const path of ['/index.html', '/page.js/', '/tsconfig.json', '/../api.js', '/%70age.js']) {
    assert.equal((await call(path)).status, 404, path);
  }
});

test('they are for those who may have the API, and nobody else', async (t) => {
  const { call } = await opened(t, { auth: AUTH });
  const paths = ['/', '/page.js', '/page.css', '/api/page', '/preview/latest.html'];
  const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  const origin = 'http://evil.example';
  for (const path of paths) {
    assert.equal((await call(path)).status, 401, path);
    const headers = { authorization, origin };
    assert.equal((await call(path, { headers })).status, 403, path);
  }
  assert.equal((await call('/', { headers: { authorization } })).status, 200);
});

test('it says where to send, and which process it is', async (t) => {
  const { inbox, call } = await opened(t);
  const { Instance, Version, ...place } = await (await call('/api/page')).json();
  assert.deepEqual(place, { Host: inbox.host, Port: inbox.port, URL: inbox.url, User: '' });
  const other = await (await (await opened(t)).call('/api/page')).json();
  assert.notEqual(Instance, other.Instance);
  assert.equal(Version, other.Version);
});

test('the HTML of a mail is a document of its own', async (t) => {
  const { inbox, call } = await opened(t);
  const header = { Subject: 'x', 'Content-Type': 'text/html' };
  await sendTo(inbox, { raw: messageOf(header, '<script>alert(1)</script><b>Hi</b>\r\n') });
  const response = await call('/preview/latest.html');
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(response.headers.get('x-dns-prefetch-control'), 'off');
  assert.match(await response.text(), /<b>Hi<\/b>/);
  const policy = policyOf(response);
  assert.equal(policy.get('default-src'), "'none'");
  assert.equal(policy.get('sandbox'), 'allow-popups allow-popups-to-escape-sandbox');
  assert.equal(policy.get('img-src'), 'data:');
  const remote = policyOf(await call('/preview/latest.html?pictures=1'));
  assert.equal(remote.get('img-src'), 'data: http: https:');
  for (const path of ['/preview/none.html', '/preview/latest', '/preview/latest.txt']) {
    assert.equal((await call(path)).status, 404, path);
  }
});

test('a look at the HTML, the parts or the session is no reading', async (t) => {
  const { inbox, call } = await opened(t);
  await sendTo(inbox);
  for (const path of ['/preview/latest.html', '/api/v1/message/latest/structure']) {
    assert.equal((await call(path)).status, 200, path);
  }
  const session = await (await call('/api/v1/message/latest/session')).json();
  assert.deepEqual([session.From, session.To], ['me@example.net', ['you@example.com']]);
  assert.equal((await (await call('/api/v1/messages')).json()).unread, 1);
});

test('the parts and the session of a mail are told, and of no mail nothing', async (t) => {
  const { inbox, call } = await opened(t, {}, { auth: { ann: 'secret' } });
  const client = await connectTo(t, inbox);
  const login = Buffer.from('\0ann\0secret').toString('base64');
  for (const [command, code] of /** @type {[string, number][]} */ ([
    ['EHLO here.example', 250],
    [`AUTH PLAIN ${login}`, 235],
    ['MAIL FROM:<>', 250],
    ['RCPT TO:<a@example.com>', 250],
    ['RCPT TO:<b@example.com>', 250],
    ['DATA', 354],
    ['Subject: Hi\r\n\r\nbody\r\n.', 250],
  ])) {
    await client.command(command, code);
  }
  const session = await (await call('/api/v1/message/latest/session')).json();
  assert.deepEqual(
    [session.Helo, session.Username, session.TLS, session.RemoteAddress],
    ['here.example', 'ann', '', '127.0.0.1'],
  );
  assert.deepEqual([session.From, session.To], ['', ['a@example.com', 'b@example.com']]);
  assert.ok(session.Transcript.includes('C: RCPT TO:<b@example.com>'));
  assert.doesNotMatch(session.Transcript.join('\n'), new RegExp(`secret|${login}`));
  const { Structure } = await (await call('/api/v1/message/latest/structure')).json();
  assert.equal(Structure.ContentType, 'text/plain');
  for (const what of ['structure', 'session']) {
    assert.equal((await call(`/api/v1/message/none/${what}`)).status, 404);
  }
});
