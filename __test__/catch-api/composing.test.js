'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { composed } = require('../../src/js/catch-api/composing.js');
const { mailOf } = require('../support/catch.js');

const FROM = { Email: 'shop@example.com' };

test('a message has all that it was given', async () => {
  const { raw, from, to } = await composed({
    From: { Email: 'shop@example.com', Name: 'The Shop' },
    To: [{ Email: 'ann@example.com', Name: 'Ann' }, { Email: 'bob@example.com' }],
    Cc: [{ Email: 'carl@example.org' }],
    Bcc: ['hidden@example.com', 'bob@example.com'],
    ReplyTo: [{ Email: 'help@example.net' }],
    Subject: 'Café',
    Text: 'plain',
    HTML: '<b>Hi</b><img src="cid:logo">',
    Headers: { 'X-IP': '1.2.3.4' },
    Attachments: [
      { Filename: 'a.png', Content: 'cG5n', ContentID: 'logo', ContentType: 'image/png' },
      { Filename: 'b.txt', Content: 'data:text/plain;base64,dGV4dA==' },
    ],
  });
  assert.equal(from, 'shop@example.com');
  assert.deepEqual(to, [
    'ann@example.com',
    'bob@example.com',
    'carl@example.org',
    'hidden@example.com',
  ]);
  const mail = await mailOf(raw, { from, to });
  assert.deepEqual(mail.from, [{ name: 'The Shop', address: 'shop@example.com' }]);
  assert.deepEqual([mail.to.length, mail.cc.length, mail.replyTo.length], [2, 1, 1]);
  assert.deepEqual(
    [mail.subject, mail.text.trim(), mail.headers['x-ip']],
    ['Café', 'plain', '1.2.3.4'],
  );
  assert.match(mail.html, /<b>Hi/);
  assert.deepEqual(
    mail.attachments.map(({ filename, cid, content }) => [filename, cid, content.toString()]),
    [
      ['a.png', 'logo', 'png'],
      ['b.txt', undefined, 'text'],
    ],
  );
});

test('a message of nothing but a sender is one', async () => {
  const { raw, to } = await composed({ From: FROM });
  assert.deepEqual(to, []);
  assert.match(raw.toString(), /^From: shop@example\.com\r\n/m);
});

test('nothing given becomes a field, a file or a request', async () => {
  const { raw } = await composed({
    From: { ...FROM, Name: 'a\r\nX-Evil: 1' },
    To: [{ Email: 'ann@example.com', Name: 'b\r\nX-Evil: 2' }],
    Subject: 'c\r\nX-Evil: 3',
    Text: 'x',
    Headers: { 'X-Good': 'd\r\nX-Evil: 4' },
    Attachments: [
      {
        Filename: 'e"\r\nX-Evil: 5',
        Content: '',
        path: '/etc/passwd',
        href: 'http://127.0.0.1:1/',
      },
    ],
  });
  assert.doesNotMatch(raw.toString(), /^X-Evil/m);
  assert.doesNotMatch(raw.toString('latin1'), /cm9vd|root:/);
});

/** What makes no sense, and how the error begins. @type {[any, string][]} */
const WRONG = [
  [{}, 'From needs'],
  [{ From: { Email: 'shop' } }, 'From needs'],
  [{ From: { Email: 'a@b.example>\r\nRCPT TO:<x@y.example' } }, 'From needs'],
  [{ From: { ...FROM, Name: 7 } }, 'From.Name must'],
  [{ From: FROM, To: 'ann@example.com' }, 'To must'],
  [{ From: FROM, To: ['ann@example.com'] }, 'To needs'],
  [{ From: FROM, To: [null] }, 'To needs'],
  [{ From: FROM, Bcc: [{ Email: 'ann@example.com' }] }, 'Bcc needs'],
  [{ From: FROM, Text: { path: '/etc/passwd' } }, 'Text must'],
  [{ From: FROM, HTML: { href: 'http://127.0.0.1/' } }, 'HTML must'],
  [{ From: FROM, Subject: ['x'] }, 'Subject must'],
  [{ From: FROM, Headers: 'X: y' }, 'Headers must'],
  [{ From: FROM, Headers: { 'X y': 'z' } }, '"X y" is no'],
  [{ From: FROM, Headers: { 'X\r\nY': 'z' } }, '"X\\r\\nY" is no'],
  [{ From: FROM, Headers: { bcc: 'z@y.example' } }, 'bcc cannot'],
  [{ From: FROM, Headers: { 'Content-Type': 'text/html' } }, 'Content-Type cannot'],
  [{ From: FROM, Headers: { 'X-A': 7 } }, 'Headers.X-A must'],
  [{ From: FROM, Attachments: {} }, 'Attachments must'],
  [{ From: FROM, Attachments: [{ Content: 'no base64!' }] }, 'Content of'],
  [{ From: FROM, Attachments: [{ Content: { path: '/etc/passwd' } }] }, 'Content must'],
  [{ From: FROM, Attachments: [{ ContentID: 'a\r\nb' }] }, 'ContentID has'],
  [{ From: FROM, Attachments: [{ ContentType: 'x\r\ny' }] }, 'ContentType must'],
];

for (const [given, begins] of WRONG) {
  test(`${JSON.stringify(given)} is refused`, async () => {
    const error = await composed(given).catch((reason) => reason);
    assert.ok(error instanceof TypeError && error.message.startsWith(begins), String(error));
  });
}

test('names are taken in any case', async () => {
  const { raw, from, to } = await composed({
    from: { email: 'a@b.example', name: 'Ann' },
    TO: [{ EMAIL: 'c@d.example' }],
    subject: 'Hello',
    attachments: [{ filename: 'a.txt', content: 'aGVsbG8=', contenttype: 'text/plain' }],
  });
  assert.deepEqual([from, to], ['a@b.example', ['c@d.example']]);
  for (const piece of ['From: Ann <a@b.example>', 'Subject: Hello', 'name=a.txt', 'aGVsbG8='])
    assert.ok(String(raw).includes(piece), piece);
});

test('what is no base64 is refused in no time', async () => {
  for (const Content of [`${' '.repeat(1e6)}%`, `${'a'.repeat(1e6)}%`, `${'='.repeat(1e6)}`]) {
    const begun = performance.now();
    const sent = composed({ From: FROM, Attachments: [{ Filename: 'a', Content }] });
    await assert.rejects(sent, { name: 'TypeError' });
    assert.ok(performance.now() - begun < 2_000, Content.slice(0, 1));
  }
});
