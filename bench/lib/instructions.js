'use strict';
// Counts the instructions of the pure core with callgrind, and holds them to those that are kept in
// instructions.json.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ALLOWED, changes, differences, perUnit } = require('./counts.js');
const { ROOT } = require('./package.js');
const { ask, finish, start, temporaryFolder } = require('./processes.js');
const { table } = require('./report.js');

const FILE = path.join(__dirname, '..', 'instructions.json');
const TARGET = path.join(ROOT, 'target');
const PROGRAM = path.join(TARGET, 'release', 'instructions');
const BUILD = ['build', '--release', '--locked', '--package', 'smtp-engine-instructions'];
/** The lengths of the two runs of each work. */
const UNITS = [128, 1152];
const BUILD_TIMEOUT_MS = 600_000;
const TIMEOUT_MS = 120_000;

/** What anybody has set for builds of his own would change the counts. */
const isSetting = (/** @type {string} */ name) =>
  /^CARGO_PROFILE_|RUSTFLAGS$|^CARGO_BUILD_TARGET$/.test(name);

/** @returns {import('./counts.js').Circumstances} */
function circumstances() {
  const rustc = ask('rustc', ['--version', '--verbose']) ?? '';
  const has = (/** @type {string} */ flag) =>
    fs.existsSync('/proc/cpuinfo') && fs.readFileSync('/proc/cpuinfo', 'utf8').includes(` ${flag}`);
  return {
    rustc: rustc.split('\n', 1)[0].replace('rustc ', ''),
    host: rustc.match(/^host: (.*)$/m)?.[1] ?? 'unknown',
    // It has the allocator, and copies bytes.
    libc: ask('getconf', ['GNU_LIBC_VERSION']) ?? 'unknown',
    // Valgrind's processor is a plain one; this is what it takes over from ours that counts here.
    processor: `${os.arch()}${has('avx2') ? ' with AVX2' : ''}`,
    valgrind: ask('valgrind', ['--version'])?.replace('valgrind-', '') ?? 'not installed',
  };
}

async function build() {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSetting(name)));
  const args = [...BUILD, '--target-dir', TARGET];
  await finish(start('cargo', args, { cwd: ROOT, env, startsOthers: true }), BUILD_TIMEOUT_MS);
}

/** The instructions of a whole run. */
async function run(
  /** @type {string} */ folder,
  /** @type {string} */ name,
  /** @type {number} */ units,
) {
  const output = path.join(folder, 'callgrind.out');
  const args = ['--tool=callgrind', `--callgrind-out-file=${output}`, PROGRAM, name];
  // The environment lies on the stack; an empty one is the same everywhere.
  const env = { PATH: process.env.PATH };
  await finish(start('valgrind', [...args, String(units)], { env }), TIMEOUT_MS);
  const total = fs.readFileSync(output, 'utf8').match(/^totals: (\d+)$/m)?.[1];
  if (total === undefined) throw new Error('callgrind wrote no total');
  return { units, instructions: Number(total) };
}

/**
 * Counts every work.
 *
 * @param {(text: string) => void} progress
 */
async function count(progress) {
  progress('building bench/instructions');
  await build();
  const folder = temporaryFolder();
  /** @type {import('./counts.js').Counts} */
  const counts = {};
  for (const name of (ask(PROGRAM, []) ?? '').split('\n').filter(Boolean)) {
    progress(`counting ${name}`);
    const [short, long] = [await run(folder, name, UNITS[0]), await run(folder, name, UNITS[1])];
    counts[name] = perUnit(short, long);
  }
  progress('');
  return counts;
}

/** @returns {import('./counts.js').Kept} */
const read = () => JSON.parse(fs.readFileSync(FILE, 'utf8'));

function text(/** @type {import('./counts.js').Change[]} */ lines) {
  return table([
    ['instructions', 'kept', 'counted', 'change', ''],
    ...lines.map(({ name, kept = '-', counted = '-', share, verdict }) => [
      ...[name, kept, counted].map(String),
      share === undefined ? '-' : `${share < 0 ? '' : '+'}${(100 * share).toFixed(2)} %`,
      verdict,
    ]),
  ]);
}

/**
 * Counts, and prints the counts beside those that are kept.
 *
 * @param {{ write: boolean }} options `write` keeps them
 * @param {(text: string) => void} progress
 * @returns {Promise<boolean>} false where there are too many, and they can be compared
 */
async function instructions({ write }, progress) {
  const here = circumstances();
  if (here.valgrind === 'not installed') {
    const message =
      'instructions are not counted: valgrind is not installed (apt-get install valgrind)';
    if (write) throw new Error(message);
    console.log(message);
    return true;
  }
  const counts = await count(progress);
  const kept = fs.existsSync(FILE) ? read() : { madeBy: here, counts: {} };
  const lines = changes(kept.counts, counts);
  console.log(text(lines));
  if (write) {
    fs.writeFileSync(FILE, `${JSON.stringify({ madeBy: here, counts }, null, 2)}\n`);
    console.log(`\nwritten to ${path.relative(process.cwd(), FILE)}`);
    return true;
  }
  const other = differences(kept.madeBy, here);
  if (other.length > 0) {
    console.log(`\nnot held to what is kept, which was counted elsewhere: ${other.join('; ')}`);
    return true;
  }
  const isHeld = lines.every(({ verdict }) => verdict === 'ok');
  if (!isHeld) {
    console.log(`\nat most ${100 * ALLOWED} % more than kept are allowed; where the change is worth it,
'npm run bench -- --instructions --write' keeps the new counts`);
  }
  return isHeld;
}

module.exports = { instructions };
