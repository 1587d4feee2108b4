'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { structureForm } = require('../../src/js/catch-api/structure.js');

/** @param {string} text */
const treeOf = (text) => structureForm({ raw: Buffer.from(text.replace(/\n/g, '\r\n')) });

/** Types and names alone. @param {any} node @returns {any} */
function outline({ ContentType, FileName, Size, Parts }) {
  const label = [ContentType, FileName].filter(Boolean).join(' ');
  return Parts.length > 0 ? { [label]: Parts.map(outline) } : `${label} ${Size}`;
}

const NESTED = `Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: Text/Plain; charset="UTF-8"

hello
--b
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable

=3Cb=3E
--b--
--a
Content-Type: message/rfc822
Content-Disposition: inline

Subject: within
Content-Type: text/plain

inner
--a
Content-Type: application/pdf
Content-Disposition: attachment; filename="=?utf-8?q?=C3=BC.pdf?="
Content-ID: <one@x>
Content-Transfer-Encoding: base64

SGVsbG8=
--a--
`;

test('parts are within those that have them, with sizes as they are decoded', () => {
  const { Problem, Structure } = treeOf(NESTED);
  assert.equal(Problem, '');
  assert.deepEqual(outline(Structure), {
    'multipart/mixed': [
      { 'multipart/alternative': ['text/plain 5', 'text/html 3'] },
      { 'message/rfc822': ['text/plain 5'] },
      'application/pdf ü.pdf 5',
    ],
  });
  const pdf = Structure?.Parts[2];
  assert.deepEqual(
    [pdf?.Disposition, pdf?.ContentID, pdf?.Encoding],
    ['attachment', 'one@x', 'base64'],
  );
  assert.equal(Structure?.Parts[0].Parts[0].Charset, 'UTF-8');
});

test('a message without a header is text, and a multipart without parts has none', () => {
  assert.equal(outline(treeOf('\nhello\n').Structure), 'text/plain 7');
  assert.equal(outline(treeOf('').Structure), 'text/plain 0');
  const empty = treeOf('Content-Type: multipart/mixed; boundary=a\n\nno parts\n').Structure;
  assert.equal(outline(empty), 'multipart/mixed 0');
  assert.equal(outline(treeOf('Content-Type: multipart/mixed\n\n').Structure), 'multipart/mixed 0');
});

test('names of files are safe, and decoded once', () => {
  for (const [field, wanted] of [
    ['attachment; filename="../../etc/passwd"', 'passwd'],
    ["attachment; filename*=utf-8''a%E2%80%AEgpj.exe", 'agpj.exe'],
    ["attachment; filename*=utf-8''%3D%3Futf-8%3FQ%3F%3D2Eexe%3F%3D", '=?utf-8?Q?=2Eexe?='],
    ['attachment; filename=".."', 'attachment'],
    ['attachment', ''],
  ]) {
    const { Structure } = treeOf(`Content-Disposition: ${field}\n\nx`);
    assert.equal(Structure?.FileName, wanted, field);
  }
  assert.equal(treeOf('Content-Type: text/plain; name=a.txt\n\nx').Structure?.FileName, 'a.txt');
});

test('whatever names a header has, and however long they are, it is told within bounds', () => {
  const long = 'x'.repeat(100_000);
  const { Structure } = treeOf(
    `Content-Type: text/${long}\nContent-ID: <${long}>\n__proto__: a\nconstructor: b\n\nx`,
  );
  assert.ok(JSON.stringify(Structure).length < 2_000);
  assert.equal(treeOf('Content-Type: constructor\n\nx').Structure?.ContentType, 'constructor');
});

test('beyond the bounds there is a problem and no tree', () => {
  const parts = '--a\n\nx\n'.repeat(1_500);
  const many = treeOf(`Content-Type: multipart/mixed; boundary=a\n\n${parts}--a--\n`);
  assert.match(many.Problem, /more than 1000 parts/);
  assert.equal(many.Structure, null);
  const deep = Array.from(
    { length: 10_000 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`,
  );
  assert.match(treeOf(deep.join('')).Problem, /deep/);
});

test('a tree of the greatest depth and count there may be is small', () => {
  const deep = Array.from(
    { length: 50 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`,
  );
  const { Structure } = treeOf(`${deep.join('')}\nx\n${'--b49\n\nx\n'.repeat(940)}`);
  const text = JSON.stringify(Structure);
  assert.match(text, /^(\{[^[]*\[){50}/);
  assert.ok(text.length < 300_000, String(text.length));
});
