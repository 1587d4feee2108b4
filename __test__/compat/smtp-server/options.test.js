'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const {
  closeTimeoutOf,
  engineConfig,
  fill,
  isImplicit,
  isSecure,
  needsTls,
} = require('../../../src/js/compat/smtp-server/options.js');

describe('options', () => {
  test('are filled in the program’s own object', () => {
    const given = { disabledCommands: 'starttls', authMethods: ['plain ', 'Xoauth2'] };
    assert.equal(fill(given), given);
    assert.deepEqual(given.disabledCommands, ['STARTTLS']);
    assert.deepEqual(given.authMethods, ['PLAIN', 'XOAUTH2']);
    assert.deepEqual(fill({}).authMethods, ['LOGIN', 'PLAIN']);
    const hidden = ['hideENHANCEDSTATUSCODES', 'hideDSN', 'hideREQUIRETLS'];
    for (const name of hidden) {
      assert.equal(fill({})[name], true, name);
      assert.equal(fill({ [name]: false })[name], false, name);
    }
  });

  test('tell who terminates TLS', () => {
    const none = { disabledCommands: ['STARTTLS'] };
    for (const [options, ...wanted] of [
      [{}, false, false, true],
      // A session may have commands that the server has not.
      [none, false, false, true],
      [{ secure: true }, true, true, true],
      [{ secure: true, secured: true }, true, false, false],
      [{ needsUpgrade: true }, true, true, true],
      [{ needsUpgrade: true, secure: true, secured: true }, true, true, true],
    ]) {
      const filled = fill({ ...options });
      const found = [isSecure(filled), isImplicit(filled), needsTls(filled)];
      assert.deepEqual(found, wanted, JSON.stringify(options));
    }
  });

  test('have the name of the server as a line', () => {
    for (const [name, wanted] of [
      ['mx.example', 'mx.example'],
      ['müller.example', 'müller.example'],
      ['a b', 'a b'],
      ['a\r\nb', 'a  b'],
      ['127.0.0.1', '127.0.0.1'],
      ['[127.0.0.1]', '[127.0.0.1]'],
      [5, '5'],
      [undefined, require('node:os').hostname()],
    ]) {
      const options = fill({ name, logger: false });
      assert.equal(engineConfig(options).name, wanted);
      assert.ok(engineConfig(options).tls.cert);
    }
  });

  test('that are numbers are taken as programs write them', () => {
    const config = (options) => engineConfig(fill({ disabledCommands: ['STARTTLS'], ...options }));
    for (const [value, count] of [
      [5, 5],
      ['5', 5],
      [5.9, 5],
      [0, 0],
      [-1, 0],
      [null, 0],
      [Number.NaN, 0],
      ['x', 0],
      [Number.POSITIVE_INFINITY, 2 ** 31 - 1],
    ]) {
      assert.equal(config({ maxClients: value }).maxClients, count, String(value));
      assert.equal(config({ socketTimeout: value }).timeout, count || 60_000, String(value));
      assert.equal(closeTimeoutOf({ closeTimeout: value }), count || 30_000, String(value));
      const most = Math.min((count || 16_384) + 2, 2 ** 31 - 1);
      assert.equal(config({ maxCommandLength: value }).maxCommandLength, most, String(value));
    }
  });

  test('bound what the original bounds, by its defaults', () => {
    const config = engineConfig(fill({ disabledCommands: ['STARTTLS'] }));
    const { timeout, maxClients, maxCommandLength, size, requireAuth } = config;
    assert.equal(timeout, 60_000);
    assert.equal(maxCommandLength, 16 * 1_024 + 2);
    assert.deepEqual([maxClients, size, Boolean(requireAuth)], [0, 0, false]);
  });

  test('name the proxies', () => {
    const proxyOf = (useProxy) =>
      engineConfig(fill({ disabledCommands: ['STARTTLS'], useProxy })).proxy;
    assert.equal(proxyOf(undefined), false);
    assert.equal(proxyOf(true), true);
    assert.equal(proxyOf(['192.0.2.1', '*']), true);
    assert.deepEqual(proxyOf([' ::ffff:192.0.2.1', '2001:DB8::1', null, 'x']), [
      '192.0.2.1',
      '2001:db8::1',
    ]);
  });
});
