'use strict';
// Logins that end as nobody meant: listeners that answer twice, late or never, by themselves, or for a
// session that is over; certificates that are not there.

const assert = require('node:assert/strict');
const { createHash, createHmac, pbkdf2Sync } = require('node:crypto');
const { describe, test } = require('node:test');
const { authority, p256 } = require('../support/certificates.js');
const { Log, deferred, serve } = require('../support/serve.js');

const PASSWORD = 'tanstaaftanstaaf';
const OPEN = { allowInsecureAuth: true, requireAuth: true };
const MAIL = 'MAIL FROM:<a@client.example>';
const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const PLAIN = `AUTH PLAIN ${base64(`\0tim\0${PASSWORD}`)}`;

/** Logs in by SCRAM-SHA-256; the last reply's code. @param {any} client */
async function scram(client, password = PASSWORD) {
  const first = await client.command(`AUTH SCRAM-SHA-256 ${base64('n,,n=tim,r=abc')}`);
  if (first.code !== 334) return first.code;
  const challenge = Buffer.from(first.lines[0], 'base64').toString();
  const [, nonce, salt, rounds] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge) ?? [];
  const hmac = (/** @type {any} */ secret, /** @type {string} */ text) =>
    createHmac('sha256', secret).update(text).digest();
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const last = `c=biws,r=${nonce}`;
  const stored = createHash('sha256').update(clientKey).digest();
  const signature = hmac(stored, `n=tim,r=abc,${challenge},${last}`);
  const proof = clientKey.map((byte, at) => byte ^ signature[at]).toString('base64');
  const reply = await client.command(base64(`${last},p=${proof}`));
  return reply.code === 334 ? (await client.command('')).code : reply.code;
}

const LINES = { PLAIN, 'SCRAM-SHA-256': `AUTH SCRAM-SHA-256 ${base64('n,,n=tim,r=abc')}` };

/** How a client logs in whose password is right. */
const CLIENTS = /** @type {Record<string, (client: any) => Promise<number>>} */ ({
  PLAIN: async (client) => (await client.command(PLAIN)).code,
  'SCRAM-SHA-256': scram,
});

describe('verify of a listener that has replied by itself', { timeout: 60_000 }, () => {
  for (const [mechanism, line] of Object.entries(LINES)) {
    test(`${mechanism}: before it`, async (t) => {
      const log = new Log();
      /** @type {Promise<boolean>[]} */
      const verified = [];
      const auth = function (/** @type {any} */ login) {
        this.send(535, 'by myself');
        this.queue.next();
        verified.push(login.verify(PASSWORD));
        return login.verify(PASSWORD);
      };
      const { greeted } = await serve(t, OPEN, log.listeners({ auth }, ['error']));
      const client = await greeted();
      await client.command(line, '535 by myself');
      assert.deepEqual(await Promise.all(verified), [false]);
      await client.command(MAIL, 530);
      assert.deepEqual(log.names(), ['auth']);
      await client.command('NOOP', '250 OK');
    });

    test(`${mechanism}: and replies meanwhile`, async (t) => {
      const log = new Log();
      /** @type {unknown[]} */
      const results = [];
      const auth = async function (/** @type {any} */ login) {
        const verifying = login.verify(PASSWORD);
        this.send(250, 'by myself');
        this.queue.next();
        results.push(await verifying);
        return true;
      };
      const { greeted } = await serve(t, OPEN, log.listeners({ auth }, ['error']));
      const client = await greeted();
      client.write(`${line}\r\n`);
      if (mechanism !== 'PLAIN') {
        // The challenge has its place in the exchange, whatever the listener sends.
        while (!client.received.includes('334 ')) await new Promise(setImmediate);
        client.write('*\r\n');
      }
      while (results.length === 0) await new Promise(setImmediate);
      while (!client.received.includes('250 by myself\r\n')) await new Promise(setImmediate);
      client.write(`${MAIL}\r\n`);
      while (!/\r\n530 [^\r\n]*\r\n$/.test(client.received)) await new Promise(setImmediate);
      assert.deepEqual(log.all('error'), []);
    });
  }
});

/** Lines of a login up to the one by which the listener is asked, by mechanism. */
const UNTIL_ASKED = {
  PLAIN: [PLAIN],
  LOGIN: ['AUTH LOGIN', base64('tim'), base64('no password of his')],
  XOAUTH2: ['AUTH XOAUTH2', base64('user=tim\x01auth=Bearer x\x01\x01'), ''],
};

