'use strict';
// Recipients that fare differently: what each of them is told, in every form.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const { Client: MailClient } = require('../../src/js/compat/mail-io/index.js');
const transport = require('../../src/js/client/nodemailer.js');
const { scripted } = require('../support/scripted-server.js');

const HOST = '127.0.0.1';
const FROM = 'from@example.com';
const PLAIN = ['a@example.com', 'b@example.com', 'c@example.com'];

/** Answers each command of a transaction: `rcpt` each RCPT in turn, `last` the message. */
function answering(
  /** @type {string[]} */ rcpt,
  /** @type {string[]} */ last,
  /** @type {string[]} */ ...keywords
) {
  return async (/** @type {any} */ c) => {
    await c.greet(...keywords);
    const waiting = [...rcpt];
    for (let line = await c.line(); line !== ''; line = await c.line()) {
      if (line.startsWith('RCPT')) c.say(waiting.shift() ?? '250 OK');
      else if (line === 'DATA') {
        c.say('354 go');
        await c.message();
        c.say(...last);
        if (last.length === 0) return c.end();
      } else c.say('250 OK');
    }
  };
}

/** @typedef {{ address: string, replyCode?: number, uncertain?: boolean, error?: any }} One */
const told = (/** @type {One[]} */ rejected) =>
  rejected.map(({ address, replyCode, uncertain, error }) => [
    address,
    replyCode,
    uncertain,
    error?.code,
  ]);

describe('a local part in UTF-8', { timeout: 60_000 }, () => {
  for (const at of [0, 1, 2]) {
    const to = PLAIN.with(at, 'ü@example.com');
    const others = PLAIN.filter((_, index) => index !== at);

    test(`keeps nobody else from the message, as recipient ${at + 1}`, async (t) => {
      const { port, conversations } = await scripted(t, answering([], ['250 taken'], 'PIPELINING'));
      const pool = new Client.Pool({ host: HOST, port });
      const envelope = { from: FROM, to };
      for (const sent of [
        Client.send({ host: HOST, port }, envelope, 'x'),
        pool.send(envelope, 'x'),
      ]) {
        const { accepted, rejected } = await sent;
        assert.deepEqual(accepted, others);
        assert.deepEqual(told(rejected), [
          ['ü@example.com', undefined, undefined, 'SMTP_ERR_EXTENSION'],
        ]);
        const [{ error, reply }] = /** @type {any} */ (rejected);
        assert.deepEqual([error.permanent, error.transient, reply], [true, false, error.message]);
        assert.match(reply, /SMTPUTF8/);
      }
      await pool.close();
      for (const { received } of conversations) assert.doesNotMatch(String(received), /SMTPUTF8|ü/);
    });

    test(`is told of with those whom the server refuses, as recipient ${at + 1}`, async (t) => {
      const { port } = await scripted(t, answering(['550 no', '550 no'], []));
      await assert.rejects(Client.send({ host: HOST, port }, { from: FROM, to }, 'x'), (error) => {
        const { code, replyCode, permanent, rejected } = /** @type {any} */ (error);
        assert.deepEqual([code, replyCode, permanent], ['SMTP_ERR_REJECTED', 550, true]);
        const expected = to.map((address) =>
          address === 'ü@example.com'
            ? [address, undefined, undefined, 'SMTP_ERR_EXTENSION']
            : [address, 550, undefined, undefined],
        );
        assert.deepEqual(told(rejected), expected);
        return true;
      });
    });
  }

  test('is told of by its name to users of nodemailer and mail-io', async (t) => {
    const { port } = await scripted(t, answering([], ['250 taken']));
    const to = ['a@example.com', 'ü@example.com'];
    const mailer = nodemailer.createTransport(transport({ host: HOST, port }));
    const info = /** @type {any} */ (await mailer.sendMail({ from: FROM, to, text: 'x' }));
    assert.deepEqual([info.accepted, info.rejected], [to.slice(0, 1), to.slice(1)]);
    assert.equal(info.rejectedErrors[0].cause.code, 'SMTP_ERR_EXTENSION');
    const client = new MailClient({ host: HOST, port });
    await assert.rejects(client.send({ from: FROM, to }, 'x'), /ü@example\.com.*SMTPUTF8/);
  });
});

