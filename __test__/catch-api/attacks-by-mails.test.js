'use strict';
// Mails that are hard to read, as the API tells of them: each route answers, soon and within bounds.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { openApi } = require('../../src/js/catch-api/api.js');
const { openInbox, sendTo } = require('../support/catch.js');
const { within } = require('../support/wait.js');

const MIXED = 'Content-Type: multipart/mixed; boundary=b\r\n';
const PREVIEW = '/preview/latest.html';
const ROUTES = [
  '/api/v1/messages',
  '/api/v1/search?query=from:nobody',
  '/api/v1/message/latest',
  '/api/v1/message/latest/headers',
  '/api/v1/message/latest/structure',
  '/api/v1/message/latest/session',
  '/view/latest.txt',
  PREVIEW,
];
/** Milliseconds and bytes of an answer. */
const [MOST_TIME, MOST_BYTES] = [5_000, 1_024 * 1_024];

/** An inbox, and how to get a route of its API. @param {import('node:test').TestContext} t */
async function opened(t) {
  const inbox = await openInbox(t, { size: 64 * 1_024 * 1_024 });
  const api = await within(openApi(inbox, { port: 0 }), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  return { inbox, get: (/** @type {string} */ path) => fetch(api.url + path) };
}

/** Mails, the subject that they have, and whether they are taken apart. @type {[string, () => string, string, boolean][]} */
const MAILS = [
  [
    '1.4 million parts',
    () => `Subject: many\r\n${MIXED}\r\n${'--b\r\n\r\n\r\n'.repeat(1_400_000)}`,
    'many',
    false,
  ],
  [
    'a depth of 10,000',
    () =>
      Array.from(
        { length: 10_000 },
        (_, at) =>
          `Subject: deep\r\nContent-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
      ).join(''),
    'deep',
    false,
  ],
  [
    'a header of 30 MiB',
    () => `Subject: long\r\n${`X: ${'y'.repeat(900)}\r\n`.repeat(34_835)}\r\nx\r\n`,
    'long',
    false,
  ],
  [
    'a header of two million fields',
    () => `Subject: fields\r\n${'X:\r\n'.repeat(2_000_000)}\r\nx\r\n`,
    'fields',
    false,
  ],
  [
    'charsets that do not exist',
    () =>
      `Subject: =?x-klingon?q?one?=\r\nFrom: =?ebcdic-x?b?dHdv?= <a@example.com>\r\n${MIXED}\r\n--b\r\nContent-Type: text/plain; charset="x-\x01\x02"\r\n\r\nx\r\n--b\r\nContent-Type: text/html; charset=${'y'.repeat(900)}\r\n\r\n<p>x\r\n--b--\r\n`,
    'one',
    true,
  ],
  ...['\x01\x02', '\0\x07', '\x1b[2J', '\x7f', '\t\v\f x'].map(
    (boundary) =>
      /** @type {[string, () => string, string, boolean]} */ ([
        `the boundary ${JSON.stringify(boundary)}`,
        () =>
          `Subject: odd\r\nContent-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n--${boundary}\r\n\r\nx\r\n--${boundary}--\r\n`,
        'odd',
        true,
      ]),
  ),
];

for (const [name, raw, subject, isRead] of MAILS) {
  test(`${name}: every route answers`, async (t) => {
    const { inbox, get } = await opened(t);
    const { response } = await sendTo(inbox, { raw: Buffer.from(raw(), 'latin1') });
    assert.match(String(response), /^250/);
    assert.equal(inbox.messages[0].problem === undefined, isRead);
    for (const route of ROUTES) {
      const begun = Date.now();
      const answer = await get(route);
      const body = await answer.text();
      assert.equal(answer.status, 200, route);
      assert.ok(body.length < MOST_BYTES, `${route}: ${body.length} bytes`);
      assert.ok(Date.now() - begun < MOST_TIME, `${route}: ${Date.now() - begun} ms`);
    }
    assert.equal((await (await get('/api/v1/messages')).json()).messages[0].Subject, subject);
    const bytes = Buffer.from(await (await get('/api/v1/message/latest/raw')).arrayBuffer());
    assert.ok(bytes.equals(inbox.messages[0].raw));
    // Whoever comes next is served.
    await sendTo(inbox);
    assert.equal(inbox.messages.length, 2);
  });
}

/** Names of files, and what is left of them. */
const NAMES = {
  '../../etc/passwd': 'passwd',
  '..\\..\\boot.ini': 'boot.ini',
  '/etc/shadow': 'shadow',
  'a\0b.txt': 'ab.txt',
  'invoice\u202efdp.exe': 'invoicefdp.exe',
  'a\r\nSet-Cookie: x=y.txt': 'aSet-Cookie: x=y.txt',
  '..': 'attachment',
  '\u200b': 'attachment',
  '%2e%2e%2fx': '%2e%2e%2fx',
  '"><img src=x onerror=alert(1)>': '"><img src=x onerror=alert(1)>',
};

test('names of files have no folder, and nothing that cannot be seen, wherever they are told', async (t) => {
  const { inbox, get } = await opened(t);
  for (const [name, safe] of Object.entries(NAMES)) {
    const word = `=?utf-8?B?${Buffer.from(name).toString('base64')}?=`;
    const parts = [
      `Content-Disposition: attachment; filename="${word}"`,
      `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name)}`,
      `Content-Disposition: attachment\r\nContent-Type: application/x; name="${word}"`,
    ].map((header) => `--b\r\n${header}\r\n\r\nx\r\n`);
    await sendTo(inbox, { raw: `Subject: x\r\n${MIXED}\r\n${parts.join('')}--b--\r\n` });
    const mail = await (await get('/api/v1/message/latest')).json();
    const names = mail.Attachments.map((/** @type {any} */ { FileName }) => FileName);
    assert.deepEqual(names, [safe, safe, safe]);
    for (const { PartID } of mail.Attachments) {
      const { headers } = await get(`/api/v1/message/latest/part/${PartID}`);
      const told = headers.get('content-disposition') ?? '';
      assert.ok(told.startsWith("attachment; filename*=UTF-8''"), told);
      assert.equal(decodeURIComponent(told.slice(told.indexOf("''") + 2)), safe);
      assert.equal(headers.get('set-cookie'), null);
    }
    const structure = await (await get('/api/v1/message/latest/structure')).text();
    if (name !== safe) assert.ok(!structure.includes(JSON.stringify(name).slice(1, -1)), structure);
  }
});

test('of two parts with one cid both are there, and the HTML shows the first', async (t) => {
  const { inbox, get } = await opened(t);
  const part = (/** @type {string} */ text) =>
    `--b\r\nContent-Type: image/png\r\nContent-ID: <same>\r\n\r\n${text}\r\n`;
  const html = '--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:same">\r\n';
  await sendTo(inbox, {
    raw: `Subject: x\r\nContent-Type: multipart/related; boundary=b\r\n\r\n${html}${part('one')}${part('two')}--b--\r\n`,
  });
  const { Inline, Attachments } = await (await get('/api/v1/message/latest')).json();
  const ids = [...Inline, ...Attachments].map(({ PartID }) => PartID);
  assert.equal(new Set(ids).size, 2);
  const texts = ids.map(async (id) => (await get(`/api/v1/message/latest/part/${id}`)).text());
  assert.deepEqual((await Promise.all(texts)).sort(), ['one', 'two']);
  const preview = await (await get(PREVIEW)).text();
  assert.ok(preview.includes(Buffer.from('one').toString('base64')), preview);
});