describe('listeners that change while a client logs in', { timeout: 60_000 }, () => {
  const params = { allowInsecureAuth: true, authMechanisms: Object.keys(UNTIL_ASKED) };
  /** What there is from then on. @type {Record<string, [any, number]>} */
  const CHANGES = {
    'are gone': [{}, 500],
    "are one function, which is not asked about 'auth'": [() => true, 500],
    'are others': [{ auth: () => false }, 535],
  };
  for (const [what, [listeners, code]] of Object.entries(CHANGES)) {
    for (const [mechanism, lines] of Object.entries(UNTIL_ASKED)) {
      if (lines.length === 1) continue;
      test(`and ${what}: ${mechanism} lets nobody in`, async (t) => {
        const { server, greeted } = await serve(t, params, { auth: () => true });
        const client = await greeted();
        await client.command(lines[0], 334);
        server.listeners = listeners;
        for (const line of lines.slice(1, -1)) await client.command(line, 334);
        await client.command(/** @type {string} */ (lines.at(-1)), 535);
        await client.command(PLAIN, code);
      });
    }

    test(`and ${what}: whom the one before is at is for that one`, async (t) => {
      const log = new Log();
      const gate = deferred();
      const auth = async (/** @type {any} */ login) => {
        await gate.promise;
        return login.verify(PASSWORD);
      };
      const { server, greeted } = await serve(t, params, log.listeners({ auth }, []));
      const client = await greeted();
      client.write(`${PLAIN}\r\n`);
      await log.when('auth');
      server.listeners = listeners;
      gate.resolve(undefined);
      await client.expect(235);
      await client.command('NOOP', 250);
    });
  }
});

describe('an empty password', { timeout: 60_000 }, () => {
  test("is nobody's, though anybody could prove it", async (t) => {
    /** @type {boolean[]} */
    const results = [];
    const auth = async (/** @type {any} */ login) => {
      const isRight = await login.verify('');
      results.push(isRight);
      return isRight;
    };
    const params = { ...OPEN, authMechanisms: ['PLAIN', 'SCRAM-SHA-256', 'CRAM-MD5'] };
    const { greeted } = await serve(t, params, { auth });
    assert.equal(await scram(await greeted(), ''), 535);
    const client = await greeted();
    const challenge = Buffer.from((await client.command('AUTH CRAM-MD5', 334)).lines[0], 'base64');
    const digest = createHmac('md5', '').update(challenge).digest('hex');
    await client.command(base64(`tim ${digest}`), 535);
    assert.deepEqual(results, [false, false]);
    // RFC 4616 section 2: no such message.
    await client.command(`AUTH PLAIN ${base64('\0tim\0')}`, 501);
    await client.command(MAIL, 530);
  });
});

describe('a login of another session', { timeout: 60_000 }, () => {
  test('can be verified, and says nothing of this one', async (t) => {
    /** @type {any} */
    let first;
    const gate = deferred();
    /** @type {boolean[][]} */
    const results = [];
    const auth = async (/** @type {any} */ login) => {
      if (login.username === 'first') {
        first = login;
        await gate.promise;
        return false;
      }
      results.push([await first.verify(PASSWORD)]);
      gate.resolve(undefined);
      results.push(
        await Promise.all([login.verify('x'), login.verify(PASSWORD), first.verify('x')]),
      );
      return login.verify('x');
    };
    const { greeted } = await serve(t, OPEN, { auth });
    const [one, other] = [await greeted(), await greeted()];
    one.write(`AUTH PLAIN ${base64(`\0first\0${PASSWORD}`)}\r\n`);
    while (first === undefined) await new Promise(setImmediate);
    await other.command(PLAIN, 535);
    await one.expect(535);
    for (const client of [one, other]) await client.command(MAIL, 530);
    assert.deepEqual(results, [[true], [false, true, false]]);
  });
});

