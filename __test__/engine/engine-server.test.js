'use strict';
// A server of the engine with sessions that the test plays: whose a record is, where it listens, and
// when all that was stopped has ended.

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { NativeServer, calls, forget, ring } = require('../support/fake-engine.js');
const { KIND } = require('../../src/js/engine/constants.js');
const { EngineServer } = require('../../src/js/engine/engine-server.js');
const { merge } = require('../../src/js/options/server.js');

/** @type {any[][]} */
let told;

beforeEach(() => {
  forget();
  told = [];
});

/** A server, and what its application hears. */
function make() {
  /** @type {any} */
  const application = {
    open: (/** @type {number} */ slot, /** @type {string[]} */ ends) => {
      told.push(['open', slot, ends]);
      return {
        receive: (/** @type {number} */ kind) => told.push(['record', slot, kind]),
      };
    },
    stopped: () => told.push(['stopped']),
    failed: (/** @type {any} */ error) => told.push(['failed', error.code]),
  };
  const server = new EngineServer(merge({}), 'mbr-smtp', application);
  const [, number] = calls.findLast(([name]) => name === 'server') ?? [];
  /** It stops, and the engine says so: nothing holds the process any more. */
  const end = () => ring({ kind: KIND.STOPPED, number, own: [String(server.stop())] });
  return { server, number, end };
}

const listening = (/** @type {EngineServer} */ server, /** @type {any} */ place) =>
  new Promise((resolve) => {
    server.start(place, resolve);
  });

describe('listening', () => {
  for (const [
    what,
    place,
    outcomes,
    tried,
    code,
  ] of /** @type {[string, any, any[], any[], any][]} */ ([
    ['at an address', { host: '127.0.0.1', port: 25 }, [], [['127.0.0.1', 25]], undefined],
    ['at localhost', { host: 'localhost', port: 25 }, [], [['127.0.0.1', 25]], undefined],
    ['at a path', { path: '/run/smtp' }, [], [['/run/smtp', undefined]], undefined],
    ['everywhere', { port: 25 }, [], [['::', 25]], undefined],
    [
      'everywhere, without IPv6',
      { port: 25 },
      [97],
      [
        ['::', 25],
        ['0.0.0.0', 25],
      ],
      undefined,
    ],
    [
      'where somebody else does',
      { host: '127.0.0.1', port: 25 },
      [98],
      [['127.0.0.1', 25]],
      'EADDRINUSE',
    ],
    ['where ports cannot be shared', { host: '127.0.0.1' }, [0], [['127.0.0.1', 0]], 'ENOTSUP'],
  ])) {
    test(what, { skip: process.platform !== 'linux' && 'numbers of another system' }, async () => {
      const { server, end } = make();
      NativeServer.outcomes = outcomes;
      const error = await listening(server, place);
      assert.equal(error?.code, code);
      assert.deepEqual(
        calls.filter(([name]) => name === 'listen').map(([, ...args]) => args),
        tried,
      );
      assert.equal(server.isOpen, code === undefined);
      if (server.isOpen) end();
    });
  }

  test('twice is an error', async () => {
    const { server, end } = make();
    await listening(server, { host: '127.0.0.1' });
    const again = await listening(server, { host: '127.0.0.1' });
    assert.equal(again.code, 'ERR_SERVER_ALREADY_LISTEN');
    assert.equal(server.isOpen, true);
    end();
  });
});

describe('records', () => {
  test('go to the session, which its server opens, until it is gone', async () => {
    const { server, number, end } = make();
    await listening(server, { host: '127.0.0.1' });
    const peer = [number, '192.0.2.1', '1234', '127.0.0.1', '25'].join('\t');
    ring({ kind: KIND.CONNECT, number: 5, peer }, { kind: KIND.DATA, number: 6 });
    ring({ kind: KIND.GONE, number: 5 });
    ring({ kind: KIND.COMMAND, number: 5 });
    assert.deepEqual(told, [
      ['open', 5, ['192.0.2.1', '1234', '127.0.0.1', '25']],
      ['record', 5, KIND.CONNECT],
      ['record', 5, KIND.GONE],
    ]);
    end();
  });

  test('of the server as a whole go to its application', async () => {
    const { server, number, end } = make();
    await listening(server, { host: '127.0.0.1' });
    ring({ kind: KIND.SERVER_ERROR, number, own: ['0', 'no threads'] });
    ring({ kind: KIND.STOPPED, number: number + 1_000, own: ['1'] });
    assert.deepEqual(told, [['failed', 'SMTP_ERR_CONNECTION']]);
    end();
  });
});

test('who waits for an end waits for those before it, too', async () => {
  const { server, number } = make();
  /** @type {number[]} */
  const ended = [];
  const stop = async () => {
    await listening(server, { host: '127.0.0.1' });
    const run = server.stop();
    server.onceStopped(run, () => ended.push(run));
    return String(run);
  };
  const [first, second] = [await stop(), await stop()];
  ring({ kind: KIND.STOPPED, number, own: [second] });
  assert.deepEqual(ended, []);
  ring({ kind: KIND.STOPPED, number, own: [first] });
  assert.deepEqual(ended, [1, 2]);
  assert.deepEqual(told, [['stopped'], ['stopped']]);
});
