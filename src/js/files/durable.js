'use strict';
// Files that are whole and on the disk, or not there: the one place that knows fsync.

const fs = require('node:fs/promises');
const path = require('node:path');

/** What file systems say that cannot sync a folder, as some of networks; they have nothing better. */
const CANNOT_SYNC = ['EINVAL', 'ENOTSUP'];

/**
 * Has a file written under another name, syncs it and gives it its own. The name itself is on the
 * disk after `syncFolder`, which serves all names of a folder.
 *
 * @param {string} part its name until then, in the same file system
 * @param {string} file
 * @param {(part: string) => Promise<unknown>} write
 * @returns {Promise<void>}
 * @throws the system's error, and whatever `write` throws; no part is left behind then
 */
async function place(part, file, write) {
  try {
    await write(part);
    await syncFile(part);
    await fs.rename(part, file);
  } catch (error) {
    await fs.rm(part, { force: true }).catch(() => {});
    throw error;
  }
}

/** Sees to it that the bytes of a file are on the disk. @param {string} file @throws the system's error */
async function syncFile(file) {
  // Windows syncs what is open for writing alone.
  const handle = await fs.open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Sees to it that the names in a folder are on the disk.
 *
 * @param {string} folder
 * @throws the system's error
 */
async function syncFolder(folder) {
  // Windows cannot open a folder; it keeps names in a journal of its own.
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
    if (!CANNOT_SYNC.includes(code)) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and those above it, for their owner alone, and sees to it that they are there for
 * good. Not by mkdir's own `recursive`, which never comes back in Node 20 where the parent exists and
 * says ENOENT, as /proc does.
 *
 * @param {string} folder
 * @returns {Promise<void>}
 * @throws the system's error
 */
async function makeFolder(folder) {
  try {
    await fs.mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'EEXIST' && (await fs.stat(folder)).isDirectory()) return;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || (await exists(parent))) throw error;
    await makeFolder(parent);
    return makeFolder(folder);
  }
  await syncFolder(path.dirname(folder));
}

function exists(/** @type {string} */ file) {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

module.exports = { makeFolder, place, syncFolder };
