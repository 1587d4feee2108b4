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
      await c.expect(/^MAIL/);
      c.say('250 OK');
      await c.expect(/^RCPT/);
      c.say('250 OK');
      await c.expect(/^DATA/);
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
