'use strict';
// Suites of an application, and the programs of docs/catch.md, under node:test, vitest, jest and Playwright:
// in parallel workers, under fake timers, where a test fails, where it forgets to close the inbox, and
// where a worker is killed.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');
const { blocks, read } = require('../support/documents.js');
const { ADDON, INSTALL, MAIN, cleanUp, pack, project, run } = require('../support/package.js');
const { GLOBALLY, RUNNERS, SAMPLE_APP } = require('./runners.js');

const PAGE = 'docs/catch.md';
const TOOLS = ['vitest@4.1.12', 'jest@30.5.2', '@playwright/test@1.65.1', 'nodemailer@10'];
const TSC = path.join(ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
/** What an expectation in vain says in each of them. */
const SAID = [
  /no mail matched for ann-\w{4}@catch\.test within \d+ ms, wanted: \{ subject: 'Please confirm' \}; 1 mail came:/,
  / 'Your code' from <a@shop\.example> to <ann-\w{4}@catch\.test>: missed subject/,
];

/** The programs of a section of the page. @param {string} heading @param {string} [language] */
function programsOf(heading, language = 'js') {
  const lines = read(PAGE).split('\n');
  const from = lines.indexOf(`### ${heading}`);
  const to = lines.findIndex((line, at) => at > from && /^##/.test(line));
  assert.ok(from > 0, heading);
  const inside = blocks(PAGE).filter(({ line }) => line > from && line < to);
  return inside.filter((block) => block.language === language).map(({ text }) => text);
}

/** @param {string} folder @param {Record<string, string>} files */
function write(folder, files) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
}

describe('the programs of the page', () => {
  for (const name of ['vitest', 'jest', 'Playwright', 'TypeScript']) {
    test(`${name}: of at most 30 lines, and two of them`, () => {
      const all = programsOf(name, name === 'TypeScript' ? 'ts' : 'js');
      assert.equal(all.length, 2);
      for (const text of all) assert.ok(text.trimEnd().split('\n').length <= 30, text);
    });
  }

  for (const [name, example] of [
    ['vitest', 'catch.vitest.mjs'],
    ['jest', 'catch.jest.js'],
  ]) {
    test(`${name}: the matcher of the page is that of examples/${example}`, () => {
      const [page] = programsOf(name);
      const matcher = page.slice(page.indexOf('expect.extend'));
      assert.ok(read(path.join('examples', example)).includes(matcher), matcher);
    });
  }
});

describe('suites for test runners', { timeout: 300_000 }, () => {
  let [at, missing] = ['', ''];

  before(() => {
    pack();
    at = project({ 'sample-app': `file:${SAMPLE_APP}` });
    const { status } = run(at, 'npm', [...INSTALL, '--install-links', MAIN, ADDON, ...TOOLS]);
    if (status !== 0) missing = 'vitest, jest and Playwright could not be installed';
  });
  after(cleanUp);

  /**
   * What a runner makes of the tests in a folder of its own.
   *
   * @param {typeof RUNNERS[string]} runner @param {string} way @param {Record<string, string>} files
   */
  const outcome = (runner, way, files) => {
    const folder = path.join(at, `${runner.folder}-suite`);
    write(folder, { ...runner.settings, ...runner.page(programsOf), ...files });
    const workers = path.join(folder, 'workers.txt');
    const env = { WORKERS: workers, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1', NODE_OPTIONS: '' };
    const [command, ...args] = runner.ways[way];
    const { status, stdout, stderr } = run(folder, command, args, {
      ...env,
      NODE_TEST_CONTEXT: undefined,
    });
    const noted = fs.existsSync(workers) ? fs.readFileSync(workers, 'utf8').trim().split('\n') : [];
    return { status, said: `${stdout}${stderr}`, workers: new Set(noted) };
  };

  for (const [name, runner] of Object.entries(RUNNERS)) {
    const skip = runner.skip?.() ?? false;
    for (const way of Object.keys(runner.ways)) {
      test(`${name}, ${way}: suites in parallel workers`, { skip }, (t) => {
        if (missing) return t.skip(missing);
        const { status, said, workers } = outcome(runner, way, {
          ...runner.suites(2),
          ...runner.forgetful,
          ...runner.example(),
        });
        assert.equal(status, 0, said);
        assert.ok(workers.size > 1, `${[...workers]}\n${said}`);
        assert.doesNotMatch(said, /did not exit|open handle|worker.*failed|failed to exit/i);
      });
    }

    test(`${name}: a test that fails says what came`, { skip }, (t) => {
      if (missing) return t.skip(missing);
      const [way] = Object.keys(runner.ways);
      const { status, said } = outcome(runner, way, runner.failing);
      assert.equal(status, 1, said);
      for (const line of SAID) {
        const times = said.match(new RegExp(line, 'g'))?.length ?? 0;
        assert.ok(times >= runner.failures, `${times} times ${line} in ${said}`);
      }
      if (runner.failures > 1) assert.match(said, /a mail came that matches .*'Your code' from/);
    });

    test(`${name}: a worker that is killed costs no other`, { skip }, (t) => {
      if (missing) return t.skip(missing);
      const [way] = Object.keys(runner.ways);
      const { status, said } = outcome(runner, way, { ...runner.suites(1), ...runner.killed });
      assert.equal(status, 1, said);
      for (const line of runner.survivors) assert.match(said, line);
    });
  }

  test('jest: with fake timers from the beginning, and nothing is open after close', (t) => {
    if (missing) return t.skip(missing);
    const { status, said } = outcome(GLOBALLY, '', GLOBALLY.suites(1));
    assert.equal(status, 0, said);
    assert.doesNotMatch(said, /open handle/);
  });

  test('the types of the page make the matcher known', (t) => {
    if (missing) return t.skip(missing);
    const [vitest, jest] = programsOf('TypeScript', 'ts');
    const typed = (/** @type {string} */ runner) => `
      import { expect } from '${runner}';
      import { catchMail } from 'smtp-engine/catch';
      const inbox = await catchMail();
      await expect(inbox.address()).toHaveMail({ subject: /x/ });
      await expect(inbox).not.toHaveMail();
      // @ts-expect-error: there is no such part
      await expect(inbox).toHaveMail({ title: 'x' });
    `;
    const [fixtures] = programsOf('Playwright');
    const [types] = /** @type {RegExpExecArray} */ (/base\.extend<.*>/.exec(read(PAGE)));
    const own = fixtures
      .replace('base.extend', types)
      .replace("'worker' }", "'worker' } as const")
      .replace('import { catchMail }', 'import { catchMail, type Inbox, type View }');
    const at2 = path.join(at, 'types');
    write(at2, {
      'vitest-mail.ts': vitest,
      'jest-mail.ts': jest,
      'vitest.ts': typed('vitest'),
      'jest.ts': typed('@jest/globals'),
      'app.ts':
        'export type App = { url: string; close(): Promise<void> };\nexport declare function openApp(to: { smtp: string }): Promise<App>;',
      'fixtures.ts': own.replace('import { openApp }', 'import { openApp, type App }'),
      'package.json': '{ "type": "module" }',
    });
    const modules = path.join(ROOT, 'node_modules', '@types');
    const flags = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--ignoreConfig',
      '--target',
      'es2023',
    ];
    const types2 = ['--module', 'nodenext', '--types', 'node', '--typeRoots', modules];
    const files = fs.readdirSync(at2).filter((file) => file.endsWith('.ts'));
    const { status, stdout } = run(at2, process.execPath, [TSC, ...flags, ...types2, ...files]);
    assert.equal(status, 0, stdout);
  });
});
