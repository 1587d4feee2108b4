'use strict';
// What is stored is whole and on the disk, or not there, on every file system: by each that stores
// mail, and by what they share.

const assert = require('node:assert/strict');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { makeFolder, place, syncFolder } = require('../../src/js/files/durable.js');
const { Maildir } = require('../../src/js/files/maildir.js');
const { QueueFolder } = require('../../src/js/files/queue-folder.js');
const mailIoMaildir = require('../../src/js/compat/mail-io/plugins/queue/maildir.js');

/** @param {import('node:test').TestContext} t */
async function emptyFolder(t) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smtp-engine-durable-'));
  t.after(() => fs.rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The names of all files below a folder. @param {string} folder */
async function filesBelow(folder) {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/**
 * Has fsync fail, of folders or of files, from here on.
 *
 * @param {import('node:test').TestContext} t
 * @param {'folder' | 'file'} what
 * @param {string} code
 */
async function failingSync(t, what, code) {
  const handle = await fs.open(os.tmpdir(), 'r');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = prototype;
  /** @type {string[]} */
  const synced = [];
  t.mock.method(
    prototype,
    'sync',
    /** @this {import('node:fs/promises').FileHandle} */ async function () {
      const kind = (await this.stat()).isDirectory() ? 'folder' : 'file';
      synced.push(kind);
      if (kind === what) throw Object.assign(new Error(`${code}: of the test`), { code });
      return sync.call(this);
    },
  );
  return synced;
}

/** Who stores a message, each in a folder; it rejects if that was not done. */
const WRITERS = /** @type {const} */ ({
  'the maildir of the command': async (/** @type {string} */ folder) => {
    const maildir = await Maildir.open(path.join(folder, 'mail'));
    await maildir.deliver(Buffer.from('x\r\n'), 'a@x', ['b@y']);
  },
  "the relay's queue": async (/** @type {string} */ folder) => {
    const queue = new QueueFolder(path.join(folder, 'queue', 'deep'));
    await queue.add('a@x', ['b@y', 'c@y'], Readable.from(['x\r\n']), {});
  },
  "mail-io's maildirs": (/** @type {string} */ folder) =>
    new Promise((resolve, reject) => {
      const log = Object.fromEntries(
        ['verbose', 'error', 'warn'].map((level) => [level, () => {}]),
      );
      const config = { domains: ['y'], hostname: 'mx.y' };
      const req = {
        session: { config, envelope: { from: 'a@x', to: ['b@y'] } },
        config: { mailDir: path.join(folder, '%d', '%n') },
        command: { message: { stream: () => Readable.from([Buffer.from('x\r\n')]) } },
      };
      const rejected = (/** @type {number} */ code) => reject(new Error(String(code)));
      const res = { log, get: () => undefined, accept: resolve, reject: rejected };
      Promise.resolve(mailIoMaildir.handler(req, res)).catch(reject);
    }),
});

for (const [who, write] of Object.entries(WRITERS)) {
  describe(who, { skip: process.platform === 'win32' && 'has no folders to sync' }, () => {
    for (const code of ['EINVAL', 'ENOTSUP']) {
      test(`stores mail where a folder cannot be synced (${code})`, async (t) => {
        const folder = await emptyFolder(t);
        const synced = await failingSync(t, 'folder', code);
        await write(folder);
        assert.notEqual((await filesBelow(folder)).length, 0);
        assert.ok(synced.includes('folder') && synced.includes('file'), String(synced));
        assert.equal(synced.at(-1), 'folder', 'what was renamed last is named for good');
      });
    }

    for (const [what, code] of /** @type {const} */ ([
      ['folder', 'EIO'],
      ['file', 'EIO'],
      ['file', 'EINVAL'],
    ])) {
      test(`has stored nothing where the fsync of a ${what} fails (${code})`, async (t) => {
        const folder = await emptyFolder(t);
        await failingSync(t, what, code);
        await assert.rejects(write(folder));
        assert.deepEqual(await filesBelow(folder), []);
      });
    }
  });
}

describe('place', () => {
  test('has a file whole, in place of one that is there', async (t) => {
    const folder = await emptyFolder(t);
    const [part, file] = [path.join(folder, 'part'), path.join(folder, 'file')];
    await fs.writeFile(file, 'before');
    await place(part, file, (at) => fs.writeFile(at, 'after'));
    assert.deepEqual(
      [await fs.readFile(file, 'utf8'), await fs.readdir(folder)],
      ['after', ['file']],
    );
  });

  test('leaves what is there alone, and no part, where the writing fails', async (t) => {
    const folder = await emptyFolder(t);
    const [part, file] = [path.join(folder, 'part'), path.join(folder, 'file')];
    await fs.writeFile(file, 'before');
    const failing = place(part, file, async (at) => {
      await fs.writeFile(at, 'half');
      throw new Error('of the test');
    });
    await assert.rejects(failing, { message: 'of the test' });
    assert.deepEqual(
      [await fs.readFile(file, 'utf8'), await fs.readdir(folder)],
      ['before', ['file']],
    );
  });
});

describe('makeFolder', () => {
  test('makes those above it, twice at once as well, for their owner alone', async (t) => {
    const folder = path.join(await emptyFolder(t), 'a', 'b', 'c');
    await Promise.all([makeFolder(folder), makeFolder(folder)]);
    await makeFolder(folder);
    const { mode } = await fs.stat(path.dirname(folder));
    if (process.platform !== 'win32') assert.equal(mode & 0o077, 0);
  });

  test("says the system's error where there is a file, or no place", async (t) => {
    const file = path.join(await emptyFolder(t), 'file');
    await fs.writeFile(file, '');
    await assert.rejects(makeFolder(file), { code: 'EEXIST' });
    await assert.rejects(makeFolder(path.join(file, 'x')), { code: /ENOTDIR|EEXIST|ENOENT/ });
    if (process.platform === 'linux') {
      await assert.rejects(makeFolder('/proc/nothing/here'), { code: 'ENOENT' });
    }
  });
});

test('syncFolder fails where there is no folder', {
  skip: process.platform === 'win32' && 'has no folders to sync',
}, async () => {
  await assert.rejects(syncFolder('/nowhere/at/all'), { code: 'ENOENT' });
});
