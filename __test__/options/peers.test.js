'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Server } = require('../../index.js');

test('peers that are none are named', () => {
  for (const proxy of [null, undefined, true, false, [], ['192.0.2.1'], ['::/0', '0.0.0.0/0']]) {
    new Server({ proxy: /** @type {any} */ (proxy) });
  }
  for (const proxy of [1, 'yes', '192.0.2.1', {}, [1], [null], [['192.0.2.1']]]) {
    const wanted = { name: 'TypeError', message: /^params\.proxy must be / };
    assert.throws(() => new Server({ proxy: /** @type {any} */ (proxy) }), wanted);
  }
  for (const peer of [
    '',
    'localhost',
    '10/8',
    '192.0.2.1/33',
    '::/129',
    '::1/',
    'fe80::1%lo',
    '1.2.3.4/-1',
  ]) {
    const wanted = { name: 'RangeError', message: /^params\.proxy must be .* and has '/ };
    assert.throws(() => new Server({ proxy: ['::1', peer] }), wanted, peer);
  }
});
