'use strict';
// `Client.send`: what arrives, what is reported, what is refused before anything is sent.

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { Client, SmtpError } = require('../../index.js');
const { authority, host, p256 } = require('../support/certificates.js');
const { scripted } = require('../support/scripted-server.js');
const { Log, serve, within } = require('../support/serve.js');

const HOST = '127.0.0.1';
/** A server without CHUNKING. */
const PLAIN = { extensions: ['PIPELINING', '8BITMIME'] };
const FROM = 'from@example.com';
const TO = 'to@example.com';

/** A server that keeps what it gets. @param {import('node:test').TestContext} t */
async function keeping(t, params = {}, listeners = {}) {
  /** @type {{ from: string, to: string[], raw: Buffer }[]} */
  const mails = [];
  const served = await serve(t, params, {
    data() {
      mails.push({ from: this.data.from, to: [...this.data.recipients], raw: this.raw });
      return true;
    },
    ...listeners,
  });
  return { ...served, mails, options: { host: HOST, port: served.target } };
}

describe('what is sent arrives', { timeout: 60_000 }, () => {
  const text = 'Subject: Hello\r\n\r\n.dot\r\n..two\r\n\r\nGr\u00fc\u00dfe\r\n';
  async function* pieces() {
    for (const byte of Buffer.from(text)) yield Buffer.from([byte]);
  }
  for (const [what, make] of /** @type {[string, () => any][]} */ ([
    ['a string', () => text],
    ['a Buffer', () => Buffer.from(text)],
    ['a Uint8Array', () => new Uint8Array(Buffer.from(text))],
    ['a Readable', () => Readable.from([text.slice(0, 20), Buffer.from(text.slice(20))])],
    ['an async iterable', pieces],
    ['an array of strings', () => [text.slice(0, 7), text.slice(7)]],
  ])) {
    test(`as ${what}`, async (t) => {
      const { mails, options } = await keeping(t);
      const result = await Client.send(options, { from: FROM, to: TO }, make());
      assert.deepEqual(result, { response: '250 OK', accepted: [TO], rejected: [], tls: false });
      assert.deepEqual(mails, [{ from: FROM, to: [TO], raw: Buffer.from(text) }]);
    });
  }

  test('with line ends made whole, and nothing else changed', async (t) => {
    const { mails, options } = await keeping(t);
    const bytes = Buffer.concat([
      Buffer.from('a\nb\rc\r\n\r\r\n\n.\n.\r\n.\r.\0'),
      Buffer.from(
        Array.from({ length: 256 }, (_, byte) => byte).filter((b) => b !== 10 && b !== 13),
      ),
    ]);
    await Client.send(options, { from: FROM, to: TO }, bytes);
    const lines = bytes.toString('latin1').split(/\r\n|\r|\n/);
    assert.equal(mails[0].raw.toString('latin1'), `${lines.join('\r\n')}\r\n`);
  });

  test('whatever the length', async (t) => {
    const { mails, options } = await keeping(t, { size: 0 });
    const line = `${'x'.repeat(97)}\r\n.`;
    const long = Buffer.from(line.repeat(50_000));
    await Client.send(options, { from: FROM, to: TO }, '');
    await Client.send(options, { from: FROM, to: TO }, long);
    await Client.send(options, { from: FROM, to: TO }, Readable.from([long, long]));
    assert.deepEqual(mails[0].raw, Buffer.alloc(0));
    const whole = Buffer.concat([long, Buffer.from('\r\n')]);
    assert.ok(mails[1].raw.equals(whole));
    assert.ok(mails[2].raw.equals(Buffer.concat([long, long, Buffer.from('\r\n')])));
  });

  test('to many, with nobody as the sender, over a unix socket', async (t) => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smtp-'));
    t.after(() => fs.rm(folder, { recursive: true }));
    const to = Array.from({ length: 500 }, (_, at) => `to${at}@example.com`);
    const { mails, target } = await keeping(t, { path: path.join(folder, 'socket') });
    const result = await Client.send({ path: target }, { from: '', to }, 'x');
    assert.deepEqual(result.accepted, to);
    assert.deepEqual([mails[0].from, mails[0].to], ['', to]);
  });

  test('to names in other letters, whose domain is as DNS has it', async (t) => {
    const { mails, options } = await keeping(t);
    await Client.send(options, { from: 'j\u00fcrgen@b\u00fccher.example', to: TO }, 'x');
    assert.equal(mails[0].from, 'j\u00fcrgen@xn--bcher-kva.example');
  });
});

