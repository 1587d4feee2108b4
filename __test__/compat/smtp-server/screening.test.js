'use strict';
// What is checked of each command, which the comparison with the original has in full, and what of its
// line is logged: never what a client logs in with.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const { p256 } = require('../../support/certificates.js');
const { within } = require('../../support/wait.js');
const { b64, served } = require('./served.js');

const SECRET = 'Tr0ub4dor-and-more';
const TOKEN = `n,a=u@x,\x01auth=Bearer ${SECRET}\x01\x01`;

/** What a client sends of each mechanism in one go: initial response or none, then lines. */
const ATTEMPTS = {
  'PLAIN at once': [`AUTH PLAIN ${b64(`\0u\0${SECRET}`)}`],
  'PLAIN behind it': ['AUTH PLAIN', b64(`\0u\0${SECRET}`)],
  'LOGIN behind it': ['AUTH LOGIN', b64('username'), b64(SECRET)],
  'LOGIN with a name': [`AUTH LOGIN ${b64('username')}`, b64(SECRET)],
  'CRAM-MD5': ['AUTH CRAM-MD5', b64(`u ${SECRET}`)],
  'XOAUTH2 at once': [`AUTH XOAUTH2 ${b64(`user=u\x01auth=Bearer ${SECRET}\x01\x01`)}`, ''],
  'XOAUTH2 behind it': ['AUTH XOAUTH2', b64(`user=u\x01auth=Bearer ${SECRET}\x01\x01`), ''],
  OAUTHBEARER: [`AUTH OAUTHBEARER ${b64(TOKEN)}`, b64('\x01')],
  'SCRAM-SHA-256': [`AUTH SCRAM-SHA-256 ${b64(`n,,n=u,r=${SECRET}`)}`, b64(`c=biws,${SECRET}`)],
  'none that there is': [`AUTH FOO ${b64(SECRET)}`, b64(SECRET)],
  malformed: ['AUTH PLAIN !!!', SECRET, b64(`\0u\0${SECRET}`)],
  'too many words': [`AUTH PLAIN ${b64(SECRET)} ${SECRET}`, SECRET],
  'in small letters': [`auth plain ${b64(`\0u\0${SECRET}`)}`, b64(SECRET)],
  'another word': [`AUTHENTICATE PLAIN ${SECRET}`, SECRET],
  'behind what is left of a command': [' AUTH LOGIN', b64('username'), b64(SECRET)],
  'in plain text': ['AUTH LOGIN', 'username', SECRET],
  'with words behind it': ['AUTH LOGIN', `${b64('username')} x`, `${b64(SECRET)} x`],
};

/** Options, and lines before it. */
const OUTCOMES = {
  'is let in': [{ onAuth: (_auth, _session, done) => done(null, { user: 'u' }) }, ['EHLO c']],
  'is not': [{ onAuth: (_auth, _session, done) => done(null, {}) }, ['EHLO c']],
  'hears an error': [{ onAuth: (_auth, _session, done) => done(new Error('no')) }, ['EHLO c']],
  'meets a handler that throws': [
    {
      onAuth() {
        throw new Error('x');
      },
    },
    ['EHLO c'],
  ],
  'has not greeted': [{}, []],
  'has no TLS': [{ allowInsecureAuth: false }, ['EHLO c']],
  'finds AUTH disabled': [{ disabledCommands: ['AUTH'] }, ['EHLO c']],
  'finds none of the mechanisms': [{ authMethods: ['EXTERNAL'] }, ['EHLO c']],
  'is in already': [
    { onAuth: (_auth, _session, done) => done(null, { user: 'u' }) },
    ['EHLO c', `AUTH PLAIN ${b64('\0u\0first-one')}`],
  ],
  'has sent a chunk': [{}, ['EHLO c', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'BDAT 1\r\nxNOOP']],
  'speaks LMTP': [{ lmtp: true }, ['LHLO c']],
  'meets a server that closes': [
    {},
    ['EHLO c'],
    (server) => Object.assign(server, { isClosing: true }),
  ],
};

/** A logger that keeps all that it is given. */
function keeping() {
  const entries = [];
  const keep = (...args) => entries.push(inspect(args, { depth: 9, showHidden: true }));
  return { entries, logger: { debug: keep, info: keep, error: keep, warn: keep, trace: keep } };
}

describe('what a client logs in with', { timeout: 60_000 }, () => {
  for (const [outcome, [options, lines, then]] of Object.entries(OUTCOMES)) {
    for (const [name, attempt] of Object.entries(ATTEMPTS)) {
      test(`is shown by nothing: ${name}, who ${outcome}`, async (t) => {
        const { entries, logger } = keeping();
        const { connect, server, errors, closed } = await served(t, {
          ...{ allowInsecureAuth: true, key: p256().key, cert: p256().cert, logger },
          authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2', 'OAUTHBEARER', 'SCRAM-SHA-256'],
          ...options,
        });
        const client = await connect();
        for (const line of lines) {
          client.write(`${line}\r\n`);
          await client.reply();
          if (line.startsWith('BDAT')) await client.reply();
        }
        then?.(server);
        client.write(attempt.map((line) => `${line}\r\n`).join(''));
        client.write('NOOP seen\r\nFOO\r\nQUIT\r\n');
        client.socket.end();
        const [session] = await within(closed.some(), 'the end');
        const shown = [
          ...entries,
          ...errors.all.map((error) => inspect(error, { depth: 9 })),
          inspect(session, { depth: 9 }),
          client.received,
        ];
        const encoded = attempt
          .flatMap((line) => line.split(' '))
          .filter((word) => Buffer.from(word, 'base64').includes(SECRET));
        for (const text of shown) {
          for (const secret of [SECRET, ...encoded]) {
            assert.ok(!text.includes(secret), text);
          }
        }
        assert.ok(entries.some((entry) => /AUTH|\*\*\*/.test(entry)));
      });
    }
  }

  test('is hidden, and what is no secret is shown', async (t) => {
    const { entries, logger } = keeping();
    const { connect } = await served(t, { logger });
    const client = await connect();
    const logged = async (line, code) => {
      const before = entries.length;
      await client.command(line, code);
      return entries.slice(before).some((entry) => entry.includes(`'${line}'`));
    };
    assert.equal(await logged('FOO first', 500), true);
    assert.equal(await logged('EHLO c.example', 250), true);
    assert.equal(await logged('AUTH FOO', 538), false, 'the engine shows the mechanisms there are');
    assert.equal(await logged('FOO second', 500), false);
    for (const line of ['NOOP x', 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>']) {
      assert.equal(await logged(line, 250), true, line);
    }
    assert.equal(await logged('FOO third', 500), false);
    client.reset();
  });
});

test('a command is told the first thing that is in its way', async (t) => {
  const { connect } = await served(t, {
    authOptional: false,
    disabledCommands: ['VRFY', 'STARTTLS'],
  });
  const client = await connect();
  for (const [line, expected] of [
    ['VRFY x', '500 Error: command not recognized'],
    ['MAIL FROM:<a@b>', '503 Error: send HELO/EHLO first'],
    ['EHLO c', 250],
    ['MAIL FROM:<a@b>', '530 Error: authentication Required'],
    ['BDAT 0 LAST', '530 Error: authentication Required'],
    ['GET / HTTP/1.1', '421 HTTP requests not allowed'],
  ]) {
    await client.command(line, expected);
  }
});
