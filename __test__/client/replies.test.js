'use strict';
// Replies that come too often, too early or cut short: what the caller is told of a message.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { scripted } = require('../support/scripted-server.js');
const { within } = require('../support/wait.js');

const HOST = '127.0.0.1';
const ENVELOPE = { from: 'from@example.com', to: 'to@example.com' };

describe('a reply too many', { timeout: 60_000 }, () => {
  /** Where a reply is said twice. @type {Record<string, (c: any) => Promise<void>>} */
  const PLACES = {
    async greeting(c) {
      c.say('220 hello', '220 hello again');
    },
    async ehlo(c) {
      c.say('220 hello');
      await c.expect(/^EHLO/);
      c.say('250 scripted.example', '250 OK');
    },
    async mail(c) {
      await c.greet();
      await c.expect(/^MAIL/);
      c.say('250 OK', '250 OK');
    },
    async rcpt(c) {
      await c.greet('PIPELINING', 'CHUNKING');
      await c.expect(/^MAIL/);
      await c.expect(/^RCPT/);
      c.say('250 OK', '250 OK', '250 OK');
    },
    async data(c) {
      await c.greet('PIPELINING');
      await c.expect(/^MAIL/);
      await c.expect(/^RCPT/);
      await c.expect(/^DATA/);
      c.say('250 OK', '250 OK', '354 go', '250 taken');
    },
  };
  for (const [place, say] of Object.entries(PLACES)) {
    test(`ends the session: ${place}`, async (t) => {
      const { port, conversations, errors } = await scripted(t, say);
      const sent = within(Client.send({ host: HOST, port }, ENVELOPE, 'x'), place);
      await assert.rejects(sent, { code: 'SMTP_ERR_PROTOCOL', uncertain: false });
      await conversations[0].gone();
      assert.doesNotMatch(String(conversations[0].received), /\r\n\.\r\n/);
      assert.deepEqual([conversations.length, errors], [1, []]);
    });
  }

  test('is not the answer to the next message, which goes over another connection', async (t) => {
    const { port, conversations } = await scripted(t, async (c, number) => {
      await c.greet();
      if (number > 1) return void (await c.take());
      await c.accept(/^DATA$/);
      c.say('354 go');
      await c.message();
      c.say('250 taken', '250 taken');
    });
    const pool = new Client.Pool({ host: HOST, port, maxConnections: 1 });
    const results = await Promise.all([pool.send(ENVELOPE, 'x'), pool.send(ENVELOPE, 'y')]);
    assert.deepEqual([results.length, conversations.length], [2, 2]);
    assert.doesNotMatch(String(conversations[0].received).split('\r\n.\r\n')[1], /MAIL/);
    await pool.close({ grace: 1 });
  });
});

describe('STARTTLS that is offered and fails', { timeout: 60_000 }, () => {
  const auth = { user: 'user', password: 'secret' };
  for (const reply of ['454 no', '500 what?', '502 no', '554 no', '220 go']) {
    test(`ends a session with a login: ${reply}`, async (t) => {
      const { port, conversations } = await scripted(t, async (c) => {
        await c.greet('STARTTLS', 'AUTH PLAIN LOGIN');
        await c.expect(/^STARTTLS$/);
        c.say(reply);
        if (reply.startsWith('220')) c.say('this is no TLS');
      });
      for (const more of [{}, { rejectUnauthorized: false }]) {
        const options = { host: HOST, port, tls: 'opportunistic', auth, ...more };
        await assert.rejects(Client.send(options, ENVELOPE, 'x'), {
          code: /^2/.test(reply) ? 'SMTP_ERR_TLS' : 'SMTP_ERR_NO_TLS',
        });
      }
      assert.equal(conversations.length, 2, 'no second connection in the clear');
      for (const { received } of conversations) assert.doesNotMatch(String(received), /AUTH|MAIL/);
    });
  }
});

/** Each line of `said` in answer to one of the client, the first to MAIL; then the connection ends. */
function saying(/** @type {string[]} */ said, /** @type {string[]} */ keywords = []) {
  return async (/** @type {any} */ c) => {
    await c.greet(...keywords);
    for (const line of said) {
      if (line.startsWith('dot ')) await c.message();
      else await c.line();
      c.send(line.replace('dot ', ''));
    }
    c.end();
  };
}

