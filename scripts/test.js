'use strict';
// Every test, Rust's and JavaScript's; the addon has been built before.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, run } = require('./run.js');

function testsIn(folder) {
  const files = fs.readdirSync(path.join(ROOT, folder), { recursive: true }).map(String);
  return files.filter((name) => name.endsWith('.test.js')).map((name) => path.join(folder, name));
}

run(['cargo', 'test', '--no-default-features', '--quiet']);
const INSTALLATIONS = path.join('__test__', 'package');
const others = testsIn('__test__').filter((name) => !name.startsWith(INSTALLATIONS));
run([process.execPath, '--test', ...others]);
// By themselves, as one is timed and one builds.
run([process.execPath, '--test', '--test-concurrency=1', ...testsIn(INSTALLATIONS)]);