describe('what became of a message', { timeout: 60_000 }, () => {
  const some = {
    /** @param {string} address */
    rcpt(address) {
      if (address.startsWith('no')) return this.failure(550, `5.1.1 No ${address}`);
      if (address.startsWith('later')) return this.failure(451, 'Later\r\nmaybe');
      return true;
    },
  };

  test('is told for each recipient', async (t) => {
    const { options } = await keeping(t, {}, some);
    const to = ['no@a.example', TO, 'later@a.example'];
    const result = await Client.send(options, { from: FROM, to }, 'x');
    assert.deepEqual(result.accepted, [TO]);
    assert.deepEqual(result.rejected, [
      {
        address: 'no@a.example',
        reply: '550 5.1.1 No no@a.example',
        replyCode: 550,
        enhancedStatus: '5.1.1',
        command: 'RCPT',
      },
      {
        address: 'later@a.example',
        reply: '451-Later\r\n451 maybe',
        replyCode: 451,
        enhancedStatus: undefined,
        command: 'RCPT',
      },
    ]);
  });

  test('is told by the addresses as they were given', async (t) => {
    const { options, mails } = await keeping(t, {}, some);
    const to = ['no@b\u00fccher.example', 'yes@B\u00dcCHER.example', 'j\u00fc@b\u00fccher.example'];
    const { accepted, rejected } = await Client.send(options, { from: FROM, to }, 'x');
    assert.deepEqual([accepted, rejected.map(({ address }) => address)], [to.slice(1), [to[0]]]);
    const domain = 'xn--bcher-kva.example';
    assert.deepEqual(mails[0].to, [`yes@${domain}`, `j\u00fc@${domain}`]);
    const refused = Client.send(options, { from: FROM, to: to[0] }, 'x');
    await assert.rejects(
      refused,
      (/** @type {any} */ error) => error.rejected[0].address === to[0],
    );
  });

  for (const [
    what,
    listeners,
    command,
    replyCode,
    params = {},
  ] of /** @type {[string, any, string, number, object?][]} */ ([
    ['every recipient is refused', some, 'RCPT', 550],
    ['the sender is', { mail: () => Promise.reject(smtpError(553)) }, 'MAIL', 553],
    ['DATA is', { dataStart: () => Promise.reject(smtpError(451)) }, 'DATA', 451, PLAIN],
    ['BDAT is', { dataStart: () => Promise.reject(smtpError(451)) }, 'BDAT', 451],
    ['the message is', { data: () => Promise.reject(smtpError(554)) }, 'DATA', 554, PLAIN],
    ['the last chunk is', { data: () => Promise.reject(smtpError(554)) }, 'BDAT', 554],
  ])) {
    test(`is an error where ${what}`, async (t) => {
      const { options } = await keeping(t, params, listeners);
      const sent = Client.send(options, { from: FROM, to: 'no@a.example' }, 'x');
      const error = await sent.then(
        () => assert.fail('it was sent'),
        (error) => error,
      );
      assert.ok(error instanceof SmtpError);
      assert.equal(error.code, 'SMTP_ERR_REJECTED');
      assert.deepEqual([error.command, error.replyCode], [command, replyCode]);
      assert.deepEqual([error.transient, error.permanent], [replyCode < 500, replyCode >= 500]);
      assert.equal(error.rejected[0].address, 'no@a.example');
      assert.match(
        error.message,
        new RegExp(`${command} was refused for no@a.example: ${replyCode}`),
      );
    });
  }

  test('is an error where nobody listens', async (t) => {
    const { options, server } = await keeping(t);
    await server.close();
    const sent = Client.send(options, { from: FROM, to: TO }, 'x');
    await assert.rejects(sent, { code: 'ECONNREFUSED', message: /cannot connect to 127.0.0.1:/ });
  });

  function smtpError(/** @type {number} */ replyCode) {
    return Object.assign(new Error('no'), { replyCode });
  }
});

