'use strict';
// Another commit of this repository, built to be measured: a worktree in a folder of its own below
// target/, with its own target/. It is kept, and built once.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./package.js');
const { ask, finish, start } = require('./processes.js');

const FOLDER = path.join(ROOT, 'target', 'bench', 'commits');
const BUILD = path.join('scripts', 'build.js');
const BUILD_TIMEOUT_MS = 3_600_000;
const LOCK = 'package-lock.json';
const INSTALLED = path.join('node_modules', '.package-lock.json');

const readJson = (/** @type {string} */ file) => JSON.parse(fs.readFileSync(file, 'utf8'));

const git = (/** @type {string} */ folder, /** @type {string[]} */ ...args) =>
  ask('git', ['-C', folder, ...args]);

/** What the compiler is and was told, which decides how fast the outcome is. */
function compiler() {
  const settings = Object.entries(process.env).filter(([name]) =>
    /^CARGO_PROFILE_|RUSTFLAGS$/.test(name),
  );
  return { rustc: ask('rustc', ['--version']), settings: Object.fromEntries(settings.sort()) };
}

/** Whether `folder` is the top of a worktree; any folder in here is somewhere in one. */
function isWorktree(/** @type {string} */ folder) {
  if (!fs.existsSync(folder)) return false;
  const top = git(folder, 'rev-parse', '--show-toplevel');
  return top !== undefined && fs.realpathSync(top) === fs.realpathSync(folder);
}

/** The commit's files, as they are in the commit. */
function checkOut(/** @type {string} */ folder, /** @type {string} */ commit) {
  if (isWorktree(folder)) {
    if (git(folder, 'reset', '--quiet', '--hard', commit) !== undefined) return;
  }
  fs.rmSync(folder, { recursive: true, force: true });
  // Forced, as the folder of an earlier one may have gone without git's knowledge.
  const added = git(ROOT, 'worktree', 'add', '--quiet', '--force', '--detach', folder, commit);
  if (added === undefined) throw new Error(`git could not check ${commit} out into ${folder}`);
}

/** Whether what the commit needs from npm is what is installed here. */
function hasDependencies(/** @type {string} */ folder) {
  const installed = readJson(path.join(ROOT, INSTALLED)).packages;
  return Object.entries(readJson(path.join(folder, LOCK)).packages).every(
    ([name, { version, optional }]) =>
      name === '' || optional || installed[name]?.version === version,
  );
}

/** Lends it what is installed here, as links; otherwise its own build installs what it needs. */
function lendDependencies(/** @type {string} */ folder) {
  const modules = path.join(folder, 'node_modules');
  const isLent = fs.lstatSync(path.join(modules, '.bin'), { throwIfNoEntry: false });
  const hasAll = hasDependencies(folder);
  if (hasAll || isLent?.isSymbolicLink()) fs.rmSync(modules, { recursive: true, force: true });
  if (!hasAll) return;
  fs.mkdirSync(modules);
  for (const name of fs.readdirSync(path.join(ROOT, 'node_modules'))) {
    const from = path.join(ROOT, 'node_modules', name);
    if (fs.statSync(from).isDirectory()) fs.symlinkSync(from, path.join(modules, name), 'junction');
  }
  // Newer than the lock file: installed.
  fs.writeFileSync(path.join(folder, INSTALLED), fs.readFileSync(path.join(ROOT, INSTALLED)));
}

/** Builds what is in `folder` as `npm run build` there does. */
async function build(
  /** @type {string} */ folder,
  /** @type {string} */ name,
  /** @type {(text: string) => void} */ progress,
) {
  progress(`building ${name}`);
  const env = { ...process.env, CARGO_TARGET_DIR: path.join(folder, 'target') };
  const options = { cwd: folder, env, startsOthers: true };
  const started = start(process.execPath, [path.join(folder, BUILD), '--force'], options);
  started.child.stderr.on('data', (text) => {
    const line = String(text).trim().split('\n').at(-1)?.trim();
    progress(`building ${name}: ${line?.slice(0, 60)}`);
  });
  await finish(started, BUILD_TIMEOUT_MS);
}

/**
 * Another commit, built; at once if it has been built before.
 *
 * @param {string} name a commit, as git takes it
 * @param {(text: string) => void} progress
 * @returns {Promise<import('./pairs.js').Side>}
 */
async function builtCommit(name, progress) {
  const commit = git(ROOT, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`);
  if (commit === undefined) throw new Error(`--against: there is no commit '${name}'`);
  const short = commit.slice(0, 7);
  const folder = path.join(FOLDER, commit.slice(0, 12));
  checkOut(folder, commit);
  lendDependencies(folder);
  const stamp = path.join(folder, 'target', 'bench.stamp');
  const wanted = JSON.stringify({ commit, ...compiler() });
  const isBuilt = [stamp, path.join(folder, INSTALLED)].every((file) => fs.existsSync(file));
  if (!isBuilt || fs.readFileSync(stamp, 'utf8') !== wanted) {
    // A build that is broken off leaves nothing that could be taken for one.
    fs.rmSync(stamp, { force: true });
    await build(folder, short, progress);
    fs.writeFileSync(stamp, wanted);
  }
  return { name: short, folder };
}

/**
 * This tree, built by the same settings as the commit.
 *
 * @param {(text: string) => void} progress
 * @returns {Promise<import('./pairs.js').Side>}
 */
async function builtHere(progress) {
  await build(ROOT, 'this tree', progress);
  return { name: 'now', folder: ROOT };
}

module.exports = { builtCommit, builtHere, compiler };