describe('a close behind a refusal', { timeout: 60_000 }, () => {
  const [OK, GO] = ['250 OK\r\n', '354 go\r\n'];
  const to = ['a@example.com', 'b@example.com'];
  for (const [name, said, keywords, code, codes] of /** @type {const} */ ([
    ['at MAIL', ['553 no\r\n'], [], 553, [553, 553]],
    ['at MAIL, PIPELINING', ['553 no\r\n'], ['PIPELINING'], 553, [553, 553]],
    ['at the first RCPT', [OK, '550 no\r\n'], [], 550, [550, undefined]],
    ['at RCPT, PIPELINING', [OK, '550 no\r\n', '450 no\r\n'], ['PIPELINING'], 550, [550, 450]],
    ['421 at RCPT', [OK, '421 bye\r\n'], [], 421, [421, 421]],
    ['cut short at MAIL', ['454 4.3.0 later'], [], 454, [454, 454]],
    ['at DATA', [OK, OK, OK, '452 no\r\n'], [], 452, [452, 452]],
    ['cut short at the dot', [OK, OK, OK, GO, 'dot 554 no'], [], 554, [554, 554]],
    ['at BDAT', [OK, OK, OK, '552 no\r\n'], ['CHUNKING'], 552, [552, 552]],
  ])) {
    test(`is only its end: ${name}`, async (t) => {
      const { port } = await scripted(t, saying([...said], [...keywords]));
      const sent = Client.send({ host: HOST, port }, { ...ENVELOPE, to }, 'x');
      await assert.rejects(within(sent, name), (/** @type {any} */ error) => {
        assert.deepEqual([error.code, error.replyCode], ['SMTP_ERR_REJECTED', code]);
        assert.deepEqual(
          error.rejected.map((/** @type {any} */ { replyCode }) => replyCode),
          codes,
        );
        // Those of whom nothing was said may be tried again.
        if (codes.some((each) => each === undefined)) assert.equal(error.permanent, false);
        assert.ok(!error.uncertain);
        return true;
      });
    });
  }

  test('a server that says 421 and is silent then is not waited for', async (t) => {
    for (const count of [1, 2, 3]) {
      const { port } = await scripted(t, async (c) => {
        await c.greet();
        for (let at = 0; at < count; at += 1) {
          await c.line();
          c.say('250 OK');
        }
        await c.line();
        c.say('421 4.3.2 bye');
      });
      const sent = Client.send({ host: HOST, port }, { ...ENVELOPE, to }, 'x');
      await assert.rejects(within(sent, 'the end'), { replyCode: 421, code: 'SMTP_ERR_REJECTED' });
    }
  });

  test('a refusal within a message is told, and not sent over again', async (t) => {
    const { port, conversations } = await scripted(t, async (c) => {
      await c.greet();
      await c.accept(/^DATA$/);
      c.send(GO);
      await c.bytes(100_000);
      c.say('421 4.3.2 going down');
      c.end();
    });
    const long = Buffer.alloc(20_000_000, 'abcdefghi\n');
    const sent = Client.send({ host: HOST, port }, { ...ENVELOPE, to }, long);
    await assert.rejects(sent, { replyCode: 421, code: 'SMTP_ERR_REJECTED' });
    assert.equal(conversations.length, 1);
  });

  test('an acceptance without its end stays uncertain', async (t) => {
    const { port } = await scripted(t, saying([OK, OK, OK, GO, 'dot 250 taken']));
    const sent = Client.send({ host: HOST, port }, { ...ENVELOPE, to }, 'x');
    await assert.rejects(sent, { code: 'SMTP_ERR_CLOSED', uncertain: true });
  });
});

describe('LMTP, the connection lost among the verdicts', { timeout: 60_000 }, () => {
  const to = ['a@example.com', 'b@example.com', 'c@example.com'];
  for (const [verdicts, accepted, rejected] of /** @type {[string[], string[], any[]][]} */ ([
    [['250 a', '250 b'], to.slice(0, 2), [[to[2], undefined, true]]],
    [
      ['250 a', '452 b'],
      to.slice(0, 1),
      [
        [to[1], 452, undefined],
        [to[2], undefined, true],
      ],
    ],
    [
      ['452 a'],
      [],
      [
        [to[0], 452, undefined],
        [to[1], undefined, true],
        [to[2], undefined, true],
      ],
    ],
  ])) {
    test(`${verdicts.join(', ')}`, async (t) => {
      const { port } = await scripted(t, async (c) => {
        await c.greet('PIPELINING');
        for (const _ of [1, 2, 3, 4, 5]) await c.line();
        c.say('250 OK', '250 OK', '250 OK', '250 OK', '354 go');
        await c.message();
        c.say(...verdicts);
        c.end();
      });
      const sent = Client.send({ host: HOST, port, lmtp: true }, { ...ENVELOPE, to }, 'x');
      const result = await sent.catch((error) => {
        assert.deepEqual([error.uncertain, error.permanent], [true, false]);
        return { accepted: [], ...error };
      });
      assert.deepEqual(result.accepted, accepted);
      assert.deepEqual(
        result.rejected.map((/** @type {any} */ one) => [
          one.address,
          one.replyCode,
          one.uncertain,
        ]),
        rejected,
      );
    });
  }
});
