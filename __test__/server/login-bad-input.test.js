'use strict';
// Clients that log in as nobody should: before TLS, across it, without end, without waiting.

const assert = require('node:assert/strict');
const { availableParallelism } = require('node:os');
const { describe, test } = require('node:test');
const { scramKeys } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { serve } = require('../support/serve.js');

const USER = 'tim';
const PASSWORD = 'tanstaaftanstaaf';
const KEYS = { key: p256().key, cert: p256().cert };
const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const RESPONSE = base64(`\0${USER}\0${PASSWORD}`);
const PLAIN = `AUTH PLAIN ${RESPONSE}`;

/** A server whose logins are noted. */
async function noting(t, params = {}) {
  const logins = [];
  const listeners = {
    auth({ username, password }) {
      logins.push(username);
      return password === PASSWORD;
    },
  };
  return { logins, ...(await serve(t, { tls: KEYS, requireAuth: true, ...params }, listeners)) };
}

describe('logins across STARTTLS', { timeout: 60_000 }, () => {
  for (const allowInsecureAuth of [false, true]) {
    const when = allowInsecureAuth ? 'with' : 'without';
    test(`what is pipelined behind STARTTLS logs nobody in (CVE-2011-0411), ${when} AUTH in plain text`, async (t) => {
      const { logins, greeted } = await noting(t, { allowInsecureAuth });
      const client = await greeted();
      client.write(`STARTTLS\r\n${PLAIN}\r\nEHLO evil.example\r\n${PLAIN}\r\n`);
      await client.expect(220);
      await client.upgrade();
      await client.command('EHLO client.example', 250);
      await client.command('MAIL FROM:<a@client.example>', 530);
      await client.command('NOOP', 250);
      assert.deepEqual(logins, []);
    });
  }

  test('an exchange that began in plain text does not go on under TLS', async (t) => {
    const { logins, greeted } = await noting(t, { allowInsecureAuth: true });
    const client = await greeted();
    await client.command('AUTH PLAIN', 334);
    // No command but the exchange while it lasts.
    await client.command('STARTTLS', 501);
    await client.command('STARTTLS', 220);
    await client.upgrade();
    await client.command(RESPONSE, 500);
    await client.command('EHLO client.example', 250);
    await client.command('MAIL FROM:<a@client.example>', 530);
    assert.deepEqual(logins, []);
  });

  test('a login in plain text is forgotten, and so is what was listed', async (t) => {
    const { logins, connect } = await noting(t, { allowInsecureAuth: true });
    const client = await connect();
    await client.command('EHLO client.example', 250);
    await client.command(PLAIN, 235);
    await client.command('STARTTLS', 220);
    await client.upgrade();
    await client.command(PLAIN, 503);
    await client.command('EHLO client.example', 250);
    await client.command('MAIL FROM:<a@client.example>', 530);
    await client.command(PLAIN, 235);
    await client.command('MAIL FROM:<a@client.example>', 250);
    assert.deepEqual(logins, [USER, USER]);
  });

  test('STARTTLS with a response behind it in one segment is cut there', async (t) => {
    const { logins, greeted } = await noting(t, { allowInsecureAuth: true });
    const client = await greeted();
    client.write(`STARTTLS\r\nAUTH PLAIN\r\n${RESPONSE}\r\n`);
    await client.expect(220);
    await client.upgrade();
    await client.command('EHLO client.example', 250);
    await client.command('MAIL FROM:<a@client.example>', 530);
    assert.deepEqual(logins, []);
  });
});

