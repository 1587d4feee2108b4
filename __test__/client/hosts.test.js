'use strict';
// Servers that are given by their addresses, with brackets or without: the certificate has to have
// the address, and no name is sent (RFC 6066 section 3).

const assert = require('node:assert/strict');
const os = require('node:os');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { authority } = require('../support/certificates.js');
const { scripted } = require('../support/scripted-server.js');
const { SENDERS } = require('../support/senders.js');

const ROOT = authority('Root');
const V4 = [127, 0, 0, 1];
const V6 = [...Array(15).fill(0), 1];

const hasV6 = Object.values(os.networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

/** How a host is written, where the server listens, and what its certificate has to have. @type {[string, string, number[]][]} */
const HOSTS = [
  ['127.0.0.1', '127.0.0.1', V4],
  ['[127.0.0.1]', '127.0.0.1', V4],
  ['::1', '::1', V6],
  ['[::1]', '::1', V6],
  ['[IPv6:::1]', '::1', V6],
  ['0:0:0:0:0:0:0:1', '::1', V6],
  ['[0:0:0:0:0:0:0:1]', '::1', V6],
  ['::1%lo', '::1', V6],
];

/** @param {import('node:test').TestContext} t @param {string} host @param {number[]} address @param {boolean} implicit */
async function server(t, host, address, implicit) {
  const keys = ROOT.issue({ name: 'mx.example', addresses: [address] });
  const script = async (/** @type {any} */ c) => {
    if (!implicit) {
      await c.greet('STARTTLS');
      await c.expect(/^STARTTLS/);
      c.say('220 go');
      await c.secure(keys);
      await c.ehlo();
    } else await c.greet();
    await c.take();
  };
  return scripted(t, script, { host, ...(implicit ? { keys } : {}) });
}

for (const [written, host, address] of HOSTS) {
  const skip =
    (host === '::1' && !hasV6 && 'there is no IPv6') ||
    (written.includes('%lo') && process.platform !== 'linux' && 'it is called lo there');
  describe(`the host ${written}`, { timeout: 60_000, skip }, () => {
    for (const [name, send] of Object.entries(SENDERS)) {
      for (const tls of ['implicit', 'required']) {
        test(`${name}, ${tls}: its address is in the certificate`, async (t) => {
          const { port, conversations } = await server(t, host, address, tls === 'implicit');
          const result = await send({ host: written, port, tls, ca: ROOT.cert });
          assert.equal(result.tls, true);
          assert.equal(conversations.length, 1);
          assert.equal(conversations[0].socket.servername, false, 'no name is sent');
        });
      }

      test(`${name}: another address in the certificate is an error`, async (t) => {
        const other = [...address.slice(0, -1), 2];
        const { port } = await server(t, host, other, false);
        const sent = send({ host: written, port, tls: 'required', ca: ROOT.cert });
        await assert.rejects(sent, (/** @type {any} */ error) => {
          assert.equal((error.cause ?? error).code, 'ERR_TLS_CERT_ALTNAME_INVALID');
          return true;
        });
      });

      test(`${name}: by a name that is given`, async (t) => {
        const { port, conversations } = await server(t, host, [1, 1, 1, 1], false);
        const options = { host: written, port, tls: 'required', ca: ROOT.cert };
        await send({ ...options, servername: 'mx.example' });
        assert.equal(conversations[0].socket.servername, 'mx.example');
      });
    }

    test('Client.Session connects', async (t) => {
      const { port, conversations } = await scripted(t, async (c) => c.say('220 hello'), { host });
      const session = new Client.Session();
      assert.equal(await session.connect(written, port), '220 hello');
      session.close();
      await conversations[0].gone();
    });
  });
}

test('an address in brackets as servername is that address', {
  timeout: 60_000,
  skip: !hasV6 && 'there is no IPv6',
}, async (t) => {
  for (const [servername, address] of /** @type {[string, number[]][]} */ ([
    ['[::1]', V6],
    ['[127.0.0.1]', V4],
  ])) {
    const { port } = await server(t, '::1', address, true);
    const options = { host: '[::1]', port, tls: 'implicit', ca: ROOT.cert, servername };
    assert.equal((await SENDERS['Client.send'](options)).tls, true);
  }
});
