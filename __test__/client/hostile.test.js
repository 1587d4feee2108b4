'use strict';
// Servers that do not behave, at each step: every promise is settled once, with a clear error.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { scripted } = require('../support/scripted-server.js');
const { within } = require('../support/wait.js');

const HOST = '127.0.0.1';
const ENVELOPE = { from: 'from@example.com', to: 'to@example.com' };
const EHLO = ['PIPELINING', 'SIZE 100000'];

/** What a server does up to a step, where the test takes over. */
const STEPS = {
  async greeting() {},
  async ehlo(/** @type {any} */ c) {
    c.say('220 hello');
    await c.expect(/^EHLO/);
  },
  async starttls(/** @type {any} */ c) {
    await c.greet('STARTTLS');
    await c.expect(/^STARTTLS/);
  },
  async ehloUnderTls(/** @type {any} */ c) {
    await STEPS.starttls(c);
    c.say('220 go');
    await c.secure(p256());
    await c.expect(/^EHLO/);
  },
  async auth(/** @type {any} */ c) {
    await c.greet('AUTH PLAIN');
    await c.expect(/^AUTH/);
  },
  async mail(/** @type {any} */ c) {
    await c.greet();
    await c.expect(/^MAIL/);
  },
  async rcpt(/** @type {any} */ c) {
    await STEPS.mail(c);
    c.say('250 OK');
    await c.expect(/^RCPT/);
  },
  async data(/** @type {any} */ c) {
    await STEPS.rcpt(c);
    c.say('250 OK');
    await c.expect(/^DATA/);
  },
  async pipelined(/** @type {any} */ c) {
    await c.greet(...EHLO);
    await c.expect(/^MAIL/);
    await c.expect(/^RCPT/);
    await c.expect(/^DATA/);
  },
  async message(/** @type {any} */ c) {
    await STEPS.data(c);
    c.say('354 go');
    await c.message();
  },
  async chunk(/** @type {any} */ c) {
    await c.greet('CHUNKING', 'PIPELINING');
    await c.expect(/^MAIL/);
    await c.expect(/^RCPT/);
    c.say('250 OK', '250 OK');
    await c.expect(/^BDAT/);
  },
};

/** What goes wrong then, and what the error may be called. @type {Record<string, [(c: any) => void, RegExp]>} */
const FAULTS = {
  closes: [(c) => c.end(), /^(SMTP_ERR_CLOSED|ECONNRESET|EPIPE|SMTP_ERR_TLS)$/],
  resets: [(c) => c.reset(), /^(ECONNRESET|EPIPE|SMTP_ERR_CLOSED|SMTP_ERR_TLS)$/],
  stalls: [() => {}, /^ETIMEDOUT$/],
  'says 421': [
    (c) => {
      c.say('421 4.3.2 going down');
      c.end();
    },
    /^SMTP_ERR_(REFUSED|REJECTED|AUTH|NO_TLS|CLOSED)$/,
  ],
  'sends an endless line': [(c) => c.send(`250 ${'x'.repeat(200_000)}`), /^SMTP_ERR_PROTOCOL$/],
  'sends an endless reply': [(c) => c.send('250-x\r\n'.repeat(40_000)), /^SMTP_ERR_PROTOCOL$/],
  'changes its code': [(c) => c.say('250-a', '550 b'), /^SMTP_ERR_PROTOCOL$/],
  'sends no reply': [(c) => c.say('HTTP/1.1 200 OK'), /^SMTP_ERR_PROTOCOL$/],
};

