'use strict';
// What `npm test` says: what fails, in full, and one line of totals at the end.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');
const { Terminal, noTerminal } = require('../support/terminal.js');

/** Runs the tests of a folder as scripts/test.js does those of the project. */
const PROGRAM = `
const { Report } = require(${JSON.stringify(path.join(ROOT, 'scripts', 'test-report.js'))});
const runs = require(${JSON.stringify(path.join(ROOT, 'scripts', 'test-runs.js'))});
const [cargo, ...files] = process.argv.slice(2);
(async () => {
  const report = new Report(process.stdout);
  await runs.cargoTests(report, [process.execPath, cargo]);
  await runs.nodeTests(report, 'JavaScript', files, true);
  await runs.nodeTests(report, 'once more', files.slice(0, 1), 1);
  process.exitCode = report.end();
})();
`;

/** What stands for cargo: what it prints, and its exit code. */
const cargo = (/** @type {string} */ output, code = 0, /** @type {string} */ errors = '') =>
  `process.stdout.write(${JSON.stringify(output)}); process.stderr.write(${JSON.stringify(errors)}); process.exitCode = ${code};`;
const FINE = cargo(
  'running 3 tests\ntest a ... ok\ntest b ... ok\ntest c ... ignored\n\n' +
    'test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured\n',
  0,
  'warning: unused\n',
);
const BROKEN = cargo(
  'running 2 tests\ntest a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\n' +
    "thread 'b' panicked at src/x.rs:1\n\nfailures:\n    b\n\n" +
    'test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured\n',
  101,
);
const UNBUILT = cargo('', 101, 'error[E0308]: mismatched types\n');
const CRASHED = cargo('running 2 tests\ntest a ... ok\n', 101, 'error: signal: 11, SIGSEGV\n');

const HEAD =
  "const { describe, test } = require('node:test'); const assert = require('node:assert/strict');";
const PASSES = `${HEAD} test('one', () => { process.emitWarning('wanted'); console.log('not ok 1'); });`;

/** A test that is run, what is counted, what is shown. @type {[string, string, string, RegExp[]][]} */
const TABLE = [
  ['all pass', FINE, PASSES, []],
  [
    'a skipped one',
    FINE,
    `${PASSES} test('two', { skip: 'no tea' }, () => {});`,
    [/^ {4}skipped: no tea$/m],
  ],
  [
    'Rust fails',
    BROKEN,
    PASSES,
    [/FAILED .*\n {4}failures:\n\n {4}---- b stdout ----\n {4}thread 'b' panicked at src\/x\.rs:1/],
  ],
  ['Rust does not build', UNBUILT, PASSES, [/error\[E0308\]: mismatched types/]],
  ['Rust crashes', CRASHED, PASSES, [/signal: 11, SIGSEGV/]],
  [
    'an assertion',
    FINE,
    `${HEAD} describe('suite', () => { test('bad', () => assert.equal('${'x'.repeat(300)}', 'y')); });`,
    [
      /FAILED .*a\.test\.js > suite > bad\n {4}AssertionError/,
      /actual: 'x{300}'/,
      /a\.test\.js:1:\d+\)/,
    ],
  ],
  [
    'what is no error',
    FINE,
    `${HEAD} test('bad', () => Promise.reject('words'));`,
    [/cause: 'words'/],
  ],
  [
    'a time-out',
    FINE,
    `${HEAD} test('bad', { timeout: 20 }, () => new Promise((done) => setTimeout(done, 200)));`,
    [/timed out after 20ms/],
  ],
  [
    'output of one that fails',
    FINE,
    `${HEAD} test('bad', () => { console.error('a hint'); throw new Error('x'); });`,
    [/a\.test\.js wrote\n {4}a hint/],
  ],
  [
    'a file that throws',
    FINE,
    "throw new Error('at load');",
    [/FAILED .*a\.test\.js/, /Error: at load/],
  ],
  ['a file that is killed', FINE, "process.kill(process.pid, 'SIGKILL');", [/signal: 'SIGKILL'/]],
  ['a file that exits', FINE, `${HEAD} test('bad', () => process.exit(3));`, [/exitCode: 3/]],
];

/** The totals of each row. @type {Record<string, [number, number, number]>} */
const TOTALS = {
  'all pass': [4, 0, 1],
  'a skipped one': [4, 0, 3],
  'Rust fails': [3, 1, 0],
  'Rust does not build': [2, 1, 0],
  'Rust crashes': [2, 1, 0],
};

/** @param {import('node:test').TestContext} t @param {string} cargoText @param {string} testText */
function project(t, cargoText, testText) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-report-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const write = (/** @type {string} */ name, /** @type {string} */ text) => {
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  // Else the runner takes it for a test of this run.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = [write('cargo.js', cargoText), write('a.test.js', testText)];
  return { args: [write('run.js', PROGRAM), ...args], env };
}

describe('npm test', { timeout: 60_000 }, () => {
  for (const [name, cargoText, testText, shown] of TABLE) {
    test(`${name}: its details, and the totals on the last line`, (t) => {
      const { args, env } = project(t, cargoText, testText);
      const { stdout, stderr, status } = spawnSync(process.execPath, args, {
        env,
        encoding: 'utf8',
      });
      const [passed, failed, skipped] = TOTALS[name] ?? [2, 2, 1];
      const totals = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
      assert.ok(stdout.endsWith(`\n\n${totals}\n`), stdout);
      assert.equal(stderr, '');
      assert.equal(status, failed > 0 ? 1 : 0);
      for (const each of shown) assert.match(stdout, each);
      if (failed > 0) return assert.match(stdout, /^FAILED /m);
      // Neither the warning nor what looks like a result of another runner is shown.
      const reasons = stdout.match(/^ {4}skipped: .*\n/gm) ?? [];
      assert.equal(stdout.split('\n').length, 6 + reasons.length, stdout);
    });
  }

  test('no test at all is no success', (t) => {
    const { args, env } = project(t, cargo('running 0 tests\n'), '');
    const { stdout, status } = spawnSync(process.execPath, args.slice(0, 2), {
      env,
      encoding: 'utf8',
    });
    assert.ok(stdout.endsWith('\n0 passed, 0 failed\n'), stdout);
    assert.equal(status, 1);
  });

  test('a terminal shows how far it has come', { skip: noTerminal }, async (t) => {
    const { args, env } = project(t, FINE, PASSES);
    const vars = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const terminal = new Terminal(t, [
      'env',
      '-i',
      ...vars,
      'TERM=xterm',
      process.execPath,
      ...args,
    ]);
    assert.equal(await terminal.ended(), 0, terminal.text);
    assert.match(terminal.text, /Rust: 2 of 3/);
    assert.match(terminal.text, /JavaScript: 1 passed, 1 of 1 files/);
    assert.equal(terminal.state.lastLine, '');
    const lines = terminal.screen.filter((line) => line !== '');
    assert.deepEqual(lines.at(-1), '4 passed, 0 failed, 1 skipped');
  });
});
