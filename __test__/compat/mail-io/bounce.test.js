'use strict';

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { test } = require('node:test');
const { simpleParser } = require('mailparser');
const { bounceOf } = require('../../../src/js/compat/mail-io/bounce.js');

/** A report on a message. @param {string} msg what the last server said @param {string} [message] */
async function report(msg, message = 'Subject: Hello\r\nTo: b@y\r\n\r\ntext\r\n') {
  const mail = /** @type {any} */ ({
    envelope: { from: 'a@x.example', to: 'b@y.example' },
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
  assert.match(text, /^Diagnostic-Code: smtp; 550 no Action: delivered +\r$/m);
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
