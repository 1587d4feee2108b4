'use strict';
// `listen` and `close`: the original's return values, and promises.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');
const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');

const quiet = () => new SMTPServer({ logger: false, disabledCommands: ['STARTTLS'] });

/** A port that somebody listens at. */
async function taken(t) {
  const other = net.createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  t.after(() => other.close());
  return other.address().port;
}

describe('listen', () => {
  test('gives a promise of the net.Server, which has an address then', async () => {
    const server = quiet();
    const listener = await server.listen(0, '127.0.0.1');
    assert.equal(listener, server.server);
    assert.ok(listener.address().port > 0);
    await server.close();
    assert.equal(server.server.address(), null);
  });

  test('gives what has the methods of a net.Server', async () => {
    const server = quiet();
    const order = [];
    const listener = server.listen(0, '127.0.0.1', () => order.push('callback'));
    assert.equal(
      listener.on('listening', () => order.push('event')),
      server.server,
    );
    await once(listener, 'listening');
    assert.deepEqual(order, ['callback', 'event']);
    assert.equal(listener.listening, true);
    assert.equal(listener.address().port, server.server.address().port);
    await new Promise((resolve) => listener.close(resolve));
    assert.equal(listener.listening, false);
  });

  test('that fails rejects, and raises ‘error’', async (t) => {
    const port = await taken(t);
    const server = quiet();
    const errors = [];
    server.on('error', (error) => errors.push(error));
    await assert.rejects(server.listen(port, '127.0.0.1'), { code: 'EADDRINUSE' });
    assert.equal(errors.length, 1);
    assert.equal(errors[0].code, 'EADDRINUSE');
    await server.listen(0, '127.0.0.1');
    await server.close();
  });

  test('that fails is no unhandled rejection where nobody looks at the promise', async (t) => {
    const port = await taken(t);
    const unhandled = [];
    const note = (reason) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    t.after(() => process.off('unhandledRejection', note));
    const server = quiet();
    server.listen(port, '127.0.0.1');
    const [error] = await once(server, 'error');
    assert.equal(error.code, 'EADDRINUSE');
    await new Promise(setImmediate);
    assert.deepEqual(unhandled, []);
  });

  test('that is closed before it listens rejects', async () => {
    const server = quiet();
    const promise = server.listen(0, 'localhost');
    await server.close();
    await promise.then(undefined, (error) => assert.match(error.message, /closed before/));
  });

  test('is refused twice, and works again after a close', async () => {
    const server = quiet();
    await server.listen(0, '127.0.0.1');
    assert.throws(() => server.listen(0, '127.0.0.1'), { code: 'ERR_SERVER_ALREADY_LISTEN' });
    await server.close();
    await server.listen(0, '127.0.0.1');
    await server.close();
  });
});

describe('close', () => {
  test('calls back, raises ‘close’ and fulfils its promise, in this order', async () => {
    const server = quiet();
    await server.listen(0, '127.0.0.1');
    const order = [];
    server.on('close', () => order.push('event'));
    const called = new Promise((resolve) => {
      server.close(() => resolve(order.push('callback'))).then(() => order.push('promise'));
    });
    await called;
    assert.deepEqual(order.toSorted(), ['callback', 'event', 'promise']);
    assert.equal(order[0], 'event');
  });

  test('of what does not listen calls back without an error', async () => {
    const server = quiet();
    const args = await new Promise((resolve) => server.close((...given) => resolve(given)));
    assert.deepEqual(args, []);
    await server.close();
  });

  test('twice ends once, and calls back twice', async () => {
    const server = quiet();
    await server.listen(0, '127.0.0.1');
    const calls = [];
    const first = server.close(() => calls.push(1));
    const second = server.close(() => calls.push(2));
    await Promise.all([first, second]);
    await new Promise(setImmediate);
    assert.deepEqual(calls.toSorted(), [1, 2]);
    assert.equal(server.isClosing, true);
  });
});
