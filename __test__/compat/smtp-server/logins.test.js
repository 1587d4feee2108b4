'use strict';
// Logging in by each mechanism, over the wire: what onAuth is given, and what its word comes to.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client, SMTPServer, scramKeys } = require('../../../index.js');
const { p256 } = require('../../support/certificates.js');
const { b64, served } = require('./served.js');

const KEYS = { key: p256().key, cert: p256().cert };
const MAIL = { from: 'a@c.example', to: ['b@example.com'] };
const PROOFS = ['CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'];
const METHODS = ['PLAIN', 'LOGIN', ...PROOFS];
const PASSWORD = 'pässword';
const OPEN = { authOptional: false, allowInsecureAuth: true, disabledCommands: ['STARTTLS'] };

/** Sends a mail under TLS as this user; rejects where the login is refused. */
function send(/** @type {number} */ port, /** @type {any} */ auth) {
  const tls = { tls: 'required', rejectUnauthorized: false };
  return Client.send({ host: '127.0.0.1', port, ...tls, auth }, MAIL, 'text\r\n');
}

/** A server whose users log in by one mechanism. */
function guarded(t, method, onAuth, more) {
  return served(t, { ...KEYS, authMethods: [method], authOptional: false, onAuth, ...more });
}

describe('a password', () => {
  for (const method of METHODS) {
    test(`by ${method}`, async (t) => {
      const seen = [];
      const onAuth = async (auth) => {
        seen.push([auth.method, auth.username, auth.password]);
        return (await auth.validatePassword(PASSWORD)) ? { user: { id: 7 } } : {};
      };
      const users = [];
      const onMailFrom = (_address, session, done) => {
        users.push([session.user, session.transmissionType]);
        done();
      };
      const { port } = await guarded(t, method, onAuth, { onMailFrom });
      await send(port, { user: 'ann', password: PASSWORD, method });
      await assert.rejects(send(port, { user: 'ann', password: 'wrong', method }), /535/);
      const shows = !PROOFS.includes(method);
      assert.deepEqual(seen, [
        [method, 'ann', shows ? PASSWORD : undefined],
        [method, 'ann', shows ? 'wrong' : undefined],
      ]);
      assert.deepEqual(users, [[{ id: 7 }, 'ESMTPSA']]);
    });
  }
});

describe('of a proof the exchange decides', () => {
  /** Handlers that would let anybody in. @type {Record<string, any>} */
  const CARELESS = {
    'takes the promise for true': (auth, _session, done) => {
      if (auth.validatePassword(PASSWORD)) done(null, { user: 'ann' });
    },
    'does not wait': (auth, _session, done) => {
      auth.validatePassword(PASSWORD);
      done(null, { user: 'ann' });
    },
    'says yes whatever comes': async (auth) => {
      await auth.validatePassword(PASSWORD);
      return { user: 'ann' };
    },
    'asks twice': async (auth) => {
      const both = [auth.validatePassword('other'), auth.validatePassword(PASSWORD)];
      await Promise.all(both.toReversed());
      return { user: 'ann' };
    },
  };
  for (const method of PROOFS) {
    for (const [what, onAuth] of Object.entries(CARELESS)) {
      test(`${method}, where the handler ${what}`, async (t) => {
        const { port } = await guarded(t, method, onAuth);
        await assert.rejects(send(port, { user: 'ann', password: 'wrong', method }), /535/);
        const right = send(port, { user: 'ann', password: PASSWORD, method });
        // One after the other: of SCRAM the first answer is the last.
        if (what === 'asks twice' && method !== 'CRAM-MD5') await assert.rejects(right, /535/);
        else await right;
      });
    }

    test(`${method}, where the handler never asks`, async (t) => {
      const { port } = await guarded(t, method, async () => ({ user: 'ann' }));
      await assert.rejects(send(port, { user: 'ann', password: PASSWORD, method }), /535/);
    });

    test(`${method}, where there is no such user`, async (t) => {
      const onAuth = async (auth) => {
        assert.equal(await auth.validatePassword(null), false);
        return {};
      };
      const { port } = await guarded(t, method, onAuth);
      await assert.rejects(send(port, { user: 'ann', password: PASSWORD, method }), /535/);
    });
  }

  for (const method of PROOFS.slice(1)) {
    test(`${method} by stored keys`, async (t) => {
      const keys = await scramKeys(PASSWORD, { iterations: 4_096 });
      const onAuth = async (auth) =>
        (await auth.validatePassword(keys)) ? { user: auth.username } : {};
      const { port } = await guarded(t, method, onAuth);
      await send(port, { user: 'ann', password: PASSWORD, method });
      await assert.rejects(send(port, { user: 'ann', password: 'wrong', method }), /535/);
    });
  }
});

