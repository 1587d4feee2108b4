'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { INTEREST } = require('../../src/js/engine/constants.js');
const { Listeners } = require('../../src/js/server/listeners.js');

const noop = () => {};

describe('interest', () => {
  for (const [event, bit] of Object.entries(INTEREST)) {
    test(`in ${event} is that of its listener`, () => {
      assert.equal(new Listeners({ [event]: noop }, {}).interest, bit);
    });
  }

  test('is in all with one function, in none without any', () => {
    const all = Object.values(INTEREST).reduce((sum, bit) => sum | bit);
    const { auth, sni, vrfy, expn, etrn } = INTEREST;
    const asked = all & ~sni & ~vrfy & ~expn & ~etrn;
    assert.equal(new Listeners(noop, {}).interest, asked & ~auth);
    assert.equal(new Listeners(noop, { auth: true }).interest, asked);
    assert.equal(new Listeners({}, {}).interest, 0);
  });

  test('follows what is added and replaced', () => {
    const listeners = new Listeners({ mail: noop }, {});
    listeners.add({ rcpt: noop });
    assert.equal(listeners.interest, INTEREST.mail | INTEREST.rcpt);
    listeners.current = { data: noop };
    assert.equal(listeners.interest, INTEREST.data);
  });
});

describe('a call', () => {
  test('gives its listener the session and the argument, or goes on without one', () => {
    /** @type {any[]} */
    const heard = [];
    const session = {};
    const listeners = new Listeners(
      {
        /** @this {any} */ rcpt(/** @type {any[]} */ ...args) {
          heard.push(this, ...args);
          return 'given';
        },
      },
      {},
    );
    const recipient = { address: 'b@x', notify: ['NEVER'] };
    assert.equal(listeners.call(session, 'rcpt', recipient), 'given');
    assert.deepEqual(heard, [session, 'b@x', { notify: ['NEVER'] }]);
    assert.equal(listeners.call(session, 'mail', { from: 'a@x' }), true);
    const asking = new Listeners({ vrfy: (/** @type {any[]} */ ...args) => args }, {});
    const inquiry = { address: 'tim', smtpUtf8: true };
    assert.deepEqual(asking.call(session, 'vrfy', inquiry), ['tim', { smtpUtf8: true }]);
  });

  test('has the arguments of version 1.0 where that is asked for', () => {
    const listener = (/** @type {any[]} */ ...args) => args;
    const mail = { from: 'a@x', size: 5 };
    const called = (/** @type {any} */ listeners, /** @type {any} */ config) =>
      new Listeners(listeners, config).call({}, 'mail', mail);
    assert.deepEqual(called({ mail: listener }, { compat: '1.0' }), ['a@x', 5]);
    assert.deepEqual(called(listener, { compat: '1.0' }), ['mail', 'a@x', 5]);
    assert.deepEqual(called(listener, {}), ['mail', mail]);
  });
});

describe("what fails where nobody decides is raised as 'error'", () => {
  for (const [what, fails] of /** @type {[string, () => any][]} */ ([
    ['a throw', () => assert.fail('of the test')],
    ['a promise', () => Promise.reject(new Error('of the test'))],
  ])) {
    test(what, async () => {
      /** @type {any[]} */
      const errors = [];
      const error = (/** @type {Error} */ each) => {
        errors.push(each.message);
        throw new Error('swallowed');
      };
      new Listeners({ disconnect: fails, error }, {}).notify({}, 'disconnect');
      await new Promise(setImmediate);
      assert.deepEqual(errors, ['of the test']);
    });
  }
});

for (const wrong of [null, 5, 'x', { mail: 5 }, { start: 'x' }]) {
  test(`${JSON.stringify(wrong)} is no listener`, () => {
    assert.throws(() => new Listeners(wrong, {}), TypeError);
  });
}

test('an async function among them is known before it is called', () => {
  assert.equal(new Listeners({ mail: async () => {} }, {}).isAsync, true);
  assert.equal(new Listeners({ mail: noop }, {}).isAsync, false);
});
