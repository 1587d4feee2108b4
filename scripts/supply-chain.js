'use strict';
// What the package depends on: `cargo deny` (licences, sources, duplicates, advisories) and `npm
// audit`. What is not installed, or needs a database that cannot be reached from here, is left out
// with a line that says so; with `--strict`, as in .github/workflows/check.yml, it fails.

const { spawnSync } = require('node:child_process');
const { ROOT } = require('./run.js');

const STRICT = process.argv.includes('--strict');
const DENY = ['cargo', 'deny', '--all-features', 'check', '--hide-inclusion-graph'];

/** @param {string[]} command */
function attempt([command, ...args]) {
  console.log(`\n> ${[command, ...args].join(' ')}`);
  const shell = process.platform === 'win32';
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    shell,
  });
  return { succeeded: status === 0, output: `${stdout}${stderr}`.trim() };
}

const NOT_INSTALLED = /no such command: `deny`/;

/**
 * Fails if the check did, unless what it needs is out of reach, which `unreachable` tells.
 *
 * @param {string[]} command
 * @param {RegExp} [unreachable]
 */
function check(command, unreachable) {
  const { succeeded, output } = attempt(command);
  if (succeeded) return;
  const reason = output.split('\n').find((line) => unreachable?.test(line));
  if (!STRICT && NOT_INSTALLED.test(output)) {
    console.log('left out, cargo-deny is not installed: cargo install --locked cargo-deny');
  } else if (!STRICT && reason !== undefined) {
    console.log(`left out, it needs what cannot be reached from here: ${reason.trim()}`);
  } else {
    console.error(output);
    process.exitCode = 1;
  }
}

check([...DENY, 'licenses', 'bans', 'sources']);
check([...DENY, 'advisories'], /failed to fetch advisory database/);
check(['npm', 'audit', '--omit=dev'], /audit endpoint returned an error/);