describe('a token', () => {
  const data = { status: '401', schemes: 'bearer', scope: 'https://mail.example/' };
  for (const method of ['XOAUTH2', 'OAUTHBEARER']) {
    test(`by ${method}`, async (t) => {
      const seen = [];
      const onAuth = ({ method: name, username, accessToken }, _session, done) => {
        seen.push([name, username, accessToken]);
        done(null, accessToken === 'right' ? { user: username } : { data });
      };
      const { port } = await guarded(t, method, onAuth);
      await send(port, { user: 'ann', token: 'right', method });
      await assert.rejects(send(port, { user: 'ann', token: 'wrong', method }), /535/);
      assert.deepEqual(seen, [
        [method, 'ann', 'right'],
        [method, 'ann', 'wrong'],
      ]);
    });

    /** What a handler says, the challenge, and the reply behind it. @type {Record<string, [any, any, RegExp]>} */
    const REFUSALS = {
      data: [(done) => done(null, { data }), data, /^535 /],
      'no data': [(done) => done(null, {}), {}, /^535 /],
      nothing: [(done) => done(), {}, /^535 /],
      'an error': [
        (done) => done(Object.assign(new Error('later'), { responseCode: 454 })),
        undefined,
        /^454 later$/,
      ],
    };
    for (const [what, [answer, challenge, reply]] of Object.entries(REFUSALS)) {
      test(`by ${method}, refused with ${what}`, async (t) => {
        const onAuth = (_auth, _session, done) => answer(done);
        const { connect } = await served(t, { ...OPEN, authMethods: [method], onAuth });
        const client = await connect();
        await client.command('EHLO c.example', 250);
        const token =
          method === 'XOAUTH2'
            ? 'user=ann\x01auth=Bearer t\x01\x01'
            : 'n,a=ann,\x01auth=Bearer t\x01\x01';
        client.write(`AUTH ${method} ${b64(token)}\r\n`);
        if (challenge) {
          const line = await client.line();
          assert.match(line, /^334 /);
          const told = JSON.parse(Buffer.from(line.slice(4), 'base64').toString());
          assert.deepEqual(told, challenge);
          client.write(method === 'XOAUTH2' ? '\r\n' : `${b64('\x01')}\r\n`);
        }
        await client.expect(reply);
        await client.command('MAIL FROM:<a@c.example>', 530);
        await client.quit();
      });
    }

    test(`by ${method}, where the program has no handler`, async (t) => {
      const { port } = await guarded(t, method, undefined);
      await assert.rejects(send(port, { user: 'ann', token: 't', method }), /535/);
    });
  }
});

