'use strict';
// VRFY, EXPN and ETRN: who is asked, when, with what, and what the client may be told.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { Log, deferred, serve } = require('../support/serve.js');

const COMMANDS = /** @type {const} */ (['VRFY', 'EXPN', 'ETRN']);
const NOT_VERIFIED =
  '252 Cannot verify the address, but will take mail for it if it is one of ours';
const BASE64 = Buffer.from('\0tim\0tanstaaf').toString('base64');

const listenersOf = (/** @type {Log} */ log, /** @type {any} */ answers = {}) =>
  log.listeners(answers, ['vrfy', 'expn', 'etrn']);

/** What EHLO lists of them. @param {{ lines: string[] }} greeting */
const listed = ({ lines }) => COMMANDS.filter((command) => lines.includes(command));

describe('who is asked', { timeout: 60_000 }, () => {
  test('listeners that are there, one by one', async (t) => {
    const { server, connect } = await serve(t);
    for (let wanted = 0; wanted < 8; wanted++) {
      const log = new Log();
      const names = COMMANDS.filter((_, at) => wanted & (1 << at));
      server.listeners = log.listeners(
        {},
        names.map((name) => name.toLowerCase()),
      );
      const client = await connect();
      assert.deepEqual(listed(await client.command('EHLO client.example', 250)), names);
      const codes = { VRFY: 252, EXPN: 500, ETRN: 500 };
      for (const name of COMMANDS) {
        const agreed = name === 'ETRN' ? 250 : 252;
        await client.command(`${name} x`, names.includes(name) ? agreed : codes[name]);
      }
      assert.deepEqual(
        log.names(),
        names.map((name) => name.toLowerCase()),
      );
      client.destroy();
    }
  });

  test('no function for all events', async (t) => {
    /** @type {string[]} */
    const heard = [];
    const { connect } = await serve(t, {}, (/** @type {string} */ type) => heard.push(type));
    const client = await connect();
    assert.deepEqual(listed(await client.command('EHLO client.example', 250)), []);
    await client.command('VRFY x', NOT_VERIFIED);
    await client.command('EXPN x', 500);
    await client.command('ETRN x', 500);
    assert.deepEqual(
      heard.filter((type) => /vrfy|expn|etrn/.test(type)),
      [],
    );
  });

  test('with the argument, its parameters, and the session', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, listenersOf(log, { connect: () => true }));
    const client = await greeted();
    for (const line of ['VRFY  Tim Smith ', 'vrfy tím SMTPUTF8', 'EXPN <list@x> smtputf8']) {
      await client.command(line, NOT_VERIFIED);
    }
    await client.command('ETRN #queue', '250 OK');
    const [{ self }] = log.all('connect');
    const asked = log.entries.filter(({ name }) => name !== 'connect');
    assert.deepEqual(
      asked.map(({ name, args }) => [name, ...args]),
      [
        ['vrfy', 'Tim Smith', {}],
        ['vrfy', 'tím', { smtpUtf8: true }],
        ['expn', '<list@x>', { smtpUtf8: true }],
        ['etrn', '#queue', {}],
      ],
    );
    assert.ok(asked.every((entry) => entry.self === self));
  });
});

describe('when', { timeout: 60_000 }, () => {
  /** What each is answered: before a greeting, behind it, in a transaction, between chunks, refused. */
  const STAGES = {
    begun: { lines: [], codes: [252, 252, 503] },
    greeted: { lines: ['EHLO x'], codes: [252, 252, 250] },
    transaction: { lines: ['EHLO x', 'MAIL FROM:<a@b>'], codes: [252, 252, 503] },
    chunks: {
      lines: ['EHLO x', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'BDAT 0'],
      codes: [252, 252, 503],
    },
    refused: { refused: true, lines: [], codes: [503, 503, 503] },
  };
  for (const [stage, { lines, codes, ...more }] of Object.entries(STAGES)) {
    test(stage, async (t) => {
      const log = new Log();
      const connect = function () {
        if ('refused' in more) this.failure(554);
        return true;
      };
      const made = await serve(t, {}, { ...listenersOf(log), connect });
      const client = await made.connect({ greeting: false });
      await client.reply();
      for (const line of lines) await client.command(line, 250);
      for (const [at, name] of COMMANDS.entries()) {
        await client.command(`${name} x`, codes[at]);
        const bare = codes[at] === 503 ? 503 : 501;
        await client.command(name, bare);
      }
      const wanted = COMMANDS.filter((_, at) => codes[at] < 300).map((name) => name.toLowerCase());
      assert.deepEqual(log.names(), wanted);
      if (lines.length > 1) await client.command('RSET', 250);
    });
  }

  test('not before TLS or a login, where these are demanded', async (t) => {
    const log = new Log();
    const { key, cert } = p256();
    const params = { tls: { key, cert }, requireTls: true, requireAuth: true };
    const { greeted } = await serve(t, params, { ...listenersOf(log), auth: () => true });
    const client = await greeted();
    for (const name of COMMANDS)
      await client.command(`${name} x`, '530 Must issue a STARTTLS command first');
    await client.startTls({ rejectUnauthorized: false });
    await client.command('EHLO client.example', 250);
    for (const name of COMMANDS) await client.command(`${name} x`, '530 Authentication required');
    assert.deepEqual(log.names(), []);
    await client.command(`AUTH PLAIN ${BASE64}`, 235);
    for (const name of COMMANDS) await client.command(`${name} x`, name === 'ETRN' ? 250 : 252);
    assert.deepEqual(log.names(), ['vrfy', 'expn', 'etrn']);
  });
});

