'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { cidsIn, withUrls } = require('../../src/js/catch-api/cids.js');

const URLS = new Map([
  ['logo', '/1'],
  ['a b@c', '/2'],
  ['$&', '/3'],
  ['half\ud800', '/4'],
]);

/** @type {[string, string][]} */
const CASES = [
  ['<img src="cid:logo">', '<img src="/1">'],
  ["<img src='CID:logo' alt=cid:logo>", "<img src='/1' alt=/1>"],
  ['<b style="background: url( cid:logo)">', '<b style="background: url( /1)">'],
  ['<img src="cid:a%20b%40c">', '<img src="/2">'],
  ['<img src="cid:$&">', '<img src="/3">'],
  ['<img src="cid:%E0%A4%A">', '<img src="cid:%E0%A4%A">'],
  ['<img src="cid:logo2">', '<img src="cid:logo2">'],
  ['<img src="cid:">', '<img src="cid:">'],
  ['cid:logo', 'cid:logo'],
  ['', ''],
];

for (const [html, wanted] of CASES) {
  test(html, () => {
    assert.equal(
      withUrls(html, (id) => URLS.get(id)),
      wanted,
    );
  });
}

test('the ids of HTML', () => {
  const html = CASES.map(([each]) => each).join('\n');
  assert.deepEqual([...cidsIn(html, [...URLS.keys(), 'x', ''])], ['logo', 'a b@c', '$&']);
  assert.deepEqual([...cidsIn('', ['logo'])], []);
});

test('long HTML is read in no time', () => {
  for (const piece of ['"', '" ', ' ', '=cid:', '"cid:x', '(cid:%', '(cid:%e0']) {
    const begun = performance.now();
    withUrls(`"${piece.repeat(1e6)}`, () => undefined);
    cidsIn(`"${piece.repeat(1e6)}`, ['x']);
    assert.ok(performance.now() - begun < 2_000, piece);
  }
});
