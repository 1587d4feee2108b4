'use strict';
// The package as `npm run pack` makes it, and projects to install it into.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./child.js');
const { platform } = require('../../src/js/engine/platforms.js');
const { name: NAME, version: VERSION } = require('../../package.json');

const DIST = path.join(ROOT, 'dist');
const MAIN = path.join(DIST, `${NAME}-${VERSION}.tgz`);
const ADDON = path.join(DIST, `${NAME}-${platform()}-${VERSION}.tgz`);
const WINDOWS = process.platform === 'win32';
const INSTALL = ['install', '--no-audit', '--no-fund', '--prefer-offline'];

/** @type {string[]} */
const folders = [];

/** A PATH with node and npm, and nothing that could build. */
function withoutCargo() {
  if (WINDOWS) return /** @type {string} */ (process.env.PATH);
  const bin = folder();
  fs.symlinkSync(process.execPath, path.join(bin, 'node'));
  for (const tool of ['npm', 'sh', 'git', 'env']) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    fs.symlinkSync(fs.realpathSync(stdout.trim()), path.join(bin, tool));
  }
  return bin;
}

/** A new folder, which goes with `cleanUp`. */
function folder() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-package-'));
  folders.push(made);
  return made;
}

/** An empty project. */
function project(/** @type {Record<string, string>} */ dependencies, rest = {}) {
  const made = folder();
  const manifest = { private: true, dependencies, ...rest };
  fs.writeFileSync(path.join(made, 'package.json'), JSON.stringify(manifest));
  return made;
}

/** A command, to its end. */
function run(
  /** @type {string} */ cwd,
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  { PATH = /** @type {string | undefined} */ (process.env.PATH), ...more } = {},
) {
  const env = { ...process.env, PATH, ...more };
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', shell: WINDOWS, timeout: 300_000 });
}

/** What a command prints that has to succeed. */
function succeed(/** @type {Parameters<typeof run>} */ ...args) {
  const { status, stdout, stderr } = run(...args);
  assert.equal(status, 0, `${args[1]} ${args[2].join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** Makes the tarballs. */
function pack() {
  succeed(ROOT, 'npm', ['run', 'pack']);
}

function cleanUp() {
  for (const each of folders) fs.rmSync(each, { recursive: true, force: true });
}

module.exports = {
  ADDON,
  INSTALL,
  MAIN,
  cleanUp,
  folder,
  pack,
  project,
  run,
  succeed,
  withoutCargo,
};
