'use strict';
// What the package depends on: `cargo deny` (licences, sources, duplicates, advisories) and `npm
// audit`. What needs a database that cannot be reached from here is left out with a line that says
// so; with `--strict`, as in the release's workflow, it fails.

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

/** Fails if the check did, unless what it needs is out of reach, which `unreachable` tells. */
function check(/** @type {string[]} */ command, /** @type {RegExp} */ unreachable) {
  const { succeeded, output } = attempt(command);
  if (succeeded) return;
  if (unreachable.test(output) && !STRICT) {
    const [reason] = output.split('\n').filter((line) => unreachable.test(line));
    console.log(`left out, it needs what cannot be reached from here: ${reason.trim()}`);
    return;
  }
  console.error(output);
  process.exitCode = 1;
}

check([...DENY, 'licenses', 'bans', 'sources'], /no such command: `deny`/);
check([...DENY, 'advisories'], /no such command: `deny`|failed to fetch advisory database/);
check(['npm', 'audit', '--omit=dev'], /audit endpoint returned an error/);
