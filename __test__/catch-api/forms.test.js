'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const forms = require('../../src/js/catch-api/forms.js');
const { Mailbox } = require('../../src/js/catch-api/mailbox.js');
const { Store } = require('../../src/js/catch/store.js');
const { mailOf, messageOf } = require('../support/catch.js');

const PARTS = [
  '--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Your\r\n\r\n order</p><img src="cid:logo">\r\n',
  '--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="../a.pdf"\r\n\r\npdf\r\n',
  '--b\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Disposition: inline; filename=l.png\r\n\r\npng\r\n',
  '--b--\r\n',
];
const FULL = messageOf(
  {
    Received: 'from a\r\n\tby b',
    received: 'from b by c',
    From: '"The <b>Shop</b>" <shop@example.com>',
    To: 'Ann <ann@example.com>, bob@example.com',
    Cc: 'carl@example.org',
    'Reply-To': 'Help <help@example.net>',
    Subject: '=?utf-8?q?Caf=C3=89?=',
    Date: 'Thu, 26 Nov 2026 12:00:00 +0100',
    'MESSAGE-ID': '<one@shop.example>',
    'List-Unsubscribe': '<https://shop.example/u>',
    'Content-Type': 'multipart/mixed; boundary=b',
  },
  PARTS.join(''),
);
const ENVELOPE = { from: 'bounce@example.com', to: ['ann@example.com', 'hidden@example.com'] };

/** A mailbox with one mail. @param {string} raw @param {any} [envelope] */
async function one(raw, envelope) {
  const mail = await mailOf(raw, envelope);
  mail.receivedAt = new Date('2026-11-26T12:34:56.789Z');
  /** @type {any} */
  const store = new Store({ maxMessages: 10, maxBytes: 1e6 });
  store.add(mail);
  return { mail, mailbox: new Mailbox(store) };
}

const COMMON = {
  MessageID: 'one@shop.example',
  From: { Name: 'The <b>Shop</b>', Address: 'shop@example.com' },
  To: [
    { Name: 'Ann', Address: 'ann@example.com' },
    { Name: '', Address: 'bob@example.com' },
  ],
  Cc: [{ Name: '', Address: 'carl@example.org' }],
  Bcc: [{ Name: '', Address: 'hidden@example.com' }],
  ReplyTo: [{ Name: 'Help', Address: 'help@example.net' }],
  Subject: 'CafÉ',
  Size: Buffer.byteLength(FULL),
  Username: 'ann',
};

test('a mail in a list', async () => {
  const { mail, mailbox } = await one(FULL, ENVELOPE);
  mail.session = { user: 'ann' };
  mailbox.setTags([mail], ['red']);
  const summary = { ...COMMON, ID: mailbox.idOf(mail), Created: '2026-11-26T12:34:56.789Z' };
  const more = { Read: false, Tags: ['red'], Attachments: 1, Snippet: 'Your order' };
  assert.deepEqual(forms.summaryForm(mailbox, mail), { ...summary, ...more });
  mailbox.setRead([mail], true);
  assert.equal(forms.summaryForm(mailbox, mail).Read, true);
});

test('a mail by itself', async () => {
  const { mail, mailbox } = await one(FULL, ENVELOPE);
  mail.session = { user: 'ann' };
  const { Inline, Attachments, ...rest } = forms.messageForm(mailbox, mail);
  assert.deepEqual(rest, {
    ...COMMON,
    ID: mailbox.idOf(mail),
    ReturnPath: 'bounce@example.com',
    ListUnsubscribe: {
      Header: '<https://shop.example/u>',
      Links: ['https://shop.example/u'],
      Errors: '',
      HeaderPost: '',
    },
    Date: '2026-11-26T11:00:00.000Z',
    Tags: [],
    Text: mail.text,
    HTML: mail.html,
  });
  assert.deepEqual(Attachments, [
    {
      PartID: '1',
      FileName: 'a.pdf',
      ContentType: 'application/pdf',
      ContentID: '',
      Size: 3,
      Checksums: {
        MD5: '437175ba4191210ee004e1d937494d09',
        SHA1: 'ce9f44bc3d348133b47226685a8f75bbf17e757b',
        SHA256: 'c35b21d6ca39aa7cc3b79a705d989f1a6e88b99ab43988d74048799e3db926a3',
      },
    },
  ]);
  assert.deepEqual(
    Inline.map(({ PartID, ContentID }) => [PartID, ContentID]),
    [['2', 'logo']],
  );
});

