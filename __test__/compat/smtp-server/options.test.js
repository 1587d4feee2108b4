'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const {
  engineConfig,
  fill,
  needsTls,
  tlsOf,
} = require('../../../src/js/compat/smtp-server/options.js');
const { p256 } = require('../../support/certificates.js');

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
    for (const [options, isNeeded] of [
      [{}, true],
      [{ disabledCommands: ['STARTTLS'] }, false],
      [{ secure: true }, true],
      [{ secure: true, secured: true }, false],
    ]) {
      assert.equal(needsTls(fill(options)), isNeeded, JSON.stringify(options));
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
    assert.deepEqual(proxyOf(['192.0.2.1']), ['192.0.2.1']);
  });
});

describe('options of TLS', () => {
  const { key, cert } = p256();

  test('are taken as node:tls takes them', () => {
    for (const own of [
      { key, cert },
      { key: [{ pem: key }], cert: [cert] },
    ]) {
      const taken = tlsOf(fill({ ...own, requestCert: true, minVersion: 'TLSv1' }));
      assert.equal(taken.key, key);
      assert.equal(taken.cert, cert);
      assert.equal(taken.requestCert, true);
      assert.equal(taken.minVersion, undefined);
    }
  });

  test('may be those of hosts, in a Map or an object', () => {
    const hosts = { 'a.example': { key, cert } };
    for (const sniOptions of [hosts, new Map(Object.entries(hosts))]) {
      assert.deepEqual(tlsOf(fill({ key, cert, sniOptions })).sni, hosts);
    }
  });

  test('that have no effect are warned of once, by name', async (t) => {
    const texts = [];
    const note = ({ message }) => texts.push(message);
    process.on('warning', note);
    t.after(() => process.off('warning', note));
    for (let count = 0; count < 2; count += 1) tlsOf(fill({ key, cert, dhparam: 'x' }));
    await new Promise(setImmediate);
    assert.equal(texts.filter((text) => text.includes('options.dhparam')).length, 1);
  });
});
