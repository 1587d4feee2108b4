'use strict';

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { test } = require('node:test');
const { simpleParser } = require('mailparser');
const { bounceOf } = require('../../../src/js/compat/mail-io/bounce.js');

/**
 * A report on a message.
 *
 * @param {string} msg what the last server said
 * @param {string} [message]
 * @param {object} [envelope]
 */
async function report(msg, message = 'Subject: Hello\r\nTo: b@y\r\n\r\ntext\r\n', envelope = {}) {
  const mail = /** @type {any} */ ({
    envelope: { from: 'a@x.example', to: 'b@y.example', ...envelope },
    created: '2026-01-02T03:04:05.000Z',
    failures: [{ err: { msg: 'first' } }, { err: { msg } }],
  });
  const whole = Buffer.from(message);
  const pieces = Array.from({ length: Math.ceil(whole.length / 7) }, (_, at) =>
    whole.subarray(at * 7, at * 7 + 7),
  );
  const bytes = await bounceOf(mail, 'mx.example', Readable.from(pieces));
  return { bytes, text: bytes.toString(), parsed: await simpleParser(bytes) };
}

test('a report says who, why, and of what (RFC 3464, RFC 6522)', async () => {
  const { text, parsed } = await report('550 5.1.1 no such user');
  assert.equal(parsed.from?.value[0].address, 'MAILER-DAEMON@mx.example');
  assert.equal(/** @type {any} */ (parsed.to).value[0].address, 'a@x.example');
  assert.equal(parsed.headers.get('auto-submitted'), 'auto-replied');
  assert.match(text, /multipart\/report;.*report-type=delivery-status/s);
  assert.match(
    String(parsed.text),
    /could not be delivered to b@y\.example.*550 5\.1\.1 no such user/s,
  );
  for (const line of [
    'Reporting-MTA: dns; mx.example',
    'Arrival-Date: Fri, 02 Jan 2026 03:04:05 +0000',
    'Final-Recipient: rfc822; b@y.example',
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 no such user',
  ]) {
    assert.ok(text.includes(`${line}\r\n`), line);
  }
});

test('a status is that of a failure for good', async () => {
  assert.match((await report('450 4.2.2 full')).text, /^Status: 5\.2\.2\r$/m);
  assert.match((await report('something')).text, /^Status: 5\.0\.0\r$/m);
});

test('a reason stays on its line', async () => {
  const { text: all } = await report('550 no\r\nAction: delivered\r\n ü');
  const [, text] = all.split('message/delivery-status');
  assert.doesNotMatch(text, /^Action: delivered/m);
  assert.match(text, /^Diagnostic-Code: smtp; 550 no Action: delivered\r$/m);
});

test('the header of the message comes back, and no more of it', async () => {
  const { text } = await report('x', 'Subject: Hello\r\nX-Own: yes\r\n\r\nsecret\r\n');
  const [, header] = text.split('text/rfc822-headers');
  assert.match(header, /^Subject: Hello\r\nX-Own: yes\r$/m);
  assert.doesNotMatch(text, /secret/);
  const endless = await report('x', `Subject: ${'y'.repeat(70_000)}`);
  const [, most] = endless.text.split('text/rfc822-headers');
  assert.ok((most.match(/y/g) ?? []).length <= 64 * 1_024);
});

test('a long text is folded, wherever it stands, and is the same to who reads it', async () => {
  const many = `550 5.7.1 ${'some words of a long reply '.repeat(200)}`.trim();
  const one = `550 ${'x'.repeat(5_000)}`;
  const long = `${'y'.repeat(3_000)}@y.example`;
  for (const [reason, message, envelope] of /** @type {[string, string, any][]} */ ([
    [many, 'Subject: x\r\n\r\n', {}],
    [many.replaceAll(' ', '\r\n'), 'Subject: x\r\n\r\n', {}],
    [one, 'Subject: x\r\n\r\n', {}],
    ['550 no', `Subject: ${'z'.repeat(3_000)}\r\nTo: ${long}\r\n\r\n`, {}],
    ['550 no', `Subject: ${'ü'.repeat(3_000)}\r\n\r\n`, {}],
    [`550 ${'ü'.repeat(2_000)}`, 'Subject: x\r\n\r\n', {}],
    ['550 no', 'Subject: x\r\n\r\n', { from: long }],
    ['550 no', 'Subject: x\r\n\r\n', { to: long }],
    ['550 no', 'Subject: x\r\n\r\n', { to: `${'ü'.repeat(500)}@y.example` }],
    [one, `Subject: ${long}\r\n\r\n`, { from: long, to: long }],
  ])) {
    const { text, parsed } = await report(reason, message, envelope);
    const lines = text.split('\r\n');
    const longest = Math.max(...lines.map((line) => Buffer.byteLength(line)));
    assert.ok(longest <= 998, `${longest} bytes in a line`);
    // What is behind the fields of the message is none of them.
    const [, fields] = text.split('message/delivery-status');
    const unfolded = fields.replaceAll(/\r\n(?= )/g, '');
    const [, told] = /** @type {RegExpExecArray} */ (
      /^Diagnostic-Code: smtp; (.*)$/m.exec(unfolded)
    );
    const words = (/** @type {string} */ given) => given.replaceAll(/[^!-~]/g, '');
    assert.equal(words(told), words(reason));
    if (reason === many) assert.equal(told.trimEnd(), many);
    assert.equal(/^Action: (.*)\r$/m.exec(fields)?.[1], 'failed');
    assert.ok(String(parsed.text).includes('could not be delivered to'));
    const human = String(parsed.text).replaceAll(/\s/g, '');
    assert.ok(human.includes(reason.replaceAll(/\s/g, '')), 'the reason in words');
  }
});

test('a recipient in other letters is named in ASCII (RFC 6533)', async () => {
  const { text } = await report('550 no', undefined, { to: 'jürgen@y.example' });
  assert.ok(text.includes('Final-Recipient: utf-8; j\\x{FC}rgen@y.example\r\n'), text);
});