describe('a user name', () => {
  /** Of each mechanism the command, and what stands behind its challenges. @type {Record<string, (name: string) => string[]>} */
  const WAYS = {
    PLAIN: (name) => [`AUTH PLAIN ${b64(`\0${name}\0pw`)}`],
    'PLAIN for another': (name) => [`AUTH PLAIN ${b64(`${name}\0ann\0pw`)}`],
    'PLAIN behind a challenge': (name) => ['AUTH PLAIN', b64(`\0${name}\0pw`)],
    LOGIN: (name) => [`AUTH LOGIN ${b64(name)}`, b64('pw')],
    'LOGIN behind a challenge': (name) => ['AUTH LOGIN', b64(name), b64('pw')],
    XOAUTH2: (name) => [`AUTH XOAUTH2 ${b64(`user=${name}\x01auth=Bearer t\x01\x01`)}`],
    OAUTHBEARER: (name) => [`AUTH OAUTHBEARER ${b64(`n,a=${name},\x01auth=Bearer t\x01\x01`)}`],
    'CRAM-MD5': (name) => ['AUTH CRAM-MD5', b64(`${name} 0123456789abcdef0123456789abcdef`)],
    'SCRAM-SHA-256': (name) => ['AUTH SCRAM-SHA-256', b64(`n,,n=${name},r=nonce`)],
  };
  const CONTROLS = [...Array(0xa0).keys()].filter((code) => code < 0x20 || code > 0x7e);
  for (const [way, linesOf] of Object.entries(WAYS)) {
    test(`with a control character reaches no handler: ${way}`, async (t) => {
      let asked = 0;
      const onAuth = (_auth, _session, done) => {
        asked += 1;
        done(null, { user: 'x' });
      };
      const [method] = way.split(' ');
      const options = { ...OPEN, authMethods: [method], onAuth, socketTimeout: 30_000 };
      const { connect } = await served(t, options);
      const client = await connect();
      await client.command('EHLO c.example', 250);
      for (const code of CONTROLS) {
        const lines = linesOf(`a${String.fromCharCode(code)}b`);
        let reply = { code: 334, text: '' };
        for (const line of lines) if (reply.code === 334) reply = await client.command(line);
        assert.match(reply.text, /^5(01|35) /, `${code}`);
        assert.equal(asked, 0, `${code}`);
      }
      await client.quit();
    });
  }
});

test('without a handler nobody gets in, and a proxy’s word stands', async (t) => {
  const { connect } = await served(t, { ...OPEN, useXClient: true });
  const client = await connect();
  await client.command('EHLO c.example', 250);
  await client.command(`AUTH PLAIN ${b64('\0ann\0pw')}`, '535 Authentication not implemented');
  await client.command('XCLIENT LOGIN=ann', 220);
  await client.quit();
});

test('a subclass may have the handler', async (t) => {
  class Own extends SMTPServer {
    onAuth(auth, session, callback) {
      assert.equal(session.secure, false);
      callback(null, { user: auth.username });
    }
  }
  const { connect } = await served(t, OPEN, Own);
  const client = await connect();
  await client.command('EHLO c.example', 250);
  await client.command(`AUTH PLAIN ${b64('\0ann\0pw')}`, '235 Authentication successful');
  await client.command('MAIL FROM:<a@c.example>', 250);
  await client.quit();
});

test('no log has what a client logs in by', async (t) => {
  const entries = [];
  const note = (...entry) => entries.push(entry);
  const logger = { debug: note, info: note, error: note };
  const onAuth = (_auth, _session, done) => done(new Error('no'));
  const methods = ['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER', 'CRAM-MD5'];
  const { connect } = await served(t, { ...OPEN, logger, authMethods: methods, onAuth });
  const client = await connect();
  await client.command('EHLO c.example', 250);
  const secrets = ['ann', 's3cret', b64('ann'), b64('s3cret'), b64('\0ann\0s3cret')];
  await client.command(`AUTH PLAIN ${secrets[4]}`, 535);
  await client.command('AUTH PLAIN', 334);
  await client.command(secrets[4], 535);
  await client.command(`AUTH LOGIN ${secrets[2]}`, 334);
  await client.command(secrets[3], 535);
  await client.command(`AUTH FOO ${secrets[4]}`, 504);
  await client.command('AUTH CRAM-MD5', 334);
  await client.command(`${b64('ann 0123456789abcdef0123456789abcdef')}`, 535);
  await client.quit();
  const text = JSON.stringify(entries);
  assert.match(text, /AUTH PLAIN/);
  for (const secret of secrets) assert.ok(!text.includes(secret), secret);
});
