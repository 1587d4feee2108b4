'use strict';
// A thread's work over a channel of the test's.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { MessageChannel } = require('node:worker_threads');
const { serve } = require('../../../src/js/compat/mail-io/parse-worker.js');
const { within } = require('../../support/wait.js');

const MAIL =
  'Subject: Hello\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n';

test('messages are read, from bytes or a file, and what cannot be is a problem', async (t) => {
  const { port1: ours, port2: theirs } = new MessageChannel();
  t.after(() => ours.close());
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-worker-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'message');
  fs.writeFileSync(file, MAIL);
  serve(theirs);
  const asked = async (/** @type {any} */ job) => {
    const answered = once(ours, 'message');
    ours.postMessage({ maxBytes: 1_000_000, ...job });
    const [{ mail, problem }] = await within(answered, 'an answer');
    return { mail, problem };
  };
  for (const job of [{ bytes: Buffer.from(MAIL) }, { file }]) {
    const { mail } = await asked(job);
    assert.equal(mail.subject, 'Hello');
    const [{ content }] = mail.attachments;
    assert.deepEqual(Buffer.from(content), Buffer.from([0, 1, 2]));
    assert.equal(content.buffer.byteLength, 3, "no bytes of others' are handed over");
  }
  const { mail, problem } = await asked({ file: path.join(folder, 'nothing') });
  assert.match(mail?.problem ?? problem, /ENOENT/);
});
