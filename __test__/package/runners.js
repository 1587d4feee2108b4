'use strict';
// What test-runners.test.js runs in each runner: its settings, the ways to run it, and the suites.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../support/child.js');

const SAMPLE_APP = path.join(__dirname, 'sample-app');
const CHROMIUM = '/usr/bin/chromium';

/**
 * @typedef {object} Runner
 * @property {string} folder
 * @property {() => string | false} [skip] why it cannot run here
 * @property {Record<string, string[]>} ways to run it: a command each
 * @property {Record<string, string>} settings files
 * @property {(programsOf: (heading: string) => string[]) => Record<string, string>} page what the page has for it
 * @property {(count: number) => Record<string, string>} suites of the application
 * @property {() => Record<string, string>} example
 * @property {Record<string, string>} forgetful a test that does not close its inbox
 * @property {Record<string, string>} failing tests that wait in vain
 * @property {number} failures how often the text of the wait is to be read
 * @property {Record<string, string>} killed a test whose process ends
 * @property {RegExp[]} survivors what is said of the others
 */

/** @param {string} imports @param {string} fakes `fake()` and `real()`, and `few()` that leave nodemailer what it needs */
const suite = (imports, fakes) => `
  ${imports}
  let tools;
  beforeAll(async () => { tools = await start(); });
  afterAll(() => tools.close());
  for (const [name, journey] of Object.entries(journeys)) test(name, () => journey(tools));
  describe('under fake timers', () => {
    ${fakes}
    afterEach(real);
    test('waits wait', () => (fake(), underFakeTimers(tools)));
    test('the application sends', () => (few(), journeys['who forgot the password gets a code'](tools)));
  });
`;
/** @param {string} imports */
const forgetful = (imports) => `
  ${imports}
  test('forgets to close', async () => {
    const inbox = await catchMail();
    await send(inbox, inbox.address().email, 'Hello');
    inbox.waitFor({ subject: 'never' }, { timeout: 300 }).catch(() => {});
  });
`;
/** @param {string} imports @param {string[]} expectations */
const failing = (imports, expectations) => `
  ${imports}
  ${expectations
    .map(
      (line, index) => `
  test('fails ${index}', async () => {
    const inbox = await catchMail();
    const ann = inbox.address('ann');
    await send(inbox, ann.email, 'Your code');
    await ${line};
  });`,
    )
    .join('')}
`;
/** @param {string} imports */
const killed = (imports) => `
  ${imports}
  test('is killed', async () => {
    const inbox = await catchMail();
    await send(inbox, inbox.address().email, 'Hello');
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => {});
  });
`;
const WAIT = "ann.waitFor({ subject: 'Please confirm' }, { timeout: 20 })";
const MATCHERS = [
  WAIT,
  "expect(ann).toHaveMail({ subject: 'Please confirm' })",
  "expect(ann).not.toHaveMail({ subject: 'Your code' })",
];

const ESM = `
  import { catchMail } from 'smtp-engine/catch';
  import sample from 'sample-app/journeys.js';
  const { journeys, send, start, underFakeTimers } = sample;
`;
const CJS = `
  const { catchMail } = require('smtp-engine/catch');
  const { journeys, send, start, underFakeTimers } = require('sample-app/journeys.js');
`;
const NODE = `const { after: afterAll, afterEach, before: beforeAll, describe, mock, test } = require('node:test'); ${CJS}`;
const NODE_ESM = `import { after as afterAll, afterEach, before as beforeAll, describe, mock, test } from 'node:test'; ${ESM}`;
const VITEST = `import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'; ${ESM}`;
const PLAYWRIGHT = `import { expect, test } from '@playwright/test'; ${ESM}`;

/** @param {number} count @param {(index: number) => [string, string]} make */
const many = (count, make) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => make(at)));

/** @param {string} name @param {string} as */
const example = (name, as) => ({
  [as]: fs.readFileSync(path.join(ROOT, 'examples', name), 'utf8'),
});