describe('nothing is sent', { timeout: 60_000 }, () => {
  test('of arguments that are two', async (t) => {
    const log = new Log();
    const { options } = await keeping(t, {}, log.listeners());
    const bad = ['a@b\r\nRCPT TO:<x@y>', 'a@b\n', 'a\0@b', 'a@b> SIZE=1', 'a b@c', '<a@b>'];
    for (const address of bad) {
      for (const envelope of [
        { from: address, to: TO },
        { from: FROM, to: [TO, address] },
      ]) {
        await assert.rejects(Client.send(options, envelope, 'x'), (/** @type {any} */ error) => {
          return error instanceof RangeError || error.code === 'SMTP_ERR_ARGUMENT';
        });
      }
    }
    for (const dsn of [
      { envid: 'a\r\nDATA' },
      { envid: '\u00fc' },
      { notify: 'NEVER,SUCCESS' },
      { notify: 'x' },
      { orcpt: 'a\nb' },
      { ret: 'FULL\r\n' },
    ]) {
      await assert.rejects(Client.send(options, { from: FROM, to: TO, dsn }, 'x'), RangeError);
    }
    assert.deepEqual(log.names('mail', 'rcpt', 'data'), []);
  });

  test('with options that make no sense', async () => {
    for (const [options, message] of /** @type {[any, RegExp][]} */ ([
      [{}, /one of host, path and mx/],
      [{ host: 'a', path: '/b' }, /one of host, path and mx/],
      [{ host: 'a\r\nb' }, /options.host/],
      [{ host: 'a', port: 0 }, /options.port/],
      [{ host: 'a', port: 'x' }, /options.port/],
      [{ host: 'a', tls: 'yes' }, /options.tls/],
      [{ host: 'a', tsl: 'none' }, /options.tsl/],
      [{ host: 'a', auth: { user: 'u' } }, /password or a token/],
      [{ host: 'a', auth: { user: 'u', password: 'p\nq' } }, /the password has a character/],
      [{ host: 'a', auth: { user: 'u', password: 'p', method: 'X' } }, /auth.method/],
      [{ host: 'a', connectTimeout: -1 }, /options.connectTimeout/],
      [{ host: 'a', ca: 'x', tls: 'required' }, /options.ca holds no PEM certificate/],
      [{ host: 'a', key: 'x' }, /belong together/],
      [{ host: 'a', dnsServers: ['x'] }, /options.dnsServers/],
      [{ host: 'a', localAddress: 'x' }, /options.localAddress/],
      [undefined, /one of host, path and mx/],
      ['smtp://a:25', /^options must be an object, not 'smtp:\/\/a:25'$/],
      [25, /^options must be an object, not 25$/],
    ])) {
      const sent = Client.send(options, { from: FROM, to: TO }, 'x');
      await assert.rejects(sent, (/** @type {any} */ error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
  });

  test('with an envelope or message that makes no sense', async () => {
    const options = { host: HOST, port: 1 };
    for (const envelope of [
      undefined,
      {},
      { from: FROM, to: [] },
      { from: FROM, to: [''] },
      { from: 5, to: TO },
      { from: FROM, to: TO, size: -1 },
      { from: FROM, to: TO, body: '9bit' },
    ]) {
      await assert.rejects(Client.send(options, /** @type {any} */ (envelope), 'x'), /envelope/);
    }
    for (const message of [undefined, null, 5, {}]) {
      const sent = Client.send(options, { from: FROM, to: TO }, /** @type {any} */ (message));
      await assert.rejects(sent, /the message must be a string/);
    }
  });
});

describe('a message that comes in pieces', { timeout: 60_000 }, () => {
  test('that fails is not taken, and its error is told', async (t) => {
    const { options, mails } = await keeping(t);
    async function* failing() {
      yield 'Subject: x\r\n';
      throw new Error('the disk broke');
    }
    const sent = Client.send(options, { from: FROM, to: TO }, failing());
    await assert.rejects(sent, { message: 'the disk broke' });
    await assert.rejects(
      Client.send(options, { from: FROM, to: TO }, [5]),
      /a piece of a message must be/,
    );
    assert.deepEqual(mails, []);
  });

  test('is closed where nobody wants it', async (t) => {
    const { options } = await keeping(t, {}, { rcpt: () => Promise.reject(new Error('no')) });
    const stream = new Readable({ read() {} });
    stream.push('x');
    await assert.rejects(Client.send(options, { from: FROM, to: TO }, stream), {
      code: 'SMTP_ERR_REJECTED',
    });
    assert.ok(stream.destroyed);
  });

  test('is given up if nothing comes', async (t) => {
    const { options, mails } = await keeping(t);
    const stream = new Readable({ read() {} });
    const waiting = { ...options, dataBlockTimeout: 50 };
    const sent = Client.send(waiting, { from: FROM, to: TO }, stream);
    await assert.rejects(sent, { code: 'SMTP_ERR_STARVED' });
    assert.deepEqual(mails, []);
  });
});

describe('a source', { timeout: 60_000 }, () => {
  const envelope = { from: FROM, to: TO };

  test('that was read before is an error before MAIL', async (t) => {
    const { port, conversations } = await scripted(t, async (conversation) => {
      await conversation.greet();
      await conversation.expect(/^QUIT/);
    });
    const read = (async function* () {
      yield 'x';
    })();
    for await (const _ of read);
    const sent = Client.send({ host: HOST, port }, envelope, read);
    await assert.rejects(sent, { code: 'SMTP_ERR_SOURCE' });
    assert.ok(conversations.every(({ received }) => !/MAIL/.test(`${received}`)));
  });

  test('is closed whatever keeps the message from being begun', async (t) => {
    const { options } = await keeping(t);
    for (const [given, to] of /** @type {[any, any][]} */ ([
      [options, 'no address> <x'],
      [{ ...options, signal: AbortSignal.abort() }, TO],
      [{ ...options, hots: 'x' }, TO],
      [{ mx: true }, 'nowhere'],
    ])) {
      const stream = new Readable({
        read() {},
        destroy: (_, callback) => callback(new Error('of the test')),
      });
      await assert.rejects(Client.send(given, { from: FROM, to }, stream));
      assert.equal(stream.destroyed, true);
    }
  });
});

describe('a signal', { timeout: 60_000 }, () => {
  test('gives a message up before, while and after it waits', async (t) => {
    const reason = new Error('enough');
    const isGivenUp = { name: 'AbortError', code: 'ABORT_ERR', cause: reason };
    const gone = AbortSignal.abort(reason);
    const { options, mails } = await keeping(t);
    const envelope = { from: FROM, to: TO };
    await assert.rejects(Client.send({ ...options, signal: gone }, envelope, 'x'), isGivenUp);
    const controller = new AbortController();
    const { port, conversations } = await scripted(t, async (conversation) => {
      await conversation.greet();
      await conversation.expect(/^MAIL/);
      controller.abort(reason);
    });
    const { signal } = controller;
    const stalled = Client.send({ host: HOST, port, signal }, envelope, 'x');
    await assert.rejects(stalled, isGivenUp);
    await conversations[0].gone();
    assert.deepEqual(mails, []);
    const late = new AbortController();
    await Client.send({ ...options, signal: late.signal }, envelope, 'x');
    late.abort(reason);
    assert.equal(mails.length, 1);
  });

  test('is too late once all is sent, and that is said', async (t) => {
    const controller = new AbortController();
    const { port } = await scripted(t, async (conversation) => {
      await conversation.greet();
      await conversation.expect(/^MAIL/);
      conversation.say('250 OK');
      await conversation.expect(/^RCPT/);
      conversation.say('250 OK');
      await conversation.expect(/^DATA/);
      conversation.say('354 go');
      await conversation.message();
      controller.abort();
    });
    const { signal } = controller;
    const sent = Client.send({ host: HOST, port, signal }, { from: FROM, to: TO }, 'x');
    await assert.rejects(sent, {
      code: 'ABORT_ERR',
      uncertain: true,
      message: /may have been taken/,
    });
  });
});

describe('a signal of many messages to several domains', { timeout: 60_000 }, () => {
  test('has one listener, and none when they have ended', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const to = ['a@localhost', 'b@[127.0.0.1]'];
    const sources = Array.from({ length: 20 }, () => new Readable({ read() {} }));
    const settled = Promise.allSettled(
      sources.map((source) =>
        Client.send({ mx: true, port: 1, signal }, { from: FROM, to }, source),
      ),
    );
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    controller.abort(new Error('enough'));
    for (const { reason } of /** @type {any[]} */ (await settled)) {
      assert.deepEqual([reason.code, reason.cause], ['ABORT_ERR', signal.reason]);
    }
    assert.ok(sources.every(({ destroyed }) => destroyed));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});

/** Sources that begin, and then never say anything. @type {Record<string, () => any>} */
const SILENT = {
  'a Readable': () => {
    const stream = new Readable({ read() {} });
    stream.push('x');
    return stream;
  },
  'an async generator': () =>
    (async function* () {
      yield 'x';
      await new Promise(() => {});
    })(),
  'an iterable': () => {
    const pieces = [{ value: 'x', done: false }];
    const next = async () => pieces.pop() ?? new Promise(() => {});
    return { [Symbol.asyncIterator]: () => ({ next }) };
  },
  'a web stream': () => new ReadableStream({ start: (controller) => controller.enqueue('x') }),
};

describe('a source for several domains that falls silent', { timeout: 60_000 }, () => {
  const envelope = { from: FROM, to: ['a@localhost', 'b@[127.0.0.1]'] };
  const mx = { mx: true, port: 1 };
  for (const [what, make] of Object.entries(SILENT)) {
    test(`${what} is given up in time`, async () => {
      const sent = Client.send({ ...mx, dataBlockTimeout: 20 }, envelope, make());
      await assert.rejects(within(sent, 'the error'), { code: 'SMTP_ERR_STARVED' });
    });

    test(`${what} is given up by its signal`, async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const sent = Client.send({ ...mx, signal }, envelope, make());
      setImmediate(() => controller.abort());
      await assert.rejects(within(sent, 'the error'), { code: 'ABORT_ERR' });
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });
  }
});

describe('TLS', { timeout: 60_000 }, () => {
  const envelope = { from: FROM, to: TO };

  test('is taken where it is offered, and only valid where it is required', async (t) => {
    const root = authority('Root');
    const good = root.issue({ name: 'localhost' });
    const { server, options, mails } = await keeping(t, { tls: { ...p256() } });
    const send = (/** @type {object} */ more) =>
      Client.send({ ...options, host: 'localhost', ...more }, envelope, 'x');
    await send({});
    const own = { ca: p256().cert };
    await send({ tls: 'required', ...own });
    await send({ tls: 'required', rejectUnauthorized: false });
    assert.equal(server.stats().tls['TLSv1.3'], 3);
    await send({ tls: 'none' });
    assert.equal(server.stats().tls['TLSv1.3'], 3);
    await assert.rejects(send({ tls: 'required' }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await assert.rejects(send({ tls: 'required', ...own, servername: 'other.example' }), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    server.setTls(good);
    await send({ tls: 'required', ca: root.cert });
    await assert.rejects(send({ tls: 'required', ca: authority('Other').cert }), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    server.setTls(root.issue({ name: 'localhost', until: '250101000000Z' }));
    await assert.rejects(send({ tls: 'required', ca: root.cert }), { code: 'CERT_HAS_EXPIRED' });
    server.setTls(host('other.example'));
    await assert.rejects(send({ tls: 'required', ca: host('other.example').cert }), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    assert.equal(mails.length, 5);
  });

  test('is told of each message, as is plain text', async (t) => {
    const ways = /** @type {[any, any, boolean][]} */ ([
      [{}, {}, false],
      [{}, { lmtp: true }, false],
      [{ tls: p256() }, { tls: 'none' }, false],
      [{ tls: p256() }, {}, true],
      [{ tls: p256() }, { tls: 'required', rejectUnauthorized: false }, true],
      [{ tls: p256() }, { tls: 'required', ca: p256().cert }, true],
      [{ tls: p256(), secure: true }, { tls: 'implicit', ca: p256().cert }, true],
    ]);
    for (const [params, more, tls] of ways) {
      const { lmtp } = more;
      const { options } = await keeping(t, params);
      const place = lmtp ? await lmtpServer(t) : options;
      assert.equal((await Client.send({ ...place, ...more }, envelope, 'x')).tls, tls);
      const pool = new Client.Pool({ ...place, ...more, maxConnections: 1 });
      t.after(() => pool.close());
      for (let at = 0; at < 2; at += 1) {
        assert.equal((await pool.send(envelope, 'x')).tls, tls);
        if (lmtp) break;
      }
    }
  });

  /** A server of one message over LMTP. @param {import('node:test').TestContext} t */
  async function lmtpServer(t) {
    const { port } = await scripted(t, async (c) => {
      await c.greet();
      await c.take();
    });
    return { host: HOST, port };
  }

  test('to every domain is told, not to some', {
    skip: process.platform !== 'linux' && 'there is one loopback address',
  }, async (t) => {
    const one = await keeping(t, { tls: p256() });
    const port = one.target;
    await keeping(t, { port, host: '127.0.0.2' });
    await keeping(t, { port, host: '127.0.0.3', tls: p256() });
    for (const [hosts, tls] of /** @type {[number[], boolean][]} */ ([
      [[1], true],
      [[2], false],
      [[1, 3], true],
      [[1, 2, 3], false],
    ])) {
      const to = hosts.map((at) => `to@[127.0.0.${at}]`);
      const result = await Client.send({ mx: true, port }, { from: FROM, to }, 'x');
      assert.deepEqual([result.accepted.length, result.tls], [to.length, tls]);
    }
    // Whom the message did not reach says nothing of how it went.
    const to = ['to@[127.0.0.1]', 'to@[127.0.0.4]'];
    const { accepted, tls } = await Client.send({ mx: true, port }, { from: FROM, to }, 'x');
    assert.deepEqual([accepted, tls], [[to[0]], true]);
  });

  test('that fails, and plain text then, is told to be plain text', async (t) => {
    let plain = 0;
    const { port } = await scripted(t, async (c) => {
      await c.greet('STARTTLS');
      if ((await c.line()) === 'STARTTLS') {
        c.say('220 go');
        c.send('this is no handshake\r\n');
        return;
      }
      plain += 1;
      c.say('250 OK');
      await c.expect(/^RCPT/);
      c.say('250 OK');
      await c.expect(/^DATA/);
      c.say('354 go');
      await c.message();
      c.say('250 taken');
    });
    const { tls } = await Client.send({ host: HOST, port }, envelope, 'x');
    assert.deepEqual([plain, tls], [1, false]);
  });

  test('from the first byte, with a certificate of the client and an older version', async (t) => {
    const root = authority('Root');
    const tls = { ...root.issue({ name: 'localhost' }), ca: root.cert, requestCert: true };
    const { server, options, mails } = await keeping(t, { tls, secure: true });
    const implicit = { ...options, tls: 'implicit', ca: root.cert };
    await assert.rejects(Client.send(implicit, envelope, 'x'));
    const { key, cert } = root.issue({ name: 'client.example' });
    await Client.send({ ...implicit, key, cert, maxVersion: 'TLSv1.2' }, envelope, 'x');
    assert.equal(server.stats().tls['TLSv1.2'], 1);
    assert.equal(mails.length, 1);
  });

  test('that is required and not there is an error, and no mail is shown', async (t) => {
    const { options, mails } = await keeping(t);
    await assert.rejects(Client.send({ ...options, tls: 'required' }, envelope, 'x'), {
      code: 'SMTP_ERR_NO_TLS',
    });
    const { port, conversations } = await scripted(t, async (conversation) => {
      await conversation.greet('STARTTLS');
      await conversation.expect(/^STARTTLS$/);
      conversation.say('454 not now');
    });
    await assert.rejects(Client.send({ host: HOST, port, tls: 'required' }, envelope, 'x'), {
      code: 'SMTP_ERR_NO_TLS',
      replyCode: 454,
    });
    assert.doesNotMatch(String(conversations[0].received), /MAIL/);
    assert.deepEqual(mails, []);
  });

  test('forgets what came in plain text behind the reply to STARTTLS', async (t) => {
    const { port, errors } = await scripted(t, async (conversation) => {
      await conversation.greet('STARTTLS');
      await conversation.expect(/^STARTTLS$/);
      conversation.send('220 go\r\n250-forged\r\n250 XFORGED\r\n');
      await conversation.secure(p256());
      await conversation.ehlo('SIZE 10000');
      await conversation.take();
    });
    await Client.send({ host: HOST, port, ca: p256().cert, tls: 'required' }, envelope, 'x');
    assert.deepEqual(errors, []);
  });

  test('that cannot be had is done without where it is only an opportunity', async (t) => {
    let plain = 0;
    const { port } = await scripted(t, async (conversation) => {
      await conversation.greet('STARTTLS');
      if ((await conversation.line()) === 'STARTTLS') {
        conversation.say('220 go');
        conversation.send('this is no handshake\r\n');
        return;
      }
      plain += 1;
      conversation.say('250 OK');
      await conversation.expect(/^RCPT/);
      conversation.say('250 OK');
      await conversation.expect(/^DATA/);
      conversation.say('354 go');
      await conversation.message();
      conversation.say('250 taken');
    });
    await Client.send({ host: HOST, port }, envelope, 'x');
    assert.equal(plain, 1);
    const checked = { host: HOST, port, tls: 'opportunistic', rejectUnauthorized: true };
    await assert.rejects(Client.send(checked, envelope, 'x'), { code: 'SMTP_ERR_TLS' });
    assert.equal(plain, 1);
  });
});
