'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { test } = require('node:test');
const { httpServerOf } = require('../../src/js/catch-api/http-server.js');
const { Mailbox } = require('../../src/js/catch-api/mailbox.js');
const { ROUTES } = require('../../src/js/catch-api/routes.js');
const { Store } = require('../../src/js/catch/store.js');
const { mailOf, messageOf } = require('../support/catch.js');
const { within } = require('../support/wait.js');

const PARTS = [
  '--b\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script><b>Hi</b>\r\n',
  '--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=e.html\r\n\r\n<script>\r\n',
  '--b--\r\n',
];
const RAWS = [
  messageOf({ From: 'a@example.com', Subject: 'one' }, 'plain\r\n'),
  messageOf({ From: 'b@example.com', Subject: '<i>two</i>' }),
  messageOf(
    { From: 'a@example.com', Subject: 'three', 'Content-Type': 'multipart/mixed; boundary=b' },
    PARTS.join(''),
  ),
];

/** An API over three mails. @param {import('node:test').TestContext} t @param {any} [options] */
async function openApi(t, options) {
  /** @type {any} */
  const store = new Store({ maxMessages: 100, maxBytes: 1e6 });
  for (const raw of RAWS) store.add(await mailOf(raw));
  const mailbox = new Mailbox(store);
  const server = httpServerOf({ routes: ROUTES, mailbox, ...options });
  server.listen(0, '127.0.0.1');
  await within(once(server, 'listening'), 'the server');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  /** @param {string} path @param {any} [init] */
  const call = async (path, { body, ...init } = {}) => {
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await within(
      fetch(`http://127.0.0.1:${port}${path}`, { ...given, ...init }),
      path,
    );
    const text = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json';
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  };
  return { call, mailbox, port, ids: mailbox.mails.map((mail) => mailbox.idOf(mail)) };
}

/** @param {{ json: any }} answer */
const subjects = ({ json }) => json.messages.map((/** @type {any} */ each) => each.Subject);

test('it is alive', async (t) => {
  const { call } = await openApi(t);
  for (const path of ['/livez', '/readyz'])
    assert.deepEqual([(await call(path)).status, (await call(path)).text], [200, 'ok']);
});

test('pages are newest first', async (t) => {
  const { call } = await openApi(t);
  const all = await call('/api/v1/messages');
  const { messages, ...counts } = all.json;
  assert.deepEqual(counts, {
    total: 3,
    unread: 3,
    count: 3,
    messages_count: 3,
    messages_unread: 3,
    start: 0,
    tags: [],
  });
  assert.deepEqual(subjects(all), ['three', '<i>two</i>', 'one']);
  assert.deepEqual(subjects(await call('/api/v1/messages?start=1&limit=1')), ['<i>two</i>']);
  assert.deepEqual(subjects(await call('/api/v1/messages?start=9')), []);
  assert.equal(subjects(await call('/api/v1/messages?limit=0')).length, 3);
  assert.deepEqual(subjects(await call('/api/v1/messages?limit=0&start=1')), ['<i>two</i>', 'one']);
  assert.deepEqual(subjects(await call('/api/v1/search?query=from:a@&limit=0')), []);
  assert.equal(subjects(await call('/api/v1/messages?start=x&limit=-1')).length, 3);
});

test('a page may end before a time', async (t) => {
  const { call, mailbox } = await openApi(t);
  mailbox.mails.forEach((mail, at) => {
    mail.receivedAt = new Date(`2026-11-2${9 - at}T12:00:00Z`);
  });
  const before = encodeURIComponent('2026-11-28T12:00:00Z');
  const some = await call(`/api/v1/messages?before=${before}`);
  assert.deepEqual([subjects(some), some.json.messages_count], [['one'], 3]);
  const found = await call(`/api/v1/search?query=from:a@&before=${before}`);
  assert.deepEqual([subjects(found), found.json.messages_count], [['one'], 1]);
  for (const wrong of ['', 'x', '%00', '2026-13-01'])
    assert.equal(subjects(await call(`/api/v1/messages?before=${wrong}`)).length, 3, wrong);
});

test('a mail is read by looking at it', async (t) => {
  const { call, ids } = await openApi(t);
  const { json } = await call(`/api/v1/message/${ids[1]}`);
  assert.deepEqual([json.ID, json.Subject], [ids[1], '<i>two</i>']);
  assert.equal((await call('/api/v1/messages')).json.unread, 2);
  assert.equal((await call('/api/v1/message/latest')).json.Subject, 'three');
  assert.equal((await call('/api/v1/message/latest?query=subject:one')).json.Subject, 'one');
  assert.equal((await call('/api/v1/message/latest?query=%20')).json.Subject, 'three');
  assert.deepEqual((await call(`/api/v1/message/${ids[2]}/headers`)).json, {
    From: ['a@example.com'],
    Subject: ['one'],
  });
  const raw = await call(`/api/v1/message/${ids[2]}/raw`);
  assert.deepEqual([raw.text, raw.headers.get('content-disposition')], [RAWS[0], null]);
  const saved = await call(`/api/v1/message/${ids[2]}/raw?dl=1`);
  const disposition = `attachment; filename="${ids[2]}.eml"`;
  assert.deepEqual([saved.text, saved.headers.get('content-disposition')], [RAWS[0], disposition]);
});