describe('a server that', { timeout: 120_000 }, () => {
  for (const [fault, [act, codes]] of Object.entries(FAULTS)) {
    test(`${fault} is told of at each step`, async (t) => {
      await Promise.all(
        Object.entries(STEPS).map(async ([step, reach]) => {
          const { port } = await scripted(t, async (conversation) => {
            await reach(conversation);
            act(conversation);
          });
          const isTls = step === 'starttls' || step === 'ehloUnderTls';
          const stalls = fault === 'stalls';
          const timeouts = { commandTimeout: 300, dataInitTimeout: 300, dataEndTimeout: 300 };
          const options = {
            ...{ host: HOST, port, rejectUnauthorized: false },
            ...(stalls ? { ...timeouts, connectTimeout: 300 } : {}),
            ...(isTls ? { tls: 'required' } : {}),
            ...(step === 'auth' ? { auth: { user: 'u', password: 'p' } } : {}),
          };
          const sent = within(Client.send(options, ENVELOPE, 'x'), `an error at ${step}`);
          await assert.rejects(sent, (/** @type {any} */ error) => {
            assert.match(error.code ?? '', codes, `${step}: ${error.code} ${error.message}`);
            const isSent = ['message', 'chunk'].includes(step);
            const isReply = /REJECTED/.test(error.code);
            assert.equal(Boolean(error.uncertain), isSent && !isReply, `${step}: ${error.message}`);
            return true;
          });
        }),
      );
    });
  }

  test('replies to what nobody asked is left', async (t) => {
    const { port, conversations } = await scripted(t, async (conversation) => {
      await conversation.greet();
      await conversation.take();
      conversation.say('250 and another thing');
    });
    const pool = new Client.Pool({ host: HOST, port, maxConnections: 1 });
    await pool.send(ENVELOPE, 'x');
    await conversations[0].gone();
    await pool.send(ENVELOPE, 'x');
    assert.equal(conversations.length, 2);
    await pool.close({ grace: 1 });
  });

  test('refuses a long message halfway is believed', async (t) => {
    const { port } = await scripted(t, async (conversation) => {
      await STEPS.data(conversation);
      conversation.say('354 go');
      await conversation.bytes(100_000);
      conversation.say('552 5.3.4 too much');
      conversation.end();
    });
    const long = Buffer.alloc(20_000_000, 'abcdefghi\n');
    await assert.rejects(
      Client.send({ host: HOST, port }, ENVELOPE, long),
      (/** @type {any} */ error) => {
        assert.match(error.code, /^(SMTP_ERR_REJECTED|ECONNRESET|EPIPE)$/);
        assert.ok(!error.uncertain);
        return true;
      },
    );
  });

  test('takes too little is asked no further', async (t) => {
    const { port, conversations } = await scripted(t, (conversation) =>
      conversation.greet('SIZE 100'),
    );
    const sent = Client.send({ host: HOST, port }, ENVELOPE, 'x'.repeat(101));
    await assert.rejects(sent, {
      code: 'SMTP_ERR_SIZE',
      permanent: true,
      message: /has 101 bytes, the server takes 100/,
    });
    assert.doesNotMatch(String(conversations[0].received), /MAIL/);
  });

  test('lacks what a message needs is asked no further', async (t) => {
    const { port } = await scripted(t, (conversation) => conversation.greet());
    for (const [more, keyword] of /** @type {const} */ ([
      [{ smtpUtf8: true }, 'SMTPUTF8'],
      [{ from: '\u00fc@example.com' }, 'SMTPUTF8'],
      [{ requireTls: true }, 'REQUIRETLS'],
      [{ body: 'binarymime' }, 'BINARYMIME'],
    ])) {
      const sent = Client.send({ host: HOST, port }, { ...ENVELOPE, ...more }, 'x');
      await assert.rejects(sent, {
        ...{ code: 'SMTP_ERR_EXTENSION', permanent: true },
        message: new RegExp(keyword),
      });
    }
  });

  test('does not read is left in the end', async (t) => {
    const { port } = await scripted(t, async (conversation) => {
      await STEPS.data(conversation);
      conversation.say('354 go');
      conversation.socket.pause();
    });
    const long = Buffer.alloc(30_000_000, 'abcdefghi\n');
    const sent = Client.send({ host: HOST, port, dataBlockTimeout: 200 }, ENVELOPE, long);
    await assert.rejects(sent, { code: 'ETIMEDOUT', uncertain: false });
  });

  test('greets drop by drop has one deadline', async (t) => {
    const { port } = await scripted(t, async (conversation) => {
      const timer = setInterval(() => conversation.send('220-slow\r\n'), 20);
      await conversation.gone();
      clearInterval(timer);
    });
    const sent = Client.send({ host: HOST, port, connectTimeout: 300 }, ENVELOPE, 'x');
    await assert.rejects(sent, { code: 'ETIMEDOUT' });
  });
});

