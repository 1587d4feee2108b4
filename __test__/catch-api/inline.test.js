'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { inlineIn } = require('../../src/js/catch-api/inline.js');

/** The HTML, the Content-ID, and whether it is shown. @type {[string, string | undefined, boolean][]} */
const CASES = [
  ['<img src="cid:logo@shop">', 'logo@shop', true],
  ['<img src="cid:logo%40shop">', 'logo@shop', true],
  ['<img src="cid:other">', 'logo@shop', false],
  ['<img src="cid:logo@shop.example">', 'logo@shop', false],
  ['<b style="background: url(cid:logo)">', 'logo', true],
  ['cid:logo', 'logo', false],
  ['', 'logo@shop', false],
  ['<img src="cid:">', '', false],
  ['<img src="cid:undefined">', undefined, false],
  ['<img src="cid:x">', '\ud800', false],
];

for (const [html, cid, shown] of CASES) {
  test(`${JSON.stringify(cid)} is ${shown ? '' : 'not '}shown by ${JSON.stringify(html)}`, () => {
    assert.equal(inlineIn({ html, attachments: [{ cid }, {}] })({ cid }), shown);
  });
}

test('the HTML is not read for an attachment without a Content-ID', () => {
  const mail = {
    attachments: [{}],
    get html() {
      return assert.fail('it was read');
    },
  };
  assert.equal(inlineIn(mail)({}), false);
});

test('it is read once for all attachments, and whoever asks', () => {
  let count = 0;
  const attachments = [{ cid: 'y' }, { cid: 'x' }, {}];
  const mail = {
    attachments,
    get html() {
      count += 1;
      return count === 1 ? '<img src="cid:x">' : '';
    },
  };
  for (let times = 0; times < 2; times += 1)
    assert.deepEqual(attachments.map(inlineIn(mail)), [false, true, false]);
});