test('what a mail brought runs nowhere', async (t) => {
  const { call, ids } = await openApi(t);
  for (const path of [
    `/view/${ids[0]}.html`,
    '/view/latest.html',
    '/view/latest.txt',
    '/api/v1/message/latest/raw',
    '/api/v1/message/latest/part/1',
  ]) {
    const { status, headers } = await call(path);
    assert.deepEqual(
      [status, headers.get('content-security-policy')],
      [200, "sandbox; default-src 'none'"],
      path,
    );
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  }
  assert.equal((await call('/view/latest.html')).text, '<script>alert(1)</script><b>Hi</b>');
  const part = await call('/api/v1/message/latest/part/1');
  assert.deepEqual(
    [part.text, part.headers.get('content-disposition')],
    ['<script>', "attachment; filename*=UTF-8''e.html"],
  );
  assert.equal((await call(`/view/${ids[2]}.txt`)).text.trim(), 'plain');
  const { messages } = (await call('/api/v1/messages')).json;
  assert.deepEqual(
    messages.map((/** @type {any} */ { Read }) => Read),
    [true, false, true],
  );
});

test('searches find, mark and delete', async (t) => {
  const { call } = await openApi(t);
  const found = await call('/api/v1/search?query=from:a@example.com&limit=1');
  assert.deepEqual(
    [subjects(found), found.json.messages_count, found.json.total],
    [['three'], 2, 3],
  );
  await call('/api/v1/messages', { method: 'PUT', body: { Read: true, Search: 'subject:one' } });
  assert.deepEqual(subjects(await call('/api/v1/search?query=is:read')), ['one']);
  assert.equal((await call('/api/v1/search?query=from:a@', { method: 'DELETE' })).text, 'ok');
  assert.deepEqual(subjects(await call('/api/v1/messages')), ['<i>two</i>']);
  for (const path of [
    '/api/v1/search',
    '/api/v1/search?query=%20',
    `/api/v1/search?query=${'x+'.repeat(101)}`,
  ]) {
    for (const method of ['GET', 'DELETE'])
      assert.equal((await call(path, { method })).status, 400, path);
  }
  assert.equal((await call('/api/v1/messages')).json.total, 1);
});

test('read state, tags and deletion are by ids, or of all', async (t) => {
  const { call, ids } = await openApi(t);
  const put = (/** @type {string} */ path, /** @type {any} */ body) =>
    call(path, { method: 'PUT', body });
  await put('/api/v1/messages', { Read: true });
  assert.equal((await call('/api/v1/messages')).json.unread, 0);
  await put('/api/v1/messages', { IDs: [ids[0], 'gone'] });
  assert.equal((await call('/api/v1/messages')).json.unread, 1);
  assert.equal((await put('/api/v1/tags', { IDs: ids, Tags: ['Big fish'] })).text, 'ok');
  assert.deepEqual((await call('/api/v1/tags')).json, ['Big fish']);
  await put('/api/v1/tags/Big%20fish', { Name: 'small' });
  assert.deepEqual((await call('/api/v1/messages')).json.tags, ['small']);
  await call('/api/v1/tags/small', { method: 'DELETE' });
  assert.deepEqual((await call('/api/v1/tags')).json, []);
  await call('/api/v1/messages', { method: 'DELETE', body: { IDs: [ids[1], 'gone'] } });
  assert.equal((await call('/api/v1/messages')).json.total, 2);
  await call('/api/v1/messages', { method: 'DELETE' });
  assert.equal((await call('/api/v1/messages')).json.total, 0);
});

test('names are taken in any case', async (t) => {
  const { call, ids } = await openApi(t);
  const put = (/** @type {string} */ path, /** @type {any} */ body) =>
    call(path, { method: 'PUT', body });
  await put('/api/v1/messages', { ids: [ids[0]], read: true });
  assert.equal((await call('/api/v1/messages')).json.unread, 2);
  await put('/api/v1/messages', { search: 'subject:one', READ: true });
  assert.equal((await call('/api/v1/messages')).json.unread, 1);
  await put('/api/v1/tags', { ids, tags: ['red'] });
  await put('/api/v1/tags/red', { name: 'blue' });
  assert.deepEqual((await call('/api/v1/tags')).json, ['blue']);
  await call('/api/v1/messages', { method: 'DELETE', body: { ids: [ids[0]] } });
  assert.deepEqual(subjects(await call('/api/v1/messages')), ['<i>two</i>', 'one']);
});

test('without a body nothing is changed', async (t) => {
  const { call } = await openApi(t);
  for (const path of ['/api/v1/messages', '/api/v1/tags', '/api/v1/tags/x']) {
    const { status, text } = await call(path, { method: 'PUT' });
    assert.deepEqual([status, text], [400, 'there is no body'], path);
  }
  assert.equal((await call('/api/v1/messages')).json.unread, 3);
});

