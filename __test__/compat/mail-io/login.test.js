'use strict';
// Who may log in to mail-io's server, how, and what of it is logged: AUTH x argument x state x TLS.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { p256 } = require('../../support/certificates.js');
const { letIn, serveMailIo } = require('../../support/serve-mail-io.js');

/** @typedef {import('node:test').TestContext} TestContext */

const base64 = (/** @type {string | Uint8Array} */ text) => Buffer.from(text).toString('base64');
const plain = (/** @type {string} */ user, /** @type {string} */ password, identity = '') =>
  base64(`${identity}\0${user}\0${password}`);
const GOOD = plain('tim', 'secret');
const [USERNAME, PASSWORD] = [base64('Username:'), base64('Password:')];

/** Lets those in who know the secret. @param {any} session */
const judge = (session) =>
  session.on('auth', (/** @type {any} */ req, /** @type {any} */ res) => {
    if (req.user.password === 'secret') res.accept();
    else res.reject(535, 'authentication failed');
  });

/** What a client sends, and what it is answered. @typedef {[string, string | number | RegExp][]} Dialogue */

async function talk(/** @type {any} */ client, /** @type {Dialogue} */ dialogue) {
  for (const [line, reply] of dialogue) await client.command(line, reply);
}

/** What EHLO tells of AUTH. */
async function listed(/** @type {any} */ client) {
  const { lines } = await client.command('EHLO x', 250);
  return lines.filter((/** @type {string} */ line) => /^auth/i.test(line));
}

