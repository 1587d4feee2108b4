'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { passedOver, searchOf } = require('../../src/js/catch-api/search.js');
const { mailOf, messageOf } = require('../support/catch.js');

const PARTS = [
  '--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Your <b>Parcel</b> is late</p><img src="cid:logo">\r\n',
  '--b\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Disposition: inline\r\n\r\npng\r\n',
  '--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=Invoice.pdf\r\n\r\npdf\r\n',
  '--b--\r\n',
];
const FULL = messageOf(
  {
    From: 'The Shop <shop@Example.com>',
    To: 'Ann <ann@example.com>',
    Cc: 'Carl <carl@example.org>',
    'Reply-To': 'help@example.net',
    Subject: '=?utf-8?q?Caf=C3=89_order_17?=',
    'Message-ID': '<one.17@shop.example>',
    'Content-Type': 'multipart/mixed; boundary=b',
  },
  PARTS.join(''),
);
const BARE = messageOf({ From: 'me@example.net', To: 'you@example.com', Subject: 'Hello' });

/** What finds the mail with everything in it, and what does not. @type {[string, boolean][]} */
const CASES = [
  ['', true],
  ['   ', true],
  ['parcel', true],
  ['PARCEL', true],
  ['parcels', false],
  ['late parcel', true],
  ['late parcels', false],
  ['"parcel is late"', true],
  ['"late parcel"', false],
  ['"parcel is late', true],
  ['café', true],
  ['invoice.pdf', true],
  ['carl@example.org', true],
  ['hidden@example.com', true],
  ['-parcel', false],
  ['!parcel', false],
  ['-parcels', true],
  ['-"late parcel"', true],
  ['-"parcel is late"', false],
  ['"-parcel"', false],
  ['- ! * "" -"" parcel', true],
  ['to:ann@example.com', true],
  ['To:ANN', true],
  ['to:<ann@example.com>', true],
  ['to:ann@example.com,', true],
  ['-to:<ann@example.com>', false],
  ['to:shop', false],
  ['-to:shop', true],
  ['to:', true],
  ['to:""', true],
  ['from:"the shop"', true],
  ['from:shop@example.com', true],
  ['from:ann', false],
  ['!from:shop', false],
  ['cc:carl', true],
  ['cc:ann', false],
  ['bcc:hidden', true],
  ['bcc:ann', false],
  ['reply-to:help', true],
  ['reply-to:shop', false],
  ['addressed:help', true],
  ['addressed:hidden', true],
  ['addressed:nobody', false],
  ['-addressed:nobody', true],
  ['subject:"order 17"', true],
  ['subject:CAFÉ', true],
  ['subject:order subject:café', true],
  ['subject:parcel', false],
  ['message-id:one.17', true],
  ['message-id:two', false],
  ['is:read', false],
  ['is:unread', true],
  ['-is:unread', false],
  ['-is:read', true],
  ['IS:UNREAD', true],
  ['is:tagged', true],
  ['is:strange', false],
  ['has:attachment', true],
  ['has:attachments', true],
  ['-has:attachment', false],
  ['has:inline', true],
  ['tag:"big fish"', true],
  ['tag:BLUE', true],
  ['tag:fish', false],
  ['-tag:fish', true],
  ['after:2026-11-26', true],
  ['after:2026-11-27', false],
  ['before:2026-11-27', true],
  ['before:2026-11-26', false],
  ['-before:2026-11-26', true],
  ['-after:2026-11-26', false],
  ['before:"2026-11-26 12:00"', true],
  ['before:"2026-11-26 11:59"', false],
  ['after:"2026-11-26 12:00" before:"2026-11-26 12:00"', true],
  ['after:someday', true],
  ['larger:100', true],
  ['larger:1k', false],
  ['smaller:1.5KB', true],
  ['smaller:1M', true],
  ['-smaller:1mb', false],
  ['larger:lots', false],
  ['-larger:lots', true],
  ['"larger:17 order"', false],
  ['order,17', true],
  ['"order (17)"', true],
  ['"<order>; 17"', true],
  ['"ann@example.com,"', true],
  ['order/17', false],
  ['toString:x', false],
  ['__proto__:x', false],
  ['constructor', false],
  ['http://nowhere', false],
];
const MARK = { isRead: false, tags: ['Big Fish', 'blue'] };

/** @type {any} */
let full;
/** @type {any} */
let bare;
before(async () => {
  full = await mailOf(FULL, { to: ['ann@example.com', 'carl@example.org', 'hidden@example.com'] });
  full.receivedAt = new Date('2026-11-26T12:00:00Z');
  bare = await mailOf(BARE);
});

for (const [query, found] of CASES) {
  test(`a search for ${JSON.stringify(query)} ${found ? 'finds' : 'does not find'} it`, () => {
    assert.equal(searchOf(query, 'UTC')(full, MARK), found);
  });
}

test('each term that is turned round finds what the term does not', () => {
  for (const [query] of CASES) {
    if (!/^[a-z-]+:[^\s"]+$/.test(query) || /^-|someday|lots/.test(query)) continue;
    const isFound = searchOf(query, 'UTC')(full, MARK);
    for (const not of ['-', '!'])
      assert.equal(searchOf(not + query, 'UTC')(full, MARK), !isFound, query);
  }
});

test('a mail with nothing is found by nothing of the kind', () => {
  const mark = { isRead: true, tags: [] };
  for (const query of [
    'is:unread',
    'is:tagged',
    'has:attachment',
    'has:inline',
    'message-id:x',
    'cc:x',
    'tag:x',
  ]) {
    assert.equal(searchOf(query)(bare, mark), false, query);
    assert.equal(searchOf(`-${query}`)(bare, mark), true, query);
  }
  assert.equal(searchOf('is:read')(bare, mark), true);
});

test('a time is that of the zone', () => {
  const mail = { ...bare, receivedAt: new Date('2026-11-25T12:00:00Z') };
  assert.equal(searchOf('after:2026-11-26', 'UTC')(mail, MARK), false);
  assert.equal(searchOf('after:2026-11-26', 'Pacific/Auckland')(mail, MARK), true);
});

test('terms that say nothing are told', () => {
  for (const query of ['', 'parcel', '-to:ann', 'larger:x', 'after:2026-11-26', 'a - (b)']) {
    assert.deepEqual(passedOver(query), [], query);
  }
  for (const query of ['to:', '-To:', 'to: ', 'subject:" "', 'before:soon']) {
    assert.equal(passedOver(`parcel ${query}`).length, 1, query);
    assert.equal(searchOf(`parcel ${query}`)(full, MARK), true, query);
  }
});

test('signs that are all there is say nothing', () => {
  for (const query of ['(', '--', '" "', '! -']) {
    assert.notDeepEqual(passedOver(query), [], query);
  }
});

test('a search has 100 terms', () => {
  assert.equal(searchOf('parcel '.repeat(100))(full, MARK), true);
  assert.throws(() => searchOf('x '.repeat(101)), {
    name: 'RangeError',
    message: 'a search has at most 100 terms, not 101',
  });
});

test('a long search of quotes is read in no time', () => {
  for (const query of ['"'.repeat(1e6), 'a"'.repeat(5e5), `"${' '.repeat(1e6)}`]) {
    try {
      searchOf(query);
    } catch (error) {
      assert.ok(error instanceof RangeError);
    }
  }
});
