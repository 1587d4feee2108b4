'use strict';
// Loads the engine's addon, or says why it cannot and what to do.
//
// The addon is a package of its own for each platform, installed beside this one; a checkout builds
// the same into `addon/`. Its package.json tells the version and the size of the file, which are
// looked at before the file is loaded: a truncated one would end the process by SIGBUS.

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { version } = require('../../../package.json');
const { SmtpError } = require('../errors.js');
const { PLATFORMS, platform } = require('./platforms.js');

const ROOT = path.join(__dirname, '..', '..', '..');
const LOCAL = path.join(ROOT, 'addon', 'package.json');
const AGAIN =
  "Install it again: remove node_modules, then 'npm install' on the platform it is to run on.";
const BUILD =
  "To build it, install Rust (https://rustup.rs) and run 'npm install' in a checkout of the source.";

// Not this module's own `require`, which bundlers would try to follow.
const load = createRequire(__filename);

/** The path of the package.json of each addon that is installed for a system like this one. */
function installed() {
  if (fs.existsSync(LOCAL)) return [LOCAL];
  const here = `${process.platform}-${process.arch}`;
  return PLATFORMS.filter((name) => name === here || name.startsWith(`${here}-`)).flatMap(
    (name) => {
      try {
        return load.resolve(`smtp-engine-${name}/package.json`);
      } catch {
        return [];
      }
    },
  );
}

/** The one of them that is for this system: some installers do not tell C libraries apart. */
function findManifest() {
  const [first, ...others] = installed();
  if (others.length === 0) return first;
  const name = platform();
  return [first, ...others].find((each) => path.basename(path.dirname(each)).endsWith(name));
}

/** @param {string} problem @param {string} remedy @param {unknown} [cause] */
function failure(problem, remedy, cause) {
  const message = `smtp-engine cannot load its addon: ${problem}. ${remedy}`;
  return new SmtpError('SMTP_ERR_ADDON', message, { cause });
}

function notFound() {
  const here = platform();
  if (fs.existsSync(path.join(ROOT, 'Cargo.toml'))) {
    return failure('this is a checkout of its source that has not been built', BUILD);
  }
  if (!PLATFORMS.includes(here)) {
    return failure(
      `there is none for ${here}, only for ${PLATFORMS.join(', ')}`,
      `${BUILD} Then 'npm install PATH' of that checkout.`,
    );
  }
  return failure(
    `the package smtp-engine-${here} is not installed`,
    "It is an optional dependency: run 'npm install --include=optional' on the platform it is to run on.",
  );
}

function read(/** @type {string} */ manifest) {
  try {
    return JSON.parse(fs.readFileSync(manifest, 'utf8'));
  } catch (/** @type {any} */ cause) {
    throw failure(`${manifest} cannot be read: ${cause.message}`, AGAIN, cause);
  }
}

/** @returns {typeof import('../native.js')} */
function loaded() {
  const manifest = findManifest();
  if (manifest === undefined) throw notFound();
  const { main, size, version: found } = read(manifest);
  const file = path.join(path.dirname(manifest), main);
  if (found !== version) {
    throw failure(`${file} is of version ${found}, this is ${version}`, AGAIN);
  }
  const bytes = fs.statSync(file, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) throw failure(`${file} is missing`, AGAIN);
  if (bytes !== size) {
    throw failure(`${file} has ${bytes} bytes of ${size}, it is damaged`, AGAIN);
  }
  try {
    return load(file);
  } catch (/** @type {any} */ cause) {
    if (cause.code === 'ERR_DLOPEN_DISABLED') {
      throw failure(
        'Node has been told to load none',
        "Run node with '--allow-addons' if it has '--permission' or '--experimental-permission', and without '--no-addons'.",
        cause,
      );
    }
    throw failure(`${cause.message} (this is ${platform()})`, AGAIN, cause);
  }
}

/** @type {typeof import('../native.js') | undefined} */
let found;

/**
 * What the addon exports. It is loaded by the first call, not by `require`.
 *
 * @returns {typeof import('../native.js')}
 * @throws {SmtpError} SMTP_ERR_ADDON
 */
function addon() {
  found ??= loaded();
  return found;
}

module.exports = { addon };
