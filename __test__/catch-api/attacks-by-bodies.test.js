'use strict';
// What a client may try on the API by the bodies of its requests.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { openedByBytes: opened, repliesIn, sendBytes } = require('../support/raw-http.js');
const { within } = require('../support/wait.js');

/** @typedef {import('node:test').TestContext} TestContext */

test('the body of a request that is refused is no request', async (t) => {
  const { inbox, host, port } = await opened(t);
  const smuggled = `DELETE /api/v1/messages HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const padding = 'x'.repeat(100_000);
  for (const [lines, status] of /** @type {[string, number][]} */ ([
    ['Content-Type: text/plain\r\n', 415],
    ['Content-Type: application/json\r\nOrigin: null\r\n', 403],
    ['Content-Type: application/json\r\n', 400],
  ])) {
    for (const body of [smuggled, smuggled + padding, padding + smuggled]) {
      const header = `POST /api/v1/send HTTP/1.1\r\nHost: ${host}\r\n${lines}`;
      const length = `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
      const text = await sendBytes(port, [header + length, body]);
      const replies = repliesIn(text);
      assert.deepEqual(
        replies.map((reply) => reply.status),
        [status],
      );
    }
  }
  assert.equal(inbox.messages.length, 1);
});

describe('bodies of 100 MB', () => {
  const SIZE = 100 * 1_024 * 1_024;
  const PIECE = Buffer.alloc(64 * 1_024, 'x');

  for (const [method, path] of [
    ['PUT', '/api/v1/messages'],
    ['DELETE', '/api/v1/messages'],
    ['GET', '/livez'],
    ['PUT', '/api/v1/chaos'],
    ['POST', '/api/v1/send'],
    ['POST', '/api/v1/message/latest/release'],
    ['POST', '/api/v1/wait'],
    ['POST', '/api/v1/wait/failures'],
  ]) {
    for (const isChunked of [false, true]) {
      test(`${method} ${path}, ${isChunked ? 'in chunks' : 'declared'}`, async (t) => {
        const { inbox, host, port } = await opened(t);
        let sent = 0;
        function* pieces() {
          yield `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
          yield isChunked
            ? 'Transfer-Encoding: chunked\r\n\r\n'
            : `Content-Length: ${SIZE}\r\n\r\n`;
          for (; sent < SIZE; sent += PIECE.length) {
            if (isChunked) yield `${PIECE.length.toString(16)}\r\n`;
            yield PIECE;
            if (isChunked) yield '\r\n';
          }
        }
        const text = await sendBytes(port, pieces());
        // It may be cut off before it has read the answer.
        if (text !== '') assert.equal(repliesIn(text)[0].status, 413);
        assert.ok(sent < SIZE, `${sent} bytes were read`);
        assert.equal(inbox.messages.length, 1);
      });
    }
  }
});

test('names that objects have are data', async (t) => {
  const { api, inbox } = await opened(t);
  const put = async (/** @type {string} */ path, /** @type {string} */ body, method = 'PUT') => {
    const headers = { 'content-type': 'application/json' };
    return (await within(fetch(`${api.url}${path}`, { method, headers, body }), path)).status;
  };
  const json = async (/** @type {string} */ path) =>
    (await within(fetch(`${api.url}${path}`), path)).json();
  const [{ ID }] = (await json('/api/v1/messages')).messages;
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString']) {
    assert.equal(await put('/api/v1/messages', `{"IDs":["${name}"],"Read":true}`), 200);
    assert.equal(await put('/api/v1/messages', `{"IDs":["${name}"]}`, 'DELETE'), 200);
    assert.equal(await put('/api/v1/tags', `{"IDs":["${ID}"],"Tags":["${name}"]}`), 200);
    const { Tags } = await json('/api/v1/info');
    assert.deepEqual([Object.keys(Tags), Object.hasOwn(Tags, name)], [[name], true]);
    const found = await json(`/api/v1/search?query=tag:${name}`);
    assert.equal(found.messages_count, 1, name);
    assert.equal((await json(`/api/v1/search?query=${name}:x`)).messages_count, 0, name);
    assert.equal(await put(`/api/v1/tags/${name}`, '{"Name":"x"}'), 200);
    assert.equal(await put(`/api/v1/tags/${name}`, '{"Name":"x"}', 'DELETE'), 400);
  }
  for (const body of [
    '{"__proto__":{"Read":true}}',
    '{"constructor":{"prototype":{"Read":true}}}',
    '{"__proto__":{"Probability":100,"ErrorCode":421}}',
  ]) {
    assert.equal(await put('/api/v1/messages', body), 200);
    assert.equal(await put('/api/v1/chaos', body), 200);
  }
  assert.equal(
    await put('/api/v1/send', '{"__proto__":{"From":{"Email":"a@b.example"}}}', 'POST'),
    400,
  );
  assert.equal((await json('/api/v1/messages')).unread, 1);
  assert.equal(/** @type {any} */ ({}).Read, undefined);
  assert.equal(inbox.messages.length, 1);
});

/** What a member of a body may be. @type {unknown[]} */
const VALUES = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  '\0\r\n\ud800<script>',
  'x'.repeat(10_000),
  [],
  [null],
  [[]],
  [{}],
  ['x', 7],
  ['latest'],
  {},
  { length: 1 },
  { Email: 7 },
  { Email: 'a@b.example', Name: [] },
  { ErrorCode: 'x', Probability: {} },
  { toString: 1, valueOf: null },
];
/** The members of the bodies that routes take. @type {Record<string, string[]>} */
const MEMBERS = {
  'PUT /api/v1/messages': ['IDs', 'Read', 'Search'],
  'DELETE /api/v1/messages': ['IDs'],
  'PUT /api/v1/tags': ['IDs', 'Tags'],
  'PUT /api/v1/tags/x': ['Name'],
  'PUT /api/v1/chaos': ['Sender', 'Recipient', 'Authentication'],
  'POST /api/v1/message/latest/release': ['To'],
  'POST /api/v1/send': [
    ...['From', 'To', 'Cc', 'Bcc', 'ReplyTo', 'Subject', 'Text', 'HTML', 'Headers', 'Tags'],
    'Attachments',
  ],
  'POST /api/v1/wait/clear': ['address'],
  'POST /api/v1/wait/failures': ['at', 'match', 'reply', 'times', 'skip', 'delay', 'how', 'after'],
};

describe('no body makes a fault', { concurrency: false }, () => {
  for (const [name, members] of Object.entries(MEMBERS)) {
    test(name, async (t) => {
      const { api } = await opened(t);
      const warnings = warningsOf(t);
      const [method, path] = name.split(' ');
      const headers = { 'content-type': 'application/json' };
      for (const member of members) {
        for (const value of VALUES) {
          const body = JSON.stringify({
            From: { Email: 'a@b.example' },
            at: 'rcpt',
            [member]: value,
          });
          const response = await within(
            fetch(`${api.url}${path}`, { method, headers, body }),
            path,
          );
          await response.text();
          const what = `${member}: ${JSON.stringify(value).slice(0, 50)}: ${response.status}`;
          assert.ok([200, 400].includes(response.status), what);
        }
      }
      assert.deepEqual(warnings, []);
    });
  }
});

/** What the process warns of while a test runs. @param {TestContext} t */
function warningsOf(t) {
  /** @type {string[]} */
  const warnings = [];
  const warned = (/** @type {Error} */ { message }) => warnings.push(message);
  process.on('warning', warned);
  t.after(() => process.off('warning', warned));
  return warnings;
}

test('requests that were mutated do no harm', async (t) => {
  const { inbox, host, port } = await opened(t);
  const whole = Buffer.from(
    `GET /api/v1/message/latest HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nAccept: */*\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
  );
  // A fixed seed (mulberry32), so that what fails once fails again.
  let seed = 20_261_126;
  const random = (/** @type {number} */ below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const warnings = warningsOf(t);
  for (let round = 0; round < 300; round += 1) {
    const bytes = Buffer.from(whole);
    for (let changes = 1 + random(4); changes > 0; changes -= 1)
      bytes[random(bytes.length)] = random(256);
    // One that is now too short would be waited for.
    const text = await sendBytes(port, Buffer.concat([bytes, Buffer.from('\r\n\r\n')]), true);
    const status = text === '' ? 0 : Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
    assert.ok(status < 500, JSON.stringify(bytes.toString('latin1')));
  }
  assert.deepEqual(warnings, []);
  assert.equal(inbox.messages.length, 1);
});
