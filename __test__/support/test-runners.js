'use strict';
// Stands in for vitest, jest and Playwright's runner in the programs of the documents, which would be larger
// than all else that is tested here: it runs the one test of a program, and has what these programs use.

const fs = require('node:fs');
const path = require('node:path');
const { Client } = require('../../index.js');

/** @type {Record<string, (received: any, ...args: any[]) => any>} */
const matchers = {
  toBeVisible: (received) => ({ pass: received.isVisible, message: () => 'it cannot be seen' }),
};

function expect(/** @type {any} */ received) {
  const entries = Object.entries(matchers).map(([name, matcher]) => [
    name,
    async (/** @type {any[]} */ ...args) => {
      const { pass, message } = await matcher(received, ...args);
      if (!pass) throw new Error(message());
    },
  ]);
  return Object.fromEntries(entries);
}

expect.extend = (/** @type {object} */ more) => void Object.assign(matchers, more);

/** @type {(() => unknown)[]} */
const before = [];
/** @type {(() => unknown)[]} */
const after = [];
const beforeAll = (/** @type {() => unknown} */ hook) => void before.push(hook);
const afterAll = (/** @type {() => unknown} */ hook) => void after.push(hook);

function test(/** @type {string} */ _name, /** @type {() => unknown} */ body) {
  return (async () => {
    for (const hook of before) await hook();
    await body();
    for (const hook of after) await hook();
  })();
}

/**
 * A page of a site: by HTTP where its address is whole; else that of a site which sends a mail with a link to
 * whoever signs up, at the inbox among the fixtures.
 *
 * @param {any} values
 */
function pageOf(values) {
  const page = { email: '', where: '', text: '' };
  const send = async () => {
    if (page.where.startsWith('http')) {
      const body = new URLSearchParams({ email: page.email });
      page.text = await (await fetch(page.where, { method: 'POST', body })).text();
      return;
    }
    const { host, port } = values.inbox;
    const message = 'Subject: Please confirm\r\n\r\nhttps://site.example/confirm?token=7\r\n';
    const envelope = { from: 'site@site.example', to: page.email };
    await Client.send({ host, port, tls: 'none' }, envelope, message);
  };
  return {
    async goto(/** @type {string} */ where) {
      const isThere = where.startsWith('http://127.0.0.1:');
      page.text = isThere ? await (await fetch(where)).text() : '';
      if (where === 'https://site.example/confirm?token=7') page.text = 'Welcome';
      page.where = where;
    },
    getByLabel: () => ({ fill: (/** @type {string} */ email) => Object.assign(page, { email }) }),
    getByRole: () => ({ click: send }),
    getByText: (/** @type {string} */ text) => ({ isVisible: page.text.includes(text) }),
  };
}

/** Playwright's: fixtures of their own, each with those that its first parameter names. @param {Record<string, any>} fixtures */
test.extend = (fixtures) => async (/** @type {string} */ _name, /** @type {Function} */ body) => {
  /** @type {Record<string, any>} */
  const values = {};
  /** @type {(() => Promise<unknown>)[]} */
  const teardowns = [];
  for (const [name, given] of Object.entries(fixtures)) {
    const [fixture] = [given].flat();
    await new Promise((resolve, reject) => {
      let done = () => {};
      const used = new Promise((end) => {
        done = () => end(undefined);
      });
      const over = fixture(values, (/** @type {unknown} */ value) => {
        values[name] = value;
        resolve(undefined);
        return used;
      });
      over.catch(reject);
      teardowns.unshift(() => {
        done();
        return over;
      });
    });
  }
  values.page = pageOf(values);
  await body(values);
  for (const teardown of teardowns) await teardown();
};

/** Makes packages of the runners in a folder `node_modules`, which are this file. @param {string} modules */
function standIn(modules) {
  for (const runner of ['vitest', '@jest/globals', '@playwright/test']) {
    const stand = path.join(modules, runner);
    fs.mkdirSync(stand, { recursive: true });
    const file = __filename.replaceAll('\\', '/');
    fs.writeFileSync(path.join(stand, 'index.js'), `module.exports = require('${file}');`);
  }
}

module.exports = { afterAll, beforeAll, expect, standIn, test };
