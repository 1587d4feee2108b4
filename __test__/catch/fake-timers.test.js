'use strict';
// Tests put fake timers in the place of the real ones, and some environments of theirs have no
// `setImmediate`. An inbox goes by the real ones all the same: its clients and its waits are real.

const assert = require('node:assert/strict');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Child, ROOT } = require('../support/child.js');

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];

/** Loads the package, has `clock` take the timers away, and tells what an inbox and a client still do. */
const program = (/** @type {string} */ clock, early = '') => `
  ${early}
  const { catchMail } = require(${JSON.stringify(path.join(ROOT, 'src/js/catch/index.js'))});
  const { Client } = require(${JSON.stringify(ROOT)});
  const real = { setImmediate };
  const fakes = {};
  const fake = (name) => Object.assign(fakes, { [name]: () => {} })[name];
  (async () => {
    ${clock}
    const inbox = await catchMail();
    const { host, port } = inbox;
    const ann = inbox.address('ann');
    const send = (subject) => Client.send({ host, port, tls: 'none' }, { from: 'a@x.example', to: ann.email },
      'Subject: ' + subject + '\\r\\nContent-Type: multipart/mixed; boundary=b\\r\\n\\r\\n--b\\r\\n\\r\\ncode 482913\\r\\n--b--\\r\\n');
    await Promise.all([send('One'), send('Two')]);
    const mails = await ann.take(2, { text: /code/ });
    const told = mails.map((mail) => [mail.subject, mail.code(), String(mail.problem)].join(' ')).sort();
    await ann.none({ subject: 'Three' }, { within: 5 });
    const late = await ann.waitFor({ subject: 'Three' }, { timeout: 5 }).catch((error) => error.code);
    await inbox.close();
    const isBack = Object.keys(fakes).every((name) => globalThis[name] === fakes[name]);
    process.stdout.write([...told, late, isBack, check()].join('\\n') + '\\n');
  })();
`;

/** How a clock is stopped, and what is to be true of it at the end. @type {Record<string, string>} */
const CLOCKS = {
  'jest and vitest: the globals, and a process of its own': `
    for (const name of ${JSON.stringify(TIMERS)}) globalThis[name] = fake(name);
    globalThis.Date = class extends Date { static now() { return 0; } };
    performance.now = () => 0;
    globalThis.process = { ...process, stdout: process.stdout, nextTick: () => {} };
    const check = () => true;
  `,
  'node:test: the module node:timers as well': `
    const { mock } = require('node:test');
    mock.timers.enable();
    const faked = globalThis.setImmediate;
    const check = () => {
      const isFaked = globalThis.setImmediate === faked && faked !== real.setImmediate;
      mock.timers.reset();
      return isFaked && globalThis.setImmediate === real.setImmediate;
    };
  `,
  'jsdom: there is no setImmediate': `
    delete globalThis.setImmediate;
    const check = () => !('setImmediate' in globalThis);
  `,
};

/** As jest has them where its settings enable them: before anything is loaded, and `node:timers` are real. */
const EARLY = `
  for (const name of ${JSON.stringify(TIMERS)}) globalThis[name] = () => {};
`;

describe('an inbox goes by the real time under fake timers', () => {
  for (const [name, clock] of Object.entries(CLOCKS)) {
    test(name, async (t) => {
      await lookAt(t, program(clock));
    });
  }

  test('fakes that stand there before it is loaded', async (t) => {
    await lookAt(t, program('const check = () => true;', EARLY));
  });
});

/** @param {import('node:test').TestContext} t @param {string} script */
async function lookAt(t, script) {
  const child = new Child(t, process.execPath, ['--no-warnings', '-e', script]);
  for (const wanted of ['One', 'Two']) {
    assert.equal(await child.line(), `${wanted} 482913 undefined`);
  }
  assert.equal(await child.line(), 'SMTP_ERR_NO_MAIL');
  assert.equal(await child.line(), 'true', 'the fakes are back');
  assert.equal(await child.line(), 'true');
  assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
}
