'use strict';
// Addresses with their interface: a server listens there, or has the system's error; a client connects.

const assert = require('node:assert/strict');
const os = require('node:os');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { make } = require('../support/serve.js');

const all = Object.entries(os.networkInterfaces());
const local = all.flatMap(([name, addresses = []]) =>
  addresses
    .filter(({ address, family }) => family === 'IPv6' && address.startsWith('fe80:'))
    .map(({ address, scopeid }) => ({ address, name, scopeid })),
)[0];

describe('a link-local address', { timeout: 30_000 }, () => {
  test('is listened at and connected to', {
    skip: local === undefined && 'there is none',
  }, async (t) => {
    for (const scope of [local.name, local.scopeid]) {
      const place = `${local.address}%${scope}`;
      const server = make(t, { host: place, port: 0 });
      await server.listen();
      const pool = new Client.Pool({ host: place, port: server.address().port, tls: 'none' });
      t.after(() => pool.close());
      assert.equal(await pool.verify(), true);
    }
  });

  for (const host of [
    'fe80::1%no-such-one',
    'fe80::dead:beef%lo',
    'fe80::1%',
    'fe80::1%4294967296',
  ]) {
    test(`${host}: the system's error`, async (t) => {
      const error = await make(t, { host, port: 0 })
        .listen()
        .catch((failure) => failure);
      assert.match(error.code, /^(EINVAL|EADDRNOTAVAIL|ENODEV|ENXIO|ENOTFOUND|EAFNOSUPPORT)$/);
      assert.doesNotMatch(error.message, /napi|InvalidArg|not an/);
      assert.ok(error.message.includes(host), error.message);
    });
  }

  test('the loopback address may have one as well', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const server = make(t, { host: '::1%lo', port: 0 });
    await server.listen();
    assert.equal(server.address().address, '::1');
  });
});
