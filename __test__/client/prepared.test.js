'use strict';
// A prepared message is one message, whatever a server takes for the end of a line.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { faultOf, prepare } = require('../../src/js/client/prepared.js');

const LETTERS = ['\r', '\n', '\r\n', '.', '..', 'a', '\u2028', '\u2029', '\x85', '\v', '\f'];

/** Texts of all lengths up to eight, at random. */
function* texts() {
  for (let seed = 1; seed <= 20_000; seed += 1) {
    let state = seed;
    let text = '';
    for (let left = seed % 9; left > 0; left -= 1) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      text += LETTERS[(state >> 8) % LETTERS.length];
    }
    yield text;
  }
}

test('prepare makes line ends whole, doubles dots and adds the end', () => {
  for (const [text, expected] of [
    ['', '\r\n.'],
    ['a', 'a\r\n.'],
    ['.a\r\n..b\r\nc.', '..a\r\n...b\r\nc.\r\n.'],
    ['a\r\n.', 'a\r\n..\r\n.'],
    ['.\r\n.\r\n', '..\r\n..\r\n\r\n.'],
    ['a\n.b\r.c', 'a\r\n..b\r\n..c\r\n.'],
    ['a\r\r\n\n.b', 'a\r\n\r\n\r\n..b\r\n.'],
    ['a\u2028.b\u2029.c\x85.d', 'a\u2028.b\u2029.c\x85.d\r\n.'],
  ]) {
    assert.equal(prepare(text), expected);
  }
});

test('what was prepared is one message that is the text again', () => {
  for (const text of texts()) {
    const prepared = `${prepare(text)}\r\n`;
    assert.equal(faultOf(prepared), undefined, JSON.stringify(text));
    assert.doesNotMatch(prepared, /(^|[^\r])\n|\r($|[^\n])/, JSON.stringify(text));
    const lines = prepared.split('\r\n');
    assert.deepEqual(lines.splice(-2), ['.', '']);
    assert.ok(!lines.includes('.'));
    const read = lines.map((line) => (line.startsWith('.') ? line.slice(1) : line));
    assert.equal(read.join('\n'), text.replaceAll(/\r\n?/g, '\n'), JSON.stringify(text));
  }
});

test('a text is refused unless its one lone dot is its end, between whole line ends', () => {
  for (const text of texts()) {
    for (const end of ['\r\n', '.\r\n', '\r\n.\r\n', '\n.\r\n', '\r.\r\n']) {
      const whole = `${text}${end}`;
      // A dot alone, as the most lenient reader sees it.
      const lines = whole.split(/\r\n|\r|\n/);
      const isOne = lines.indexOf('.') === lines.length - 2;
      const isWhole = whole === '.\r\n' || whole.endsWith('\r\n.\r\n');
      assert.equal(faultOf(whole) === undefined, isOne && isWhole, JSON.stringify(whole));
    }
  }
});

test('prepare needs a text', () => {
  for (const none of [undefined, null]) {
    assert.throws(() => prepare(/** @type {any} */ (none)), {
      name: 'TypeError',
      message: `Client.prepare needs the text of a message, not ${none}`,
    });
  }
  assert.equal(prepare(''), '\r\n.');
});
