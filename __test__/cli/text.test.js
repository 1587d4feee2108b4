'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { count, jsonLine, textLine } = require('../../src/js/cli/text.js');

const MAIL = {
  ...{ event: 'data', time: 'now', from: 'a@x', to: ['b@y', 'c@z'], bytes: 1_234 },
  subject: 'Hello',
};

describe('a line for people', () => {
  test('tells of a mail', () => {
    assert.equal(textLine(MAIL, false), 'now  from <a@x>  to <b@y>, <c@z>  1,234 bytes  Hello');
    assert.match(String(textLine({ ...MAIL, subject: null }, false)), /\(no subject\)$/);
  });

  test('has nothing in it that steers a terminal', () => {
    const line = String(textLine({ ...MAIL, subject: 'a\u001b[2J\u202eb', from: 'x\r\ny' }, true));
    assert.doesNotMatch(line, /[\p{Cc}\u202e]/u);
    assert.match(line, /a\\x1b\[2J\\u202eb$/);
  });

  test('is cut on a terminal alone, and never inside of a character', () => {
    const flag = '🇩🇪';
    const subject = flag.repeat(150);
    assert.ok(String(textLine({ ...MAIL, subject }, false)).endsWith(subject));
    const line = String(textLine({ ...MAIL, subject }, true));
    const [, shown] = /bytes {2}(.*)…$/.exec(line) ?? [];
    assert.equal(shown, flag.repeat(shown.length / flag.length));
    assert.ok(shown.length >= 200 && shown.length < 210, String(shown.length));
  });

  test('shows a message below it, its tabs and lines as they are', () => {
    const shown = 'a\tb\r\nc\u001b[2J\n';
    assert.equal(
      String(textLine({ ...MAIL, shown }, true))
        .split('\n')
        .slice(1)
        .join('\n'),
      'a\tb\nc\\x1b[2J\n',
    );
  });

  test('says behind where mail is taken where the page is', () => {
    const start = { event: 'start', host: '127.0.0.1', port: 25, tls: false };
    const page = 'http://127.0.0.1:1';
    const last = (/** @type {object} */ fields) =>
      String(textLine({ ...start, ...fields }, false))
        .split('\n')
        .at(-1);
    assert.equal(last({ page }), `Page on ${page}`);
    assert.equal(last({ page, taken: 8025 }), `Page on ${page} (port 8025 is taken)`);
    assert.match(String(last({})), /curl/);
  });

  test('tells how it starts, closes and ends, and of nothing else', () => {
    const start = String(textLine({ event: 'start', host: '::1', port: 25, tls: true }, false));
    assert.match(start, /^Listening on \[::1\]:25, with STARTTLS\. .*\n.*smtp:\/\/\[::1\]:25 /);
    assert.match(
      String(textLine({ event: 'closing', sessions: 1 }, false)),
      /^Closing; 1 open session\./,
    );
    const totals = { messages: 2, bytes: 1_000, sessions: 1, seconds: 1.25 };
    assert.equal(
      textLine({ event: 'stop', ...totals }, false),
      'Received 2 messages (1,000 bytes) in 1 session over 1.3 s.',
    );
    assert.equal(textLine({ event: 'helo' }, false), undefined);
  });
});

describe('a line for programs', () => {
  test('is JSON that reads back, in one line', () => {
    const entry = { event: 'data', subject: 'a\r\nb\u2028\u001b\u202e"ü' };
    const line = jsonLine(entry);
    assert.doesNotMatch(line, /[\p{Cc}\u2028\u202e]/u);
    assert.deepEqual(JSON.parse(line), entry);
  });

  test('has the code and the text of an error', () => {
    const error = Object.assign(new Error('no'), { code: 'EACCES' });
    assert.deepEqual(JSON.parse(jsonLine({ event: 'error', error })), {
      event: 'error',
      code: 'EACCES',
      error: 'no',
    });
  });
});

test('a number has its noun', () => {
  assert.deepEqual(
    [0, 1, 2, 12_345].map((number) => count(number, 'mail')),
    ['0 mails', '1 mail', '2 mails', '12,345 mails'],
  );
});
