'use strict';
// Logging in: each mechanism, what is chosen, what is never shown.

const assert = require('node:assert/strict');
const { createHash, createHmac, pbkdf2Sync } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const { SMTPServer } = require('smtp-server');
const { Client } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { scripted } = require('../support/scripted-server.js');

const HOST = '127.0.0.1';
const ENVELOPE = { from: 'from@example.com', to: 'to@example.com' };
const SECRET = 'Tr0ub4dor&3';

const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const plain = (/** @type {string} */ text) => Buffer.from(text, 'base64').toString();

/** A scripted server that offers AUTH; `exchange` gets its first line. */
function offering(
  /** @type {any} */ t,
  /** @type {string} */ mechanisms,
  /** @type {any} */ exchange,
) {
  return scripted(t, async (conversation) => {
    await conversation.greet('PIPELINING', `AUTH ${mechanisms}`);
    await exchange(conversation, await conversation.expect(/^AUTH /));
    if ((await conversation.line()).startsWith('MAIL')) {
      conversation.say('250 OK');
      await conversation.expect(/^RCPT/);
      conversation.say('250 OK');
      await conversation.expect(/^DATA/);
      conversation.say('354 go');
      await conversation.message();
      conversation.say('250 taken');
    }
  });
}

function login(/** @type {number} */ port, /** @type {object} */ auth, more = {}) {
  const options = { host: HOST, port, auth: { user: 'tim', ...auth }, ...more };
  return Client.send(options, ENVELOPE, 'x');
}

describe('a password', { timeout: 60_000 }, () => {
  test('goes by PLAIN, LOGIN and CRAM-MD5 to a server of others, under TLS', async (t) => {
    for (const method of ['PLAIN', 'LOGIN', 'CRAM-MD5']) {
      const server = new SMTPServer({
        ...{ key: p256().key, cert: p256().cert, authMethods: [method] },
        onAuth(auth, _session, callback) {
          const good = auth.validatePassword
            ? auth.validatePassword(SECRET)
            : auth.password === SECRET;
          callback(good && auth.username === 'tim' ? null : new Error('no'), { user: 'tim' });
        },
      });
      t.after(() => new Promise((resolve) => server.close(resolve)));
      server.listen(0, HOST);
      await once(server.server, 'listening');
      const { port } = /** @type {any} */ (server.server.address());
      const more = { tls: 'required', ca: p256().cert };
      await login(port, { password: SECRET }, more);
      await assert.rejects(login(port, { password: 'wrong' }, more), {
        code: 'SMTP_ERR_AUTH',
        replyCode: 535,
        command: 'AUTH',
      });
    }
  });

  test('goes by SCRAM-SHA-256, if the server proves that it knows it', async (t) => {
    for (const honest of [true, false]) {
      const { port, errors } = await offering(t, 'PLAIN SCRAM-SHA-256', async (c, line) => {
        const [, bare] = /^AUTH SCRAM-SHA-256 (\S+)$/.exec(line) ?? [];
        const first = plain(bare).replace(/^n,,/, '');
        const nonce = `${/r=(.*)$/.exec(first)?.[1]}server`;
        const salt = Buffer.from('salty');
        const serverFirst = `r=${nonce},s=${salt.toString('base64')},i=4096`;
        c.say(`334 ${base64(serverFirst)}`);
        const final = plain(await c.line());
        const [withoutProof, proof] = final.split(',p=');
        const salted = pbkdf2Sync(SECRET, salt, 4096, 32, 'sha256');
        const hmac = (/** @type {Buffer} */ key, /** @type {string} */ text) =>
          createHmac('sha256', key).update(text).digest();
        const message = `${first},${serverFirst},${withoutProof}`;
        const key = hmac(salted, 'Client Key');
        const signature = hmac(createHash('sha256').update(key).digest(), message);
        const expected = key.map((byte, at) => byte ^ signature[at]);
        assert.equal(proof, Buffer.from(expected).toString('base64'));
        const verifier = hmac(hmac(salted, 'Server Key'), honest ? message : 'x');
        c.say(`334 ${base64(`v=${verifier.toString('base64')}`)}`);
        if (honest) await c.expect(/^$/);
        c.say('235 welcome');
      });
      const sent = login(port, { password: SECRET });
      if (honest) await sent;
      else await assert.rejects(sent, { code: 'SMTP_ERR_AUTH', message: /did not prove/ });
      assert.deepEqual(errors, []);
    }
  });

  test('is not shown in the open if it can be helped', async (t) => {
    const { port } = await offering(t, 'PLAIN LOGIN CRAM-MD5', async (c, line) => {
      assert.equal(line, 'AUTH CRAM-MD5');
      c.say(`334 ${base64('<1@x>')}`);
      const digest = createHmac('md5', SECRET).update('<1@x>').digest('hex');
      assert.equal(plain(await c.line()), `tim ${digest}`);
      c.say('235 welcome');
    });
    await login(port, { password: SECRET });
  });

  test('goes nowhere but under TLS, if nothing else is said', async () => {
    const far = { host: '192.0.2.1', auth: { user: 'tim', password: SECRET } };
    const { clientSettings } = require('../../src/js/options/client.js');
    assert.equal(clientSettings(far).tls, 'required');
    assert.equal(clientSettings({ ...far, host: HOST }).tls, 'opportunistic');
    assert.equal(clientSettings({ ...far, tls: 'none' }).tls, 'none');
  });
});