describe('lines of AUTH', { timeout: 60_000 }, () => {
  const OPEN = { allowInsecureAuth: true, maxBadCommands: 0 };
  for (const begin of ['AUTH PLAIN ', 'AUTH PLAIN\r\n']) {
    test(`without an end, ${JSON.stringify(begin)}`, async (t) => {
      const { logins, greeted } = await noting(t, OPEN);
      const client = await greeted();
      client.write(begin);
      if (begin.endsWith('\n')) await client.expect(334);
      for (let sent = 0; sent < 80 * 1024; sent += 4 * 1024) client.write('A'.repeat(4 * 1024));
      await client.expect(/^421 /);
      await client.ended();
      assert.deepEqual(logins, []);
    });
  }

  test('of 12288 bytes are read, and longer ones are not', async (t) => {
    const { logins, greeted } = await noting(t, OPEN);
    const client = await greeted();
    const longest = base64(`\0${USER}\0${'x'.repeat(9_000)}`).padEnd(12_286, '=');
    await client.command('AUTH PLAIN', 334);
    // As long as may be, though no base64.
    await client.command(longest, 501);
    await client.command('AUTH PLAIN', 334);
    await client.command(base64(`\0${USER}\0${'x'.repeat(9_000)}`), 535);
    await client.command('AUTH PLAIN', 334);
    await client.command(`${longest}=`, /^500 /);
    await client.command(`AUTH PLAIN ${longest}`, /^500 /);
    await client.command('NOOP', 250);
    assert.deepEqual(logins, [USER]);
  });

  /** What is no message of any mechanism, with an initial response and behind a challenge. */
  const ODD = {
    nothing: '',
    'an empty response': '=',
    'only padding': '==',
    'a NUL': base64('\0'),
    'many of them': base64('\0'.repeat(9_000)),
    'one long word': base64('x'.repeat(9_000)),
    'no UTF-8': Buffer.from([0xff, 0xfe, 0x80]).toString('base64'),
    'no UTF-8 on the line': Buffer.from([0xff, 0xfe]),
    'a space within': 'AHRp bQB4',
    'a space before': ' ?',
    'a CR within': 'AHRp\rbQB4',
    'no padding': 'AHRpbQB0YQ',
    'too much padding': 'AHRpbQB0YQ===',
    'the other alphabet': '-_-_',
    'bits that nobody needs': 'AB==',
  };
  const MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256', 'XOAUTH2', 'OAUTHBEARER'];
  for (const mechanism of MECHANISMS) {
    test(`that no client of ${mechanism} sends end its exchange, and nothing else`, async (t) => {
      const { logins, greeted } = await noting(t, { ...OPEN, authMechanisms: MECHANISMS });
      for (const [what, line] of Object.entries(ODD)) {
        const client = await greeted();
        for (const isInitial of [true, false]) {
          if (isInitial && line === '') continue;
          if (!isInitial) await client.command(`AUTH ${mechanism}`, 334);
          const before = isInitial ? `AUTH ${mechanism} ` : '';
          client.write(Buffer.concat([before, line, '\r\n'].map((part) => Buffer.from(part))));
          await client.expect(501, `${what}${isInitial ? ' at once' : ''}`);
          await client.command('MAIL FROM:<a@client.example>', 530);
        }
        client.destroy();
      }
      assert.deepEqual(logins, []);
    });
  }

  test('that do not wait for their challenge are refused where that is wanted', async (t) => {
    const { logins, greeted } = await noting(t, { ...OPEN, unauthorisedPipelining: 'refuse' });
    for (const [first, ...rest] of [
      [PLAIN, 'NOOP'],
      ['AUTH PLAIN', RESPONSE],
      ['AUTH LOGIN', base64(USER), base64(PASSWORD)],
    ]) {
      const client = await greeted();
      client.write([first, ...rest, ''].join('\r\n'));
      await client.expect(/^503 /);
      await client.ended();
    }
    assert.deepEqual(logins, []);
  });

  test('that are pipelined are served otherwise, and nothing behind a login is lost', async (t) => {
    const { logins, greeted } = await noting(t, OPEN);
    const client = await greeted();
    client.write(
      `AUTH LOGIN\r\n${base64(USER)}\r\n${base64(PASSWORD)}\r\nMAIL FROM:<a@b.example>\r\n`,
    );
    for (const code of [334, 334, 235, 250]) await client.expect(code);
    assert.deepEqual(logins, [USER]);
  });
});

