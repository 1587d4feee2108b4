'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { simpleParser } = require('mailparser');
const { layoutOf } = require('../../src/js/catch/mime-bounds.js');
const { plainTexts } = require('../../src/js/catch/plain.js');
const { mailOf } = require('../support/catch.js');

/** As the inbox reads mails by mailparser. */
const OPTIONS = { keepCidLinks: true, skipImageLinks: true, skipTextToHtml: true };
const FIELDS = 'From: a@example.net\r\nSubject: x\r\n';

const isPlain = (/** @type {string} */ raw) => {
  const bytes = Buffer.from(raw, 'latin1');
  return plainTexts(bytes, layoutOf(bytes)) !== undefined;
};

/** What mailparser makes of it, with text made of HTML that has none beside it. @param {string} raw */
async function byMailparser(raw) {
  const { text, html, attachments, subject } = await simpleParser(
    Buffer.from(raw, 'latin1'),
    /** @type {any} */ (OPTIONS),
  );
  if (text || !html) return { text: text || '', html: html || '', attachments, subject };
  const alone = `Content-Type: text/html; charset=utf-8\r\n\r\n${html}`;
  return { text: (await simpleParser(alone, OPTIONS)).text || '', html, attachments, subject };
}

/** A mail that is plain says what mailparser says. @param {string} raw @returns {Promise<boolean>} whether it is */
async function compare(raw) {
  if (!isPlain(raw)) return false;
  const [mail, its] = [await mailOf(Buffer.from(raw, 'latin1')), await byMailparser(raw)];
  const name = JSON.stringify(raw);
  assert.deepEqual(
    [mail.text, mail.html, mail.subject, mail.attachments.length, mail.problem],
    [its.text, its.html, its.subject ?? '', its.attachments.length, undefined],
    name,
  );
  return true;
}

/** Bodies, as they stand. */
const BODIES = [
  '',
  '\r\n',
  'text\r\n',
  'text',
  'one\ntwo\r\n\r\nthree \r\n\t\r\n',
  'bare\rreturn\r\n\r',
  'NUL \0 \0\r\n',
  'Gr\xc3\xb6\xc3\x9fe \xff\r\n',
  '\xef\xbb\xbfa mark before it\r\n',
  'soft=\r\nbreak =C3=B6 =3D =3d =ZZ = =\r\n',
  'trailing=20 \t\r\n=\r\n',
  '<p>Hello <b>you</b></p>\r\n<a href=3D"https://example.net/?a=3Db">go</a>\r\n',
  '<p>Hello</p><br/>\r\n',
  '<!-- <p> -->\r\n<style>p { color: red }</style><p>seen\r\n',
  '-- \r\n--\r\n--x\r\n',
  'PGI+SGVsbG88L2I+\r\n',
  `${'long '.repeat(1_000)}\r\n`,
];
const HEADERS = [
  '',
  'Content-Type: text/plain\r\n',
  'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n',
  'CONTENT-TYPE: TEXT/HTML;\r\n\tCHARSET="UTF-8"\r\nContent-Transfer-Encoding: 8BIT\r\n',
  'Content-Type: text/html; charset=us-ascii (really)\r\n',
  'Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n',
];

describe('what is plain is read as mailparser reads it', () => {
  for (const header of HEADERS) {
    test(`a text alone, ${JSON.stringify(header)}`, async () => {
      for (const body of BODIES) {
        assert.ok(await compare(`${FIELDS}${header}\r\n${body}`), JSON.stringify(body));
      }
    });

    test(`alternatives, the first ${JSON.stringify(header)}`, async () => {
      let plain = 0;
      for (const first of BODIES) {
        for (const second of BODIES) {
          const parts = [`${header}\r\n${first}`, `Content-Type: text/html\r\n\r\n${second}`];
          const body = parts.map((part) => `--=_b\r\n${part}\r\n`).join('');
          const type = 'Content-Type: multipart/alternative; boundary="=_b"\r\n';
          if (await compare(`${FIELDS}${type}\r\n${body}--=_b--\r\n`)) plain += 1;
        }
      }
      const isHtml = /html/i.test(header);
      assert.equal(plain, isHtml ? 0 : (BODIES.length - 1) ** 2);
    });
  }

  test('one alternative, text before it and behind it, line feeds alone', async () => {
    const type = 'Content-Type: multipart/alternative; boundary=b\r\n';
    const part = '--b\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n';
    for (const raw of [
      `${type}\r\n${part}--b--`,
      `${type}\r\nbefore\r\n${part}--b--\r\nbehind\r\n`,
      `${type}\r\n--b\r\n\r\ntext\r\n${part}--b--\r\n`,
      `${type}\r\n${part}--b\r\n\r\ntext\r\n--b--\r\n`,
    ]) {
      for (const each of [raw, raw.replaceAll('\r\n', '\n')]) assert.ok(await compare(each), each);
    }
  });
});

