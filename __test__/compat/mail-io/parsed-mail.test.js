'use strict';

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { BOUNDS, blank, read } = require('../../../src/js/compat/mail-io/parsed-mail.js');

/** What a message says. @param {string} text @param {number} [maxBytes] */
const parse = (text, maxBytes) => read(() => Readable.from([Buffer.from(text)]), maxBytes);

const HEADER = 'From: A <a@x.example>\r\nTo: b@y.example, C <c@y.example>\r\nSubject: Hello\r\n';

describe('a message', () => {
  test('has its addresses, its texts and its header', async () => {
    const mail = await parse(`${HEADER}X-Own: one\r\nX-Own: two\r\n\r\ntext\r\n`);
    assert.equal(mail.subject, 'Hello');
    assert.deepEqual(mail.from, [{ address: 'a@x.example', name: 'A' }]);
    assert.deepEqual(mail.to, [
      { address: 'b@y.example', name: '' },
      { address: 'c@y.example', name: 'C' },
    ]);
    assert.match(mail.text, /^text/);
    assert.equal(mail.problem, undefined);
    assert.ok([mail.headers['x-own']].flat().includes('one'));
  });

  test('has its attachments', async () => {
    const mail = await parse(
      `${HEADER}Content-Type: multipart/mixed; boundary=b\r\n\r\n` +
        '--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n' +
        '--b\r\nContent-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n' +
        'Content-Disposition: attachment; filename=x.png\r\n\r\nAAEC\r\n--b--\r\n',
    );
    const [{ fileName, contentType, length, content }] = mail.attachments;
    assert.deepEqual([fileName, contentType, length], ['x.png', 'image/png', 3]);
    assert.deepEqual(Buffer.from(content), Buffer.from([0, 1, 2]));
  });
});

describe('a bound', () => {
  for (const [what, text, maxBytes] of /** @type {[string, string, number | undefined][]} */ ([
    ['of bytes', `${HEADER}\r\n${'x\r\n'.repeat(10_000)}`, 1_000],
    ['of lines', `${HEADER}\r\n${'\r\n'.repeat(BOUNDS.lines + 10)}`, undefined],
    [
      'of addresses',
      `To: ${'a@x,'.repeat(BOUNDS.addresses + 5)}b@x\r\nSubject: Hello\r\n\r\nx\r\n`,
      undefined,
    ],
  ])) {
    test(`${what} keeps what was read, and is told of`, async () => {
      const mail = await parse(text, maxBytes);
      assert.equal(mail.subject, 'Hello');
      assert.equal(typeof mail.problem, 'string');
    });
  }
});

test('what could not be read at all has all that programs look at', async () => {
  const mail = await parse(`${HEADER}\r\ntext\r\n`);
  const nothing = blank('of the test');
  assert.equal(nothing.problem, 'of the test');
  assert.deepEqual([nothing.attachments, nothing.headers], [[], {}]);
  assert.equal(typeof mail.headers, 'object');
});
