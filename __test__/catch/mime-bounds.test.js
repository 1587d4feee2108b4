'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { BOUNDS, headOf, layoutOf } = require('../../src/js/catch/mime-bounds.js');
const { bytesOf } = require('../../src/js/catch/part.js');

const crlf = (/** @type {string[]} */ ...lines) => Buffer.from(lines.join('\r\n'), 'latin1');
const MIXED = 'Content-Type: multipart/mixed; boundary=b';

/** The bodies of the parts that were found. @param {Buffer} raw */
const bodies = (raw) =>
  layoutOf(raw).leaves.map(({ start, end }) => raw.toString('latin1', start, end));

/** Messages, and the bodies of their parts. @type {[string, Buffer, string[]][]} */
const MESSAGES = [
  ['plain', crlf('Subject: x', '', 'text', ''), ['text\r\n']],
  ['no header', crlf('', 'text'), ['text']],
  ['no body', crlf('Subject: x', ''), ['']],
  ['a header without an end', crlf('Subject: x'), ['']],
  ['nothing', Buffer.alloc(0), ['']],
  [
    'two parts',
    crlf(MIXED, '', 'preamble', '--b', '', 'one', '--b', 'A: b', '', 'two', '--b--', 'end'),
    ['one', 'two'],
  ],
  ['bare line feeds', Buffer.from(`${MIXED}\n\n--b\n\none\n--b\n\ntwo\n--b--\n`), ['one', 'two']],
  [
    'folded, quoted, commented',
    crlf('Content-Type: multipart/mixed;', '\tboundary="b" (x)', '', '--b', '', 'one', '--b--'),
    ['one'],
  ],
  ['white space behind it', crlf(MIXED, '', '--b \t', '', 'one', '--b-- ', ''), ['one']],
  ['the end is missing', crlf(MIXED, '', '--b', '', 'one', 'more'), ['one\r\nmore']],
  [
    'one that is like it',
    crlf(MIXED, '', '--b', '', '--bc', '--b-x', '-- b', '--b--'),
    ['--bc\r\n--b-x\r\n-- b'],
  ],
  ['an empty part', crlf(MIXED, '', '--b', '', '--b', '', '', '--b--'), ['', '']],
  ['a part without a header line end', crlf(MIXED, '', '--b', 'A: b', '--b--'), ['']],
  [
    'within each other',
    crlf(
      MIXED,
      '',
      '--b',
      'Content-Type: multipart/alternative; boundary=c',
      '',
      '--c',
      '',
      'one',
      '--c',
      '',
      'two',
      '--c--',
      '--b',
      '',
      'three',
      '--b--',
    ),
    ['one', 'two', 'three'],
  ],
  [
    'the inner end is missing',
    crlf(
      MIXED,
      '',
      '--b',
      'Content-Type: multipart/mixed; boundary=c',
      '',
      '--c',
      '',
      'one',
      '--b',
      '',
      'two',
      '--b--',
    ),
    ['one', 'two'],
  ],
  [
    'a message within',
    crlf(
      MIXED,
      '',
      '--b',
      'Content-Type: message/rfc822',
      'Content-Disposition: inline',
      '',
      'Subject: y',
      '',
      'inner',
      '--b--',
    ),
    ['inner'],
  ],
  [
    'an attached message',
    crlf(MIXED, '', '--b', 'Content-Type: message/rfc822', '', 'Subject: y', '', 'inner', '--b--'),
    ['Subject: y\r\n\r\ninner'],
  ],
  ['multipart without a boundary', crlf('Content-Type: multipart/mixed', '', '--', 'x'), []],
  [
    'a boundary of control characters',
    crlf(
      'Content-Type: multipart/mixed; boundary="\x01\x02"',
      '',
      '--\x01\x02',
      '',
      'one',
      '--\x01\x02--',
    ),
    ['one'],
  ],
];

test('the parts of a message are found', () => {
  for (const [name, raw, wanted] of MESSAGES) {
    assert.deepEqual(bodies(raw), wanted, name);
    assert.equal(layoutOf(raw).problem, undefined, name);
  }
});

test('a part has its encoding and charset', () => {
  const raw = crlf(
    'content-type: text/plain; charset="ISO-8859-1"',
    'CONTENT-TRANSFER-ENCODING: Quoted-Printable ',
    '',
    'x',
  );
  const [leaf] = layoutOf(raw).leaves;
  assert.deepEqual([leaf.encoding, leaf.charset], ['quoted-printable', 'iso-8859-1']);
});

test('1.4 million parts are beyond the bounds, which costs no time', () => {
  const raw = Buffer.concat([
    crlf(MIXED, '', ''),
    Buffer.from('--b\r\n\r\n\r\n'.repeat(1_400_000)),
  ]);
  const begun = Date.now();
  const { problem, leaves, headEnd } = layoutOf(raw);
  assert.deepEqual([problem, leaves], ['it has more than 1000 parts', []]);
  assert.equal(raw.toString('latin1', 0, headEnd), `${MIXED}\r\n\r\n`);
  assert.ok(Date.now() - begun < 5_000);
});

