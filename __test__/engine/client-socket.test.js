'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { beforeEach, describe, test } = require('node:test');
const { ClientSocket } = require('../../src/js/engine/client-socket.js');

const ENDS = ['192.0.2.1', '1234', '127.0.0.1', '25'];
/** @type {any[][]} */
let told;
/** @type {any} */
let engine;

beforeEach(() => {
  told = [];
  const tell =
    (/** @type {string} */ name) =>
    (/** @type {any[]} */ ...args) =>
      told.push([name, ...args]);
  engine = {
    ...Object.fromEntries(
      ['end', 'destroy', 'resetConnection', 'setIdle', 'write'].map((name) => [name, tell(name)]),
    ),
    isTls: () => false,
    secure: () => undefined,
    hostname: () => undefined,
  };
});

describe('the ends of a connection', () => {
  for (const [ends, family, port] of /** @type {[string[], string | undefined, any][]} */ ([
    [ENDS, 'IPv4', 1234],
    [['2001:db8::1', '1', '::1', '25'], 'IPv6', 1],
    [[], undefined, undefined],
  ])) {
    test(ends.join(' ') || 'of a unix socket', () => {
      const socket = new ClientSocket(engine, ends);
      assert.deepEqual(
        [socket.remoteAddress, socket.remotePort, socket.remoteFamily, socket.localAddress],
        [ends[0], port, family, ends[2]],
      );
    });
  }
});

describe('the proxy that a client comes by', () => {
  for (const [proxy, remoteAddress, remotePort] of /** @type {[string[], any, any][]} */ ([
    [['2001:db8::9', '9', '::1', '25'], '2001:db8::9', 9],
    [[''], undefined, undefined],
  ])) {
    test(remoteAddress ?? 'on a unix socket', () => {
      const socket = new ClientSocket(engine, [...ENDS, ...proxy]);
      assert.equal(socket.remoteAddress, ENDS[0]);
      assert.deepEqual(
        [socket.proxy?.remoteAddress, socket.proxy?.remotePort],
        [remoteAddress, remotePort],
      );
    });
  }

  test('there is none', () => {
    assert.equal(new ClientSocket(engine, ENDS).proxy, undefined);
    assert.equal(new ClientSocket(engine, []).proxy, undefined);
  });
});

test('without TLS it has what node:net has', () => {
  const socket = new ClientSocket(engine, ENDS);
  assert.deepEqual(
    [socket.encrypted, socket.protocol, socket.cipher, socket.servername, socket.authorized],
    [false, undefined, undefined, undefined, false],
  );
  assert.deepEqual(
    [socket.getProtocol(), socket.getCipher(), socket.getPeerCertificate()],
    [null, undefined, {}],
  );
  assert.equal(socket.authorizationError, null);
});

test('what it is asked for goes to the engine, in order', () => {
  const socket = new ClientSocket(engine, ENDS);
  assert.equal(socket.write('a'), true);
  assert.equal(socket.setTimeout(500).setNoDelay().setKeepAlive().end('bye'), socket);
  socket.destroy().destroy();
  assert.deepEqual(told, [
    ['write', 'a'],
    ['setIdle', 500],
    ['write', 'bye'],
    ['end'],
    ['destroy'],
  ]);
});

test('it is reset once, and closed by that', () => {
  const socket = new ClientSocket(engine, ENDS);
  assert.equal(socket.resetAndDestroy().resetAndDestroy().destroy(), socket);
  assert.deepEqual([told, socket.destroyed], [[['resetConnection']], true]);
});

test('an error that it is destroyed with is raised', async () => {
  const socket = new ClientSocket(engine, ENDS);
  const raised = once(socket, 'error');
  const error = new Error('of the test');
  socket.destroy(error);
  assert.deepEqual(await raised, [error]);
});

test("'timeout' has a listener once, or no more", () => {
  const socket = new ClientSocket(engine, ENDS);
  let heard = 0;
  const listener = () => {
    heard += 1;
  };
  socket.setTimeout(500, listener);
  socket.emit('timeout');
  socket.emit('timeout');
  socket.setTimeout(500, listener).setTimeout(0, listener);
  socket.emit('timeout');
  assert.equal(heard, 1);
  for (const wrong of [-1, 1.5, Number.NaN, 2 ** 31, '5', undefined]) {
    assert.throws(() => socket.setTimeout(/** @type {any} */ (wrong)), RangeError);
  }
});

test('when its session is over it is closed', () => {
  const socket = new ClientSocket(engine, ENDS);
  /** @type {any[]} */
  const closed = [];
  socket.on('close', (hadError) => closed.push(hadError));
  socket.closed();
  socket.destroy();
  assert.deepEqual([closed, socket.destroyed, told], [[false], true, []]);
});