describe('AUTH of mail-io', { timeout: 60_000 }, () => {
  test('is there where a handler judges, and as TLS and its option say', async (t) => {
    const own = p256();
    const AUTH = ['AUTH LOGIN PLAIN'];
    const handler = {
      name: 'judge',
      handler: (/** @type {any} */ _, /** @type {any} */ res) => res.accept(),
    };
    /** Who judges, the configuration, and what is listed and answered before TLS and under it. */
    /** @type {[((session: any) => void) | undefined, any, string[], number, (string[])?, number?][]} */
    const table = [
      [undefined, {}, [], 502],
      [undefined, { tls: own }, [], 502, [], 502],
      [undefined, { tls: own, auth: { requireTls: false } }, [], 502, [], 502],
      [undefined, { tls: own, relay: { enabled: true } }, [], 502, [], 502],
      [letIn, {}, AUTH, 235],
      [letIn, { auth: { requireTls: true } }, [], 538],
      [letIn, { tls: own }, [], 538, AUTH, 235],
      [letIn, { tls: own, auth: {} }, [], 538, AUTH, 235],
      [letIn, { tls: own, auth: { requireTls: true } }, [], 538, AUTH, 235],
      [letIn, { tls: own, auth: { requireTls: false } }, AUTH, 235],
      [letIn, { tls: undefined }, AUTH, 235],
      [letIn, { tls: undefined, auth: { requireTls: true } }, [], 538, AUTH, 235],
      [undefined, { handlers: { auth: [handler] } }, AUTH, 235],
      [
        letIn,
        { plugins: { 'ehlo/core': { features: ['auth=LOGIN', 'AUTHX', 'AUTH'] } } },
        ['auth=LOGIN', 'AUTHX', 'AUTH'],
        235,
      ],
      [
        undefined,
        { plugins: { 'ehlo/core': { features: ['auth=LOGIN', 'AUTHX', 'AUTH'] } } },
        ['AUTHX'],
        502,
      ],
      [undefined, { plugins: { 'auth/core': false } }, [], 502],
    ];
    for (const [who, config, before, code, under, codeUnder] of table) {
      const { connect } = await serveMailIo(t, config, who);
      const client = await connect();
      assert.deepEqual(await listed(client), before, JSON.stringify(config));
      await client.command(`AUTH PLAIN ${GOOD}`, code);
      if (under === undefined) continue;
      const other = await connect();
      await other.command('STARTTLS', 220);
      await other.upgrade();
      assert.deepEqual(await listed(other), under);
      await other.command(`AUTH PLAIN ${GOOD}`, /** @type {number} */ (codeUnder));
    }
  });

  test('opens no relay to whom nobody has checked', async (t) => {
    for (const auth of [
      `AUTH PLAIN ${GOOD}`,
      'AUTH LOGIN',
      'AUTH',
      `AUTH LOGIN ${base64('x')}`,
      'AUTH CRAM-MD5',
    ]) {
      const { connect } = await serveMailIo(t, { relay: { enabled: true } });
      const client = await connect();
      await talk(client, [
        ['EHLO x', 250],
        [auth, '502 Error: command not recognized'],
        ['MAIL FROM:<me@ours.example>', 250],
        ['RCPT TO:<you@theirs.example>', '502 Error: relay access denied'],
      ]);
    }
  });

  for (const word of ['accept', 'final']) {
    for (const [code, isLogin] of /** @type {[number | undefined, boolean][]} */ ([
      [undefined, true],
      [235, true],
      [250, true],
      [454, false],
      [500, false],
      [535, false],
      [550, false],
    ])) {
      test(`${word}(${code}) of a handler ${isLogin ? 'lets in' : 'is no login'}`, async (t) => {
        const { connect } = await serveMailIo(t, { relay: { enabled: true } }, (session) =>
          session.on('auth', (/** @type {any} */ _, /** @type {any} */ res) =>
            res[word](code, 'x'),
          ),
        );
        const client = await connect();
        await client.command('EHLO x', 250);
        await client.command(`AUTH PLAIN ${GOOD}`, code ?? (word === 'final' ? 250 : 235));
        await client.command('MAIL FROM:<me@ours.example>', 250);
        await client.command('RCPT TO:<you@theirs.example>', isLogin ? 250 : 502);
      });
    }
  }

  test('lets nobody write to others as the postmaster of all', async (t) => {
    const { connect } = await serveMailIo(t, { relay: { enabled: true } }, judge);
    const client = await connect();
    await client.command('EHLO x', 250);
    await client.command(`AUTH PLAIN ${GOOD}`, 235);
    for (const [from, code] of [
      ['postmaster', 502],
      ['PostMaster', 502],
      ['postmaster@ours.example', 250],
    ]) {
      await client.command(`MAIL FROM:<${from}>`, 250);
      await client.command('RCPT TO:<you@theirs.example>', code);
      await client.command('RCPT TO:<you@ours.example>', 250);
      await client.command('RSET', 250);
    }
  });

  for (const [command, line] of [
    ['mail', 'MAIL FROM:<a@ours.example>'],
    ['rcpt', 'RCPT TO:<b@ours.example>'],
  ]) {
    test(`what is accepted with a refusal at ${command} is refused`, async (t) => {
      const { connect } = await serveMailIo(t, {}, (session) =>
        session.on(command, (/** @type {any} */ _, /** @type {any} */ res) =>
          res.accept(550, 'no'),
        ),
      );
      const client = await connect();
      await client.command('EHLO x', 250);
      if (command === 'rcpt') await client.command('MAIL FROM:<a@ours.example>', 250);
      await client.command(line, '550 no');
      await client.command(command === 'mail' ? 'RCPT TO:<b@ours.example>' : 'DATA', /^50/);
    });
  }

  test('lets the server itself log in, whoever judges and whatever comes first', async (t) => {
    for (const [config, who] of /** @type {[any, any][]} */ ([
      [{}, undefined],
      [{ tls: p256() }, undefined],
      [{ auth: { requireTls: true } }, judge],
      [{ tls: p256() }, judge],
    ])) {
      const { server } = await serveMailIo(t, config, who);
      const taken = new Promise((resolve) =>
        server.addHandler('queue', {
          name: 'mine',
          handler(req, res) {
            resolve([Boolean(req.session.accepted.auth), req.mail?.subject]);
            res.accept();
          },
        }),
      );
      await server.sendMail({
        from: 'a@ours.example',
        to: 'b@theirs.example',
        subject: 'it',
        text: 'is',
      });
      assert.deepEqual(await taken, [true, 'it']);
    }
  });

  test('takes PLAIN and LOGIN, and says what is wrong with all else', async (t) => {
    const { connect } = await serveMailIo(t, {}, judge);
    const decode = '501 Error: Cannot decode that';
    const invalid = '501 Error: Invalid user data';
    const aborted = '501 Error: Authentication aborted';
    const unknown = '504 Error: Unrecognized authentication mechanism';
    const failed = '535 Error: authentication failed';
    const ok = '235 Authentication successful';
    /** @type {Dialogue[]} */
    const exchanges = [
      [[`AUTH PLAIN ${GOOD}`, ok]],
      [
        ['auth plain', '334 '],
        [GOOD, ok],
      ],
      [
        ['AUTH LOGIN', `334 ${USERNAME}`],
        [base64('tim'), `334 ${PASSWORD}`],
        [base64('secret'), ok],
      ],
      [
        [`AUTH login ${base64('tim')}`, `334 ${PASSWORD}`],
        [base64('secret'), ok],
      ],
      [[`AUTH PLAIN ${base64('tim\0secret')}`, ok]],
      [[`AUTH PLAIN ${plain('tim', 'secret', 'tim')}`, ok]],
      [[`AUTH PLAIN ${plain('tim', 'wrong')}`, failed]],
      [['AUTH', '501 Error: Bad syntax']],
      [['AUTH ', '501 Error: Bad syntax']],
      [[`AUTH PLAIN ${GOOD} x`, '501 Error: Bad syntax']],
      ...['FOO', 'CRAM-MD5', 'PLAINX', `SCRAM-SHA-256 ${GOOD}`].map(
        (mechanism) => /** @type {Dialogue} */ ([[`AUTH ${mechanism}`, unknown]]),
      ),
      ...[
        '*',
        '=',
        'x',
        `${GOOD}=`,
        `${GOOD.slice(0, -1)}`,
        'AAA=A',
        '====',
        '!!!!',
        '\u00e9',
        base64('tim\0se\xffcret').replace('w', '-'),
      ].flatMap(
        (text) =>
          /** @type {Dialogue[]} */ ([
            [
              ['AUTH PLAIN', 334],
              [text, text === '*' ? aborted : decode],
            ],
            [
              ['AUTH LOGIN', 334],
              [text, text === '*' ? aborted : decode],
            ],
            [
              [`AUTH LOGIN ${base64('tim')}`, 334],
              [text, text === '*' ? aborted : decode],
            ],
            ...(text === '=' ? [] : [[[`AUTH PLAIN ${text}`, decode]]]),
          ]),
      ),
      [['AUTH PLAIN =', invalid]],
      [
        ['AUTH LOGIN =', 334],
        [base64('secret'), invalid],
      ],
      [
        ['AUTH PLAIN', 334],
        ['', invalid],
      ],
      [
        ['AUTH LOGIN', 334],
        ['', 334],
        [base64('secret'), invalid],
      ],
      [
        ['AUTH LOGIN', 334],
        [base64('tim'), 334],
        ['', invalid],
      ],
      ...['nothing', '\0\0', 'a\0', '\0a\0', '\0\0b', '\0a\0b\0c'].map(
        (text) => /** @type {Dialogue} */ ([[`AUTH PLAIN ${base64(text)}`, invalid]]),
      ),
      [
        [`AUTH LOGIN ${base64('a\0b')}`, 334],
        [base64('c'), invalid],
      ],
      [[`AUTH PLAIN ${base64(Buffer.from([0, 0x74, 0, 0xff]))}`, decode]],
      [[`AUTH LOGIN ${base64(Buffer.from([0xc3]))}`, decode]],
    ];
    for (const dialogue of exchanges) {
      const client = await connect();
      await talk(client, dialogue);
      // Whatever became of it, it is over.
      await client.command('NOOP', '250 OK');
    }
  });

  test('is over with a line over the limit, wherever it comes', async (t) => {
    const long = 'A'.repeat(20_000);
    /** @type {Dialogue[]} */
    const exchanges = [
      [[`AUTH PLAIN ${long}`, 500]],
      [
        ['AUTH PLAIN', 334],
        [long, 500],
      ],
      [
        ['AUTH LOGIN', 334],
        [long, 500],
      ],
      [
        ['AUTH LOGIN', 334],
        [base64('tim'), 334],
        [long, 500],
      ],
    ];
    /** @type {any} */
    let session;
    const { connect } = await serveMailIo(t, { limits: { authFailures: 2 } }, (each) => {
      session = each;
      judge(each);
    });
    for (const dialogue of exchanges) {
      const client = await connect();
      await client.command('EHLO x', 250);
      await talk(client, dialogue);
      await talk(client, [
        ['NOOP', '250 OK'],
        [`AUTH PLAIN ${GOOD}`, 235],
      ]);
    }
    assert.equal(session.rejected.auth, 500);
    assert.equal(session.counters.authFailures, 1);
    const client = await connect();
    await client.command('EHLO x', 250);
    for (let count = 0; count < 3; count++)
      await talk(client, [
        ['AUTH PLAIN', 334],
        [long, 500],
      ]);
    await client.expect('554 Error: Too many failed authentications');
    await client.ended();
  });

  test('comes once, and not within a transaction', async (t) => {
    const { connect } = await serveMailIo(t, {}, judge);
    const client = await connect();
    await talk(client, [
      ['EHLO x', 250],
      ['MAIL FROM:<a@b>', 250],
      [`AUTH PLAIN ${GOOD}`, '503 Error: Not permitted'],
      ['RSET', 250],
      [`AUTH PLAIN ${GOOD}`, 235],
      [`AUTH PLAIN ${GOOD}`, '503 Error: Already authenticated'],
    ]);
  });

  test('lets nobody act for another, unless a handler makes it that user', async (t) => {
    const another = `AUTH PLAIN ${plain('tim', 'secret', 'boss')}`;
    const refused = '535 Error: Not authorized to act for another user';
    /** @type {any} */
    let session;
    const all = await serveMailIo(t, {}, (each) => {
      session = each;
      letIn(each);
    });
    const client = await all.connect();
    await client.command(another, refused);
    assert.deepEqual([session.accepted.auth, session.user], [undefined, null]);
    await client.command(`AUTH PLAIN ${GOOD}`, 235);
    assert.deepEqual(session.user, { username: 'tim', password: 'secret' });
    const final = await serveMailIo(t, {}, (each) =>
      each.on('auth', (/** @type {any} */ _req, /** @type {any} */ res) => res.final(235, 'in')),
    );
    await (await final.connect()).command(another, refused);
    const knows = await serveMailIo(t, {}, (each) => {
      session = each;
      each.on('auth', (/** @type {any} */ { user }, /** @type {any} */ res) => {
        if (user.username === 'tim' && user.identity === 'boss') user.username = user.identity;
        res.accept();
      });
    });
    await (await knows.connect()).command(another, 235);
    assert.equal(session.user.username, 'boss');
    await (await knows.connect()).command(`AUTH PLAIN ${plain('tim', 'x', 'root')}`, refused);
  });

  test('leaves no line of an exchange in the log, whatever became of it', async (t) => {
    const secrets = ['c2VjcmV0', 'cGFzc3dvcmQ=', base64('tim'), GOOD];
    const [password, other, user] = secrets;
    /** @type {string[][]} */
    const exchanges = [
      [`AUTH PLAIN ${GOOD}`],
      ['AUTH PLAIN', GOOD],
      ['AUTH LOGIN', user, password],
      // Cancelled, refused, or not what was thought: what was pipelined comes as commands.
      ['AUTH LOGIN', '*', user, password],
      ['AUTH LOGIN', 'x', user, password],
      ['AUTH LOGIN', '', user, password, other],
      ['AUTH CRAM-MD5', user, password],
      ['AUTH FOO', GOOD],
      ['AUTH', user, password],
      ['AUTH PLAIN a b', GOOD],
      [`AUTH ${password}`],
      [`AUTH ${GOOD} x`],
      [`auth\tlogin\t${user}`, password],
      [`AUTHX ${user} ${password}`, GOOD],
      [`AUTH:${password}`],
      [`AUTH PLAIN ${GOOD}`, 'AUTH LOGIN', user, password],
    ];
    for (const who of [judge, letIn, undefined]) {
      for (const tls of [false, p256()]) {
        const { connect, log } = await serveMailIo(
          t,
          { tls, limits: { unrecognizedCommands: 1_000, authFailures: 1_000 } },
          who,
        );
        const client = await connect();
        for (const lines of exchanges) {
          client.write(`${lines.join('\r\n')}\r\nXMARK\r\nNOOP\r\n`);
          while ((await client.reply()).text !== '250 OK');
        }
        const text = log.join('\n');
        for (const secret of secrets) {
          assert.ok(!text.includes(secret), `${secret} in ${text}`);
        }
        assert.ok(text.includes('NOOP') && text.includes('AUTH LOGIN'));
      }
    }
    const { connect, log } = await serveMailIo(t);
    const client = await connect();
    await talk(client, [
      ['XONE', 502],
      ['AUTH LOGIN', 502],
      ['XTWO', 502],
      ['NOOP', 250],
      ['XTHREE', 502],
    ]);
    const shown = ['XONE', 'XTWO', 'XTHREE'].map((verb) => log.join('\n').includes(verb));
    assert.deepEqual(shown, [true, false, true]);
  });

  test('writes nothing into the log that steers a terminal or turns its text around', async (t) => {
    const { server, connect, log } = await serveMailIo(t, {
      limits: { unrecognizedCommands: 1_000 },
    });
    server.addHandler('xlog', {
      name: 'it',
      handler(req, res) {
        res.log.info(req.command.data, req.command.data, { deep: req.command.data });
        res.accept(250, req.command.data);
      },
    });
    const client = await connect();
    await client.command('HELO client.example', 250);
    const odd = [...Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code))]
      .filter((char) => !/[ -~\r\n]/.test(char))
      .concat([...'\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069']);
    for (const char of odd) {
      client.write(`XLOG a${char}b\r\nX${char}Y\r\n`);
      await client.expect(250);
      await client.expect(502);
    }
    const all = log.join('');
    const found = odd.filter((char) => all.includes(char));
    assert.deepEqual(found, []);
    assert.ok(all.includes('a\\x9bb') && all.includes('a\\u202eb') && all.includes('a\\x1bb'));
  });

  test('ends the session over the limit of failures, whatever they were', async (t) => {
    const { connect } = await serveMailIo(t, { limits: { authFailures: 2 } }, judge);
    const client = await connect();
    await talk(client, [
      ['AUTH FOO', 504],
      ['AUTH', 501],
      [`AUTH PLAIN ${plain('tim', 'wrong')}`, '554 Error: Too many failed authentications'],
    ]);
    await client.ended();
  });

  test('warns of a made-up key, with which AUTH is taken before TLS', async (t) => {
    const warned = once(process, 'warning');
    const { server, connect } = await serveMailIo(t, { tls: undefined }, letIn);
    assert.match((await warned)[0].message, /config\.tls/);
    assert.equal(server.config.auth.requireTls, false);
    assert.equal(server.config.tls.ca, server.config.tls.cert);
    await (await connect()).command(`AUTH PLAIN ${GOOD}`, 235);
  });
});
