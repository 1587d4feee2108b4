'use strict';
// Logging in (RFC 4954): where it is offered, what listeners decide, and what a session knows then.

const assert = require('node:assert/strict');
const { X509Certificate, createHash, createHmac, pbkdf2Sync } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const { Client, Server, scramKeys } = require('../../index.js');
const { host, p256, rsa } = require('../support/certificates.js');
const { Log, deferred, make, serve, within } = require('../support/serve.js');

const USER = 'tim';
const PASSWORD = 'tanstaaftanstaaf';
const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const PLAIN = `AUTH PLAIN ${base64(`\0${USER}\0${PASSWORD}`)}`;
const REFUSED = '535 Authentication credentials invalid';
const UNAVAILABLE = '454 Temporary authentication failure';
const OPEN = { allowInsecureAuth: true };
const KEYS = { key: p256().key, cert: p256().cert };
const ALL = ['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'CRAM-MD5'];

/** A server where everybody may try, and a client that has greeted it. */
async function asked(t, auth, params = {}, more = {}) {
  const served = await serve(t, { ...OPEN, ...params }, { ...more, auth });
  return { ...served, client: await served.greeted() };
}

const mechanismsOf = ({ lines }) => lines.find((line) => line.startsWith('AUTH '));

describe('AUTH is offered', { timeout: 60_000 }, () => {
  const auth = () => true;
  const functional = () => true;
  const listed = 'AUTH PLAIN LOGIN SCRAM-SHA-256';
  const cases = [
    ['to nobody without a listener', {}, {}, undefined, 500],
    ['to nobody by a function', OPEN, functional, undefined, 500],
    ['by a function that says so', { ...OPEN, auth: true }, functional, listed, 235],
    ['where there will be a listener', { ...OPEN, auth: true }, {}, listed, 535],
    ['under TLS alone', {}, { auth }, undefined, 538],
    ['without TLS', OPEN, { auth }, listed, 235],
    ['by some', { ...OPEN, authMechanisms: ['LOGIN', 'PLAIN'] }, { auth }, 'AUTH LOGIN PLAIN', 235],
    ['by others', { ...OPEN, authMechanisms: ['LOGIN'] }, { auth }, 'AUTH LOGIN', 504],
    [
      'by each once, however often it is named',
      { ...OPEN, authMechanisms: ['LOGIN', 'PLAIN', 'LOGIN', 'PLAIN', 'LOGIN'] },
      { auth },
      'AUTH LOGIN PLAIN',
      235,
    ],
  ];
  for (const [name, params, listeners, mechanisms, code] of cases) {
    test(name, async (t) => {
      const { connect } = await serve(t, params, listeners);
      const client = await connect();
      assert.equal(mechanismsOf(await client.command('EHLO client.example', 250)), mechanisms);
      await client.command(PLAIN, code);
    });
  }

  test('under TLS with what binds to it', async (t) => {
    const { connect } = await serve(t, { tls: KEYS }, { auth });
    const client = await connect();
    await client.command('EHLO client.example', 250);
    await client.command(PLAIN, 538);
    await client.command('STARTTLS', 220);
    await client.upgrade();
    const greeting = await client.command('EHLO client.example', 250);
    assert.equal(mechanismsOf(greeting), `${listed} SCRAM-SHA-256-PLUS`);
    await client.command(PLAIN, 235);
  });

  test('from when there is a listener', async (t) => {
    const { server, greeted } = await serve(t, OPEN, {});
    const client = await greeted();
    await client.command(PLAIN, 500);
    server.on({ auth });
    await client.command(PLAIN, 235);
  });
});

describe('what a listener returns decides at once', { timeout: 60_000 }, () => {
  const thenable = (/** @type {any} */ then) => ({ then });
  const fails = () => {
    throw new Error('a listener that fails');
  };
  /** @type {[string, (this: any, login: any) => unknown, string][]} */
  const cases = [
    ['true', () => true, '235 Authentication successful'],
    ['something', () => 'x', '235 Authentication successful'],
    ['a promise of something', async () => ({}), '235 Authentication successful'],
    ['success()', call('success'), '235 Authentication successful'],
    ['success(text)', call('success', 'Hello'), '235 Hello'],
    ['ok()', call('ok'), '235 Authentication successful'],
    ['ok(text)', call('ok', 'Hello'), '235 Hello'],
    ['success() behind a promise', later('success'), '235 Authentication successful'],
    ['nothing', () => {}, REFUSED],
    ['false', () => false, REFUSED],
    ['null', () => null, REFUSED],
    ['0', () => 0, REFUSED],
    ['a promise of nothing', async () => {}, REFUSED],
    ['a promise of false', async () => false, REFUSED],
    ['a promise of NaN', async () => Number.NaN, REFUSED],
    ['a promise of a promise of false', () => Promise.resolve(Promise.resolve(false)), REFUSED],
    ['a thenable of false', () => thenable((resolve) => resolve(false)), REFUSED],
    [
      'a thenable of true',
      () => thenable((resolve) => resolve(true)),
      '235 Authentication successful',
    ],
    ['a promise of a Buffer', async () => Buffer.alloc(0), '235 Authentication successful'],
    ['a thenable that throws', () => thenable(fails), UNAVAILABLE],
    ['a thenable that is never settled', () => thenable(() => {}), UNAVAILABLE],
    ['a rejection by a string', () => Promise.reject('down'), UNAVAILABLE],
    [
      "a 'then' that cannot be read",
      () => Object.defineProperty({}, 'then', { get: fails }),
      UNAVAILABLE,
    ],
    ['failure(535)', call('failure', 535), REFUSED],
    ['failure(550, text)', call('failure', 550, 'Not you'), '550 Not you'],
    ['failure(454)', call('failure', 454), UNAVAILABLE],
    ['failure() behind a promise', later('failure', 535, 'No'), '535 No'],
    ['failure(), then true', both('failure', 535, 'No'), '535 No'],
    ['an exception', fails, UNAVAILABLE],
    ['a rejection', async () => fails(), UNAVAILABLE],
    [
      'an exception with a code of its own',
      () => {
        throw Object.assign(new Error('no'), { replyCode: 550 });
      },
      UNAVAILABLE,
    ],
    ['a promise that is never settled', () => new Promise(() => {}), UNAVAILABLE],
  ];
  for (const [name, listener, reply] of cases) {
    test(name, async (t) => {
      const log = new Log();
      const params = { listenerTimeout: 500, requireAuth: true };
      const { client } = await asked(t, listener, params, log.listeners({}, ['error']));
      await client.command(PLAIN, reply);
      const isIn = reply.startsWith('235');
      await client.command('MAIL FROM:<a@client.example>', isIn ? 250 : 530);
      const isFailure = reply === UNAVAILABLE && name !== 'failure(454)';
      if (isFailure) await log.when('error');
      assert.equal(log.all('error').length, isFailure ? 1 : 0);
    });
  }

  for (const way of ['throws', 'rejects']) {
    test(`454 where it ${way} nothing, of which 'error' is told in words`, async (t) => {
      for (const thrown of [undefined, null]) {
        const log = new Log();
        const listener = () => {
          if (way === 'rejects') return Promise.reject(thrown);
          throw thrown;
        };
        const { client } = await asked(t, listener, {}, log.listeners({}, ['error']));
        await client.command(PLAIN, UNAVAILABLE);
        const [error] = (await log.when('error')).args;
        const wanted = `the listener of 'auth' failed with ${thrown} in place of an error`;
        assert.equal(error.message, wanted);
      }
    });
  }

  test('failure tells nobody that it is in', async (t) => {
    for (const code of [200, 235, 250, 334, 354, 399]) {
      for (const when of ['at once', 'later']) {
        const log = new Log();
        /** @type {unknown[]} */
        const thrown = [];
        const listener = async function () {
          if (when === 'later') await null;
          try {
            this.failure(code, 'you are in');
          } catch (error) {
            thrown.push(error);
            throw error;
          }
        };
        const params = { requireAuth: true };
        const { client } = await asked(t, listener, params, log.listeners({}, ['error']));
        await client.command(PLAIN, UNAVAILABLE);
        const [error] = (await log.when('error')).args;
        assert.equal(error, thrown[0]);
        assert.ok(error instanceof RangeError);
        assert.match(error.message, /failure at 'auth' takes a code from 400 to 599, not \d+: /);
        await client.command('MAIL FROM:<a@client.example>', 530);
      }
    }
  });

  test('a reply of its own lets nobody in', async (t) => {
    const listener = function () {
      this.send(235, 'in');
      this.queue.next();
    };
    const { client } = await asked(t, listener, { requireAuth: true });
    await client.command(PLAIN, '235 in');
    await client.command('MAIL FROM:<a@client.example>', '530 Authentication required');
  });

  test('a verdict is given once, and none counts after the session', async (t) => {
    const gate = deferred();
    const sessions = [];
    const listener = function () {
      sessions.push(this);
      return gate.promise;
    };
    const { client, greeted } = await asked(t, listener);
    client.write(`${PLAIN}\r\n`);
    const other = await greeted();
    other.write(`${PLAIN}\r\n`);
    while (sessions.length < 2) await new Promise(setImmediate);
    other.destroy();
    sessions[0].failure(535, 'No');
    sessions[0].success();
    await client.expect('535 No');
    gate.resolve(true);
    await client.command('NOOP', 250);
    assert.equal(sessions[0].user, null);
  });

  /** @param {string} name @param {...any} args */
  function call(name, ...args) {
    return function () {
      this[name](...args);
    };
  }

  /** @param {string} name @param {...any} args */
  function later(name, ...args) {
    return async function () {
      await new Promise(setImmediate);
      this[name](...args);
    };
  }

  /** @param {string} name @param {...any} args */
  function both(name, ...args) {
    return function () {
      this[name](...args);
      return true;
    };
  }
});

describe('a login', { timeout: 60_000 }, () => {
  test('has what its mechanism brings, and shows no secret by itself', async (t) => {
    const logins = [];
    const auth = (login) => logins.push(login);
    const mechanisms = { authMechanisms: [...ALL, 'XOAUTH2', 'OAUTHBEARER'] };
    const { greeted } = await serve(t, { ...OPEN, ...mechanisms }, { auth });
    const lines = [
      `AUTH PLAIN ${base64('Ursel\0__proto__\0secret')}`,
      `AUTH XOAUTH2 ${base64('user=tim\x01auth=Bearer secret\x01\x01')}`,
      `AUTH OAUTHBEARER ${base64('n,a=tim,\x01auth=Bearer secret\x01\x01')}`,
    ];
    for (const line of lines) await (await greeted()).command(line, 235);
    const seen = logins.map(({ mechanism, username, authzid, password, token }) => {
      return [mechanism, username, authzid, password, token];
    });
    assert.deepEqual(seen, [
      ['PLAIN', '__proto__', 'Ursel', 'secret', undefined],
      ['XOAUTH2', 'tim', '', undefined, 'secret'],
      ['OAUTHBEARER', 'tim', '', undefined, 'secret'],
    ]);
    for (const login of logins) {
      assert.ok(!inspect(login, { depth: 9 }).includes('secret'));
      assert.ok(!JSON.stringify(login).includes('secret'));
      assert.ok(!Object.keys(login).includes('password'));
    }
  });

  test('is verified by password, by keys, and for nobody', async (t) => {
    const keys = await scramKeys(PASSWORD, { iterations: 5_000 });
    const buffers = Object.fromEntries(
      Object.entries(keys).map(([name, value]) => [
        name,
        typeof value === 'string' ? Buffer.from(value, 'base64') : value,
      ]),
    );
    const secrets = [
      [PASSWORD, true],
      ['other', false],
      ['', false],
      [keys, true],
      [buffers, true],
      [await scramKeys('other'), false],
      [null, false],
    ];
    for (const method of ALL) {
      for (const [secret, isRight] of secrets) {
        if (method === 'CRAM-MD5' && typeof secret === 'object' && secret !== null) continue;
        const results = [];
        const auth = async (login) => {
          results.push(await login.verify(secret));
          return results[0];
        };
        const { target } = await serve(t, { ...OPEN, authMechanisms: ALL }, { auth });
        const sent = Client.send(
          { host: '127.0.0.1', port: target, auth: { user: USER, password: PASSWORD, method } },
          { from: 'a@client.example', to: 'b@example.domain' },
          'x',
        );
        const outcome = await sent.then(
          () => 235,
          (error) => error.replyCode,
        );
        const what = `${method} ${typeof secret}`;
        assert.deepEqual([outcome, results], [isRight ? 235 : 535, [isRight]], what);
      }
    }
  });

  test('by a proof that was not verified is none', async (t) => {
    const warning = once(process, 'warning');
    const { greeted } = await serve(t, { ...OPEN, authMechanisms: ALL }, { auth: () => true });
    for (let count = 0; count < 2; count++) {
      const client = await greeted();
      await client.command('AUTH CRAM-MD5', 334);
      await client.command(base64(`${USER} ${'0'.repeat(32)}`), REFUSED);
    }
    const client = await greeted();
    await client.command(`AUTH SCRAM-SHA-256 ${base64('n,,n=tim,r=abc')}`, REFUSED);
    const [{ code, message }] = await within(warning, 'the warning');
    assert.equal(code, 'SMTP_WARN_NO_VERIFY');
    assert.match(message, /CRAM-MD5 without login\.verify\(\).*authMechanisms/s);
  });

  test('whose listener decides before the proof has come is decided by that', async (t) => {
    const results = [];
    const auth = (login) => {
      login.verify(PASSWORD).then((isRight) => results.push(isRight));
      return true;
    };
    const { target } = await serve(t, OPEN, { auth });
    for (const [password, code] of [
      [PASSWORD, 235],
      ['other', 535],
    ]) {
      const auth = { user: USER, password, method: 'SCRAM-SHA-256' };
      const options = { host: '127.0.0.1', port: target, auth };
      const sent = Client.send(options, { from: 'a@b.example', to: 'b@example.domain' }, 'x');
      const outcome = await sent.then(
        () => 235,
        (error) => error.replyCode,
      );
      assert.equal(outcome, code);
    }
    assert.deepEqual(results, [true, false]);
  });

  test('that the client cancels, or leaves, is verified by nothing', async (t) => {
    const results = [];
    const done = [];
    const auth = async (login) => {
      const isRight = await login.verify(PASSWORD);
      results.push(isRight, await login.verify(PASSWORD));
      done.shift()?.();
      return true;
    };
    const { greeted } = await serve(t, { ...OPEN, requireAuth: true }, { auth });
    const first = `AUTH SCRAM-SHA-256 ${base64('n,,n=tim,r=abc')}`;
    for (const [line, code] of [
      ['*', 501],
      ['?', 501],
      [base64('c=biws'), 501],
    ]) {
      const client = await greeted();
      await client.command(first, 334);
      const verified = new Promise((resolve) => done.push(resolve));
      await client.command(line, code);
      await within(verified, 'the listener');
      await client.command('MAIL FROM:<a@client.example>', 530);
    }
    const client = await greeted();
    await client.command(first, 334);
    const verified = new Promise((resolve) => done.push(resolve));
    client.destroy();
    await within(verified, 'the listener of a client that left');
    assert.deepEqual(results, new Array(8).fill(false));
  });

  test('is refused with what is wrong with its token', async (t) => {
    const cyclic = {};
    cyclic.self = cyclic;
    for (const [problem, told] of [
      [{ status: 'invalid_request', scope: 'mail' }, '{"status":"invalid_request","scope":"mail"}'],
      [undefined, '{"status":"invalid_token"}'],
      [cyclic, '{"status":"invalid_token"}'],
      [{ status: 'x'.repeat(9_000) }, '{"status":"invalid_token"}'],
    ]) {
      const log = new Log();
      const auth = (login) => {
        login.problem = problem;
      };
      const params = { authMechanisms: ['OAUTHBEARER'] };
      const { client } = await asked(t, auth, params, log.listeners({}, ['error']));
      const line = `AUTH OAUTHBEARER ${base64('n,a=tim,\x01auth=Bearer x\x01\x01')}`;
      await client.command(line, `334 ${base64(told)}`);
      await client.command('AQ==', REFUSED);
      const isBad = problem === cyclic || problem?.status?.length > 100;
      assert.equal(log.all('error').length, isBad ? 1 : 0);
    }
  });

  test('cannot be verified by what is no secret, and no error shows it', async (t) => {
    const keys = await scramKeys(PASSWORD);
    const bad = [
      [undefined, TypeError],
      [5, TypeError],
      [Symbol('secret'), TypeError],
      [{}, TypeError],
      [[PASSWORD], TypeError],
      [Buffer.from(PASSWORD), TypeError, /, not a Buffer$/],
      [Promise.resolve(PASSWORD), TypeError, /, not a promise: await it first$/],
      [new String(PASSWORD), TypeError, /, not an object without storedKey$/],
      [{ ...keys, salt: 'secret!' }, RangeError],
      [{ ...keys, salt: '' }, RangeError],
      [{ ...keys, iterations: 1 }, RangeError],
      [{ ...keys, iterations: 10_000_000 }, RangeError],
      [{ ...keys, iterations: '4096' }, TypeError, /, not string$/],
      // Members that were mixed up.
      [{ ...keys, iterations: keys.storedKey }, TypeError],
      [{ ...keys, iterations: keys.serverKey, serverKey: 4_096 }, TypeError],
      [{ ...keys, iterations: null }, TypeError],
      [{ ...keys, storedKey: 'c2VjcmV0' }, RangeError],
      [{ ...keys, serverKey: Buffer.alloc(31) }, RangeError],
      [{ ...keys, serverKey: 7 }, TypeError],
      ...[0, -1, 4_096.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32 + 4_096, 2 ** 53].map(
        (iterations) => [{ ...keys, iterations }, RangeError],
      ),
      [{ ...keys, salt: Buffer.alloc(257) }, RangeError],
      [{ ...keys, salt: new Uint16Array(8) }, TypeError],
      // base64 without its padding, of the other alphabet, and with a line end.
      [{ ...keys, storedKey: keys.storedKey.replace('=', '') }, RangeError],
      [{ ...keys, storedKey: '-'.repeat(43).concat('=') }, RangeError],
      [{ ...keys, storedKey: `${keys.storedKey}\n` }, RangeError],
    ];
    for (const [secret, type, message] of bad) {
      const log = new Log();
      const auth = (login) => login.verify(secret);
      const { client } = await asked(t, auth, {}, log.listeners({}, ['error']));
      await client.command(PLAIN, UNAVAILABLE);
      const [error] = log.values('error');
      assert.ok(error instanceof type, inspect(error));
      for (const key of [keys.storedKey, keys.serverKey]) {
        assert.ok(!inspect(error).includes(key), error.message);
      }
      assert.ok(!inspect(error).includes(PASSWORD), error.message);
      if (message) assert.match(error.message, message);
    }
    for (const [mechanism, line] of [
      ['XOAUTH2', `AUTH XOAUTH2 ${base64('user=tim\x01auth=Bearer x\x01\x01')}`],
      ['CRAM-MD5', 'AUTH CRAM-MD5'],
    ]) {
      const log = new Log();
      const auth = (login) => login.verify(keys);
      const params = { authMechanisms: [mechanism] };
      const { client } = await asked(t, auth, params, log.listeners({}, ['error']));
      if (mechanism === 'CRAM-MD5') {
        await client.command(line, 334);
        await client.command(base64('tim abc'), UNAVAILABLE);
      } else {
        await client.command(line, UNAVAILABLE);
      }
      assert.ok(log.values('error')[0] instanceof TypeError);
    }
  });
});

describe('session.user', { timeout: 60_000 }, () => {
  test('is the name, what the listener sets, and null again', async (t) => {
    const users = [];
    const params = { tls: KEYS, ...OPEN };
    const listeners = {
      connect() {
        users.push(this.user);
        return true;
      },
      auth({ username, password }) {
        if (username === 'account') this.user = { id: 7 };
        return password === PASSWORD;
      },
      mail() {
        users.push(this.user);
        return true;
      },
    };
    const { connect } = await serve(t, params, listeners);
    const mail = async (client) => {
      await client.command('MAIL FROM:<a@client.example>', 250);
      await client.command('RSET', 250);
    };
    for (const [user, password] of [
      [USER, PASSWORD],
      ['account', PASSWORD],
      ['account', 'other'],
    ]) {
      const client = await connect();
      await client.command('EHLO client.example', 250);
      await client.command(
        `AUTH PLAIN ${base64(`\0${user}\0${password}`)}`,
        password === PASSWORD ? 235 : 535,
      );
      await mail(client);
      await client.command('EHLO client.example', 250);
      await mail(client);
      await client.command('STARTTLS', 220);
      await client.upgrade();
      await client.command('EHLO client.example', 250);
      await mail(client);
    }
    assert.deepEqual(users, [
      ...[null, USER, USER, null],
      ...[null, { id: 7 }, { id: 7 }, null],
      ...[null, null, null, null],
    ]);
  });
});

describe('session.user of a listener that does not wait', { timeout: 60_000 }, () => {
  const first = `AUTH SCRAM-SHA-256 ${base64('n,,n=tim,r=abc')}`;

  test('is nobody where the login came to nothing', async (t) => {
    const users = [];
    const listeners = {
      async auth(login) {
        // The account is looked up before the password is.
        this.user = { name: login.username };
        users.push(this.user?.name);
        return login.verify(PASSWORD);
      },
      mail() {
        users.push(this.user);
        return true;
      },
      disconnect() {
        users.push(this.user);
      },
    };
    const log = new Log();
    const { greeted } = await serve(t, OPEN, log.listeners(listeners, ['disconnect']));
    for (const [lines, code] of [
      [[first, '*'], 501],
      [[first, '?'], 501],
      [[first, base64('c=biws,r=x,p=x')], 501],
      [[`AUTH PLAIN ${base64('\0tim\0other')}`], 535],
    ]) {
      const client = await greeted();
      for (const line of lines.slice(0, -1)) await client.command(line, 334);
      await client.command(lines.at(-1), code);
      await client.command('MAIL FROM:<a@client.example>', 250);
      client.destroy();
      await log.when('disconnect');
      assert.deepEqual(users.splice(0), ['tim', null, null]);
      log.entries.length = 0;
    }
    const client = await greeted();
    await client.command(PLAIN, 235);
    await client.command('MAIL FROM:<a@client.example>', 250);
    client.destroy();
    await log.when('disconnect');
    assert.deepEqual(users, ['tim', { name: 'tim' }, { name: 'tim' }]);
  });

  test('is not the one of a login that was given up', async (t) => {
    const gates = [deferred(), deferred()];
    const users = [];
    const done = deferred();
    const listeners = {
      async auth(login) {
        if (login.username === 'boss') {
          await gates[0].promise;
          this.user = 'the account of the boss';
          done.resolve(undefined);
          return true;
        }
        await gates[1].promise;
        return true;
      },
      mail() {
        users.push(this.user);
        return true;
      },
      error: () => {},
    };
    const { greeted } = await serve(t, { ...OPEN, listenerTimeout: 300 }, listeners);
    const client = await greeted();
    await client.command(`AUTH PLAIN ${base64('\0boss\0x')}`, 454);
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RSET', 250);
    client.write(`${PLAIN}\r\n`);
    gates[0].resolve(undefined);
    await done.promise;
    gates[1].resolve(undefined);
    await client.expect(235);
    await client.command('MAIL FROM:<a@client.example>', 250);
    assert.deepEqual(users, [null, USER]);
  });

  test('is what the listener has set, though it be nobody', async (t) => {
    for (const [given, wanted] of [
      [null, null],
      ['', ''],
      [undefined, USER],
    ]) {
      /** @type {unknown[]} */
      const users = [];
      const listeners = {
        auth() {
          this.user = given;
          return true;
        },
        mail() {
          users.push(this.user);
          this.user = 'somebody';
          this.user = null;
          users.push(this.user);
          return true;
        },
      };
      const { greeted } = await serve(t, OPEN, listeners);
      const client = await greeted();
      await client.command(PLAIN, 235);
      await client.command('MAIL FROM:<a@client.example>', 250);
      assert.deepEqual(users, [wanted, null]);
    }
  });

  test('is what a program sets elsewhere, until somebody logs in', async (t) => {
    const users = [];
    const note = function () {
      users.push(this.user);
      return true;
    };
    const listeners = {
      connect() {
        this.user = 'a host that is trusted';
        return true;
      },
      auth: ({ password }) => password === PASSWORD,
      mail: note,
    };
    const { greeted } = await serve(t, OPEN, listeners);
    const client = await greeted();
    for (const line of [`AUTH PLAIN ${base64('\0tim\0other')}`, PLAIN]) {
      await client.command(line);
      await client.command('MAIL FROM:<a@client.example>', 250);
      await client.command('RSET', 250);
    }
    assert.deepEqual(users, ['a host that is trusted', USER]);
  });
});

describe('failures', { timeout: 60_000 }, () => {
  test('are counted, wait longer each time, and end the session', async (t) => {
    const { client } = await asked(t, () => false);
    const times = [];
    for (let count = 0; count < 3; count++) {
      const before = process.hrtime.bigint();
      await client.command(PLAIN, REFUSED);
      times.push(Number(process.hrtime.bigint() - before) / 1e6);
    }
    for (const [index, time] of times.entries()) {
      assert.ok(time > 250 * (index + 1) - 20, `${time} ms for the ${index + 1}th`);
    }
    await client.command(PLAIN, /^421 /);
    await client.ended();
  });

  test('of other kinds are none', async (t) => {
    const log = new Log();
    const auth = () => Promise.reject(new Error('down'));
    const params = { maxAuthFailures: 1 };
    const { client } = await asked(t, auth, params, log.listeners({}, ['error']));
    for (let count = 0; count < 3; count++) {
      await client.command(PLAIN, 454);
      await client.command('AUTH PLAIN', 334);
      await client.command('*', 501);
      await client.command('AUTH NTLM', 504);
    }
  });
});

describe('parameters that make no sense', () => {
  const auth = () => true;
  const cases = [
    [{ requireAuth: true }, {}, TypeError, /requireAuth needs a listener of 'auth'/],
    [{ requireAuth: true }, () => true, TypeError, /requireAuth needs params\.auth: true/],
    [{ requireAuth: 'yes' }, { auth }, TypeError, /params\.requireAuth must be true or false/],
    [{ allowInsecureAuth: 1 }, { auth }, TypeError, /params\.allowInsecureAuth/],
    [{ auth: {} }, { auth }, TypeError, /params\.auth must be true or false/],
    [{ authMechanisms: 'PLAIN' }, { auth }, TypeError, /params\.authMechanisms must be an array/],
    [{ authMechanisms: [] }, { auth }, RangeError, /params\.authMechanisms/],
    [{ authMechanisms: ['NTLM'] }, { auth }, RangeError, /EXTERNAL, not \[ 'NTLM' \]/],
    ...[
      'plain',
      'Login',
      'PLAIN ',
      '',
      'PLAIN LOGIN',
      'SCRAM-SHA-1',
      'xoauth2',
      '__proto__',
      'toString',
    ]
      .flatMap((name) => [[name], ['PLAIN', name], ['PLAIN', 'PLAIN', name]])
      .map(
        (names) =>
          /** @type {const} */ ([
            { authMechanisms: names },
            { auth },
            RangeError,
            /params\.authMechanisms must be an array of PLAIN, /,
          ]),
      ),
    ...[null, undefined, 5, true, {}, ['PLAIN'], Symbol('PLAIN')].map(
      (name) =>
        /** @type {const} */ ([
          { authMechanisms: ['PLAIN', name] },
          { auth },
          RangeError,
          /params\.authMechanisms must be an array of PLAIN, /,
        ]),
    ),
    ...[5, {}, new Set(['PLAIN'])].map(
      (names) =>
        /** @type {const} */ ([
          { authMechanisms: names },
          { auth },
          TypeError,
          /params\.authMechanisms must be an array/,
        ]),
    ),
    [{ maxAuthFailures: -1 }, { auth }, RangeError, /params\.maxAuthFailures/],
    [{ maxAuthFailures: '3' }, { auth }, TypeError, /params\.maxAuthFailures/],
    [{}, { auth: true }, TypeError, /listeners\.auth must be a function/],
  ];
  for (const [params, listeners, type, message] of cases) {
    test(`${inspect(params)} ${inspect(listeners)}`, () => {
      assert.throws(() => new Server(params, listeners), { name: type.name, message });
    });
  }

  test('requireAuth stays without its listener in no way', (t) => {
    const server = make(t, { requireAuth: true }, { auth });
    assert.throws(() => server.on(() => true), TypeError);
    assert.throws(() => {
      server.listeners = {};
    }, TypeError);
    server.on({ data: () => true });
    assert.equal(server.listeners.auth, auth);
  });
});

describe('SCRAM-SHA-256-PLUS', { timeout: 60_000 }, () => {
  const PLUS = 'SCRAM-SHA-256-PLUS';
  const named = host('other.example');
  const KINDS = [
    ['P-256', KEYS, {}],
    ['RSA', { key: rsa().key, cert: rsa().cert }, {}],
    ['a certificate by host name', KEYS, { servername: 'other.example', ca: named.cert }],
  ];
  const { key, cert } = named;
  /** Where keys by host name may come from. */
  const SOURCES = {
    'tls.sni': [{ sni: { 'other.example': { key, cert } } }, {}],
    "'sni'": [{}, { sni: async () => ({ key, cert }) }],
  };
  for (const [source, [more, listeners]] of Object.entries(SOURCES)) {
    for (const version of /** @type {const} */ (['TLSv1.2', 'TLSv1.3'])) {
      for (const implicit of [false, true]) {
        const how = implicit ? 'from the first byte' : 'by STARTTLS';
        test(`binds to keys of ${source}, ${version} ${how}`, async (t) => {
          const auth = (login) => login.verify(PASSWORD);
          const params = { tls: { ...KEYS, ...more }, secure: implicit, maxAuthFailures: 0 };
          const made = await serve(t, params, { ...listeners, auth });
          const versions = { minVersion: version, maxVersion: version };
          const secure = { servername: 'other.example', rejectUnauthorized: false, ...versions };
          const begin = async () => {
            const client = await made.connect(implicit ? { secure } : {});
            await client.command('EHLO client.example', 250);
            if (implicit) return client;
            await client.startTls(secure);
            await client.command('EHLO client.example', 250);
            return client;
          };
          const hash = (/** @type {any} */ der) => createHash('sha256').update(der).digest();
          const own = hash(new X509Certificate(KEYS.cert).raw);
          const isNew = version === 'TLSv1.3';
          for (const [type, data, code] of /** @type {const} */ ([
            ['tls-server-end-point', 'seen', 235],
            ['tls-server-end-point', own, 535],
            ['tls-server-end-point', 'exported', 535],
            ['tls-exporter', 'exported', isNew ? 235 : 535],
            ['tls-exporter', 'seen', 535],
            ['tls-unique', 'exported', 535],
          ])) {
            const client = await begin();
            const { socket } = /** @type {any} */ (client);
            const seen = hash(socket.getPeerCertificate().raw);
            assert.notDeepEqual(seen, own);
            const label = 'EXPORTER-Channel-Binding';
            const exported = socket.exportKeyingMaterial(32, label, Buffer.alloc(0));
            const bound = { seen, exported }[data] ?? data;
            assert.equal(await scram(client, PLUS, `p=${type},,`, bound), code, `${type} ${data}`);
            client.destroy();
          }
          // Our client takes what the version has, and a hash of what it was shown.
          await Client.send(
            {
              ...{ host: '127.0.0.1', port: made.target, servername: 'other.example', ca: cert },
              ...{ tls: implicit ? 'implicit' : 'required', ...versions },
              auth: { user: USER, password: PASSWORD },
            },
            { from: 'a@client.example', to: 'b@example.domain' },
            'x',
          );
        });
      }
    }
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    for (const [name, keys, more] of KINDS) {
      test(`${version}, ${name}`, async (t) => {
        const mechanisms = [];
        const auth = (login) => {
          mechanisms.push(login.mechanism);
          return login.verify(PASSWORD);
        };
        const tls = { ...keys, sni: { 'other.example': { key, cert } } };
        const { target } = await serve(t, { tls }, { auth });
        await Client.send(
          {
            ...{ host: '127.0.0.1', port: target, tls: 'required', ca: keys.cert },
            ...{ minVersion: version, maxVersion: version, ...more },
            auth: { user: USER, password: PASSWORD },
          },
          { from: 'a@client.example', to: 'b@example.domain' },
          'x',
        );
        assert.deepEqual(mechanisms, [PLUS]);
      });
    }
  }

  test('binds to what Node sees of the connection, and to nothing else', async (t) => {
    const auth = (login) => login.verify(PASSWORD);
    const { connect } = await serve(t, { tls: KEYS, maxAuthFailures: 0 }, { auth });
    const client = await connect();
    await client.command('EHLO client.example', 250);
    await client.command('STARTTLS', 220);
    await client.upgrade();
    await client.command('EHLO client.example', 250);
    const exported = client.socket.exportKeyingMaterial(
      32,
      'EXPORTER-Channel-Binding',
      Buffer.alloc(0),
    );
    const hashed = createHash('sha256').update(client.socket.getPeerCertificate().raw).digest();
    const other = Buffer.alloc(32, 7);
    for (const [type, data, code] of [
      ['tls-exporter', other, 535],
      ['tls-exporter', hashed, 535],
      ['tls-unique', other, 535],
      ['tls-server-end-point', hashed, 235],
      ['tls-exporter', exported, 235],
    ]) {
      const header = `p=${type},,`;
      assert.equal(await scram(client, PLUS, header, data), code, type);
      if (code !== 235) continue;
      await client.command(PLAIN, 503);
      // TLS cannot begin anew, so the next one is another session.
      break;
    }
    const again = await connect();
    await again.command('EHLO client.example', 250);
    await again.command('STARTTLS', 220);
    await again.upgrade();
    await again.command('EHLO client.example', 250);
    assert.equal(await scram(again, 'SCRAM-SHA-256', 'y,,'), 535, 'a downgrade');
    assert.equal(await scram(again, 'SCRAM-SHA-256', 'n,,'), 235);
  });

  /** An exchange by hand; the code of its last reply. */
  async function scram(client, mechanism, header, data = Buffer.alloc(0)) {
    const bare = `n=${USER},r=abc`;
    const { code, lines } = await client.command(`AUTH ${mechanism} ${base64(header + bare)}`);
    if (code !== 334) return code;
    const first = Buffer.from(lines[0], 'base64').toString();
    const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(first);
    const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
    const salted = pbkdf2Sync(PASSWORD, Buffer.from(salt, 'base64'), +iterations, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const stored = createHash('sha256').update(clientKey).digest();
    const input = Buffer.concat([Buffer.from(header), data]).toString('base64');
    const last = `c=${input},r=${nonce}`;
    const message = `${bare},${first},${last}`;
    const signature = hmac(stored, message);
    const proof = clientKey.map((byte, at) => byte ^ signature[at]).toString('base64');
    const reply = await client.command(base64(`${last},p=${proof}`));
    if (reply.code !== 334) return reply.code;
    const verifier = hmac(hmac(salted, 'Server Key'), message).toString('base64');
    assert.equal(Buffer.from(reply.lines[0], 'base64').toString(), `v=${verifier}`);
    return (await client.command('')).code;
  }
});
