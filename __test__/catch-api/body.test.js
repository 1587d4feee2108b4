'use strict';

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { test } = require('node:test');
const { bodyOf, memberOf, stringIn, stringsIn } = require('../../src/js/catch-api/body.js');

/** @param {string[]} pieces @param {any} [headers] @returns {any} */
function requestOf(pieces, headers = {}) {
  return Object.assign(Readable.from(pieces.map((piece) => Buffer.from(piece))), { headers });
}

test('a body is an object, in as many pieces as it likes', async () => {
  assert.equal(await bodyOf(requestOf([]), 10), undefined);
  assert.deepEqual(await bodyOf(requestOf(['{"a":', '"\xc3', '"}']), 100), { a: '\xc3' });
  assert.deepEqual(await bodyOf(requestOf(['{"a": 1234}']), 11), { a: 1234 });
});

for (const text of ['x', '{', '[]', 'null', '7', '"{}"', '{}{}']) {
  test(`${text} is none`, () => assert.rejects(bodyOf(requestOf([text]), 100), { status: 400 }));
}

test('a body that is too long is refused before it is read, or as soon as it is too long', async () => {
  const announced = requestOf(['{}'], { 'content-length': '101' });
  await assert.rejects(bodyOf(announced, 100), { status: 413 });
  let read = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        read += 1;
        yield Buffer.alloc(10);
      }
    })(),
  );
  await assert.rejects(bodyOf(/** @type {any} */ (Object.assign(endless, { headers: {} })), 100), {
    status: 413,
    message: 'the body is longer than 100 bytes',
  });
  assert.ok(read < 100, String(read));
});

test('strings are strings', () => {
  assert.deepEqual(stringsIn({ IDs: ['a'] }, 'IDs'), ['a']);
  assert.deepEqual([stringsIn({}, 'IDs'), stringsIn({ IDs: null }, 'IDs')], [[], []]);
  assert.deepEqual([stringIn({ Name: 'x' }, 'Name'), stringIn({}, 'Name')], ['x', '']);
  for (const wrong of ['a', {}, [7], [['a']], 7, true]) {
    assert.throws(() => stringsIn({ IDs: wrong }, 'IDs'), { status: 400 });
  }
  for (const wrong of [7, {}, [], true]) {
    assert.throws(() => stringIn({ Name: wrong }, 'Name'), { status: 400 });
  }
});

/** An object, a name, and what it has by that. @type {[any, string, any][]} */
const MEMBERS = [
  [{ IDs: [1], ids: [2] }, 'IDs', [1]],
  [{ ids: [1] }, 'IDs', [1]],
  [{ IDS: [1], ids: [2] }, 'IDs', [2]],
  [{ ids: null }, 'IDs', null],
  [{}, 'IDs', undefined],
  [{}, 'constructor', undefined],
  [{}, '__proto__', undefined],
  [JSON.parse('{"__proto__":{"IDs":[1]}}'), 'IDs', undefined],
  [['a'], 'length', 1],
  ['IDs', 'length', undefined],
  [null, 'IDs', undefined],
  [undefined, 'IDs', undefined],
  [7, 'IDs', undefined],
];

for (const [object, name, wanted] of MEMBERS) {
  test(`${JSON.stringify(object)} has ${JSON.stringify(wanted)} by ${name}`, () => {
    assert.deepEqual(memberOf(object, name), wanted);
  });
}

/** What takes far more memory than its bytes. @type {[string, boolean][]} */
const SHAPES = [
  [`{"a":${'['.repeat(31)}${']'.repeat(31)}}`, true],
  [`{"a":${'['.repeat(32)}${']'.repeat(32)}}`, false],
  ['{"a":'.repeat(1e5), false],
  [`{"a":[${'{},'.repeat(99_990)}{}]}`, true],
  [`{"a":[${'{},'.repeat(100_000)}{}]}`, false],
  [`{"a":[${'0,'.repeat(200_000)}0]}`, false],
  [`{"a":"${'[{,'.repeat(1e5)}"}`, true],
  [`{"a":"\\"${'[{,'.repeat(1e5)}\\\\"}`, true],
  [`{"a":"\\\\",${'"b":[],'.repeat(1e5)}"c":0}`, false],
];

for (const [text, isTaken] of SHAPES) {
  test(`${text.slice(0, 24)}... is ${isTaken ? '' : 'not '}taken`, async () => {
    const body = bodyOf(requestOf([text]), 1e7);
    if (isTaken) await body;
    else await assert.rejects(body, { status: 400, message: 'the body has too many parts' });
  });
}
