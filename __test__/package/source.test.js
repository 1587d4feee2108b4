'use strict';
// An installation from the source: `prepare` builds, or says in one line what it lacks.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { after, before, describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');
const {
  INSTALL,
  cleanUp,
  folder,
  project,
  run,
  succeed,
  withoutCargo,
} = require('../support/package.js');

const isClone = spawnSync('git', ['rev-parse', '--git-dir'], { cwd: ROOT }).status === 0;

after(cleanUp);

describe('an installation from git', { timeout: 600_000, skip: !isClone && 'no clone' }, () => {
  /** @type {string} */
  let repository;

  /** What stands here, committed or not, as a repository of its own. */
  before(() => {
    repository = folder();
    const listed = succeed(ROOT, 'git', ['ls-files', '-co', '--exclude-standard']);
    for (const file of listed.split('\n').filter((each) => fs.existsSync(path.join(ROOT, each)))) {
      if (file) fs.cpSync(path.join(ROOT, file), path.join(repository, file));
    }
    const who = ['-c', 'user.name=x', '-c', 'user.email=x@x'];
    succeed(repository, 'git', ['init', '-q', '-b', 'main']);
    succeed(repository, 'git', ['add', '.']);
    succeed(repository, 'git', [...who, 'commit', '-qm', 'x']);
  });

  test('builds', () => {
    const at = project({});
    // The dependencies that were built for this checkout serve once more.
    const CARGO_TARGET_DIR = path.join(ROOT, 'target');
    const url = `git+${pathToFileURL(repository)}`;
    succeed(at, 'npm', [...INSTALL, url], { CARGO_TARGET_DIR });
    const installed = path.join(at, 'node_modules', 'smtp-engine');
    assert.ok(fs.existsSync(path.join(installed, 'addon', 'package.json')));
    assert.ok(!fs.existsSync(path.join(installed, 'Cargo.toml')));
    const script = "console.log(typeof require('smtp-engine').Server)";
    assert.equal(succeed(at, process.execPath, ['-e', script]), 'function\n');
  });

  test('says in a line that cargo is missing', {
    skip: process.platform === 'win32' && 'no links to programs',
  }, () => {
    const { status, stdout, stderr } = run(repository, 'npm', INSTALL, { PATH: withoutCargo() });
    assert.notEqual(status, 0);
    const ours = `${stdout}${stderr}`.split('\n').filter((line) => /cargo|[Rr]ust/.test(line));
    assert.equal(ours.length, 1, ours.join('\n'));
    assert.match(ours[0], /a Rust toolchain is needed to build, and cargo was not found.*rustup/);
  });
});
