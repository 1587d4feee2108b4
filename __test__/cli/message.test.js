'use strict';
// Subjects, and what `--print` shows of a message.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { readable, subjectOf } = require('../../src/js/cli/message.js');
const { textLine } = require('../../src/js/cli/text.js');
const { Client } = require('../support/client.js');
const { deliver, receiving } = require('../support/command.js');

/** Two words of one character each half of `ü`, in UTF-8. */
const SPLIT = '=?utf-8?b?w7w=?= =?utf-8?q?=C3?= =?utf-8?q?=BC?=';

test('a subject is unfolded and decoded', () => {
  for (const [header, subject] of /** @type {[string | Buffer, string | null][]} */ ([
    ['Subject: plain\r\n\r\n', 'plain'],
    ['From: x\r\nsUbJeCt:a\r\n b\r\n\tc\r\nTo: y\r\n\r\n', 'a b c'],
    ['Subject : space\r\n\r\n', 'space'],
    ['Subject: =?UTF-8?B?SMOkbGxv?= =?utf-8?q?_=C3=A4?=\r\n\r\n', 'Hällo ä'],
    ['Subject: =?iso-8859-1*de?Q?=E4?= and =?utf-8?q?=C3=A4?=\r\n\r\n', 'ä and ä'],
    [`Subject: ${SPLIT}\r\n\r\n`, 'üü'],
    ['Subject: =?utf-8?b?8J+Y?=\r\n =?utf-8?b?gA==?=\r\n\r\n', '😀'],
    ['Subject: =?windows-1252?q?=80=93?=\r\n\r\n', '€“'],
    ['Subject: =?iso-2022-jp?b?GyRCRnxLXBsoQg==?=\r\n\r\n', '日本'],
    ['Subject: =?nonsense?q?x?= =?utf-8?q?=C3=A4?=\r\n\r\n', 'xä'],
    ['Subject: =?utf-8?q?=FF?=\r\n\r\n', '\ufffd'],
    ['Subject: =?utf-8?x?abc?=\r\n\r\n', '=?utf-8?x?abc?='],
    ['Subject: jürgen\r\n\r\n', 'jürgen'],
    [Buffer.from('Subject: j\xfcrgen \x80\r\n\r\n', 'latin1'), 'jürgen €'],
    [`Subject: ${'=?utf-8?q?=C3=A4?= '.repeat(2_000)}\r\n\r\n`, 'ä'.repeat(2_000)],
    ['Subject:\r\n\r\n', ''],
    ['From: x\r\n\r\nSubject: in the body\r\n', null],
    ['\r\nSubject: in the body\r\n', null],
    ['', null],
  ])) {
    assert.equal(subjectOf(Buffer.from(header)), subject, String(header).slice(0, 80));
  }
});

test('a subject is cut on a terminal only, between characters, with a sign', () => {
  const entry = { event: 'data', time: '', from: '', to: [], bytes: 0 };
  const line = (/** @type {string} */ subject, /** @type {boolean} */ isTerminal) =>
    textLine({ ...entry, subject }, isTerminal) ?? '';
  for (const character of ['x', 'ü', '😀', 'e\u0301', '👩‍👩‍👧‍👦']) {
    const subject = character.repeat(1_000);
    assert.ok(line(subject, false).endsWith(subject));
    const shown = /\S+$/.exec(line(subject, true))?.[0] ?? '';
    assert.ok(shown.endsWith('…'));
    const left = shown.slice(0, -1).replaceAll(character, '');
    assert.equal(left, '', `whole characters of ${character}`);
    assert.ok(shown.length < 250 && shown.length > 150, String(shown.length));
  }
  assert.ok(line('x'.repeat(150), true).endsWith('x'));
});

const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');

/** A part, or a message, of these fields. */
const part = (/** @type {string[]} */ fields, /** @type {string} */ body) =>
  `${fields.join('\r\n')}\r\n\r\n${body}\r\n`;

const multipart = (/** @type {string} */ kind, /** @type {string[]} */ ...parts) =>
  part(
    [`Content-Type: multipart/${kind}; boundary="=${kind}"`],
    [...parts.map((each) => `--=${kind}\r\n${each}`), `--=${kind}--`].join(''),
  );

