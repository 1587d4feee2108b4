'use strict';
// The crate of the fuzz targets, which no build but its own looks at: it goes with the sources it has.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const ROOT = path.join(__dirname, '..', '..');
const read = (/** @type {string} */ file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** The lines of a table of a manifest, without comments. @param {string} file */
function dependencies(file) {
  const [body] = read(file).split('\n[dependencies]\n')[1].split('\n[');
  return body.split('\n').filter((line) => /^[\w-]+ = /.test(line));
}

describe('the fuzz targets', () => {
  test("have what the core's sources need", () => {
    // This one is built by every check, and has the same sources.
    const needed = dependencies('bench/instructions/Cargo.toml');
    const fuzzer = 'libfuzzer-sys = "0.4"';
    assert.ok(needed.length > 5);
    assert.deepEqual(dependencies('fuzz/Cargo.toml').sort(), [...needed, fuzzer].sort());
  });

  test('are one for each kind of input', () => {
    const manifest = read('fuzz/Cargo.toml');
    const inputs = read('src/protocol/testing/inputs.rs');
    const kinds = [...inputs.matchAll(/^pub fn (\w+)\(input: &\[u8\]\)/gm)].map(([, name]) => name);
    assert.ok(kinds.length >= 4);
    assert.deepEqual(
      fs.readdirSync(path.join(ROOT, 'fuzz', 'targets')),
      kinds.map((kind) => `${kind}.rs`).sort(),
    );
    for (const kind of kinds) {
      assert.ok(manifest.includes(`path = "targets/${kind}.rs"`), kind);
      assert.ok(read(`fuzz/targets/${kind}.rs`).includes(`inputs::${kind}(input)`), kind);
    }
  });
});