test('so are 10,000 multiparts in each other, and 51', () => {
  const nested = (/** @type {number} */ depth) => {
    const lines = Array.from({ length: depth }, (_, at) => [
      `Content-Type: multipart/mixed; boundary=b${at}`,
      '',
      `--b${at}`,
    ]);
    return crlf(...lines.flat(), '', 'text');
  };
  const beyond = 'its parts are in each other more than 50 deep';
  assert.equal(layoutOf(nested(10_000)).problem, beyond);
  assert.equal(layoutOf(nested(51)).problem, beyond);
  assert.equal(layoutOf(nested(50)).problem, undefined);
});

test('and messages in messages', () => {
  const inner = ['Content-Type: message/rfc822', 'Content-Disposition: inline', ''];
  const raw = crlf(...Array.from({ length: 60 }, () => inner).flat());
  assert.match(layoutOf(raw).problem ?? '', /more than 50 deep/);
});

test('a header of 30 MiB is beyond them, of one line or of many; its beginning is kept', () => {
  for (const line of [
    `X: ${'y'.repeat(998)}\r\n`,
    'X: y\r\n',
    `X: ${'y'.repeat(30 * 1_024 * 1_024)}\r\n`,
  ]) {
    const count = Math.ceil((30 * 1_024 * 1_024) / line.length);
    const raw = Buffer.from(`Subject: x\r\n${line.repeat(count)}\r\ntext`);
    const { problem, headEnd } = layoutOf(raw);
    assert.equal(problem, `the header of a part has more than ${BOUNDS.header} bytes`);
    const head = headOf(raw, headEnd);
    assert.ok(head.length <= BOUNDS.header);
    assert.match(head.toString(), /^Subject: x\r\n/);
  }
});

test('the header of a part has the same bound', () => {
  const raw = crlf(MIXED, '', '--b', `X: ${'y'.repeat(BOUNDS.header)}`, '', 'text', '--b--');
  assert.match(layoutOf(raw).problem ?? '', /the header of a part/);
  assert.equal(headOf(raw, layoutOf(raw).headEnd).toString(), `${MIXED}\r\n\r\n`);
});

test('lines that look like delimiters cost no more than their bytes', () => {
  const raw = Buffer.concat([crlf(MIXED, '', ''), Buffer.from('\n--bb'.repeat(2_000_000))]);
  const begun = Date.now();
  assert.deepEqual(layoutOf(raw).leaves, []);
  assert.ok(Date.now() - begun < 10_000);
});

test('two million lines are within them, and one more is not, however they end', () => {
  for (const end of ['\n', '\r\n']) {
    const raw = (/** @type {number} */ lines) =>
      Buffer.from(`Subject: x${end}${end}${end.repeat(lines - 2)}`);
    assert.equal(layoutOf(raw(BOUNDS.lines)).problem, undefined);
    const { problem, leaves, headEnd } = layoutOf(raw(BOUNDS.lines + 1));
    assert.deepEqual([problem, leaves], ['it has more than 2000000 lines', []]);
    assert.equal(headEnd, `Subject: x${end}${end}`.length);
  }
});

/** A message of random parts, and how many leaves it has. @param {() => number} random */
function randomMessage(random) {
  let count = 0;
  const pick = (/** @type {number} */ many) => Math.floor(random() * many);
  const part = (/** @type {number} */ depth) => {
    if (depth > 3 || pick(3) === 0) {
      count += 1;
      const kinds = ['text/plain', 'text/html', 'image/png', 'application/pdf; name="a b"'];
      const encoding = ['7bit', 'base64', 'quoted-printable'][pick(3)];
      const text = `part ${count}${'\r\n'.repeat(pick(3))}`;
      const body = encoding === 'base64' ? Buffer.from(text).toString('base64') : text;
      return `Content-Type: ${kinds[pick(4)]}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`;
    }
    const boundary = `b${depth}-${pick(1_000)}`;
    /** @type {string[]} */
    const parts = Array.from({ length: 1 + pick(3) }, () => part(depth + 1));
    const preamble = ['', 'preamble\r\n', `--${boundary}x\r\n`][pick(3)];
    const inner = parts.map((each) => `--${boundary}\r\n${each}\r\n`).join('');
    return `Content-Type: multipart/mixed;\r\n boundary="${boundary}"\r\n\r\n${preamble}${inner}--${boundary}--\r\n`;
  };
  const text = part(0);
  return { raw: Buffer.from(`Subject: x\r\n${text}`), count };
}

test('mailparser finds the same parts in the same places', async () => {
  const { simpleParser } = require('mailparser');
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let at = 0; at < 200; at++) {
    const { raw, count } = randomMessage(random);
    const { leaves, problem } = layoutOf(raw);
    assert.deepEqual([leaves.length, problem], [count, undefined], raw.toString());
    const { attachments } = await simpleParser(raw, { skipTextToHtml: true });
    const contents = leaves.map((leaf) => bytesOf(raw, leaf).toString('latin1'));
    const left = attachments.map(({ content }) => content.toString('latin1'));
    for (const content of contents) if (content === left[0]) left.shift();
    assert.deepEqual(left, [], raw.toString());
  }
});
