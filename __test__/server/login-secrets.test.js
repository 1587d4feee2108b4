'use strict';
// What clients log in with is shown by nothing: right or wrong, whole or malformed, taken or refused. Each
// conversation notes what is secret in it, and every output is searched for all of that.

const assert = require('node:assert/strict');
const { createHash, createHmac, pbkdf2Sync } = require('node:crypto');
const { subscribe, unsubscribe } = require('node:diagnostics_channel');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const { authority, p256 } = require('../support/certificates.js');
const { Child } = require('../support/child.js');
const { Client } = require('../support/client.js');
const { CLI, portOf } = require('../support/command.js');
const { serve } = require('../support/serve.js');

const USER = 'tim';
const RIGHT = 'Tr0ub4dor-is-right';
const WRONG = 'Tr0ub4dor-is-wrong';
const KEYS = { key: p256().key, cert: p256().cert };
const CHANNELS = ['session:start', 'session:end', 'transaction', 'message'].map(
  (name) => `smtp-engine:${name}`,
);
/** Shorter ones stand in any text. */
const SHORTEST = 6;

const base64 = (/** @type {string | Buffer} */ text) => Buffer.from(text).toString('base64');
const plain = (/** @type {string} */ text) => Buffer.from(text, 'base64').toString();

/** What must not be seen, and what was. */
class Watch {
  /** @type {Set<string>} */
  #secrets = new Set([RIGHT, WRONG]);
  /** @type {string[]} */
  outputs = [];

  /** A line of an exchange, of either side: it, and what it is base64 of but for names. @param {string} line */
  secret(line) {
    const parts = plain(line).split(/[^\x21-\x7e]+/);
    for (const text of [line, ...parts.filter((part) => !part.startsWith(USER))]) {
      if (text.length >= SHORTEST) this.#secrets.add(text);
    }
    return line;
  }

  see(/** @type {string} */ where, /** @type {string} */ text) {
    this.outputs.push(`${where} ${text}`);
  }

  check() {
    assert.ok(this.#secrets.size > 4, 'there are secrets');
    for (const output of this.outputs) {
      const seen = [...this.#secrets].find((secret) => output.includes(secret));
      assert.equal(seen, undefined, output.slice(0, 500));
    }
  }
}

const hmac = (/** @type {string} */ hash, /** @type {any} */ key, /** @type {string} */ text) =>
  createHmac(hash, key).update(text).digest();

/** SCRAM-SHA-256 behind this header, bound to these bytes (RFC 5802 section 7). */
const scram = (password, header, bound) => [
  () => `${header}n=${USER},r=the-nonce-of-a-client`,
  (first) => {
    const [, nonce, salt, rounds] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(first) ?? [];
    const input = base64(Buffer.concat([Buffer.from(header), Buffer.from(bound)]));
    if (nonce === undefined) return `c=${input},r=none,p=none`;
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), +rounds, 32, 'sha256');
    const key = hmac('sha256', salted, 'Client Key');
    const last = `c=${input},r=${nonce}`;
    const message = `n=${USER},r=the-nonce-of-a-client,${first},${last}`;
    const signature = hmac('sha256', createHash('sha256').update(key).digest(), message);
    return `${last},p=${base64(key.map((byte, at) => byte ^ signature[at]))}`;
  },
  () => '',
];

/** The responses of a mechanism, each to the challenge before it. */
const EXCHANGES = {
  PLAIN: (password) => [() => `\0${USER}\0${password}`],
  LOGIN: (password) => [() => `${USER}-by-LOGIN`, () => password],
  'CRAM-MD5': (password) => [
    (challenge) => `${USER} ${hmac('md5', password, challenge).toString('hex')}`,
  ],
  'SCRAM-SHA-256': (password) => scram(password, 'n,,', ''),
  XOAUTH2: (token) => [() => `user=${USER}\x01auth=Bearer ${token}\x01\x01`, () => ''],
  OAUTHBEARER: (token) => [() => `n,a=${USER},\x01auth=Bearer ${token}\x01\x01`, () => '\x01'],
};
const MECHANISMS = Object.keys(EXCHANGES);
const FIRST_BY_CLIENT = MECHANISMS.filter((name) => name !== 'CRAM-MD5');

