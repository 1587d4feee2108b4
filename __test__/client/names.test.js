'use strict';
// What a client calls itself to a server: a domain or an address in brackets, but what its program says
// where that is an interface of another package's.

const assert = require('node:assert/strict');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { Client: MailIoClient } = require('../../src/js/compat/mail-io/index.js');
const smtpProtocol = require('../../src/js/compat/smtp-protocol/index.js');
const { runNode } = require('../support/child.js');
const { scripted } = require('../support/scripted-server.js');
const { serve } = require('../support/serve.js');

const ENVELOPE = { from: 'a@b.example', to: ['c@d.example'] };
const LONG = `${'x'.repeat(63)}.example`;
const hasV6 = Object.values(os.networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

/** A server at an address, and what the clients called themselves. @param {import('node:test').TestContext} t @param {string} [host] */
async function greeted(t, host) {
  /** @type {string[]} */
  const names = [];
  const script = async (/** @type {any} */ conversation) => {
    conversation.say('220 mx.example');
    names.push((await conversation.line()).replace(/^EHLO /, ''));
    conversation.say('250 mx.example');
    await conversation.take();
    await conversation.expect(/^QUIT/);
    conversation.say('221 bye');
    conversation.end();
  };
  return { ...(await scripted(t, script, { host })), names };
}

/** Sends a message from a host of this name, to places. */
const FROM_HOST = `
  const [name, ...places] = process.argv.slice(1);
  require('node:os').hostname = () => name;
  const { Client } = require('./index.js');
  (async () => {
    for (const place of places) {
      await Client.send(JSON.parse(place), ${JSON.stringify(ENVELOPE)}, 'x');
      const pool = new Client.Pool(JSON.parse(place));
      await pool.send(${JSON.stringify(ENVELOPE)}, 'x');
      await pool.close();
    }
  })();
`;

describe('a client that is not told its name', { timeout: 60_000 }, () => {
  for (const name of ['mx.example', LONG]) {
    test(`says that of its host, which is ${name.slice(-20)}`, async (t) => {
      const { names, host, port } = await greeted(t);
      const { code, errors } = await runNode(
        t,
        FROM_HOST,
        name,
        JSON.stringify({ host, port }),
      ).ended();
      assert.deepEqual([code, errors, names], [0, '', [name, name]]);
    });
  }

  const fit = [
    'localhost',
    '',
    'a.1',
    '192.0.2.1',
    `x${LONG}`,
    'b\u00fccher.example',
    'a b.example',
  ];
  for (const name of [...fit, 'a\u2028.b', '-a.example', 'a..b', '(none)']) {
    test(`says its address on a host whose name is ${JSON.stringify(name).slice(-20)}`, async (t) => {
      const { names, host, port } = await greeted(t);
      const { code, errors } = await runNode(
        t,
        FROM_HOST,
        name,
        JSON.stringify({ host, port }),
      ).ended();
      assert.deepEqual([code, errors, names], [0, '', ['[127.0.0.1]', '[127.0.0.1]']]);
    });
  }

  test('says the address that it comes from', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const { names, host, port } = await greeted(t);
    const place = JSON.stringify({ host, port, localAddress: '127.0.0.9' });
    await runNode(t, FROM_HOST, 'localhost', place).ended();
    assert.deepEqual(names, ['[127.0.0.9]', '[127.0.0.9]']);
  });

  test('says its address of IPv6', { skip: !hasV6 }, async (t) => {
    const { names, host, port } = await greeted(t, '::1');
    await runNode(t, FROM_HOST, 'localhost', JSON.stringify({ host, port })).ended();
    assert.deepEqual(names, ['[IPv6:::1]', '[IPv6:::1]']);
  });

  test('says the address of the host to itself over a unix socket', async (t) => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smtp-'));
    t.after(() => fs.rm(folder, { recursive: true }));
    /** @type {string[]} */
    const names = [];
    const helo = (/** @type {string} */ name) => names.push(name) > 0;
    const { target } = await serve(t, { path: path.join(folder, 'socket') }, { helo });
    await runNode(t, FROM_HOST, 'localhost', JSON.stringify({ path: target })).ended();
    assert.deepEqual(names, ['[127.0.0.1]', '[127.0.0.1]']);
  });
});

test('a name that is none is an error of both, and nobody is connected to', async (t) => {
  const { host, port, conversations } = await greeted(t);
  for (const name of ['192.0.2.1', `x${LONG}`, 'b\u00fccher.example', 'a\u2028b']) {
    const options = { host, port, name };
    await assert.rejects(Client.send(options, ENVELOPE, 'x'), { code: 'SMTP_ERR_ARGUMENT' });
    assert.throws(() => new Client.Pool(options), { code: 'SMTP_ERR_ARGUMENT' });
    const exchanges = { mx: true, name, dnsServers: ['127.0.0.1:1'] };
    await assert.rejects(Client.send(exchanges, ENVELOPE, 'x'), { code: 'SMTP_ERR_ARGUMENT' });
  }
  assert.equal(conversations.length, 0);
});

/** Greets as its program says, and sends a message. @type {Record<string, (port: number, name: string) => Promise<unknown>>} */
const FACADES = {
  "mbr-smtp's session": async (port, name) => {
    const session = new Client.Session();
    await session.connect('127.0.0.1', port);
    await session.ehlo(name);
    await session.mail(ENVELOPE.from);
    await session.rcpt(ENVELOPE.to[0]);
    await session.data(Client.prepare('x'));
    await session.quit();
    session.close();
  },
  "smtp-protocol's client": (port, name) =>
    new Promise((resolve) => {
      smtpProtocol.connect('127.0.0.1', port, (/** @type {any} */ client) => {
        client.ehlo(name);
        client.from(ENVELOPE.from);
        client.to(ENVELOPE.to[0]);
        client.data();
        client.message().end('x');
        client.quit(resolve);
      });
    }),
  "mail-io's client": async (port, name) => {
    const config = { host: '127.0.0.1', port, name, logger: { verbosity: 0 } };
    await new MailIoClient(config).send(ENVELOPE, Buffer.from('x'));
  },
};

describe('what a program says is said by', { timeout: 60_000 }, () => {
  for (const [facade, send] of Object.entries(FACADES)) {
    test(facade, async (t) => {
      const said = [
        'me',
        '192.0.2.1',
        '::1',
        `x${LONG}`,
        'b\u00fccher.example',
        'a\u2028b',
        '[x]',
        'a_.-',
      ];
      const { port, names, errors } = await greeted(t);
      for (const name of said) await send(port, name);
      assert.deepEqual([names, errors], [said, []]);
    });
  }
});
