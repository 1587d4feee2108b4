'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const vm = require('node:vm');
const { matcherOf } = require('../../src/js/catch/match.js');
const { mailOf, messageOf } = require('../support/catch.js');

const RAW = messageOf(
  {
    From: 'Shop <shop@Example.com>',
    To: 'Ann <Ann@example.com>',
    Cc: 'cc@example.org',
    Subject: '=?utf-8?q?Caf=C3=A9?=',
    'X-Tag': 'one two',
    'x-tag': 'three',
    'Content-Type': 'text/html; charset=utf-8',
  },
  '<p>Your <b>order</b></p>\r\n',
);
const ENVELOPE = { from: 'bounce@example.net', to: ['ann@example.com', 'hidden@example.com'] };

/** What matches, and what does not. @type {[any, boolean][]} */
const CASES = [
  [undefined, true],
  [null, true],
  [{}, true],
  [{ subject: undefined }, true],
  [{ to: 'ann@example.com' }, true],
  [{ to: 'ann@EXAMPLE.com' }, true],
  [{ to: 'Ann@example.com' }, true],
  [{ to: 'ANN@example.com' }, false],
  [{ to: 'ann@example' }, false],
  [{ to: 'hidden@example.com' }, true],
  [{ to: 'cc@example.org' }, true],
  [{ to: /^cc@/ }, true],
  [{ to: /^shop@/ }, false],
  [{ from: 'shop@example.com' }, true],
  [{ from: 'bounce@example.net' }, true],
  [{ from: /@example\.net$/ }, true],
  [{ from: 'ann@example.com' }, false],
  [{ subject: 'Café' }, true],
  [{ subject: 'Caf' }, false],
  [{ subject: /caf/i }, true],
  [{ text: 'Your order' }, true],
  [{ text: '<b>' }, false],
  [{ html: '<b>order</b>' }, true],
  [{ html: /^order/ }, false],
  [{ header: { 'x-tag': 'two' } }, true],
  [{ header: { 'X-TAG': /^three$/ } }, true],
  [{ header: { 'x-other': /^/ } }, false],
  [{ header: { 'x-tag': 'two', subject: 'Café' } }, true],
  [{ subject: 'Café', to: 'nobody@example.com' }, false],
  [(/** @type {any} */ mail) => mail.subject.length === 4, true],
  [() => 0, false],
];

test('a mail matches', async () => {
  const mail = await mailOf(RAW, ENVELOPE);
  for (const [match, wanted] of CASES) {
    const matcher = matcherOf(match);
    assert.equal(matcher.accepts(mail), wanted, matcher.words);
    assert.equal(matcher.missed(mail).length === 0, wanted, matcher.words);
  }
});

test('a domain matches in the letters of its language and in those of DNS', async () => {
  const raw = messageOf({ To: 'b@m\u00fcnchen.example' });
  const mails = [
    await mailOf(raw, { to: ['b@xn--mnchen-3ya.example'] }),
    await mailOf('\r\n', { to: ['b@xn--mnchen-3ya.example'] }),
    await mailOf('\r\n', { to: ['b@m\u00fcnchen.example'] }),
  ];
  for (const to of ['b@m\u00fcnchen.example', 'b@xn--mnchen-3ya.example']) {
    assert.deepEqual(
      mails.map((mail) => matcherOf({ to }).accepts(mail)),
      [true, true, true],
      to,
    );
  }
  assert.deepEqual(mails[0].bcc, []);
});

test('the parts are named that a mail missed', async () => {
  const mail = await mailOf(RAW, ENVELOPE);
  const match = { subject: 'x', to: 'ann@example.com', header: { 'x-tag': 'no' }, html: 'nothing' };
  assert.deepEqual(matcherOf(match).missed(mail), ['subject', 'header.x-tag', 'html']);
  assert.deepEqual(matcherOf(() => false).missed(mail), ['the function']);
});

test('a RegExp with a memory matches each time, and one of another realm does', async () => {
  const mail = await mailOf(RAW, ENVELOPE);
  const pattern = /caf/gi;
  pattern.lastIndex = 3;
  const matcher = matcherOf({ subject: pattern });
  assert.deepEqual(
    [1, 2, 3].map(() => matcher.accepts(mail)),
    [true, true, true],
  );
  assert.equal(matcherOf(vm.runInNewContext('({ subject: /Caf/ })')).accepts(mail), true);
});

test('what makes no sense is named', async () => {
  const mail = await mailOf(RAW, ENVELOPE);
  for (const [match, name] of /** @type {[any, RegExp][]} */ ([
    ['Hello', /^match must be a function or an object .*, not 'Hello'$/],
    [/x/, /^match must be .*, not \/x\/$/],
    [{ title: 'x' }, /^match\.title is none: match has to, from, subject, text, html, header$/],
    [{ constructor: 'x' }, /^match\.constructor is none/],
    [{ timeout: 5 }, /^match\.timeout is none/],
    [{ subject: 5 }, /^match\.subject must be a string or a RegExp, not 5$/],
    [{ header: 'x' }, /^match\.header must be an object/],
    [[], /^match must be .*, not \[\]$/],
    [Promise.resolve(), /^match must be .*, not Promise/],
    [{ header: ['x-tag'] }, /^match\.header must be an object .*, not \[ 'x-tag' \]$/],
    [{ header: { 'x-y': 1 } }, /^match\.header\['x-y'\] must be a string or a RegExp, not 1$/],
  ])) {
    assert.throws(() => matcherOf(match), { name: 'TypeError', message: name });
  }
  const late = async () => false;
  assert.throws(() => matcherOf(late).accepts(mail), /must answer at once/);
  assert.throws(
    () =>
      matcherOf(() => {
        throw new Error('mine');
      }).accepts(mail),
    /mine/,
  );
});