/** Carries an exchange out; `spoil` makes a line of it another. The last reply's code. */
async function exchange(client, watch, mechanism, password, { initial, spoil = (line) => line }) {
  return respond(client, watch, mechanism, EXCHANGES[mechanism](password), { initial, spoil });
}

/** The same with these responses. */
async function respond(client, watch, mechanism, responses, { initial, spoil }) {
  let line = `AUTH ${mechanism}`;
  if (initial) line += ` ${watch.secret(spoil(base64(responses.shift()(''))))}`;
  let reply = await client.command(line);
  while (reply.code === 334 && responses.length > 0) {
    const challenge = plain(watch.secret(reply.lines[0]));
    // What a client that is asked for it in vain would have said first.
    reply = await client.command(watch.secret(spoil(base64(responses.shift()(challenge)))));
  }
  return reply.code;
}

/** Every way to log in and not to; `begin` opens a session that has greeted. */
async function converse(begin, watch, offered) {
  for (const mechanism of MECHANISMS) {
    for (const initial of FIRST_BY_CLIENT.includes(mechanism) ? [true, false] : [false]) {
      for (const password of [RIGHT, WRONG]) {
        const isRight = password === RIGHT;
        const client = await begin();
        const code = await exchange(client, watch, mechanism, password, { initial });
        const wanted = isRight ? 235 : 535;
        assert.equal(code, offered.includes(mechanism) ? wanted : 504, `${mechanism} ${password}`);
        await client.command('RSET', 250);
        client.destroy();
      }
      for (const [name, spoil] of [
        ['no base64', (line) => `${line}?`],
        ['cut', (line) => line.slice(0, -3)],
        ['doubled', (line) => `${line} ${line}`],
        ['too long', (line) => (line === '' ? line : line.repeat(Math.ceil(12_300 / line.length)))],
      ]) {
        const client = await begin();
        const code = await exchange(client, watch, mechanism, RIGHT, { initial, spoil });
        assert.ok([500, 501, 504, 535].includes(code), `${mechanism} ${name}: ${code}`);
        await client.command('NOOP', 250);
        client.destroy();
      }
    }
  }
  await strayLines(begin, watch);
}

/** Lines that were meant for an exchange, and came elsewhere. */
async function strayLines(begin, watch) {
  const response = watch.secret(base64(`\0${USER}\0${RIGHT}`));
  for (const line of [
    `AUTH ${response}`,
    `AUTH NTLM ${response}`,
    `AUTH=PLAIN ${response}`,
    `AUTHPLAIN ${response}`,
    `auth plain\t${response}`,
    ` AUTH PLAIN ${response} x`,
    `\x01AUTH PLAIN ${response}`,
    `AUTH PLAIN ${response} ${response}`,
  ]) {
    const client = await begin();
    const { code } = await client.command(line);
    assert.ok(code >= 500, line);
    // A client that does not look at replies goes on with its exchange.
    for (const next of [watch.secret(base64(`${USER}-goes-on`)), watch.secret(base64(RIGHT))]) {
      assert.equal((await client.command(next)).code, 500);
    }
    await client.command('NOOP', 250);
    client.destroy();
  }
  const client = await begin();
  await client.command('MAIL FROM:<a@client.example>', 250);
  await client.command(`AUTH PLAIN ${response}`, 503);
  await client.command('RSET', 250);
  await client.command(`AUTH PLAIN ${response}`, 235);
  await client.command(`AUTH PLAIN ${response}`, 503);
  await client.command(response, 500);
  client.destroy();
}

