'use strict';
// Loads the engine's addon, or says why it cannot and what to do.
//
// The addon is a package of its own for each platform, installed beside this one; a checkout builds
// the same into `addon/`. Its package.json tells the version and the size of the file, which are
// looked at before the file is loaded: a truncated one would end the process by SIGBUS. In a bundle
// there may be no package.json to look at, only the file.

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { name: NAME, version } = require('../../../package.json');
const { SmtpError } = require('../errors.js');
const { PLATFORMS, platform, requirePackage } = require('./platforms.js');

const AGAIN =
  "Install it again: remove node_modules, then 'npm install' on the platform it is to run on.";
const BUILD =
  "To build it, install Rust (https://rustup.rs) and run 'npm install' in a checkout of the source.";
const BUNDLES =
  "A program in one file needs the addon beside it: keep 'smtp-engine' out of the bundle, or have the bundler copy .node files (docs/bundlers.md).";

/** What finds files of packages as this module does; not `require`, which bundlers replace. */
const find = typeof __filename === 'string' ? createRequire(__filename) : undefined;

/** The root of the sources that this file belongs to, if it does: what is published has no `napi`. */
function sources() {
  if (find === undefined) return undefined;
  const root = path.join(__dirname, '..', '..', '..');
  try {
    const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
    return manifest.name === NAME && manifest.napi !== undefined ? root : undefined;
  } catch {
    return undefined;
  }
}

/** The path of the package.json of an installed addon. @param {string} name of its platform */
function manifestOf(name) {
  try {
    return find?.resolve(`${NAME}-${name}/package.json`);
  } catch {
    return undefined;
  }
}

/** The platform of the addon that is installed here: some installers do not tell C libraries apart. */
function installed() {
  const here = platform();
  const system = `${process.platform}-${process.arch}`;
  const names = PLATFORMS.filter((name) => name === system || name.startsWith(`${system}-`));
  const found = names.filter((name) => manifestOf(name) !== undefined);
  return found.length === 0 || found.includes(here) ? here : found[0];
}

/** @param {string} problem @param {string} remedy @param {unknown} [cause] */
function failure(problem, remedy, cause) {
  const message = `smtp-engine cannot load its addon: ${problem}. ${remedy}`;
  return new SmtpError('SMTP_ERR_ADDON', message, { cause });
}

function notFound(/** @type {string} */ name) {
  if (!PLATFORMS.includes(name)) {
    return failure(
      `there is none for ${name}, only for ${PLATFORMS.join(', ')}`,
      `${BUILD} Then 'npm install PATH' of that checkout.`,
    );
  }
  return failure(
    `the package smtp-engine-${name} is not installed`,
    `It is an optional dependency: run 'npm install --include=optional' on the platform it is to run on. ${BUNDLES}`,
  );
}

function read(/** @type {string} */ manifest) {
  try {
    return JSON.parse(fs.readFileSync(manifest, 'utf8'));
  } catch (/** @type {any} */ cause) {
    throw failure(`${manifest} cannot be read: ${cause.message}`, AGAIN, cause);
  }
}

/** The file of an addon that is whole, and of this version. @param {string} manifest its package.json */
function checked(manifest) {
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
  return file;
}

function loaded() {
  const root = sources();
  if (root !== undefined) {
    const manifest = path.join(root, 'addon', 'package.json');
    if (fs.existsSync(manifest)) {
      const file = checked(manifest);
      return orSay(() => /** @type {NodeJS.Require} */ (find)(file));
    }
  }
  const name = installed();
  const manifest = manifestOf(name);
  if (manifest === undefined && root && fs.existsSync(path.join(root, 'Cargo.toml'))) {
    throw failure('this is a checkout of its source that has not been built', BUILD);
  }
  if (!PLATFORMS.includes(name)) throw notFound(name);
  if (manifest !== undefined) checked(manifest);
  return orSay(() => requirePackage(name));
}

/** @param {() => typeof import('../native.js')} load */
function orSay(load) {
  try {
    return load();
  } catch (/** @type {any} */ cause) {
    const name = platform();
    if (cause.code === 'ERR_DLOPEN_DISABLED') {
      throw failure(
        'Node has been told to load none',
        "Run node with '--allow-addons' if it has '--permission' or '--experimental-permission', and without '--no-addons'.",
        cause,
      );
    }
    // Bundlers put errors of their own in the place of what they did not find.
    if (cause.code !== 'ERR_DLOPEN_FAILED' && manifestOf(name) === undefined) throw notFound(name);
    throw failure(`${cause.message} (this is ${name})`, AGAIN, cause);
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
