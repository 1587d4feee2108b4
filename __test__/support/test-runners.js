'use strict';
// Stands in for vitest, jest and Playwright's runner in the programs of the documents, which would be larger
// than all else that is tested here: it runs the one test of a program, and has what these programs use.

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

/** A site that sends a mail with a link to whoever signs up, at the inbox among the fixtures. @param {any} values */
function pageOf(values) {
  const page = { email: '', where: '' };
  const send = () => {
    const { host, port } = values.inbox;
    const message = 'Subject: Please confirm\r\n\r\nhttps://site.example/confirm?token=7\r\n';
    const envelope = { from: 'site@site.example', to: page.email };
    return Client.send({ host, port, tls: 'none' }, envelope, message);
  };
  return {
    goto: (/** @type {string} */ where) => Object.assign(page, { where }),
    getByLabel: () => ({ fill: (/** @type {string} */ email) => Object.assign(page, { email }) }),
    getByRole: () => ({ click: send }),
    getByText: () => ({ isVisible: page.where.includes('/confirm?token=7') }),
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

module.exports = { afterAll, beforeAll, expect, test };
