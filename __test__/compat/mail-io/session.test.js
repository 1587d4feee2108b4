'use strict';

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { Session } = require('../../../src/js/compat/mail-io/session.js');

/** @type {any[][]} */
let told;
/** @type {any[][]} */
let logged;

beforeEach(() => {
  told = [];
  logged = [];
});

/** A session with handlers by command. @param {any} [handlers] @param {string} [remoteAddress] */
function made(handlers = {}, remoteAddress = '192.0.2.1') {
  const tell =
    (/** @type {string} */ what) =>
    (/** @type {any[]} */ ...args) =>
      told.push([what, ...args]);
  const server = {
    config: { limits: { authFailures: 5 }, plugins: {} },
    relay: 'relay',
    logger: { log: (/** @type {any[]} */ ...args) => logged.push(args) },
    handlers: {
      unrecognized: [
        {
          name: 'core',
          handler: (/** @type {any} */ req, /** @type {any} */ res) =>
            res.reject(502, `what is ${req.command.data.name}?`),
        },
      ],
      ...Object.fromEntries(
        Object.entries(handlers).map(([name, handler]) => [name, [{ name: 'core', handler }]]),
      ),
    },
  };
  const line = {
    connection: { socket: { remoteAddress }, closed: false },
    ...{ end: tell('end'), reply: tell('reply'), write: tell('write'), read: tell('read') },
  };
  return { session: new Session(server, line), server, line };
}

const accept = (/** @type {any} */ _, /** @type {any} */ res) => res.accept();

test('a client over IPv6 that has an IPv4 address is known by that', () => {
  for (const [remote, address] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
  ]) {
    const { session } = made({}, remote);
    assert.deepEqual(session.client, { address, hostname: `[${address}]` });
  }
});

describe('a command', () => {
  test('runs its handlers, in any case', () => {
    const { session } = made({ noop: accept });
    /** @type {any[]} */
    const endings = [];
    session.emit('NoOp', '', (rejected, accepted) => endings.push(rejected, accepted?.code));
    assert.deepEqual([endings, told], [[null, 250], [['reply', 250, 'OK', true]]]);
  });

  for (const name of [
    'xfoo',
    '',
    'constructor',
    '__proto__',
    'queue',
    'connect',
    'timeout',
    'unrecognized',
  ]) {
    test(`that no client can give is not recognized: '${name}'`, () => {
      const { session } = made({ queue: accept, connect: accept, timeout: accept });
      session.emit(name, 'x');
      assert.deepEqual(told, [['reply', 502, `Error: what is ${name}?`, false]]);
    });
  }

  test('of the server itself is run', () => {
    const { session } = made({ connect: accept });
    session.emit('connect', undefined, undefined, true);
    assert.deepEqual(told, [['reply', 250, 'OK', true]]);
  });

  test('that holds a secret is logged without it', () => {
    const { session } = made({ auth: accept });
    session.emit('AUTH', 'PLAIN c2VjcmV0');
    const text = JSON.stringify(logged);
    assert.ok(!text.includes('c2VjcmV0') && text.includes('AUTH PLAIN ****'), text);
  });
});

describe('handlers of its own', () => {
  test('come behind those of its server, which it leaves alone', () => {
    const { session, server } = made({ noop: accept });
    /** @type {string[]} */
    const heard = [];
    session.on('noop', (_req, res) => {
      heard.push('own');
      res.accept(251);
    });
    session.on('xfoo', (_req, res) => res.accept(252));
    session.emit('noop', '');
    session.emit('xfoo', '');
    assert.deepEqual(
      told.map(([, code]) => code),
      [251, 252],
    );
    assert.deepEqual([heard, /** @type {any} */ (server.handlers).noop.length], [['own'], 1]);
    assert.equal('xfoo' in server.handlers, false);
  });

  test('have an event and a function', () => {
    const { session } = made();
    for (const [event, handler] of /** @type {any[]} */ ([
      ['', accept],
      [5, accept],
      ['noop', 'x'],
    ])) {
      assert.throws(() => session.on(event, handler), TypeError);
    }
  });
});

test('forgetting the transaction leaves what was said before it', () => {
  const { session } = made();
  session.accepted = { ehlo: 250, auth: 235, mail: 250, rcpt: 250 };
  session.rejected = { data: 552 };
  Object.assign(session.envelope, { from: 'a@x', to: ['b@x'] });
  session.user = { username: 'tim' };
  session.resetTransaction();
  assert.deepEqual(session.accepted, { ehlo: 250, auth: 235 });
  assert.deepEqual(session.envelope, { from: null, to: [] });
  session.reset();
  assert.deepEqual([session.rejected, session.user], [{}, null]);
});

test('closing cancels what is at work, once', () => {
  /** @type {any} */
  let res;
  const { session, line } = made({
    noop: (/** @type {any} */ _, /** @type {any} */ given) => {
      res = given;
    },
  });
  session.emit('noop', '');
  assert.equal(session.isBusy, true);
  session.close(421, 'bye');
  line.connection.closed = true;
  session.close(421, 'again');
  res.accept();
  assert.deepEqual([told, session.isBusy], [[['end', 421, 'bye']], false]);
});
