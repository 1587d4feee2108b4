'use strict';
// A session from its greeting to its end; replies are compared with the original's elsewhere.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');
const { Client } = require('../../support/client.js');

/** A server and a client of it that was greeted. */
async function talking(t, options) {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    ...options,
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return Client.connect(server.server.address().port);
}

test('has the client’s end from the beginning', async (t) => {
  let seen;
  const client = await talking(t, {
    onConnect(session, callback) {
      seen = { ...session };
      callback();
    },
  });
  assert.match(seen.id, /^[0-9a-v]{16}$/);
  assert.equal(seen.remoteAddress, '127.0.0.1');
  assert.equal(seen.remotePort, client.socket.localPort);
  assert.equal(seen.localPort, client.socket.remotePort);
  assert.equal(seen.clientHostname, '[127.0.0.1]');
  assert.equal(seen.secure, false);
  client.reset();
});

test('keeps what a handler puts into it, and its own disabled commands', async (t) => {
  const client = await talking(t, {
    onConnect(session, callback) {
      session.mark = 7;
      session.disabledCommands = ['vrfy'];
      callback();
    },
    onMailFrom: (_address, session, callback) => callback(new Error(`mark ${session.mark}`)),
  });
  await client.command('EHLO client.example', 250);
  await client.command('VRFY a', '500 Error: command not recognized');
  await client.command('MAIL FROM:<a@client.example>', '550 mark 7');
  client.reset();
});

test('ends after ten commands that there are not', async (t) => {
  const client = await talking(t);
  for (let count = 1; count < 10; count += 1) await client.command('FOO', 500);
  await client.command('FOO', 421);
});