describe('an error for several recipients', { timeout: 60_000 }, () => {
  const codes = [421, 450, 452, 550, 551, 599];
  test('is permanent if that holds of each, transient if of none but may be later', async (t) => {
    const pairs = codes.slice(1).flatMap((one) => codes.slice(1).map((other) => [one, other]));
    await Promise.all(
      pairs.map(async (pair) => {
        const { port } = await scripted(
          t,
          answering(
            pair.map((code) => `${code} no`),
            [],
          ),
        );
        const sent = Client.send({ host: HOST, port }, { from: FROM, to: PLAIN.slice(0, 2) }, 'x');
        await assert.rejects(sent, (error) => {
          const { permanent, transient, rejected } = /** @type {any} */ (error);
          const expected = pair.every((code) => code >= 500);
          assert.deepEqual([permanent, transient], [expected, !expected], String(pair));
          assert.deepEqual(
            rejected.map((/** @type {any} */ { replyCode }) => replyCode),
            pair,
          );
          return true;
        });
      }),
    );
  });
});

describe('LMTP, two verdicts of three', { timeout: 60_000 }, () => {
  const lost = async (/** @type {any} */ c) => {
    await c.greet();
    for (const _ of [1, 2, 3, 4]) {
      await c.line();
      c.say('250 OK');
    }
    await c.expect(/^DATA$/);
    c.say('354 go');
    await c.message();
    c.say('250 a', '452 b');
    c.end();
  };
  const options = { host: HOST, lmtp: true };
  const expected = [
    [PLAIN[1], 452, undefined, undefined],
    [PLAIN[2], undefined, true, 'SMTP_ERR_CLOSED'],
  ];

  test('are told by Client.send and a pool', async (t) => {
    const { port } = await scripted(t, lost);
    const pool = new Client.Pool({ ...options, port });
    for (const sent of [
      Client.send({ ...options, port }, { from: FROM, to: PLAIN }, 'x'),
      pool.send({ from: FROM, to: PLAIN }, 'x'),
    ]) {
      const { accepted, rejected } = await sent;
      assert.deepEqual([accepted, told(rejected)], [PLAIN.slice(0, 1), expected]);
    }
    await pool.close();
  });

  test('are told by the transport for nodemailer', async (t) => {
    const { port } = await scripted(t, lost);
    const mailer = nodemailer.createTransport(transport({ host: HOST, port, lmtp: true }));
    const info = /** @type {any} */ (await mailer.sendMail({ from: FROM, to: PLAIN, text: 'x' }));
    assert.deepEqual([info.accepted, info.rejected], [PLAIN.slice(0, 1), PLAIN.slice(1)]);
    assert.deepEqual(
      info.rejectedErrors.map((/** @type {any} */ error) => [error.responseCode, error.uncertain]),
      [
        [452, undefined],
        [undefined, true],
      ],
    );
  });
});

describe('two replies to one message', { timeout: 60_000 }, () => {
  for (const [replies, outcome] of /** @type {[string[], any][]} */ ([
    [['250 taken', '250 taken'], { accepted: PLAIN.slice(0, 1) }],
    [['250 taken', '421 bye'], { accepted: PLAIN.slice(0, 1) }],
    [['250 taken', '550 no'], { code: 'SMTP_ERR_PROTOCOL', uncertain: true, replyCode: undefined }],
    [['550 no', '250 taken'], { code: 'SMTP_ERR_PROTOCOL', uncertain: true, replyCode: undefined }],
    [['550 no', '451 no'], { code: 'SMTP_ERR_REJECTED', uncertain: undefined, replyCode: 550 }],
  ])) {
    test(`count as what they agree in: ${replies.join(', ')}`, async (t) => {
      const { port, conversations } = await scripted(t, answering([], replies));
      const pool = new Client.Pool({ host: HOST, port, maxConnections: 1 });
      const result = await pool
        .send({ from: FROM, to: PLAIN[0] }, 'x')
        .catch((/** @type {any} */ error) => error);
      for (const [name, value] of Object.entries(outcome)) {
        assert.deepEqual(result[name], value, name);
      }
      await conversations[0].gone();
      await pool.close({ grace: 1 });
    });
  }
});
