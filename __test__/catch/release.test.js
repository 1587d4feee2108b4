'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { release } = require('../../src/js/catch/release.js');
const { openInbox, sendTo } = require('../support/catch.js');

test('a mail is sent on as it came, or to others', async (t) => {
  const inbox = await openInbox(t);
  const other = await openInbox(t);
  await sendTo(inbox, { subject: 'Größe', to: ['a@example.com', 'b@example.com'] });
  const mail = await inbox.waitFor();
  const place = { host: other.host, port: other.port, tls: 'none' };
  await release(mail, place);
  await inbox.release(mail, place, { to: 'c@example.com', from: 'new@example.net' });
  const [same, changed] = other.messages;
  assert.ok(same.raw.equals(mail.raw));
  assert.deepEqual([same.envelope.from, same.envelope.to], [mail.envelope.from, mail.envelope.to]);
  assert.deepEqual(
    [changed.envelope.from, changed.envelope.to],
    ['new@example.net', ['c@example.com']],
  );
});

for (const [came, sent] of [
  ['a\nb\r\n', 'a\r\nb\r\n'],
  ['a\rb\r\r\n', 'a\r\nb\r\n\r\n'],
  ['.\n..\n.\r\n', '.\r\n..\r\n.\r\n'],
  ['no end', 'no end\r\n'],
  ['\0\xff\r\n', '\0\xff\r\n'],
]) {
  test(`each line that is sent on ends in CRLF: ${JSON.stringify(came)}`, async (t) => {
    const other = await openInbox(t);
    const mail = /** @type {any} */ ({
      raw: Buffer.from(came, 'latin1'),
      envelope: { from: 'a@example.com', to: ['b@example.com'] },
    });
    await release(mail, { host: other.host, port: other.port, tls: 'none' });
    assert.equal(other.messages[0].raw.toString('latin1'), sent);
  });
}

test('what a mail needs on its way is asked for again', async (t) => {
  const inbox = await openInbox(t);
  const other = await openInbox(t, { without: ['SMTPUTF8'] });
  await sendTo(inbox, { to: 'gr\u00f6\u00dfe@example.com' });
  const mail = await inbox.waitFor();
  assert.equal(mail.envelope.smtpUtf8, true);
  const sent = inbox.release(mail, { host: other.host, port: other.port, tls: 'none' });
  await assert.rejects(sent, { code: 'SMTP_ERR_EXTENSION' });
});

test('what is no mail is named', async (t) => {
  const inbox = await openInbox(t);
  for (const mail of /** @type {any[]} */ ([undefined, null, {}, 'x', inbox])) {
    const sent = inbox.release(mail, { host: inbox.host, port: inbox.port });
    await assert.rejects(sent, /^TypeError: mail must be a mail of an inbox, not /);
  }
});
