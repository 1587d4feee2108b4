'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { sourceOf } = require('../../src/js/catch/inbox.js');
const { MAX_BODIES, inboxRoutes } = require('../../src/js/catch-api/inbox-routes.js');
const { Mailbox } = require('../../src/js/catch-api/mailbox.js');
const { openInbox, sendTo } = require('../support/catch.js');

/** An inbox, and its routes as a client meets them. @param {import('node:test').TestContext} t @param {any} [release] */
async function openRoutes(t, release) {
  const inbox = await openInbox(t);
  const mailbox = new Mailbox(sourceOf(inbox).store);
  const routes = inboxRoutes(inbox, release);
  /** @param {string} name @param {any} [body] @param {string[]} [values] */
  const call = async (name, body = {}, values = []) => {
    const query = new URLSearchParams();
    const answer = await routes[name]({ mailbox, values, query, body });
    return answer.type === 'application/json' ? JSON.parse(String(answer.body)) : answer.body;
  };
  return { inbox, mailbox, call, routes };
}

test('a mail that is sent is there, with its tags, and those who wait see it', async (t) => {
  const { inbox, mailbox, call } = await openRoutes(t);
  const waited = inbox.waitFor({ subject: 'Hello', to: 'ann@example.com' });
  const given = {
    From: { Email: 'me@example.net' },
    To: [{ Email: 'ann@example.com' }],
    Subject: 'Hello',
    Text: 'x',
    Tags: ['red'],
  };
  const { ID } = await call('POST /api/v1/send', given);
  const mail = await waited;
  assert.equal(mailbox.find(ID), mail);
  assert.deepEqual(mailbox.mark(mail).tags, ['red']);
  assert.deepEqual(mail.envelope.to, ['ann@example.com']);
  assert.equal(mail.session.user, null);
});

test('what cannot be sent is 400, and there is no mail', async (t) => {
  const { inbox, call } = await openRoutes(t);
  for (const given of [
    {},
    { From: { Email: 'me@example.net' }, Tags: Array.from({ length: 101 }, (_, at) => `t${at}`) },
    { From: { Email: 'me@example.net' }, Tags: 'red' },
  ]) {
    await assert.rejects(call('POST /api/v1/send', given), { status: 400 });
  }
  assert.equal(inbox.messages.length, 0);
});

test('a mail is released to the server that was named, and to nobody but To', async (t) => {
  const other = await openInbox(t);
  const { inbox, mailbox, call } = await openRoutes(t, {
    host: '127.0.0.1',
    port: other.port,
    tls: 'none',
  });
  await sendTo(inbox, { subject: 'on its way' });
  const id = mailbox.idOf(inbox.messages[0]);
  const name = 'POST /api/v1/message/*/release';
  assert.equal(await call(name, { To: ['ann@example.com'] }, [id]), 'ok');
  const [released] = other.messages;
  assert.deepEqual(released.envelope.to, ['ann@example.com']);
  assert.ok(released.raw.equals(inbox.messages[0].raw));
  for (const To of [[], undefined, 'x', ['a@b.example>\r\nRCPT TO:<x@y.example']]) {
    await assert.rejects(call(name, { To }, [id]), { status: 400 }, String(To));
  }
  await assert.rejects(call(name, { To: ['ann@example.com'] }, ['none']), { status: 404 });
  other.fail({ at: 'rcpt', reply: [550, 'No such user'] });
  await assert.rejects(call(name, { To: ['ann@example.com'] }, [id]), { status: 400 });
  assert.equal(other.messages.length, 1);
  const settings = await call('GET /api/v1/webui');
  assert.deepEqual(
    [settings.MessageRelay.Enabled, settings.MessageRelay.SMTPServer],
    [true, `127.0.0.1:${other.port}`],
  );
});

test('without a server nothing is released', async (t) => {
  const { inbox, call } = await openRoutes(t);
  await sendTo(inbox);
  const released = call('POST /api/v1/message/*/release', { To: ['a@b.example'] }, ['latest']);
  await assert.rejects(released, {
    status: 400,
    message: 'there is no server to release mails to',
  });
  assert.equal((await call('GET /api/v1/webui')).MessageRelay.Enabled, false);
});

test('clients fail by chance', async (t) => {
  const { inbox, call } = await openRoutes(t);
  const set = await call('PUT /api/v1/chaos', { Recipient: { ErrorCode: 452, Probability: 100 } });
  assert.deepEqual(set.Recipient, { ErrorCode: 452, Probability: 100 });
  assert.deepEqual(await call('GET /api/v1/chaos'), set);
  const before = await sendTo(inbox).catch((error) => error);
  assert.equal(inbox.messages.length, 0);
  assert.match(JSON.stringify(before) + String(before), /452/);
  await assert.rejects(call('PUT /api/v1/chaos', { Sender: { ErrorCode: 200 } }), { status: 400 });
  await call('PUT /api/v1/chaos', {});
  await sendTo(inbox);
  assert.equal(inbox.messages.length, 1);
});

test('it says how it is', async (t) => {
  const { inbox, mailbox, call } = await openRoutes(t);
  for (let count = 0; count < 3; count += 1) await sendTo(inbox);
  mailbox.setTags(inbox.messages, ['red']);
  mailbox.delete([inbox.messages[0]]);
  mailbox.setRead([inbox.messages[0]], true);
  const { Version, Messages, Unread, Tags, DatabaseSize, RuntimeStats } =
    await call('GET /api/v1/info');
  assert.match(Version, /^\d+\.\d+\.\d+/);
  assert.deepEqual([Messages, Unread, Tags], [2, 1, { red: 2 }]);
  assert.equal(DatabaseSize, inbox.messages[0].size + inbox.messages[1].size);
  assert.deepEqual([RuntimeStats.SMTPAccepted, RuntimeStats.MessagesDeleted], [3, 1]);
});

test('each bound is of a route', async (t) => {
  const { routes } = await openRoutes(t);
  for (const name of Object.keys(MAX_BODIES)) assert.ok(Object.hasOwn(routes, name), name);
});
