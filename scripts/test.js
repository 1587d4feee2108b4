'use strict';
// Every test, Rust's and JavaScript's; the addon has been built before.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, run } = require('./run.js');

function testsIn(folder) {
  const files = fs.readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith('.test.js'));
  return files.map((name) => path.join(folder, name));
}

run(['cargo', 'test', '--no-default-features', '--quiet']);
run([process.execPath, '--test', ...testsIn('__test__')]);
// Installations: by themselves, as one is timed and one builds.
run([process.execPath, '--test', '--test-concurrency=1', ...testsIn('__test__/package')]);