test('a part is found by its id alone', async () => {
  const { mail } = await one(FULL);
  assert.equal(forms.partOf(mail, '1')?.filename, 'a.pdf');
  assert.equal(forms.partOf(mail, '2')?.content.toString(), 'png');
  for (const id of ['0', '3', '01', '-1', '1.0', '', '../1', 'length', '1e0', '9999', '10000']) {
    assert.equal(forms.partOf(mail, id), undefined, id);
  }
});

test('the header has each name once, in its usual spelling', async () => {
  const { mail } = await one(FULL);
  const headers = forms.headersForm(mail);
  assert.deepEqual(Object.keys(headers), [
    'Cc',
    'Content-Type',
    'Date',
    'From',
    'List-Unsubscribe',
    'Message-Id',
    'Received',
    'Reply-To',
    'Subject',
    'To',
  ]);
  assert.deepEqual(headers.Received, ['from a by b', 'from b by c']);
  assert.deepEqual(headers.Subject, ['=?utf-8?q?Caf=C3=89?=']);
});

test('a mail of nothing has all names as well', async () => {
  const { mail, mailbox } = await one('\r\n', { from: '', to: [] });
  const { Created, ...summary } = forms.summaryForm(mailbox, mail);
  assert.deepEqual(
    [summary.From, summary.To, summary.MessageID, summary.Subject, summary.Snippet],
    [{ Name: '', Address: '' }, [], '', '', ''],
  );
  const { Date: date, ListUnsubscribe } = forms.messageForm(mailbox, mail);
  assert.equal(date, Created);
  assert.deepEqual(ListUnsubscribe, { Header: '', Links: [], Errors: '', HeaderPost: '' });
  assert.deepEqual(forms.headersForm(mail), {});
});

test('a snippet has 250 characters, none of them in two', async () => {
  const { mail, mailbox } = await one(
    messageOf({ 'Content-Type': 'text/plain; charset=utf-8' }, '😀'.repeat(400)),
  );
  assert.equal(forms.summaryForm(mailbox, mail).Snippet, '😀'.repeat(250));
});

test('the header of a mail that names what objects have is data', async () => {
  const { mail } = await one(messageOf({ __proto__x: '1', constructor: 'c', 'To-String': 't' }));
  assert.deepEqual(forms.headersForm(mail).Constructor, ['c']);
});

/** A message, and the fields that its header has. @type {[string | Buffer, Record<string, string[]>][]} */
const HEADERS = [
  ['', {}],
  ['\r\nA: b\r\n', {}],
  ['\nA: b\r\n', {}],
  ['A: b', { A: ['b'] }],
  ['A: b\n\nC: d\n', { A: ['b'] }],
  ['A: b\r\n\r\nC: d\r\n', { A: ['b'] }],
  ['a-b: c\r\n \r\n  d\r\nA-B: e\r\n\r\n', { 'A-B': ['c  d', 'e'] }],
  ['no field\r\n: none\r\nA:\r\n\r\n', { A: [''] }],
  ['A: größe\r\n\r\n', { A: ['größe'] }],
  [Buffer.from([0x41, 0x3a, 0xff, 0x0a, 0x0a]), { A: ['\ufffd'] }],
];

for (const [raw, wanted] of HEADERS) {
  test(`the header of ${JSON.stringify(String(raw))}`, () => {
    assert.deepEqual(forms.headersForm({ raw: Buffer.from(raw) }), wanted);
  });
}

test('names of a header that objects have are data', () => {
  const raw = Buffer.from('__proto__: a\r\nconstructor: b\r\n__PROTO__: c\r\n\r\n');
  const text = '{"Constructor":["b"],"__proto__":["a","c"]}';
  assert.equal(JSON.stringify(forms.headersForm({ raw })), text);
});

test('a header of many fields and folds is read in no time', () => {
  for (const line of ['a: b\r\n', ' x\r\n', ':\r\n', '\t\r\n']) {
    const raw = Buffer.from(`x: y\r\n${line.repeat(1e6)}`);
    const begun = performance.now();
    forms.headersForm({ raw });
    assert.ok(performance.now() - begun < 2_000, line);
  }
});