describe('nothing shows what clients log in with', { timeout: 120_000 }, () => {
  test('to a program: debug, events, errors, warnings, channels', async (t) => {
    const watch = new Watch();
    const seen = (where) => (value) => {
      watch.see(where, typeof value === 'string' ? value : inspect(value, { depth: 3 }));
      return true;
    };
    const hear = (message, name) => seen(name)(message);
    const warned = seen('warning');
    process.on('warning', warned);
    for (const name of CHANNELS) subscribe(name, hear);
    t.after(() => {
      process.off('warning', warned);
      for (const name of CHANNELS) unsubscribe(name, hear);
    });
    const listeners = {
      message: seen('message'),
      response: seen('response'),
      error: seen('error'),
      mail: seen('mail'),
      async auth(login) {
        watch.see('login', inspect(login, { depth: 3 }));
        watch.see('login', JSON.stringify(login));
        watch.see('session', inspect(this, { depth: 3 }));
        if (login.token) return login.token === RIGHT;
        if (login.username.endsWith('throws')) throw new Error('the listener failed');
        return login.verify(login.username.startsWith(USER) ? RIGHT : null);
      },
    };
    const params = {
      ...{ tls: KEYS, allowInsecureAuth: true, maxAuthFailures: 0, maxBadCommands: 0 },
      authMechanisms: MECHANISMS,
      debug: (type, text) => watch.see(`debug ${type}`, text),
    };
    const { greeted } = await serve(t, params, listeners);
    await converse(greeted, watch, MECHANISMS);
    const failing = await greeted();
    const response = watch.secret(base64(`\0${USER}-throws\0${RIGHT}`));
    await failing.command(`AUTH PLAIN ${response}`, 454);
    for (const mechanism of MECHANISMS) {
      const shown = watch.outputs.filter((output) => output.includes(`AUTH ${mechanism}`));
      assert.ok(shown.length > 1, `AUTH ${mechanism} is told of`);
    }
    for (const output of ['message ***', 'response 334', 'debug SERVER 334', 'message AUTH']) {
      assert.ok(watch.outputs.includes(output), output);
    }
    watch.check();
  });

  test('to a program, of logins that are bound to TLS, or by a certificate', async (t) => {
    const watch = new Watch();
    const seen = (where) => (value) => {
      watch.see(where, typeof value === 'string' ? value : inspect(value, { depth: 3 }));
      return true;
    };
    const ours = authority('ours');
    const mine = ours.issue({ name: USER });
    const listeners = {
      ...{ message: seen('message'), response: seen('response'), error: seen('error') },
      auth(login) {
        watch.see('login', inspect(login, { depth: 3 }) + JSON.stringify(login));
        return login.certificate ? login.username === USER : login.verify(RIGHT);
      },
    };
    const params = {
      tls: { ...KEYS, ca: ours.cert, requestCert: true, rejectUnauthorized: false },
      ...{ maxAuthFailures: 0, authMechanisms: ['SCRAM-SHA-256-PLUS', 'EXTERNAL'] },
      debug: (type, text) => watch.see(`debug ${type}`, text),
    };
    const { greeted } = await serve(t, params, listeners);
    const begin = async () => {
      const client = await greeted();
      await client.startTls({ rejectUnauthorized: false, key: mine.key, cert: mine.cert });
      await client.command('EHLO client.example', 250);
      return client;
    };
    const whole = (line) => line;
    for (const [password, spoil, code] of [
      [RIGHT, whole, 235],
      [WRONG, whole, 535],
      [RIGHT, (line) => `${line}?`, 501],
    ]) {
      const client = await begin();
      const socket = /** @type {any} */ (client.socket);
      const label = 'EXPORTER-Channel-Binding';
      const bound = socket.exportKeyingMaterial(32, label, Buffer.alloc(0));
      const responses = scram(password, 'p=tls-exporter,,', bound);
      const about = { initial: true, spoil };
      assert.equal(await respond(client, watch, 'SCRAM-SHA-256-PLUS', responses, about), code);
      watch.secret(bound.toString('hex'));
      client.destroy();
    }
    // The name is what a client that logs in by a certificate says.
    for (const [response, code] of [
      [base64(USER), 235],
      [base64(`${USER}-and-who-he-is-not`), 535],
      [base64('\0 what a name has not'), 501],
    ]) {
      const client = await begin();
      await client.command(`AUTH EXTERNAL ${watch.secret(response)}`, code);
      client.destroy();
    }
    for (const mechanism of ['SCRAM-SHA-256-PLUS', 'EXTERNAL']) {
      assert.ok(watch.outputs.includes(`message AUTH ${mechanism}`));
    }
    watch.check();
  });

  test('before TLS', async (t) => {
    const watch = new Watch();
    const debug = (type, text) => watch.see(`debug ${type}`, text);
    const auth = () => assert.fail('a password is looked at');
    const { greeted } = await serve(t, { tls: KEYS, maxBadCommands: 0, debug }, { auth });
    const client = await greeted();
    for (const mechanism of MECHANISMS) {
      const initial = FIRST_BY_CLIENT.includes(mechanism);
      assert.equal(await exchange(client, watch, mechanism, RIGHT, { initial }), 538);
      await client.command(watch.secret(base64(RIGHT)), 500);
    }
    watch.secret(base64(`\0${USER}\0${RIGHT}`));
    watch.check();
  });

  // AUTH is none of the engine's there, and 'message' has the lines for programs that carry it out.
  for (const [what, listenersOf] of /** @type {[string, (seen: any) => any][]} */ ([
    ['without a listener of auth', (seen) => ({ message: seen })],
    ['by one function', (seen) => (type, line) => type !== 'message' || seen(line)],
  ])) {
    test(`to debug, ${what}`, async (t) => {
      const watch = new Watch();
      /** @type {string[]} */
      const lines = [];
      const debug = (type, text) => watch.see(`debug ${type}`, text);
      const seen = (line) => lines.push(line) > 0;
      const { greeted } = await serve(t, { maxBadCommands: 0, debug }, listenersOf(seen));
      const client = await greeted();
      const response = watch.secret(base64(`\0${USER}\0${RIGHT}`));
      const strays = [`${USER}-by-LOGIN`, RIGHT].map((text) => watch.secret(base64(text)));
      const begins = ['AUTH PLAIN', 'auth plain', ' AUTH NTLM', 'AUTH', 'AUTHPLAIN', 'AUTH=LOGIN'];
      for (const begin of begins) await client.command(`${begin} ${response}`, 500);
      for (const line of ['AUTH LOGIN', ...strays]) await client.command(line, 500);
      for (const line of ['NOOP', 'XUNKNOWN']) await client.command(line);
      const shown = watch.outputs.filter((output) => output.startsWith('debug CLIENT ')).slice(1);
      assert.deepEqual(
        shown.map((output) => output.slice('debug CLIENT '.length)),
        [
          ...['AUTH PLAIN', 'AUTH PLAIN', 'AUTH', 'AUTH', 'AUTH', 'AUTH'],
          ...['AUTH LOGIN', '***', '***', 'NOOP', 'XUNKNOWN'],
        ],
      );
      watch.secret('something else that is more than ten');
      watch.check();
      for (const line of [`AUTH PLAIN ${response}`, ...strays])
        assert.ok(lines.includes(line), line);
    });
  }

  test('to debug, where a program carries AUTH out', async (t) => {
    const watch = new Watch();
    const debug = (type, text) => watch.see(`debug ${type}`, text);
    /** @type {string[]} */
    const taken = [];
    const listeners = {
      message(line) {
        if (!line.startsWith('AUTH')) return true;
        const session = this;
        this.send(334, base64('Say it, please'));
        this.queue.push({
          continue(bytes) {
            taken.push(bytes.toString().trim());
            session.send(235, 'Welcome');
            session.queue.next();
          },
        });
        this.queue.next();
        return undefined;
      },
    };
    const { greeted } = await serve(t, { debug }, listeners);
    const client = await greeted();
    const response = watch.secret(base64(`\0${USER}\0${RIGHT}`));
    watch.secret(base64('Say it, please'));
    await client.command(`AUTH PLAIN ${response}`, 334);
    await client.command(response, '235 Welcome');
    await client.command('NOOP', 250);
    assert.deepEqual(taken, [response]);
    assert.ok(watch.outputs.includes('debug SERVER 334'));
    watch.check();
  });

  test("in the command's lines", async (t) => {
    const watch = new Watch();
    const env = { SMTP_ENGINE_PASSWORD: RIGHT };
    const args = ['--port=0', '--json', `--auth=${USER}`];
    const child = new Child(t, process.execPath, [CLI, ...args], env);
    const port = await portOf(child);
    const begin = async () => {
      const client = await Client.connect(port);
      t.after(() => client.destroy());
      await client.command('EHLO client.example', 250);
      return client;
    };
    const offered = ['PLAIN', 'CRAM-MD5', 'SCRAM-SHA-256'];
    for (const mechanism of offered) {
      for (const password of [RIGHT, WRONG]) {
        const client = await begin();
        const initial = FIRST_BY_CLIENT.includes(mechanism);
        const code = await exchange(client, watch, mechanism, password, { initial });
        assert.equal(code, password === RIGHT ? 235 : 535);
        client.destroy();
      }
    }
    child.process.kill('SIGTERM');
    let line = '';
    while (!line.includes('"stop"')) {
      line = await child.line();
      watch.see('line', line);
    }
    const { errors } = await child.ended();
    watch.see('errors', errors);
    assert.ok(watch.outputs.some((output) => output.includes('"mechanism":"SCRAM-SHA-256"')));
    watch.check();
  });
});