/** What a reader could take for something else, or what has more than texts. @type {[string, string][]} */
const OTHERS = [
  ['an attachment', 'Content-Disposition: attachment\r\n\r\nx'],
  ['a text that is shown within', 'Content-Disposition: inline\r\n\r\nx'],
  ['flowed text', 'Content-Type: text/plain; format=flowed\r\n\r\nx'],
  ['another charset', 'Content-Type: text/plain; charset=latin1\r\n\r\nx'],
  ['base64', 'Content-Transfer-Encoding: base64\r\n\r\neA=='],
  ['an encoding of no sense', 'Content-Transfer-Encoding: x\r\n\r\nx'],
  ['another text', 'Content-Type: text/calendar\r\n\r\nx'],
  ['a name with a space behind it', 'Content-Type : text/html\r\n\r\nx'],
  ['a type in other letters', 'Content-Type: text/html; x=\xff\r\n\r\nx'],
  ['no type but parameters', 'Content-Type: ; boundary=b\r\n\r\nx'],
  ['a text with a boundary', 'Content-Type: text/plain; boundary=b\r\n\r\nx'],
  ['a type with a comment in it', 'Content-Type: text/(x)html\r\n\r\nx'],
  ['a line that is no field', 'Subject x\r\n\r\nx'],
  ['the line of a mailbox', 'From me Thu Nov 26 09:00:00 2026\r\nSubject: x\r\n\r\nx'],
  ['a field that begins with a space', ' Subject: x\r\n\r\nx'],
  ['a return within a field', 'Subject: x\ry\r\n\r\nx'],
  ['HTML with too many elements', `Content-Type: text/html\r\n\r\n${'<b>'.repeat(1_001)}`],
  [
    'HTML with hidden elements',
    'Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=3Cb>x',
  ],
  ['HTML of 300 KiB', `Content-Type: text/html\r\n\r\n${'x'.repeat(300 * 1_024)}`],
  ['mixed', 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n'],
  ...[
    ['no end', '--b\r\n\r\nx\r\n'],
    ['no part', '--b--\r\n'],
    ['a space behind a delimiter', '--b \r\n\r\nx\r\n--b--\r\n'],
    ['something behind the last', '--b\r\n\r\nx\r\n--b--x\r\n--b--\r\n'],
    ['a line like a delimiter', '--b\r\n\r\n--bb\r\n--b--\r\n'],
    ['a delimiter behind a return', '--b\r\n\r\nx\r--b\r\n\r\ny\r\n--b--\r\n'],
    ['a header that a delimiter ends', '--b\r\nContent-Type: text/html\r\n--b--\r\n'],
    ['an empty part', '--b\r\n\r\n\r\n--b--\r\n'],
    ['two texts', '--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n'],
    ['three parts', '--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b\r\n\r\nz\r\n--b--\r\n'],
    ['two ends', '--b\r\n\r\nx\r\n--b--\r\n--b--\r\n'],
    ['an attachment in it', '--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n'],
    [
      'parts in it',
      '--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n',
    ],
  ].map(([name, body]) => [
    `alternatives: ${name}`,
    `Content-Type: multipart/alternative; boundary=b\r\n\r\n${body}`,
  ]),
];

test('what is not plain is left to mailparser whole', () => {
  for (const [name, raw] of OTHERS) assert.ok(!isPlain(raw), name);
});

test('whatever is done to its bytes, what is plain is read as mailparser reads it', async () => {
  const alternative = `${FIELDS}Content-Type: multipart/alternative; boundary="=_b"\r\n\r\n--=_b\r\nContent-Type: text/plain\r\n\r\none =3D two\r\n--=_b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>one =3D two</p>\r\n--=_b--\r\n`;
  const raws = [alternative, ...HEADERS.map((each) => `${FIELDS}${each}\r\n${BODIES[11]}`)];
  const pieces = [
    '\r',
    '\n',
    '\r\n',
    '--=_b',
    '--',
    '=',
    ' ',
    '\t',
    ':',
    ';',
    '"',
    '\0',
    '\xff',
    '<b>',
    '',
  ];
  let state = 11;
  const random = (/** @type {number} */ below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  let plain = 0;
  for (let count = 0; count < 3_000; count++) {
    let raw = raws[random(raws.length)];
    for (let change = random(3); change >= 0; change--) {
      const at = random(raw.length + 1);
      const piece =
        random(2) === 0 ? pieces[random(pieces.length)] : raw.slice(at, at + random(30));
      const end = random(raw.length + 1);
      raw =
        random(2) === 0
          ? raw.slice(0, end) + piece + raw.slice(end)
          : raw.slice(0, at) + piece + raw.slice(at + random(8));
    }
    if (await compare(raw)) plain += 1;
  }
  assert.ok(plain > 300, String(plain));
});