describe('--print', { timeout: 60_000 }, () => {
  const PLAIN = part(
    ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64'],
    base64('Grüße\n'),
  );
  const HTML = part(
    ['Content-Type: text/html; charset=iso-8859-1', 'Content-Transfer-Encoding: quoted-printable'],
    '<p>Gr=FC=DFe</p>',
  );
  const LOGO = part(
    ['Content-Type: image/png; name="lo\u001bgo.png"', 'Content-Transfer-Encoding: base64'],
    base64('\x89PNG'),
  );

  test('shows the header as it was sent and the text of each part', async () => {
    for (const [
      name,
      message,
      wanted,
      unwanted,
    ] of /** @type {[string, string, string[], string[]][]} */ ([
      ['no MIME', 'Subject: x\r\n\r\nhello\r\n', ['Subject: x\n\nhello\n'], ['[']],
      ['no header', '\r\nhello\r\n', ['hello'], []],
      ['no body', 'Subject: x', ['Subject: x'], []],
      ['UTF-8 that is not declared', 'Subject: ü\r\n\r\nü\r\n', ['Subject: ü\n\nü'], []],
      ['base64', PLAIN, ['Content-Transfer-Encoding: base64\n\nGrüße'], [base64('Grü')]],
      ['quoted-printable', HTML, ['<p>Grüße</p>'], ['=FC']],
      ['alternatives', multipart('alternative', PLAIN, HTML), ['Grüße', '<p>Grüße</p>'], ['=FC']],
      [
        'an attachment',
        multipart('mixed', PLAIN, LOGO),
        ['Grüße', '[image/png "', 'bytes]'],
        ['iVBO'],
      ],
      [
        'text that is attached',
        multipart(
          'mixed',
          PLAIN,
          part(
            [
              'Content-Type: text/csv; charset=iso-8859-1; name=a.csv',
              'Content-Transfer-Encoding: quoted-printable',
            ],
            'a,=FC',
          ),
        ),
        ['Grüße', '[text/csv "a.csv", 3 bytes]\na,ü'],
        ['=FC'],
      ],
      ['nested', multipart('mixed', multipart('alternative', PLAIN, HTML), LOGO), ['Grüße'], []],
      [
        'a boundary that never comes',
        part(['Content-Type: multipart/mixed; boundary=x'], 'hello'),
        ['boundary=x'],
        [],
      ],
      [
        'no type',
        part(['Content-Type: ;;;', 'Content-Transfer-Encoding: x'], 'hello'),
        ['hello'],
        [],
      ],
    ])) {
      const text = await readable(Buffer.from(message));
      for (const each of wanted) assert.ok(text.includes(each), `${name}: ${text}`);
      for (const each of unwanted) assert.ok(!text.includes(each), `${name}: ${text}`);
    }
  });

  test('costs little, and shows little, of whatever is large', async () => {
    const million = 1_000_000;
    for (const message of [
      `Subject: x\r\n\r\n${'\n'.repeat(29 * million)}`,
      '\n'.repeat(29 * million),
      `Content-Type: text/plain\r\n\r\n${'\r\n'.repeat(14 * million)}`,
      `Content-Type: text/plain\r\n\r\n${'x'.repeat(29 * million)}`,
      `Content-Type: multipart/mixed; boundary=a\r\n\r\n${'--a\r\n\r\nx\r\n'.repeat(3 * million)}`,
      `Content-Type: text/html\r\n\r\n${'<div>'.repeat(5 * million)}`,
      'a: b\r\n'.repeat(4 * million),
      `To: ${'a@b, '.repeat(5 * million)}\r\nContent-Type: text/plain\r\n\r\n`,
      `Subject: ${'=?a?q?x?= '.repeat(2 * million)}`,
      ...['=?', '=?a?q?', ' \r\n ', 'Subject:', '?=    '].map(
        (each) => `Subject: ${each.repeat(million)}`,
      ),
    ]) {
      const raw = Buffer.from(message);
      const began = performance.now();
      const text = await readable(raw);
      subjectOf(raw);
      const name = JSON.stringify(message.slice(0, 50));
      assert.ok(performance.now() - began < 1_000, name);
      assert.ok(text.length < 100_000, name);
      assert.match(text, /\n\[cut here; --maildir keeps the whole message\]$/, name);
    }
  });

  test('29 MB of line feeds do not keep others waiting', async (t) => {
    const { child, port } = await receiving(t, '--print');
    const other = await Client.connect(port);
    t.after(() => other.destroy());
    let isDelivered = false;
    const delivered = deliver(port, `Subject: x\r\n\r\n${'\n'.repeat(29_000_000)}\r\n`).finally(
      () => {
        isDelivered = true;
      },
    );
    let longest = 0;
    while (!isDelivered) {
      const began = performance.now();
      await other.command('NOOP', 250);
      longest = Math.max(longest, performance.now() - began);
    }
    assert.equal(await delivered, 250);
    assert.ok(longest < 1_000, `${longest} ms`);
    child.process.kill('SIGTERM');
    let last = '';
    let lines = 0;
    for (; !/^Received/.test(last); lines += 1) last = await child.line();
    assert.match(last, /^Received 1 message \(29,000,016 bytes\)/);
    assert.ok(lines < 2_000, `${lines} lines`);
  });
});