/** Whole exchanges that are refused, and need no challenge to be written. @type {Record<string, string[]>} */
const WRONG_ONES = {
  PLAIN: [`\0${USER}\0${WRONG}`],
  LOGIN: [`${USER}-by-LOGIN`, WRONG],
  'CRAM-MD5': [`${USER} ${'0123456789abcdef'.repeat(2)}`],
  'SCRAM-SHA-256': [
    `n,,n=${USER},r=the-nonce-of-a-client`,
    `c=biws,r=none,p=${base64(WRONG.padEnd(32))}`,
  ],
  XOAUTH2: [`user=${USER}\x01auth=Bearer ${WRONG}\x01\x01`, ''],
  OAUTHBEARER: [`n,a=${USER},\x01auth=Bearer ${WRONG}\x01\x01`, '\x01'],
};

/** What ends an exchange: the lines behind AUTH, the codes of all replies, and why it is refused. */
const ENDS = /** @type {Record<string, (lines: string[]) => [string[], number[], string]>} */ ({
  'no base64': ([line]) => [[`${line}?`], [334, 501], 'authMalformed'],
  cancelled: () => [['*'], [334, 501], 'authCancelled'],
  'too long': ([line]) => [
    [line.repeat(Math.ceil(12_300 / line.length))],
    [334, 500],
    'lineTooLong',
  ],
  'not offered': () => [[], [504], 'mechanismUnknown'],
  refused: (lines) => [lines, [...lines.map(() => 334), 535], 'listener'],
});