describe('extensions', { timeout: 60_000 }, () => {
  test('are used where they are offered', async (t) => {
    const { port, conversations, errors } = await scripted(t, async (c) => {
      await c.greet('PIPELINING', 'SIZE', '8BITMIME', 'SMTPUTF8', 'DSN');
      await c.expect(
        /^MAIL FROM:<\u00fc@example.com> SIZE=3 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a\+20b$/,
      );
      await c.expect(
        /^RCPT TO:<to@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;to@example.com$/,
      );
      await c.expect(/^DATA$/);
      c.say('250 OK', '250 OK', '354 go');
      await c.message();
      c.say('250 taken');
    });
    const dsn = { ret: 'headers', envid: 'a b', notify: ['success', 'failure'], orcpt: true };
    const envelope = { ...ENVELOPE, from: '\u00fc@example.com', dsn };
    await Client.send({ host: HOST, port }, envelope, '\u20ac');
    assert.deepEqual([conversations.length, errors], [1, []]);
  });

  test('chunks carry a message, a binary one as it is', async (t) => {
    const bytes = Buffer.from('a\nb\r.\r\n.\r\n\0\xff', 'latin1');
    for (const [body, expected] of /** @type {[string | undefined, Buffer][]} */ ([
      ['binarymime', bytes],
      [undefined, Buffer.from('a\r\nb\r\n.\r\n.\r\n\0\xff\r\n', 'latin1')],
    ])) {
      const { port, errors } = await scripted(t, async (c) => {
        await c.greet('PIPELINING', 'CHUNKING', 'BINARYMIME');
        await c.expect(body ? /BODY=BINARYMIME$/ : /^MAIL FROM:<from@example.com>$/);
        await c.expect(/^RCPT/);
        c.say('250 OK', '250 OK');
        const line = await c.expect(/^BDAT \d+ LAST$/);
        const chunk = await c.bytes(Number(line.split(' ')[1]));
        assert.deepEqual(chunk, expected);
        c.say('250 taken');
      });
      await Client.send({ host: HOST, port }, { ...ENVELOPE, body }, bytes);
      assert.deepEqual(errors, []);
    }
  });

  test('chunks carry a long message, and stop where one is refused', async (t) => {
    const long = Buffer.alloc(2_000_000, 'abcdefgh\r\n');
    for (const refused of [false, true]) {
      const { port, errors } = await scripted(t, async (c) => {
        await c.greet('PIPELINING', 'CHUNKING');
        await c.expect(/^MAIL/);
        await c.expect(/^RCPT/);
        c.say('250 OK', '250 OK');
        let length = 0;
        for (let last = false, chunks = 1; !last; chunks += 1) {
          const line = await c.line();
          if (line === 'RSET') return c.say('250 OK');
          const [, size, end] = /^BDAT (\d+)( LAST)?$/.exec(line) ?? assert.fail(`'${line}'`);
          length += (await c.bytes(Number(size))).length;
          last = end !== undefined;
          c.say(refused && chunks >= 2 ? '552 full' : '250 OK');
        }
        assert.equal(length, long.length);
      });
      const sent = Client.send({ host: HOST, port }, ENVELOPE, long);
      if (refused) await assert.rejects(sent, { code: 'SMTP_ERR_REJECTED', replyCode: 552 });
      else await sent;
      assert.deepEqual(errors, []);
    }
  });

  test('LMTP answers for each recipient', async (t) => {
    const { port } = await scripted(t, async (c) => {
      c.say('220 lmtp');
      await c.expect(/^LHLO /);
      c.say('250-lmtp', '250 PIPELINING');
      await c.expect(/^MAIL/);
      for (const _ of [1, 2, 3]) await c.expect(/^RCPT/);
      await c.expect(/^DATA/);
      c.say('250 OK', '250 OK', '550 no', '250 OK', '354 go');
      await c.message();
      c.say('452 full', '250 taken');
    });
    const to = ['a@example.com', 'b@example.com', 'c@example.com'];
    const result = await Client.send({ host: HOST, port, lmtp: true }, { ...ENVELOPE, to }, 'x');
    assert.deepEqual(result.accepted, ['c@example.com']);
    assert.deepEqual(
      result.rejected.map(({ replyCode }) => replyCode),
      [452, 550],
    );
    assert.equal(result.response, '250 taken');
  });
});
