'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const vm = require('node:vm');
const {
  isInRanges,
  mailFromWire,
  mailToWire,
  matchFromWire,
  matchToWire,
  rangesOf,
  ruleFromWire,
  ruleToWire,
} = require('../../src/js/catch/wire.js');
const { mailOf, messageOf } = require('../support/catch.js');

const sent = (/** @type {any} */ value) => JSON.parse(JSON.stringify(value ?? null)) ?? undefined;

test('a match comes over as it was', () => {
  for (const match of [
    {},
    { to: 'a@b.example' },
    { to: /a/, from: /b/gi, subject: 'x', text: /\n\/\u2028/u, html: '<b>' },
    { header: { 'X-A': 'b', source: 'c', flags: /d/s } },
    { header: { __proto__: null, 'x-y': /z/m } },
  ]) {
    const plain = { ...match, ...('header' in match ? { header: { ...match.header } } : {}) };
    assert.deepEqual(matchFromWire(sent(matchToWire(match))), plain);
  }
});

test('a RegExp of another realm does as well', () => {
  const subject = vm.runInNewContext('/confirm/i');
  assert.deepEqual(matchFromWire(sent(matchToWire({ subject }))), { subject: /confirm/i });
});

test('of a function, and of nothing, nothing is told', () => {
  for (const match of [undefined, null, () => true]) assert.equal(matchToWire(match), undefined);
  assert.equal(matchFromWire(undefined), undefined);
});

test('what is no match is left for others to refuse', () => {
  for (const wrong of [7, 'x', true]) assert.equal(matchFromWire(wrong), wrong);
  assert.deepEqual(matchFromWire({ header: 5, to: [1] }), { header: 5, to: [1] });
  assert.throws(() => matchFromWire({ to: { source: '(', flags: '' } }), SyntaxError);
  assert.throws(() => matchFromWire({ to: { source: 'a', flags: '?' } }), SyntaxError);
});

test('a rule comes over as it was', () => {
  for (const rule of [
    { at: 'rcpt' },
    { at: 'data', how: 'reset', after: 5, times: 3, skip: 1, delay: 2 },
    { at: 'mail', match: /^a@/i, reply: [452, ['Full', 'indeed']], times: Infinity },
  ]) {
    assert.deepEqual(ruleFromWire(sent(ruleToWire(rule))), rule);
  }
});

test('a mail comes over with all that it has', async () => {
  const raw = messageOf(
    { From: 'Ann <a@b.example>', Subject: '=?utf-8?q?=C3=A9?=', 'Content-Type': 'text/html' },
    '<a href="https://x.example/">482913</a>\r\n',
  );
  const mail = await mailOf(raw, { dsn: { ret: 'HDRS' }, smtpUtf8: true });
  const session = { helo: 'x', user: null, tls: false, remoteAddress: '::1', transcript: ['C: x'] };
  Object.assign(mail, { session: { ...session, secret: 'y' } });
  const again = await mailFromWire(sent(mailToWire(mail)), Buffer.from(mail.raw));
  assert.deepEqual(again.session, session);
  const names = [
    ...['id', 'envelope', 'from', 'to', 'cc', 'bcc', 'replyTo', 'subject', 'date', 'messageId'],
    ...['text', 'html', 'headers', 'attachments', 'raw', 'size', 'receivedAt', 'problem', 'links'],
  ];
  for (const name of names) {
    assert.deepEqual(/** @type {any} */ (again)[name], /** @type {any} */ (mail)[name], name);
  }
  assert.equal(again.link(), 'https://x.example/');
  assert.equal(again.code(), '482913');
});

test('ids are ranges, in any order', () => {
  for (const [ids, ranges] of /** @type {[number[], any][]} */ ([
    [[], []],
    [[5], [[5, 5]]],
    [
      [3, 1, 2, 7, 9, 8],
      [
        [1, 3],
        [7, 9],
      ],
    ],
    [
      [1, 1, 3],
      [
        [1, 1],
        [3, 3],
      ],
    ],
  ])) {
    assert.deepEqual(rangesOf(ids), ranges);
    for (let id = 0; id < 12; id += 1) assert.equal(isInRanges(ranges, id), ids.includes(id));
  }
});