describe('a token', { timeout: 60_000 }, () => {
  for (const [offered, expected] of /** @type {const} */ ([
    ['XOAUTH2 OAUTHBEARER', /^n,a=tim,\|host=127\.0\.0\.1\|port=\d+\|auth=Bearer abc\|\|$/],
    ['PLAIN XOAUTH2', /^user=tim\|auth=Bearer abc\|\|$/],
  ])) {
    test(`goes where ${offered} is offered`, async (t) => {
      const { port } = await offering(t, offered, async (c, line) => {
        assert.match(plain(line.split(' ')[2]).replaceAll('\u0001', '|'), expected);
        c.say('235 welcome');
      });
      await login(port, { token: 'abc' });
    });
  }

  test('that is refused is told with the reply', async (t) => {
    const { port } = await offering(t, 'XOAUTH2', async (c) => {
      c.say(`334 ${base64('{"status":"401"}')}`);
      await c.line();
      c.say('535 5.7.8 bad token');
    });
    await assert.rejects(login(port, { token: 'abc' }), {
      code: 'SMTP_ERR_AUTH',
      replyCode: 535,
      enhancedStatus: '5.7.8',
    });
  });
});

describe('a server', { timeout: 60_000 }, () => {
  test('that offers no mechanism of ours gets nothing', async (t) => {
    const { port, conversations } = await scripted(t, async (c) => {
      await c.greet('AUTH GSSAPI XOAUTH2');
    });
    await assert.rejects(login(port, { password: SECRET }), { code: 'SMTP_ERR_NO_MECHANISM' });
    await assert.rejects(login(port, { password: SECRET, method: 'PLAIN' }), {
      code: 'SMTP_ERR_NO_MECHANISM',
    });
    assert.doesNotMatch(String(conversations[0].received), /AUTH|MAIL/);
  });

  /** What each mechanism answers before it gives up on a server that asks on and on. */
  const ANSWERS = {
    'CRAM-MD5': [/^tim [0-9a-f]{32}$/],
    LOGIN: [/^tim$/, /^Tr0ub4dor&3$/],
    PLAIN: [/^\0tim\0Tr0ub4dor&3$/],
    'SCRAM-SHA-256': [/^c=biws,r=.+,p=.+$/],
  };
  const refused = /the server's challenge makes no sense/;

  /** Challenges that have an answer, as far as there are any, then more of them. */
  async function asksOn(/** @type {any} */ c, /** @type {string} */ line) {
    const [, , initial = ''] = line.split(' ');
    const nonce = /r=(.*)$/.exec(plain(initial))?.[1];
    const challenge = nonce ? `r=${nonce}x,s=AAAA,i=4096` : 'more';
    const answers = [];
    do {
      c.say(`334 ${base64(challenge)}`);
      answers.push(plain(await c.line()));
    } while (answers.at(-1) !== '');
    const expected = ANSWERS[/** @type {keyof ANSWERS} */ (line.split(' ')[1])];
    assert.equal(answers.length - 1, expected.length, `${line}: ${answers}`);
    for (const [at, form] of expected.entries()) assert.match(answers[at], form);
  }

  for (const [
    what,
    play,
    told,
  ] of /** @type {[string, (c: any, line: string) => Promise<void>, any][]} */ ([
    ['asks on and on', asksOn, { code: 'SMTP_ERR_AUTH', message: /makes no sense|did not prove/ }],
    ['sends no base64', async (c) => c.say('334 ???'), { code: 'SMTP_ERR_AUTH', message: refused }],
    [
      'sends an endless challenge',
      async (c) => c.say(`334 ${'A'.repeat(20_000)}`),
      { code: 'SMTP_ERR_AUTH', message: refused },
    ],
    ['leaves', async (c) => c.end(), { code: 'SMTP_ERR_CLOSED' }],
    [
      'says something else',
      async (c) => c.say('450 later'),
      { code: 'SMTP_ERR_AUTH', replyCode: 450 },
    ],
  ])) {
    for (const offered of Object.keys(ANSWERS)) {
      // These two know what is asked, whatever the words.
      if (what === 'sends no base64' && /^(PLAIN|LOGIN)$/.test(offered)) continue;
      test(`that ${what} is given up by ${offered}, and nothing secret is told`, async (t) => {
        const { port, conversations, errors } = await offering(t, offered, play);
        await assert.rejects(login(port, { password: SECRET }), (/** @type {any} */ error) => {
          for (const [name, value] of Object.entries(told)) {
            if (value instanceof RegExp) assert.match(error[name], value);
            else assert.equal(error[name], value);
          }
          // Neither the password nor any line in which it went.
          const lines = String(conversations[0].received).split('\r\n').slice(1);
          const words = lines.flatMap((line) => line.split(' ')).filter((word) => word.length > 9);
          for (const secret of [SECRET, ...words]) {
            if (/^(AUTH|SCRAM-SHA-256)$/.test(secret)) continue;
            assert.ok(!inspect(error).includes(secret), `${inspect(error)} shows ${secret}`);
          }
          return true;
        });
        await conversations[0].gone();
        assert.deepEqual(errors, []);
      });
    }
  }
});
