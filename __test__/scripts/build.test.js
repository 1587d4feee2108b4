'use strict';
// What `npm start` and `npm test` say where something is missing, in one line.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT } = require('../support/child.js');

/** A clone that was never built. */
function clone(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-build-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const sources = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src/lib.rs'];
  for (const file of [...sources, 'scripts/build.js', 'package.json', 'package-lock.json']) {
    fs.cpSync(path.join(ROOT, file), path.join(folder, file));
  }
  return folder;
}

function build(folder, before, env) {
  const script = `${before}; require('./scripts/build.js')`;
  return spawnSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8', env });
}

test('no cargo', (t) => {
  const folder = clone(t);
  const { status, stdout, stderr } = build(folder, '', { PATH: folder });
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^smtp-engine: [^\n]*cargo[^\n]*rustup[^\n]*\n$/);
});

test('a Node that is too old', (t) => {
  const old = "Object.defineProperty(process.versions, 'node', { value: '18.20.0' })";
  const { status, stdout, stderr } = build(clone(t), old, { ...process.env });
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^smtp-engine: Node 20 or newer[^\n]*\n$/);
});

test('what is built is not built again', () => {
  const addon = path.join(ROOT, 'addon', 'package.json');
  const before = fs.statSync(addon).mtimeMs;
  const run = spawnSync(process.execPath, ['scripts/build.js'], { cwd: ROOT, encoding: 'utf8' });
  assert.deepEqual([run.status, run.stdout, run.stderr], [0, '', '']);
  assert.equal(fs.statSync(addon).mtimeMs, before);
});