describe('many clients', { timeout: 120_000 }, () => {
  test('whose passwords are hashed are all answered, and JavaScript goes on meanwhile', async (t) => {
    const keys = await scramKeys(PASSWORD, { iterations: 100_000 });
    const { greeted } = await serve(
      t,
      { allowInsecureAuth: true },
      { auth: (login) => login.verify(keys) },
    );
    const clients = await Promise.all(Array.from({ length: 20 }, () => greeted()));
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    turn();
    await Promise.all(
      clients.map((client, index) =>
        client.command(
          `AUTH PLAIN ${base64(`\0${USER}\0${index % 2 ? PASSWORD : 'other'}`)}`,
          index % 2 ? 235 : 535,
        ),
      ),
    );
    isDone = true;
    assert.ok(turns > 100, `${turns} turns of the event loop`);
  });

  test('who leave while their passwords are hashed are let go', async (t) => {
    const keys = await scramKeys(PASSWORD, { iterations: 200_000 });
    const results = [];
    let begun = 0;
    const auth = async (login) => {
      begun += 1;
      results.push(await login.verify(keys));
    };
    const { server, greeted } = await serve(t, { allowInsecureAuth: true }, { auth });
    const clients = await Promise.all(Array.from({ length: 10 }, () => greeted()));
    for (const client of clients) client.write(`${PLAIN}\r\n`);
    while (begun < 10) await new Promise(setImmediate);
    for (const client of clients) client.socket.resetAndDestroy();
    while (server.connections > 0 || results.length < 10) await new Promise(setImmediate);
    assert.equal(results.length, 10);
  });

  for (const how of ['FIN', 'close_notify']) {
    test(`who leave by ${how} while others are before them leave their place`, async (t) => {
      const keys = await scramKeys(PASSWORD, { iterations: 1_000_000 });
      let begun = 0;
      /** @type {boolean[]} */
      const results = [];
      const auth = async (login) => {
        begun += 1;
        const isRight = await login.verify(keys);
        if (login.username === 'leaver') results.push(isRight);
        return isRight;
      };
      const made = await serve(t, { allowInsecureAuth: true, tls: KEYS }, { auth });
      const holders = await Promise.all(
        Array.from({ length: availableParallelism() }, () => made.greeted()),
      );
      for (const client of holders) client.write(`${PLAIN}\r\n`);
      while (begun < holders.length) await new Promise(setImmediate);
      const leaver = await made.greeted();
      if (how === 'close_notify') {
        await leaver.startTls({ rejectUnauthorized: false });
        await leaver.command('EHLO client.example', 250);
      }
      leaver.write(`AUTH PLAIN ${base64(`\0leaver\0${PASSWORD}`)}\r\nNOOP\r\n`);
      while (begun < holders.length + 1) await new Promise(setImmediate);
      leaver.halfClose();
      // What it has sent before is served.
      await leaver.expect(454);
      await leaver.expect('250 OK');
      await leaver.ended();
      assert.deepEqual(results, [false]);
      for (const client of holders) assert.equal(client.unread, '', 'they are still at it');
      for (const client of holders) client.socket.resetAndDestroy();
    });
  }

  test('who send no more are served where nobody is before them', async (t) => {
    const keys = await scramKeys(PASSWORD, { iterations: 4_096 });
    const { greeted } = await serve(
      t,
      { allowInsecureAuth: true },
      { auth: (login) => login.verify(keys) },
    );
    // Whoever was before it is done by then, those of other tests as well.
    await (await greeted()).command(PLAIN, 235);
    const client = await greeted();
    client.write(`${PLAIN}\r\nQUIT\r\n`);
    client.halfClose();
    await client.expect(235);
    await client.expect(221);
  });

  test('beyond those who may wait are told to come again, and their sessions go on', async (t) => {
    const keys = await scramKeys(PASSWORD, { iterations: 1_000_000 });
    const params = { allowInsecureAuth: true, maxClients: 0, maxClientsPerAddress: 0 };
    const { server, greeted } = await serve(t, params, { auth: (login) => login.verify(keys) });
    const clients = await Promise.all(Array.from({ length: 1_020 }, () => greeted()));
    for (const client of clients) client.write(`${PLAIN}\r\n`);
    const told = () => clients.filter((client) => client.unread.startsWith('454'));
    while (told().length < 10) await new Promise(setImmediate);
    for (const client of told()) {
      await client.expect(454);
      await client.command('NOOP', 250);
    }
    for (const client of clients) client.socket.resetAndDestroy();
    while (server.connections > 0) await new Promise(setImmediate);
  });

  for (const [mechanism, lines] of Object.entries({
    PLAIN: [PLAIN],
    LOGIN: ['AUTH LOGIN', base64(USER), base64(PASSWORD)],
    'SCRAM-SHA-256': [`AUTH SCRAM-SHA-256 ${base64(`n,,n=${USER},r=rOprNGfwEbeRWgbN`)}`],
  })) {
    test(`whose ${mechanism} is hashed for too long are told so, and may go on`, async (t) => {
      const keys = await scramKeys(PASSWORD, { iterations: 1_000_000 });
      // Passwords are hashed for SCRAM, too, where no keys are stored.
      const secret = mechanism.startsWith('SCRAM') ? PASSWORD : keys;
      const params = { allowInsecureAuth: true, listenerTimeout: 50 };
      const listeners = { auth: (login) => login.verify(secret).then(() => new Promise(() => {})) };
      const { greeted } = await serve(t, params, { ...listeners, error: () => undefined });
      const client = await greeted();
      for (const line of lines.slice(0, -1)) await client.command(line, 334);
      client.write(`${lines.at(-1)}\r\n`);
      if (mechanism.startsWith('SCRAM')) {
        await client.expect(334);
        await client.command('*', 501);
      } else {
        await client.expect(454);
      }
      await client.command('NOOP', 250);
    });
  }
});
