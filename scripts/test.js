'use strict';
// Every test, Rust's and JavaScript's; the addon has been built before. What it prints is short: the
// details of what fails, and one line of totals over everything at the end.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./run.js');
const { Report } = require('./test-report.js');
const { cargoTests, nodeTests } = require('./test-runs.js');

const INSTALLATIONS = path.join('__test__', 'package');

function testsIn(folder) {
  const files = fs.readdirSync(path.join(ROOT, folder), { recursive: true }).map(String);
  return files.filter((name) => name.endsWith('.test.js')).map((name) => path.join(folder, name));
}

async function main() {
  const report = new Report(process.stdout);
  await cargoTests(report, ['cargo', 'test', '--no-default-features']);
  const others = testsIn('__test__').filter((name) => !name.startsWith(INSTALLATIONS));
  await nodeTests(report, 'JavaScript', others, true);
  // By themselves, as one is timed and one builds.
  await nodeTests(report, 'installations', testsIn(INSTALLATIONS), 1);
  process.exitCode = report.end();
}

main();
