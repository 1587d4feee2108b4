'use strict';
// Much of the same, within the limits that there are: commands of a session, logins that are wrong.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { serve } = require('../support/serve.js');

const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const WRONG = `AUTH PLAIN ${base64('\0tim\0wrong')}`;
/** Bytes by which the engine may grow that keeps nothing of what it has done: allocators have their turns. */
const NOTHING_KEPT = 32 * 2 ** 20;

/** What the process has besides what JavaScript has, of which the clients here leave much behind. */
function ownBytes() {
  const { rss, heapTotal, external } = process.memoryUsage();
  return rss - heapTotal - external;
}

/** Runs `act`, and says by how many bytes the engine has grown. @param {() => Promise<void>} act */
async function growth(act) {
  const before = ownBytes();
  await act();
  return ownBytes() - before;
}

describe('100,000 commands of a session', { timeout: 120_000 }, () => {
  const GROUP = 1_000;
  for (const [what, listeners] of Object.entries({
    'that nobody listens to': {},
    'that are listened to': { message: () => true, vrfy: async () => true },
  })) {
    test(what, async (t) => {
      const { server, greeted } = await serve(t, {}, listeners);
      const client = await greeted();
      const commands = ['NOOP', 'VRFY x', 'MAIL FROM:<a@b.example>', 'RSET'];
      const group = Array.from({ length: GROUP }, (_, at) => commands[at % commands.length]);
      const round = async () => {
        client.write(`${group.join('\r\n')}\r\n`);
        for (const command of group) await client.expect(command === 'VRFY x' ? 252 : 250);
        client.chunks.length = 0;
      };
      await round();
      const grown = await growth(async () => {
        for (let count = GROUP; count < 100_000; count += GROUP) await round();
      });
      assert.ok(grown < NOTHING_KEPT, `${grown} bytes`);
      assert.equal(server.connections, 1);
      await client.quit();
    });
  }
});

describe('logins that are wrong', { timeout: 120_000 }, () => {
  test('over one connection wait, each for longer, and keep nothing', async (t) => {
    const params = { allowInsecureAuth: true, maxAuthFailures: 0 };
    const { greeted } = await serve(t, params, { auth: (login) => login.verify('right') });
    const client = await greeted();
    const begun = Date.now();
    client.write(`${WRONG}\r\n`.repeat(4));
    for (let count = 0; count < 4; count++) await client.expect(535);
    const took = Date.now() - begun;
    assert.ok(took >= 250 + 500 + 750 + 1_000 - 50, `${took} ms`);
    await client.command('NOOP', '250 OK');
  });

  test('over many connections are all answered', async (t) => {
    const params = { allowInsecureAuth: true, maxClients: 0, maxClientsPerAddress: 0 };
    const { server, connect } = await serve(t, params, { auth: (login) => login.verify('right') });
    const round = async () => {
      const clients = await Promise.all(Array.from({ length: 100 }, () => connect()));
      await Promise.all(
        clients.map(async (client) => {
          await client.command('EHLO client.example', 250);
          await client.command(WRONG, 535);
          client.reset();
        }),
      );
    };
    await round();
    const grown = await growth(async () => {
      for (let count = 0; count < 9; count++) await round();
    });
    assert.ok(grown < NOTHING_KEPT, `${grown} bytes`);
    while (server.connections > 0) await new Promise(setImmediate);
    assert.equal(server.stats().refusals.listener, 1_000);
  });
});