describe('listeners that answer', { timeout: 60_000 }, () => {
  /** What they do, by what their clients hear; the first word counts. */
  const WORDS = /** @type {Record<string, [(session: any, login: any) => any, number]>} */ ({
    'success twice': [(s) => s.success('a').success('b'), 235],
    'failure, then success': [(s) => s.failure(535).success(), 535],
    'success, then failure': [(s) => s.success().failure(535), 235],
    'success, then throw': [
      (s) => {
        s.success();
        throw new Error('afterwards');
      },
      235,
    ],
    'verify twice': [async (_, login) => (await login.verify('x')) || login.verify(PASSWORD), 235],
    'success while verify goes on': [
      (s, login) => void login.verify(PASSWORD) || void s.success(),
      235,
    ],
    'false while verify goes on': [(_, login) => void login.verify(PASSWORD), 535],
  });
  for (const [mechanism, logIn] of Object.entries(CLIENTS)) {
    for (const [what, [answer, code]] of Object.entries(WORDS)) {
      test(`${mechanism}: ${what}`, async (t) => {
        const auth = function (/** @type {any} */ login) {
          return answer(this, login);
        };
        const { greeted } = await serve(t, OPEN, { auth, error: () => {} });
        const client = await greeted();
        // A proof is made for one secret, and what was not verified lets nobody in.
        const isProof = mechanism !== 'PLAIN';
        const needsProof = isProof && !what.includes('verify') && code === 235;
        const wanted = (isProof && what === 'verify twice') || needsProof ? 535 : code;
        assert.equal(await logIn(client), wanted);
        await client.command(MAIL, wanted === 235 ? 250 : 530);
        await client.command('NOOP', '250 OK');
      });
    }
  }

  for (const end of ['reset', 'FIN', 'QUIT behind it']) {
    for (const word of /** @type {const} */ ([
      'success',
      'failure',
      'verify',
      'promise',
      'throw',
    ])) {
      test(`${word} after ${end}`, async (t) => {
        const log = new Log();
        const gate = deferred();
        /** @type {unknown[]} */
        const results = [];
        const auth = async function (/** @type {any} */ login) {
          await gate.promise;
          if (word === 'success') results.push(this.success() === this);
          else if (word === 'failure') results.push(this.failure(535) === this);
          else if (word === 'verify') results.push(await login.verify(PASSWORD));
          else results.push(word);
          if (word === 'throw') throw new Error('for nobody');
          return word === 'promise';
        };
        const made = await serve(t, OPEN, log.listeners({ auth }, ['disconnect', 'error']));
        const client = await made.greeted();
        client.write(`${PLAIN}\r\n`);
        const { self } = await log.when('auth');
        if (end === 'reset') client.reset();
        else if (end === 'FIN') client.destroy();
        else client.write('QUIT\r\n');
        if (end === 'reset') await log.when('disconnect');
        gate.resolve(undefined);
        while (results.length === 0) await new Promise(setImmediate);
        await log.when('disconnect');
        assert.equal(log.all('disconnect').length, 1);
        assert.equal(made.server.connections, 0);
        if (end === 'reset') assert.equal(self.user, null);
        assert.equal(log.all('error').length, word === 'throw' ? 1 : 0);
        await (await made.greeted()).quit();
      });
    }
  }
});

describe('EXTERNAL', { timeout: 60_000 }, () => {
  const { key, cert } = p256();
  const ours = authority('ours');
  const theirs = authority('theirs');
  const mine = ours.issue({ name: 'tim' });
  const strange = theirs.issue({ name: 'eve' });
  /** What a client shows, and whether it is offered EXTERNAL. @type {Record<string, [any, boolean]>} */
  const SHOWN = {
    nothing: [{}, false],
    'a certificate of another authority': [{ key: strange.key, cert: strange.cert }, false],
    'a certificate': [{ key: mine.key, cert: mine.cert }, true],
  };
  for (const [what, [shown, isOffered]] of Object.entries(SHOWN)) {
    for (const version of /** @type {const} */ (['TLSv1.2', 'TLSv1.3'])) {
      test(`for a client that shows ${what}, ${version}`, async (t) => {
        const log = new Log();
        const tls = { key, cert, ca: ours.cert, requestCert: true, rejectUnauthorized: false };
        const params = { tls, requireAuth: true, authMechanisms: ['EXTERNAL', 'PLAIN'] };
        const auth = (/** @type {any} */ login) => login.authzid !== 'root';
        const { connect } = await serve(t, params, log.listeners({ auth }, []));
        const secure = { rejectUnauthorized: false, minVersion: version, maxVersion: version };
        for (const [response, authzid, code] of /** @type {const} */ ([
          ['=', '', 235],
          [base64('ann'), 'ann', 235],
          [base64('root'), 'root', 535],
          [base64('a\0b'), undefined, 501],
          ['?', undefined, 501],
        ])) {
          const client = await connect();
          await client.command('EHLO client.example', 250);
          await client.command(`AUTH EXTERNAL ${response}`, 538);
          await client.startTls({ ...secure, ...shown });
          const { lines } = await client.command('EHLO client.example', 250);
          assert.ok(lines.includes(isOffered ? 'AUTH EXTERNAL PLAIN' : 'AUTH PLAIN'));
          log.entries.length = 0;
          await client.command(`AUTH EXTERNAL ${response}`, isOffered ? code : 504);
          const isAsked = isOffered && authzid !== undefined;
          assert.deepEqual(
            log.values('auth').map((login) => [login.username, login.authzid]),
            isAsked ? [[authzid, authzid]] : [],
          );
          if (isAsked) assert.equal(log.values('auth')[0].certificate.subject, 'CN=tim');
          await client.command(MAIL, isOffered && code === 235 ? 250 : 530);
          client.destroy();
        }
      });
    }
  }

  test('verify is for passwords', async (t) => {
    const tls = { key, cert, ca: ours.cert, requestCert: true };
    const params = { tls, authMechanisms: ['EXTERNAL'] };
    const log = new Log();
    const auth = (/** @type {any} */ login) => login.verify(PASSWORD);
    const { connect } = await serve(t, params, log.listeners({ auth }, ['error']));
    const client = await connect();
    await client.command('EHLO client.example', 250);
    await client.startTls({ rejectUnauthorized: false, key: mine.key, cert: mine.cert });
    await client.command('EHLO client.example', 250);
    await client.command('AUTH EXTERNAL =', 454);
    assert.ok((await log.when('error')).args[0] instanceof TypeError);
  });
});
