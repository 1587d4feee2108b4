'use strict';
// smtp-protocol's server: `req`, its events and acknowledgements.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { PassThrough } = require('node:stream');
const { describe, test } = require('node:test');
const engine = require('../../../index.js');
const { p256 } = require('../../support/certificates.js');
const { serveOriginal } = require('../../support/serve-original.js');
const { Waiters, within } = require('../../support/wait.js');

/** A promise, and what settles it. */
function deferred() {
  /** @type {(value?: any) => void} */
  let resolve = () => {};
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const takes = (/** @type {any} */ req) =>
  req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
    stream.resume();
    ack.accept();
  });

async function bytesOf(/** @type {any} */ stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe('a server of smtp-protocol', { timeout: 60_000 }, () => {
  test('is exported from the root and from a path of its own', () => {
    assert.deepEqual(Object.keys(require('../../../src/js/compat/smtp-protocol/index.js')).sort(), [
      'connect',
      'createServer',
      'protocol',
    ]);
    const own = require('smtp-engine/smtp-protocol');
    assert.equal(own.createServer, engine.createServer);
    assert.equal(own.connect, engine.connect);
    assert.deepEqual(Object.keys(own.protocol), ['client', 'server']);
  });

  test("serves the example of the original's page, as nc types it", async (t) => {
    const out = new PassThrough();
    const seen = deferred();
    const { connect } = await serveOriginal(t, {}, (req) => {
      req.on('to', (/** @type {string} */ to, /** @type {any} */ ack) => {
        const domain = to.split('@')[1] || 'localhost';
        if (domain === 'localhost') ack.accept();
        else ack.reject();
      });
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        seen.resolve([req.from, req.to]);
        stream.pipe(out, { end: false });
        ack.accept();
      });
    });
    const client = await connect();
    client.write('helo\nmail from: <beep@localhost>\nrcpt to: <x@example.com>\n');
    for (const wanted of ['250 OK', '250 OK', '500']) await client.expect(wanted);
    client.write('rcpt to: <boop@localhost>\ndata\n');
    await client.expect('250 OK');
    await client.expect('354 OK');
    client.write('Beep boop.\n..I am a computer.\n.\nquit\n');
    await client.expect('250 OK');
    await client.expect('221 Bye!');
    assert.deepEqual(await seen.promise, ['beep@localhost', ['boop@localhost']]);
    assert.equal(out.read().toString(), 'Beep boop.\r\n.I am a computer.\r\n');
  });

  test('ends a message at LF dot LF only where all lines ended so', async (t) => {
    for (const [options, wire] of /** @type {const} */ ([
      [{}, 'HELO x\r\n'],
      [{ lineFeeds: false }, 'HELO x\n'],
    ])) {
      const read = deferred();
      const { connect } = await serveOriginal(t, options, (req) =>
        req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
          ack.accept();
          bytesOf(stream).then(read.resolve);
        }),
      );
      const client = await connect();
      client.write(wire);
      await client.expect(250);
      client.write('MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n');
      for (const code of [250, 250, 354]) await client.expect(code);
      client.write('one\n.\nMAIL FROM:<smuggled@b>\n\r\n.\r\n');
      await client.expect(250);
      assert.equal(`${await read.promise}`, 'one\n.\nMAIL FROM:<smuggled@b>\n\r\n');
    }
  });

  test('tells code and text apart by their types', async (t) => {
    const acks = /** @type {[string, any[], string][]} */ ([
      ['accept', [], '250 OK'],
      ['accept', [251], '251 OK'],
      ['accept', ['fine'], '250 fine'],
      ['accept', ['252', 'maybe'], '252 maybe'],
      ['accept', [250, ['a', 'b\r\nc']], '250-a\r\n250-b\r\n250 c'],
      ['reject', [], '500'],
      ['reject', [553], '553'],
      ['reject', ['no'], '500 no'],
      ['reject', [550, 'no\nnot ever'], '550-no\r\n550 not ever'],
    ]);
    const given = acks.slice();
    const { connect } = await serveOriginal(t, {}, (req) =>
      req.on('to', (/** @type {string} */ _, /** @type {any} */ ack) => {
        const [method, args] = /** @type {any} */ (given.shift());
        ack[method](...args);
        // Only the first word counts.
        ack.accept();
        ack.reject(599, 'never');
      }),
    );
    const client = await connect();
    await client.command('HELO x', '250 x');
    await client.command('MAIL FROM:<a@b>', 250);
    for (const [, , reply] of acks) await client.command('RCPT TO:<c@d>', reply);
  });

  test('refuses a code that no reply begins with, where it is given', async (t) => {
    const { connect } = await serveOriginal(t, {}, (req) =>
      req.on('from', (/** @type {string} */ _, /** @type {any} */ ack) => {
        for (const code of [0, 99, 600, 2.5]) assert.throws(() => ack.accept(code), RangeError);
        assert.throws(() => ack.reject(1_000, 'no'), /200 to 599, not 1000/);
        ack.accept();
      }),
    );
    const client = await connect();
    await client.command('HELO x', 250);
    await client.command('MAIL FROM:<a@b>', 250);
  });

  test('shows each command before it is carried out', async (t) => {
    /** @type {any[]} */
    const commands = [];
    const { connect } = await serveOriginal(t, {}, (req) => {
      req.on('command', (/** @type {any} */ command) => commands.push({ ...command }));
      takes(req);
    });
    const client = await connect();
    for (const line of [
      'WHAT is this',
      'MAIL',
      'NOOP',
      'EHLO client.example',
      'MAIL FROM:<a@b> SIZE=5 X=y',
      'rcpt to:c@d NOTIFY=NEVER',
      'RSET',
    ]) {
      await client.command(line);
    }
    await client.quit();
    const bare = Object.fromEntries(
      ['data', 'greeting', 'hostname', 'from', 'to', 'ext'].map((name) => [name, undefined]),
    );
    const filled = commands.map((command) => ({ ...bare, ...command }));
    assert.deepEqual(filled, [
      { ...bare, name: 'what', data: 'is this', recognized: false },
      { ...bare, name: 'noop' },
      {
        ...bare,
        name: 'greeting',
        data: 'client.example',
        greeting: 'ehlo',
        hostname: 'client.example',
      },
      {
        ...bare,
        name: 'mail',
        data: 'FROM:<a@b> SIZE=5 X=y',
        from: 'a@b',
        ext: 'SIZE=5 X=y',
      },
      { ...bare, name: 'rcpt', data: 'to:c@d NOTIFY=NEVER', to: 'c@d', ext: 'NOTIFY=NEVER' },
      { ...bare, name: 'rset' },
      { ...bare, name: 'quit' },
    ]);
  });

  test('lets a program carry out commands by itself', async (t) => {
    /** @type {string[]} */
    const events = [];
    const { connect } = await serveOriginal(t, {}, (req) => {
      req.on('command', (/** @type {any} */ command, /** @type {any} */ control) => {
        if (command.name === 'auth') {
          control.preventDefault();
          control.write(235, 'Welcome');
          control.next();
          // There is one command to go on from.
          control.next();
        } else if (command.name === 'mail') {
          control.preventDefault();
          setImmediate(() => {
            control.write(550, ['not', 'today']);
            control.next();
          });
        } else if (command.name === 'noop') {
          control.write('250', 'first');
        }
      });
      req.on('from', () => events.push('from'));
    });
    const client = await connect();
    await client.command('HELO x', 250);
    client.write('AUTH PLAIN x\r\nMAIL FROM:<a@b>\r\nNOOP\r\nRSET\r\n');
    await client.expect('235 Welcome');
    await client.expect('550-not\r\n550 today');
    await client.expect('250 first');
    await client.expect('502 Not implemented.');
    await client.expect('250');
    assert.deepEqual(events, []);
  });

  test('keeps what was said in properties', async (t) => {
    /** @type {any} */
    let req;
    const shown = () => {
      const { greeting, hostname, from, fromExt, to, toExt } = req;
      return [greeting, hostname, from, fromExt, to, toExt];
    };
    const { connect } = await serveOriginal(t, {}, (client) => {
      req = client;
      takes(req);
      req.on('to', (/** @type {string} */ to, /** @type {any} */ ack) =>
        to.startsWith('no') ? ack.reject() : ack.accept(),
      );
    });
    const none = undefined;
    const client = await connect();
    assert.deepEqual(shown(), [none, none, none, none, none, none]);
    await client.command('LHLO x.example', '250 x.example');
    assert.deepEqual(shown(), ['lhlo', 'x.example', none, none, none, none]);
    await client.command('MAIL FROM:<> X', 250);
    assert.deepEqual(shown(), ['lhlo', 'x.example', '', 'X', none, none]);
    await client.command('RCPT TO:<no@d>', 500);
    await client.command('RCPT TO:<a@d>', 250);
    await client.command('RCPT TO:<b@d> Y', 250);
    assert.deepEqual(shown(), ['lhlo', 'x.example', '', 'X', ['a@d', 'b@d'], [none, 'Y']]);
    await client.command('RSET', '250');
    assert.deepEqual(shown(), ['lhlo', 'x.example', none, none, none, none]);
    await client.transaction();
    // Whoever reads the message may still ask; the next transaction begins anew.
    assert.deepEqual(req.to, ['rcpt@example.domain']);
    await client.command('MAIL FROM:<c@d>', 250);
    assert.deepEqual(shown(), ['lhlo', 'x.example', 'c@d', none, none, none]);
    await client.command('EHLO again', '250 again');
    assert.deepEqual(shown(), ['ehlo', 'again', none, none, none, none]);
  });

  test('raises greeting, quit, rset and reset', async (t) => {
    /** @type {any[]} */
    const events = [];
    const { connect } = await serveOriginal(t, {}, (req) => {
      req.on('greeting', (/** @type {any} */ command, /** @type {any} */ ack) => {
        events.push([command.greeting, command.hostname]);
        if (command.hostname) ack.accept();
        else ack.reject(504, 'who are you?');
      });
      for (const name of ['quit', 'rset', 'reset']) req.on(name, () => events.push(name));
    });
    const client = await connect();
    await client.command('HELO', '504 who are you?');
    await client.command('NOOP', 503);
    await client.command('EHLO x', '250 OK');
    await client.command('RSET', '250');
    await client.quit();
    assert.deepEqual(events, [['helo', undefined], ['ehlo', 'x'], 'rset', 'reset', 'quit']);
  });

  test('goes on when the last word on a message is given, and refuses it by that', async (t) => {
    /** @type {any[]} */
    const events = [];
    const { connect } = await serveOriginal(t, {}, (req) => {
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        stream.on('data', () => {}).on('end', () => events.push('end'));
        ack.accept(354, 'go ahead');
      });
      req.on('received', (/** @type {any} */ ack) => {
        events.push('received');
        setImmediate(() =>
          events.length > 2 ? ack.accept(250, 'queued') : ack.reject(554, 'spam'),
        );
      });
    });
    const client = await (await connect()).envelope();
    await client.command('DATA', '354 go ahead');
    client.write('spam\r\n.\r\n');
    await client.expect('554 spam');
    await client.transaction();
    assert.deepEqual(events, ['end', 'received', 'end', 'received']);
  });

  test('takes a message that nobody reads before its end', async (t) => {
    const read = deferred();
    const { connect } = await serveOriginal(t, {}, (req) => {
      /** @type {any} */
      let message;
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        message = stream;
        ack.accept();
      });
      req.on('received', (/** @type {any} */ ack) => {
        bytesOf(message).then((bytes) => {
          read.resolve(bytes);
          ack.accept();
        });
      });
    });
    const client = await (await connect()).envelope();
    await client.message('text\r\n');
    assert.equal(`${await read.promise}`, 'text\r\n');
  });

  test('answers 554 where nobody takes messages, and goes on', async (t) => {
    const { connect } = await serveOriginal(t, {});
    const client = await (await connect()).envelope();
    await client.command('DATA', 554);
    await client.command('RSET', '250');
    await client.quit();
  });

  test('refuses DATA as its listener says', async (t) => {
    const { connect } = await serveOriginal(t, {}, (req) =>
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        if (req.to.length === 1) ack.reject(452, 'full');
        else stream.abort(453, 'never began');
      }),
    );
    const client = await (await connect()).envelope();
    await client.command('DATA', '452 full');
    await client.command('RCPT TO:<another@d>', 250);
    await client.command('DATA', '453 never began');
  });

  test('hands text on as strings and all else as Buffers, byte for byte', async (t) => {
    const text = `Grüße €\r\n${'€'.repeat(100_000)}\r\n𝄞\r\n`;
    const other = Buffer.from([0x61, 0xff, 0xfe, 0x0d, 0x0a, 0xc3, 0x0d, 0x0a]);
    for (const [wire, isText] of /** @type {const} */ ([
      [Buffer.from('ascii\r\n'), true],
      [Buffer.from(text), true],
      [other, false],
      [Buffer.concat([Buffer.from(text), other, Buffer.from(text)]), false],
    ])) {
      /** @type {Set<string>} */
      const types = new Set();
      const read = deferred();
      const piped = new PassThrough();
      const { connect } = await serveOriginal(t, {}, (req) =>
        req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
          stream.on('data', (/** @type {any} */ piece) => types.add(typeof piece));
          stream.pipe(piped);
          bytesOf(piped).then(read.resolve);
          ack.accept();
        }),
      );
      const client = await (await connect()).envelope();
      await client.command('DATA', 354);
      // In pieces that part characters.
      for (let at = 0; at < wire.length; at += 9_973) client.write(wire.subarray(at, at + 9_973));
      client.write('.\r\n');
      await client.expect(250);
      assert.ok((await read.promise).equals(wire));
      if (isText) assert.deepEqual([...types], ['string']);
    }
  });

  test('brakes a client whose message nobody reads', async (t) => {
    const opened = deferred();
    const { server, connect } = await serveOriginal(t, {}, (req) =>
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        ack.accept();
        opened.resolve(stream);
      }),
    );
    const client = await (await connect()).envelope();
    await client.command('DATA', 354);
    const line = Buffer.from(`${'x'.repeat(998)}\r\n`);
    const size = 64 * 1_024;
    const block = Buffer.concat(Array.from({ length: size }, () => line));
    const sent = once(client.socket, 'drain');
    client.socket.write(block);
    const stream = await opened.promise;
    await within(once(stream, 'readable'), 'a piece');
    // The kernel takes its part, but what waits here has a bound: the client is served no further.
    const waiting = () => {
      let bytes = 0;
      for (const piece of stream._readableState.buffer) bytes += piece?.length ?? 0;
      return bytes;
    };
    const other = await connect();
    let length = -1;
    while (length !== waiting()) {
      length = waiting();
      await other.command('EHLO client.example', 250);
    }
    assert.ok(length < 4 * 1_024 * 1_024, `${length} bytes wait`);
    stream.on('data', (/** @type {string} */ piece) => {
      length += piece.length;
    });
    length = 0;
    client.socket.write('.\r\n');
    await sent;
    await client.expect(250);
    assert.equal(length, size * 1_000);
    assert.equal(server.listening, true);
  });

  test('skips the rest of a message that is aborted or destroyed', async (t) => {
    /** @type {any[]} */
    const aborted = [];
    /** @type {((stream: any) => void)[]} */
    const ends = [
      (stream) => stream.abort(),
      (stream) => stream.abort(552, 'enough'),
      (stream) => stream.abort('just so'),
      (stream) => stream.destroy(),
      (stream) => stream.resume(),
    ];
    const { connect } = await serveOriginal(t, {}, (req) =>
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        stream.on('abort', (/** @type {any[]} */ ...args) => aborted.push(args));
        stream.once('data', () => ends.shift()?.(stream));
        ack.accept();
      }),
    );
    const client = await (await connect()).envelope();
    for (const wanted of ['554', '552 enough', '554 just so', /^451 /, '250 OK']) {
      await client.command('DATA', 354);
      client.write('head\r\n');
      client.write('tail\r\n.\r\n');
      await client.expect(wanted);
      await client.command('MAIL FROM:<a@b>', 250);
      await client.command('RCPT TO:<c@d>', 250);
    }
    assert.deepEqual(aborted, [
      [554, undefined],
      [552, 'enough'],
      [554, 'just so'],
    ]);
  });

  test('fails the stream of a message that is cut off, or over the limit', async (t) => {
    /** @type {any[]} */
    const errors = [];
    const seen = new Waiters();
    const { connect } = await serveOriginal(t, { size: 1_000 }, (req) =>
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        stream.resume();
        stream.on('error', (/** @type {any} */ error) => {
          errors.push(error.code);
          seen.wake();
        });
        ack.accept();
      }),
    );
    const client = await (await connect()).envelope();
    await client.message(`${'x'.repeat(2_000)}\r\n`, 552);
    await client.command('MAIL FROM:<a@b> SIZE=2000', 552);
    await client.command('MAIL FROM:<a@b>', 250);
    await client.command('RCPT TO:<c@d>', 250);
    await client.command('DATA', 354);
    client.write('half a mess');
    client.reset();
    await seen.until(() => errors.length === 2, 'both errors');
    assert.deepEqual(errors, ['SMTP_ERR_MESSAGE_CUT', 'SMTP_ERR_MESSAGE_CUT']);
  });

  test('begins TLS, and forgets what was said before it', async (t) => {
    const secured = deferred();
    /** @type {any} */
    let req;
    const { connect } = await serveOriginal(t, p256(), (client) => {
      req = client;
      takes(req);
      req.on('tls', secured.resolve);
    });
    const client = await connect();
    await client.command('STARTTLS', 503);
    await client.command('EHLO x', '250-x\r\n250 STARTTLS');
    // What is pipelined behind it is dropped.
    client.write('STARTTLS\r\nRSET\r\nQUIT\r\n');
    await client.expect('220 Ready to start TLS.');
    await client.upgrade();
    const socket = await secured.promise;
    assert.equal(socket, req.socket);
    assert.equal(socket.encrypted, true);
    assert.equal(socket.protocol, 'TLSv1.3');
    assert.equal(req.greeting, undefined);
    await client.command('NOOP', 503);
    await client.command('EHLO x', '250-x\r\n250 STARTTLS');
    await client.command('STARTTLS', 503);
    await client.transaction();
    await client.quit();
  });

  test('speaks TLS from the first byte where `tls` says so', async (t) => {
    let upgrades = 0;
    const { connect } = await serveOriginal(t, { ...p256(), tls: true }, (req) => {
      req.on('tls', () => upgrades++);
      takes(req);
    });
    const client = await connect({ secure: { rejectUnauthorized: false } });
    await client.envelope();
    await client.message('text\r\n');
    assert.equal(upgrades, 0);
  });

  test('answers late, and not at all those who are gone', async (t) => {
    /** @type {any[]} */
    const acks = [];
    const seen = new Waiters();
    const { server, connect } = await serveOriginal(t, {}, (req) => {
      req.on('from', (/** @type {string} */ _, /** @type {any} */ ack) => {
        acks.push(ack);
        seen.wake();
      });
      req.socket.on('close', () => seen.wake());
    });
    const first = await connect();
    await first.command('HELO x', 250);
    first.write('MAIL FROM:<a@b>\r\n');
    await seen.until(() => acks.length === 1, 'the first ack');
    first.reset();
    const second = await connect();
    await second.command('HELO x', 250);
    second.write('MAIL FROM:<a@b>\r\n');
    await seen.until(() => acks.length === 2, 'the second ack');
    const count = () => new Promise((resolve) => server.getConnections((_, n) => resolve(n)));
    while ((await count()) !== 1) await new Promise((resolve) => setImmediate(resolve));
    for (const ack of acks) ack.accept();
    await second.expect(250);
  });

  test('answers 451 for who never does, and tells so', async (t) => {
    const failed = deferred();
    const { connect } = await serveOriginal(t, { listenerTimeout: 50 }, (req) => {
      /** @type {any} */
      let late;
      req.on('from', (/** @type {string} */ _, /** @type {any} */ ack) => {
        late ??= ack;
      });
      req.on('error', failed.resolve);
      req.on('rset', () => late.accept());
    });
    const client = await connect();
    await client.command('HELO x', 250);
    await client.command('MAIL FROM:<a@b>', 451);
    assert.equal((await failed.promise).code, 'SMTP_ERR_LISTENER_TIMEOUT');
    await client.command('RSET', '250');
    await client.command('RCPT TO:<a@b>', 503);
  });
});