describe('lines that a client goes on with behind an exchange that is over', {
  timeout: 120_000,
}, () => {
  for (const [end, linesOf] of Object.entries(ENDS)) {
    for (const mechanism of MECHANISMS) {
      for (const isPipelined of [false, true]) {
        test(`${mechanism}, ${end}, ${isPipelined ? 'pipelined' : 'one by one'}`, async (t) => {
          const watch = new Watch();
          const seen = (/** @type {string} */ where) => (/** @type {any} */ value) => {
            watch.see(where, typeof value === 'string' ? value : inspect(value, { depth: 3 }));
            return true;
          };
          const offered = MECHANISMS.filter((one) => end !== 'not offered' || one !== mechanism);
          const { server, greeted } = await serve(
            t,
            {
              ...{ allowInsecureAuth: true, authMechanisms: offered, maxBadCommands: 3 },
              debug: (/** @type {string} */ type, /** @type {string} */ text) =>
                watch.see(`debug ${type}`, text),
            },
            {
              ...{ message: seen('message'), response: seen('response'), error: seen('error') },
              auth: (/** @type {any} */ login) => (login.token ? false : login.verify(RIGHT)),
            },
          );
          const wrong = WRONG_ONES[mechanism].map((line) => watch.secret(base64(line)));
          const [lines, codes, refusal] = linesOf(wrong);
          const strays = [base64(`${USER}-goes-on`), base64(`\0${USER}\0${RIGHT}`)];
          for (const line of [...lines, ...strays]) watch.secret(line);
          watch.secret(base64('something else that is more than ten'));
          const all = [`AUTH ${mechanism}`, ...lines, ...strays, 'NOOP'];
          const client = await greeted();
          if (isPipelined) client.write(`${all.join('\r\n')}\r\n`);
          // RFC 4954 section 4: the exchange is over, and what comes behind it are commands.
          for (const [at, code] of [...codes, 500, 500, 250].entries()) {
            if (!isPipelined) client.write(`${all[at]}\r\n`);
            await client.expect(code, all[at]);
          }
          const { refusals } = /** @type {any} */ (server.stats());
          assert.equal(refusals.unknownCommand, 2);
          assert.equal(refusals[refusal], 1);
          const shown = watch.outputs.filter((output) => output.startsWith('message '));
          const expected = ['EHLO client.example', `AUTH ${mechanism}`, '***', '***', 'NOOP'];
          assert.deepEqual(
            shown,
            expected.map((line) => `message ${line}`),
          );
          watch.check();
        });
      }
    }
  }
});