test('what makes no sense changes nothing', async (t) => {
  const { call, ids } = await openApi(t);
  /** @type {[string, string, any, number][]} */
  const cases = [
    ['PUT', '/api/v1/messages', { Read: 'yes' }, 400],
    ['PUT', '/api/v1/messages', { IDs: 'x' }, 400],
    ['PUT', '/api/v1/messages', { IDs: ids, Search: 'x', Read: true }, 400],
    ['PUT', '/api/v1/messages', [], 400],
    ['DELETE', '/api/v1/messages', { IDs: [7] }, 400],
    ['PUT', '/api/v1/tags', { IDs: ids, Tags: ['<>'] }, 200],
    ['PUT', '/api/v1/tags', { Tags: ['x'] }, 200],
    [
      'PUT',
      '/api/v1/tags',
      { IDs: ids, Tags: Array.from({ length: 101 }, (_, at) => `t${at}`) },
      400,
    ],
    ['PUT', '/api/v1/tags/none', { Name: 'x' }, 400],
    ['PUT', '/api/v1/tags/none', { Name: '<>' }, 400],
    ['PUT', '/api/v1/tags/none', {}, 400],
    ['DELETE', '/api/v1/tags/none', undefined, 400],
  ];
  for (const [method, path, body, status] of cases) {
    assert.equal(
      (await call(path, { method, body })).status,
      status,
      `${method} ${path} ${JSON.stringify(body)}`,
    );
  }
  assert.equal((await call('/api/v1/messages', { method: 'DELETE', body: '{' })).status, 400);
  const { total, unread, tags } = (await call('/api/v1/messages')).json;
  assert.deepEqual([total, unread, tags], [3, 3, []]);
});

test('what is not there is 404 in its form', async (t) => {
  const { call, ids } = await openApi(t);
  for (const path of [
    '/',
    '/api/v1/nothing',
    '/api/v1/message/1',
    '/api/v1/message/..%2f..%2fetc%2fpasswd/raw',
    `/api/v1/message/${ids[0]}/part/9`,
    `/api/v1/message/${ids[0]}/html-check`,
    `/api/v1/message/${ids[0]}/part/1/thumb`,
    `/view/${ids[0]}`,
    '/view/.html',
    `/view/${ids[0]}.exe`,
  ]) {
    const { status, text } = await call(path);
    assert.deepEqual([status, text], [404, '404 page not found'], path);
  }
  /** @type {[string, string][]} */
  const others = [
    ['/view/x.html', 'Message not found'],
    ['/view/x.txt', 'Message not found'],
    [`/view/${ids[1]}.html`, 'This message does not contain a HTML part'],
    ['/api/v1/message/latest?query=nowhere', 'Message not found'],
    ['/view/latest.txt?query=nowhere', 'Message not found'],
  ];
  for (const [path, wanted] of others) {
    const { status, text } = await call(path);
    assert.deepEqual([status, text], [404, wanted], path);
  }
  assert.equal((await call('/view/%zz.html')).status, 400);
});

test('a foreign page, another name and a long body stay outside', async (t) => {
  const { call, port, ids } = await openApi(t);
  /** @param {any} options @returns {Promise<number | undefined>} */
  const raw = async ({ path = '/api/v1/messages', method = 'DELETE', headers }) => {
    const request = http.request({ port, host: '127.0.0.1', path, method, headers });
    request.end();
    const [response] = await within(once(request, 'response'), path);
    response.resume();
    assert.equal(response.headers['access-control-allow-origin'], undefined);
    return response.statusCode;
  };
  assert.equal(await raw({ headers: { Host: 'evil.example' } }), 403);
  assert.equal(await raw({ headers: { Origin: 'http://evil.example' } }), 403);
  assert.equal(await raw({ headers: { Origin: 'null' } }), 403);
  assert.equal(
    await raw({ method: 'OPTIONS', headers: { Origin: `http://127.0.0.1:${port}` } }),
    405,
  );
  assert.equal(await raw({ method: 'POST', headers: { 'Content-Type': 'text/plain' } }), 415);
  assert.equal(await raw({ method: 'PUT', headers: { 'Content-Length': 104_857_600 } }), 413);
  assert.equal((await call(`/api/v1/message/${ids[0]}`)).status, 200);
  assert.equal((await call('/api/v1/messages')).json.total, 3);
});

test('with a login nobody else is served', async (t) => {
  const { call } = await openApi(t, { auth: { user: 'ann', password: 'secret' } });
  const refused = await call('/api/v1/messages');
  assert.deepEqual(
    [refused.status, refused.headers.get('www-authenticate')],
    [401, 'Basic realm="Login"'],
  );
  const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  assert.equal((await call('/api/v1/messages', { headers: { authorization } })).status, 200);
});

test('a fault of its own is a warning and 500, and says nothing of it', async (t) => {
  const routes = { 'GET /x': () => assert.fail('a secret') };
  const { call } = await openApi(t, { routes });
  const warned = within(once(process, 'warning'), 'the warning');
  const { status, text } = await call('/x');
  assert.deepEqual([status, text], [500, 'something is wrong here']);
  assert.equal((await warned)[0].message, 'a secret');
});