describe('lines of clients, as the original reads them', () => {
  for (const [line, wanted] of /** @type {[string, any][]} */ ([
    [
      'MAIL FROM:<a@b> SIZE=1',
      { name: 'mail', data: 'FROM:<a@b> SIZE=1', from: 'a@b', ext: 'SIZE=1' },
    ],
    ['mail from : a@b', { name: 'mail', data: 'from : a@b', from: 'a@b', ext: undefined }],
    ['RCPT TO:<c@d>', { name: 'rcpt', data: 'TO:<c@d>', to: 'c@d', ext: undefined }],
    ['DATA', { name: 'data', data: undefined }],
  ])) {
    test(`${line} out of sequence has what it says`, async (t) => {
      const told = deferred();
      const { connect } = await serveOriginal(t, {}, (req) =>
        req.on('command', (/** @type {any} */ command) => told.resolve(command)),
      );
      const client = await connect();
      client.write(`${line}\r\n`);
      assert.deepEqual(await told.promise, wanted);
      await client.expect(503);
    });
  }

  test('an HTTP request ends a session before a greeting', async (t) => {
    const { connect } = await serveOriginal(t, {}, () => {});
    const client = await connect();
    client.write('POST / HTTP/1.1\r\n\r\nEHLO x\r\n');
    await client.expect(421);
    assert.equal(await client.ended(), '');
  });
});