/** @type {Record<string, Runner>} */
const RUNNERS = {
  'node:test': {
    folder: 'node',
    ways: { processes: [process.execPath, '--test', '--test-concurrency=2'] },
    settings: {},
    page: () => ({}),
    suites: (count) => {
      const fakes = `const fake = () => mock.timers.enable();
        const few = () => mock.timers.enable({ apis: ['setTimeout', 'Date'] });
        const real = () => mock.timers.reset();`;
      return many(count, (at) =>
        at % 2 === 0
          ? [`sign-up-${at}.test.js`, suite(NODE, fakes)]
          : [`sign-up-${at}.test.mjs`, suite(NODE_ESM, fakes)],
      );
    },
    example: () => example('catch.test.js', 'example.test.js'),
    forgetful: { 'forgetful.test.js': forgetful(NODE) },
    failing: { 'failing.test.js': failing(NODE, [WAIT]) },
    failures: 1,
    killed: { 'killed.test.js': killed(NODE) },
    survivors: [/^# pass 8$|ℹ pass 8$/m, /^# fail 1$|ℹ fail 1$/m],
  },

  vitest: {
    folder: 'vitest',
    ways: {
      forks: ['npx', 'vitest', 'run', '--pool=forks'],
      threads: ['npx', 'vitest', 'run', '--pool=threads'],
      vmThreads: ['npx', 'vitest', 'run', '--pool=vmThreads'],
    },
    settings: {
      'vitest.config.mjs': `export default {
        test: { include: ['*.test.*'], setupFiles: ['./mail.setup.js'], maxWorkers: 2, hookTimeout: 20000 },
      };`,
      'app.js': "export { openApp } from 'sample-app';",
    },
    page(programsOf) {
      const [matcher, signUp] = programsOf('vitest');
      return { 'mail.setup.js': matcher, 'page.test.js': signUp };
    },
    suites: (count) =>
      many(count, (at) => [
        `sign-up-${at}.test.mjs`,
        suite(
          VITEST,
          `const fake = () => vi.useFakeTimers();
        const few = () => vi.useFakeTimers({ toFake: ['setTimeout', 'Date'] });
        const real = () => vi.useRealTimers();`,
        ),
      ]),
    example: () => example('catch.vitest.mjs', 'example.test.mjs'),
    forgetful: { 'forgetful.test.mjs': forgetful(VITEST) },
    failing: { 'failing.test.mjs': failing(VITEST, MATCHERS) },
    failures: 2,
    killed: { 'killed.test.mjs': killed(VITEST) },
    survivors: [/Tests .*\b9 passed/],
  },

  jest: {
    folder: 'jest',
    ways: {
      processes: ['npx', 'jest'],
      threads: ['npx', 'jest', '--workerThreads'],
    },
    settings: {
      // A cache of its own: jest that knows the tests as quick runs them in its own process.
      'jest.config.js': `module.exports = {
        setupFilesAfterEnv: ['./mail.setup.js'], maxWorkers: 2, cacheDirectory: __dirname + '/cache',
      };`,
      'app.js': "module.exports = require('sample-app');",
    },
    page(programsOf) {
      const [matcher, forgot] = programsOf('jest');
      return { 'mail.setup.js': matcher, 'page.test.js': forgot };
    },
    suites: (count) =>
      many(count, (at) => [
        `sign-up-${at}.test.js`,
        suite(
          CJS,
          `const fake = () => jest.useFakeTimers();
        const few = () => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
        const real = () => jest.useRealTimers();`,
        ),
      ]),
    example: () => example('catch.jest.js', 'example.test.js'),
    forgetful: { 'forgetful.test.js': forgetful(CJS) },
    failing: { 'failing.test.js': failing(CJS, MATCHERS) },
    failures: 2,
    killed: { 'killed.test.js': killed(CJS) },
    survivors: [/PASS .*sign-up-0/, /PASS .*page/],
  },

  Playwright: {
    folder: 'playwright',
    skip: () => !fs.existsSync(CHROMIUM) && 'there is no Chromium',
    ways: { processes: ['npx', 'playwright', 'test', '--reporter=line'] },
    settings: {
      'playwright.config.mjs': `export default {
        testMatch: '*.spec.*',
        workers: 2,
        fullyParallel: true,
        use: { launchOptions: { executablePath: '${CHROMIUM}', args: ['--no-sandbox'] } },
      };`,
      'app.js': "import sample from 'sample-app'; export const { openApp } = sample;",
    },
    page(programsOf) {
      const [fixtures, signUp] = programsOf('Playwright');
      return { 'fixtures.js': fixtures, 'page.spec.js': signUp };
    },
    suites: (count) =>
      many(count, (at) => [
        `sign-up-${at}.spec.mjs`,
        `${PLAYWRIGHT}
        let tools;
        test.beforeAll(async () => { tools = await start(); });
        test.afterAll(() => tools.close());
        for (const [name, journey] of Object.entries(journeys)) test(name, () => journey(tools));`,
      ]),
    example: () => example('catch.playwright.mjs', 'example.spec.mjs'),
    forgetful: { 'forgetful.spec.mjs': forgetful(PLAYWRIGHT) },
    failing: { 'failing.spec.mjs': failing(PLAYWRIGHT, [WAIT]) },
    failures: 1,
    killed: { 'killed.spec.mjs': killed(PLAYWRIGHT) },
    survivors: [/7 passed/, /1 failed/],
  },
};

/** jest with fake timers from the beginning, which says what is still open at the end. @type {Runner} */
const GLOBALLY = {
  ...RUNNERS.jest,
  ways: { '': ['npx', 'jest', '--detectOpenHandles'] },
  settings: {
    'jest.config.js': `module.exports = { fakeTimers: { enableGlobally: true, doNotFake: ['nextTick'] } };`,
  },
  page: () => ({}),
  suites: () => ({
    'globally.test.js': `${CJS} test('waits wait', async () => {
      expect(setTimeout.clock).toBeDefined();
      const inbox = await catchMail();
      await underFakeTimers({ inbox });
      await inbox.close();
    });`,
  }),
};

module.exports = { GLOBALLY, RUNNERS, SAMPLE_APP };
