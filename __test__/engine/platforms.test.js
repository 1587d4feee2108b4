'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { PLATFORMS, platform, requirePackage } = require('../../src/js/engine/platforms.js');
const { ROOT } = require('../support/child.js');

describe('a platform is named as its package', () => {
  for (const [os, arch, name] of [
    ['darwin', 'arm64', 'darwin-arm64'],
    ['darwin', 'x64', 'darwin-x64'],
    ['win32', 'x64', 'win32-x64-msvc'],
    ['linux', 'x64', /^linux-x64-(gnu|musl)$/],
    ['freebsd', 'x64', 'freebsd-x64'],
  ]) {
    test(`${os} on ${arch}`, (t) => {
      const { platform: realOs, arch: realArch } = process;
      t.after(() =>
        Object.defineProperties(process, {
          platform: { value: realOs },
          arch: { value: realArch },
        }),
      );
      Object.defineProperties(process, { platform: { value: os }, arch: { value: arch } });
      if (typeof name === 'string') assert.equal(platform(), name);
      else assert.match(platform(), /** @type {RegExp} */ (name));
    });
  }

  test('and the one that was built here is this one', () => {
    const manifest = fs.readFileSync(path.join(ROOT, 'addon', 'package.json'), 'utf8');
    assert.equal(JSON.parse(manifest).name, `smtp-engine-${platform()}`);
  });
});

test('each has a package, and nothing else has', () => {
  assert.ok(PLATFORMS.length >= 7);
  for (const name of PLATFORMS) {
    assert.throws(() => requirePackage(name), { code: 'MODULE_NOT_FOUND' });
  }
  assert.throws(() => requirePackage('plan9-mips'), {
    message: 'there is no package for plan9-mips',
  });
});