describe('what is told', { timeout: 60_000 }, () => {
  const UTF8 = '252 The mailbox can be shown in UTF-8 alone; say SMTPUTF8';
  /** @type {[string, (session: any) => void, string][]} */
  const CASES = [
    ['VRFY tim', (s) => s.success('<tim@foo.example>'), '250 <tim@foo.example>'],
    ['VRFY tim', (s) => s.success('<tím@foo.example>'), UTF8],
    ['VRFY tim', (s) => s.ok('<tím@foo.example>'), UTF8],
    ['VRFY tim SMTPUTF8', (s) => s.success('<tím@foo.example>'), '250 <tím@foo.example>'],
    ['VRFY tim', (s) => s.failure(553, 'tím or tïm?'), '553 t?m or t?m?'],
    ['VRFY tim', (s) => s.failure(550, 'no 😀'), '550 no ?'],
    ['VRFY tim SMTPUTF8', (s) => s.failure(553, 'tím or tïm?'), '553 tím or tïm?'],
    ['EXPN all', (s) => s.success(['<a@x>', '<b@x>']), '250-<a@x>\r\n250 <b@x>'],
    ['EXPN all', (s) => s.success(['<a@x>', '<ü@x>']), UTF8],
    ['EXPN all smtputf8', (s) => s.success(['<a@x>', '<ü@x>']), '250-<a@x>\r\n250 <ü@x>'],
    ['ETRN x.example', (s) => s.success('OK, für x.example'), '250 OK, für x.example'],
    ['ETRN x.example', (s) => s.failure(458), '458 Unable to queue messages for the node'],
    ['ETRN x.example', (s) => s.failure(459), '459 Node not allowed'],
  ];
  for (const [line, answer, wanted] of CASES) {
    test(`${line}: ${wanted.split('\r\n')[0]}`, async (t) => {
      const listener = function () {
        answer(this);
      };
      const log = new Log();
      const answers = { vrfy: listener, expn: listener, etrn: listener };
      const { greeted } = await serve(t, {}, log.listeners(answers, ['response']));
      const client = await greeted();
      await client.command(line, wanted);
      await client.command('NOOP', '250 OK');
      const responses = log.values('response').slice(-1 - wanted.split('\r\n').length, -1);
      assert.deepEqual(responses, wanted.split('\r\n'), "'response' is told the same");
    });
  }

  test("to debug and 'message' before it", async (t) => {
    /** @type {string[]} */
    const shown = [];
    const log = new Log();
    const params = {
      debug: (/** @type {string} */ who, /** @type {string} */ text) =>
        shown.push(`${who} ${text}`),
    };
    const message = function (/** @type {string} */ line) {
      if (line.endsWith('skipped')) this.ok('skipped');
      else return true;
      return undefined;
    };
    const { greeted } = await serve(t, params, log.listeners({ message }, ['vrfy']));
    const client = await greeted();
    await client.command('VRFY tim', NOT_VERIFIED);
    await client.command('VRFY skipped', '250 skipped');
    assert.deepEqual(log.names(), ['message', 'message', 'vrfy', 'message']);
    assert.deepEqual(shown.slice(-4), [
      'CLIENT VRFY tim',
      `SERVER ${NOT_VERIFIED}`,
      'CLIENT VRFY skipped',
      'SERVER 250 skipped',
    ]);
  });

  test('451 where nothing is said in time, and nothing after that', async (t) => {
    const log = new Log();
    const gate = deferred();
    const answers = { etrn: () => gate.promise, error: () => {} };
    const { greeted } = await serve(t, { listenerTimeout: 100 }, log.listeners(answers, []));
    const client = await greeted();
    await client.command('ETRN x', 451);
    gate.resolve(true);
    assert.equal((await log.when('error')).args[0].code, 'SMTP_ERR_LISTENER_TIMEOUT');
    await client.command('NOOP', '250 OK');
  });

  test('nothing to a session that is over', async (t) => {
    const log = new Log();
    const gate = deferred();
    const answers = { vrfy: () => gate.promise, disconnect: () => {} };
    const { greeted } = await serve(t, {}, log.listeners(answers, []));
    const client = await greeted();
    client.write('VRFY x\r\n');
    const { self } = await log.when('vrfy');
    client.socket.resetAndDestroy();
    await log.when('disconnect');
    gate.resolve(true);
    self.success('late');
    self.failure(550);
    await (await greeted()).quit();
  });

  test('a reply of its own, and the next line is a command again', async (t) => {
    const vrfy = function () {
      this.send(251, 'elsewhere');
      this.queue.next();
    };
    const { greeted } = await serve(t, {}, { vrfy });
    const client = await greeted();
    await client.command('VRFY x', '251 elsewhere');
    await client.command('VRFY y', '251 elsewhere');
    await client.command('NOOP', '250 OK');
  });
});
