'use strict';
// A message in a file: read when its turn comes, announced with its size, and read again where it is
// sent again. The other kinds of messages are in send.test.js.

const assert = require('node:assert/strict');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { createReadStream } = require('node:fs');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { sourceOf } = require('../../src/js/client/message-source.js');
const { scripted } = require('../support/scripted-server.js');
const { within } = require('../support/wait.js');

const HOST = '127.0.0.1';
const ENVELOPE = { from: 'from@example.com', to: 'to@example.com' };
const isRoot = process.getuid?.() === 0;

/** A file of this content. @param {import('node:test').TestContext} t @param {string | Buffer} content */
async function fileOf(t, content) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smtp-source-'));
  t.after(() => fs.rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'x.eml');
  await fs.writeFile(file, content);
  return file;
}

describe('a message in a file', { timeout: 60_000 }, () => {
  for (const length of [0, 1, 64 * 1024, 1_000_000]) {
    test(`of ${length} bytes arrives, with its size told before it`, async (t) => {
      const line = `.${'x'.repeat(97)}\r\n`;
      const content = Buffer.from(line.repeat(Math.ceil(length / line.length)).slice(0, length));
      /** @type {Buffer | undefined} */
      let taken;
      const { port, conversations } = await scripted(t, async (c) => {
        await c.greet('SIZE');
        taken = await c.take();
      });
      const file = await fileOf(t, content);
      await Client.send({ host: HOST, port }, ENVELOPE, { path: file });
      const size = length === 0 ? '\\r' : ` SIZE=${length}\\b`;
      assert.match(String(conversations[0].received), new RegExp(`^MAIL FROM:<\\S+>${size}`, 'm'));
      const end = length > 0 && !content.toString().endsWith('\r\n') ? '\r\n.\r\n' : '.\r\n';
      const dotted = content.toString().replace(/^\./gm, '..');
      assert.equal(String(taken), `${dotted}${end}`);
    });
  }

  test('has the size that the envelope gives it', async (t) => {
    const { port, errors } = await scripted(t, async (c) => {
      await c.greet('SIZE');
      await c.expect(/^MAIL FROM:<from@example.com> SIZE=7( |$)/);
      c.say('550 no');
    });
    const message = { path: await fileOf(t, 'x') };
    const sent = Client.send({ host: HOST, port }, { ...ENVELOPE, size: 7 }, message);
    await assert.rejects(sent, { replyCode: 550 });
    assert.deepEqual(errors, []);
  });

  test('that is larger than the server takes is not begun', async (t) => {
    const { port, conversations } = await scripted(t, (c) => c.greet('SIZE 10'));
    const message = { path: await fileOf(t, 'x'.repeat(11)) };
    const sent = Client.send({ host: HOST, port }, ENVELOPE, message);
    await assert.rejects(sent, { code: 'SMTP_ERR_SIZE' });
    assert.doesNotMatch(String(conversations[0].received), /MAIL/);
  });

  test('is sent again from its beginning where the connection broke', async (t) => {
    // More than the system keeps of what nobody reads.
    const content = 'x'.repeat(998).concat('\r\n').repeat(12_000);
    /** @type {Buffer[]} */
    const taken = [];
    const { port, conversations } = await scripted(t, async (c, number) => {
      await c.greet();
      if (number === 1) {
        taken.push(await c.take());
        await c.expect(/^MAIL/);
        c.say('250 OK');
        await c.expect(/^RCPT/);
        c.say('250 OK');
        await c.expect(/^DATA/);
        c.say('354 go');
        await c.bytes(1);
        return c.reset();
      }
      taken.push(await c.take());
    });
    const file = await fileOf(t, content);
    const pool = new Client.Pool({ host: HOST, port, maxConnections: 1 });
    t.after(() => pool.close({ grace: 0 }));
    await pool.send(ENVELOPE, 'first');
    await pool.send(ENVELOPE, { path: file });
    assert.equal(conversations.length, 2);
    assert.equal(String(taken[1]), `${content}.\r\n`);
  });

  test('goes to each domain of its recipients', async (t) => {
    const { port, conversations, errors } = await scripted(t, async (c) => {
      await c.greet();
      assert.equal(String(await c.take()), 'Subject: x\r\n\r\nx\r\n.\r\n');
    });
    const message = { path: await fileOf(t, 'Subject: x\r\n\r\nx\r\n') };
    const to = ['a@[127.0.0.1]', 'b@localhost'];
    const { accepted } = await Client.send({ mx: true, port }, { ...ENVELOPE, to }, message);
    assert.deepEqual(accepted.sort(), to);
    assert.equal(conversations.length, 2);
    assert.deepEqual(errors, []);
  });

  for (const [
    what,
    code,
    make,
  ] of /** @type {[string, string | undefined, (file: string) => any][]} */ ([
    ['is not there', 'ENOENT', (file) => fs.rm(file)],
    ['is not to be read', 'EACCES', (file) => fs.chmod(file, 0)],
    ['is a folder', undefined, (file) => fs.rm(file).then(() => fs.mkdir(file))],
  ])) {
    const skip = code === 'EACCES' && isRoot && 'root may read everything';
    test(`that ${what} connects to nobody`, { skip }, async (t) => {
      const { port, conversations } = await scripted(t, async (c) => c.greet());
      const file = await fileOf(t, 'x');
      await make(file);
      const sent = Client.send({ host: HOST, port }, ENVELOPE, { path: file });
      await assert.rejects(sent, (/** @type {any} */ error) => {
        assert.equal(error.code, code);
        assert.ok(error.message.includes(file), error.message);
        return code !== undefined || error instanceof RangeError;
      });
      assert.equal(conversations.length, 0);
    });
  }

  test('that is gone when its turn comes is not sent, and the next one is', async (t) => {
    const file = await fileOf(t, 'x');
    const { port, conversations } = await scripted(t, async (c, number) => {
      await c.greet();
      if (number > 1) return void (await c.take());
      await c.expect(/^MAIL/);
      await fs.rm(file);
      c.say('250 OK');
      await c.expect(/^RCPT/);
      c.say('250 OK');
      await c.expect(/^DATA/);
      c.say('354 go');
    });
    const pool = new Client.Pool({ host: HOST, port, maxConnections: 1 });
    t.after(() => pool.close({ grace: 0 }));
    await assert.rejects(pool.send(ENVELOPE, { path: file }), {
      ...{ code: 'ENOENT', permanent: false, uncertain: false },
      message: /^cannot read the message: /,
    });
    assert.match(String(conversations[0].received), /DATA\r\n$/);
    await pool.send(ENVELOPE, 'next');
    assert.equal(conversations.length, 2);
    assert.equal(pool.stats().pending, 0);
  });
});

describe('what a message comes from', () => {
  test('is told by what it is', async (t) => {
    const file = await fileOf(t, 'x');
    assert.deepEqual(sourceOf('x'), { content: Buffer.from('x') });
    assert.deepEqual(sourceOf(Buffer.from('x')), { content: Buffer.from('x') });
    assert.deepEqual(sourceOf({ path: file }), { path: file });
    // Where it is does not change with the folder that the program is in.
    assert.deepEqual(sourceOf({ path: 'x' }), { path: path.resolve('x') });
    const pieces = ['x'];
    assert.equal(sourceOf(pieces).pieces, pieces);
    const stream = createReadStream(file);
    assert.deepEqual(Object.keys(sourceOf(stream)), ['pieces']);
    stream.destroy();
    await within(once(stream, 'close'), 'the end of the stream');
    for (const none of [undefined, null, 5, {}, { path: 5 }]) {
      assert.throws(() => sourceOf(none), /the message must be a string, .* or \{ path \}/);
    }
  });
});
