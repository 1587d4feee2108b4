'use strict';
// Bad input: what is never the end of a message, lines without an end, odd bytes, other protocols.
// Clients that go away and listeners that misbehave are in bad-luck.test.js.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const tls = require('node:tls');
const { p256 } = require('../support/certificates.js');
const { Log, serve, within } = require('../support/serve.js');

const { key, cert } = p256();
const MAIL = 'MAIL FROM:<a@client.example>';

/** None of these is the end of a message. */
const NO_END = [
  '\n.\n',
  '\n.\r\n',
  '\r.\r',
  '\r.\n',
  '\n.\r',
  '\r.\r\n',
  '\r\n.\n',
  '\r\n.\r',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
  '\r\n.\r\r\n',
  '\r\r\n.\r\r\n',
];
/** What is delivered for bytes on the wire (RFC 5321 section 4.5.2): CR LF alone ends a line. */
const undotted = (wire) => wire.replace(/(^|\r\n)\./g, '$1');
const SMUGGLED = 'MAIL FROM:<evil@x>\r\nRCPT TO:<evil@x>\r\nDATA\r\nsmuggled\r\n';

/** A server that keeps what it was sent. */
async function keeping(t, params) {
  const log = new Log();
  const taken = [];
  const data = function data() {
    taken.push(this.raw.toString('latin1'));
    return true;
  };
  const { connect } = await serve(t, params, log.listeners({ data }));
  const client = await connect();
  await client.command('EHLO client.example', 250);
  return { client, log, taken };
}

/** Sends a message in these segments, and its end. */
async function send(client, segments, wanted) {
  await client.command(MAIL, 250);
  await client.command('RCPT TO:<b@example.domain>', 250);
  await client.command('DATA', 354);
  for (const segment of segments) {
    client.write(Buffer.from(segment, 'latin1'));
    // Behind a turn of the event loop a segment mostly is read by itself.
    await new Promise(setImmediate);
  }
  return client.expect(wanted);
}

describe('never the end of a message', { timeout: 120_000 }, () => {
  for (const sequence of NO_END) {
    const shown = JSON.stringify(sequence);
    const bodies = [
      `before${sequence}after\r\n`,
      `before${sequence}${SMUGGLED}`,
      `before${sequence}\r\n`,
      sequence.startsWith('\r\n') ? `${sequence.slice(2)}at the start\r\n` : `${sequence}x\r\n`,
    ];

    test(`${shown}, whole, byte by byte and at every split`, async (t) => {
      const { client, log, taken } = await keeping(t, {});
      for (const body of bodies) {
        const wire = `${body}.\r\n`;
        const from = Math.max(0, body.indexOf(sequence) - 1);
        const splits = [[wire]];
        for (let at = from; at <= from + sequence.length + 2; at += 1) {
          splits.push([wire.slice(0, at), wire.slice(at)]);
        }
        const odd = wire.slice(from, from + sequence.length + 2);
        splits.push([wire.slice(0, from), ...odd, wire.slice(from + odd.length)]);
        for (const segments of splits) {
          taken.length = 0;
          const what = segments.map((segment) => JSON.stringify(segment)).join(' + ');
          await send(client, segments.filter(Boolean), '250 OK');
          assert.deepEqual(taken, [undotted(body)], what);
        }
      }
      await client.quit();
      const senders = new Set(log.values('mail').map(({ from }) => from));
      assert.deepEqual([...senders], ['a@client.example']);
    });

    test(`${shown} with bareNewlines: 'refuse'`, async (t) => {
      const { client, log, taken } = await keeping(t, { bareNewlines: 'refuse' });
      // NUL is no newline: what has no bare CR or LF is taken.
      const isBare = /\r(?!\n)|(?<!\r)\n/.test(sequence);
      for (const body of bodies.slice(0, 3)) {
        const wire = `${body}.\r\n`;
        for (let at = 6; at <= 6 + sequence.length; at += 1) {
          taken.length = 0;
          const segments = [wire.slice(0, at), wire.slice(at)];
          const wanted = isBare ? /^5\d\d / : '250 OK';
          await send(client, segments, wanted);
          assert.deepEqual(taken, isBare ? [] : [undotted(body)]);
        }
      }
      await send(client, ['clean\r\n..\r\n\r\n.\r\n'], '250 OK');
      await client.quit();
      assert.ok(log.values('mail').every(({ from }) => from === 'a@client.example'));
    });

    test(`${shown} with bareNewlines: 'normalise'`, async (t) => {
      const { client, log, taken } = await keeping(t, { bareNewlines: 'normalise' });
      for (const body of bodies.slice(0, 3)) {
        const wire = `${body}.\r\n`;
        const wanted = undotted(body).replace(/\r\n|\r|\n/g, '\r\n');
        for (let at = 6; at <= 6 + sequence.length; at += 1) {
          taken.length = 0;
          await send(client, [wire.slice(0, at), wire.slice(at)], '250 OK');
          assert.deepEqual(taken, [wanted]);
        }
      }
      await client.quit();
      assert.ok(log.values('mail').every(({ from }) => from === 'a@client.example'));
    });
  }

  test('the end of a message is found at every split', async (t) => {
    const { client, taken } = await keeping(t, {});
    for (const body of ['', '\r\n', 'x\r\n', '..\r\n', 'x\r\n..\r\n', '.x\r\n']) {
      const wire = `${body}.\r\n`;
      for (let at = 0; at <= wire.length; at += 1) {
        taken.length = 0;
        const segments = [wire.slice(0, at), wire.slice(at)].filter(Boolean);
        await send(client, segments, '250 OK');
        assert.deepEqual(taken, [undotted(body)]);
      }
    }
  });

  test('bare CR and LF are delivered as they were sent by default', async (t) => {
    for (const params of [{}, { bareNewlines: 'accept' }]) {
      const { client, taken } = await keeping(t, params);
      const body = 'a\nb\rc\n\nd\r\re\n\rf\r\r\ng\r\n\n\r\n\r\r\n';
      await send(client, [`${body}.\r\n`], '250 OK');
      await send(client, [...body, '.\r\n'], '250 OK');
      assert.deepEqual(taken, [body, body]);
    }
  });
});

describe('a line without an end', { timeout: 120_000 }, () => {
  const states = {
    'before a greeting': [],
    'after a greeting': ['EHLO client.example'],
    'after MAIL': ['EHLO client.example', MAIL],
    'after RCPT': ['EHLO client.example', MAIL, 'RCPT TO:<b@example.domain>'],
  };
  /** Writes so many MiB, no faster than they are read, as long as somebody reads. */
  async function flood(client, mebibytes) {
    const block = Buffer.alloc(1024 * 1024, 'x');
    for (let n = 0; n < mebibytes && !client.closed; n += 1) {
      if (client.socket.write(block)) continue;
      await within(
        new Promise((resolve) => {
          client.socket.once('drain', resolve);
          client.socket.once('close', resolve);
        }),
        'room for more',
      );
    }
  }

  for (const [state, commands] of Object.entries(states)) {
    test(`${state}: bounded memory, and a clear reply or a close`, async (t) => {
      const { connect } = await serve(t);
      const beside = await connect();
      const client = await connect();
      for (const command of commands) await client.command(command);
      const before = process.memoryUsage().rss;
      await flood(client, 48);
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < 24 * 1024 * 1024, `${grown} bytes more`);
      if (!client.closed) {
        client.write('\r\n');
        await client.expect(/^(500|421) /);
      }
      await beside.command('NOOP', '250 OK');
    });
  }

  test('in a message: beyond the size it costs nothing and gets 552', async (t) => {
    const { connect } = await serve(t, { size: 64 * 1024 });
    const client = await connect();
    await client.envelope();
    await client.command('DATA', 354);
    const before = process.memoryUsage().rss;
    await flood(client, 48);
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 24 * 1024 * 1024, `${grown} bytes more`);
    client.write('\r\n.\r\n');
    await client.expect(552);
    await client.transaction();
  });

  test('in a message: within the size it is taken as it is', async (t) => {
    const { client, taken } = await keeping(t, {});
    const body = `${'x'.repeat(3_000_000)}\r\n`;
    await send(client, [body, '.\r\n'], '250 OK');
    assert.equal(taken[0], body);
  });
});

describe('every byte', { timeout: 60_000 }, () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((b) => b !== 10 && b !== 13);

  test('in a command gets one reply', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { maxBadCommands: 0 }, log.listeners());
    // Before a greeting a NUL is a stranger's.
    const client = await greeted();
    const templates = [
      ['NOOP ', ''],
      ['', 'NOOP'],
      ['NO', 'OP'],
      ['EHLO client', '.example'],
      ['MAIL FROM:<a', '@client.example>'],
      ['MAIL FROM:', '<a@client.example>'],
      ['RCPT TO:<b', '@example.domain>'],
      ['RCPT TO:<b@example.domain>', ''],
      ['HELP ', ''],
    ];
    for (const [before, after] of templates) {
      for (const byte of bytes) {
        const line = [Buffer.from(before), Buffer.from([byte]), Buffer.from(`${after}\r\n`)];
        client.write(Buffer.concat(line));
        const { code } = await client.reply(
          `the reply to ${before}\\x${byte.toString(16)}${after}`,
        );
        assert.ok([250, 211, 214].includes(code) || (code >= 500 && code <= 555), `${code}`);
      }
    }
    assert.equal(client.unread, '');
    await client.command('RSET', '250 OK');
    await client.transaction();
  });

  test('in an address that is accepted reaches the listener without CR, LF or NUL', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { maxBadCommands: 0 }, log.listeners());
    const client = await greeted();
    for (const odd of ['\r', '\n', '\0']) {
      client.write(`MAIL FROM:<a${odd}b@client.example>\r\nRSET\r\n`);
      await client.expect(/^5/);
      let reply = await client.reply();
      if (reply.code >= 500) reply = await client.reply();
      assert.equal(reply.code, 250);
    }
    for (const { from } of log.values('mail')) assert.doesNotMatch(from, /[\r\n\0]/);
  });

  test('in a message is delivered', async (t) => {
    const { client, taken } = await keeping(t, {});
    const body = `${bytes.map((byte) => `${String.fromCharCode(byte)}\r\n`).join('')}`;
    const line = `${String.fromCharCode(...bytes)}\r\n`;
    const wire = (body + line).replace(/^\./gm, '..');
    await send(client, [`${wire}.\r\n`], '250 OK');
    assert.equal(taken[0], body + line);
  });
});

describe('other protocols', { timeout: 60_000 }, () => {
  for (const request of [
    'GET / HTTP/1.1\r\nHost: mail.example\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: mail.example\r\nContent-Length: 99\r\n\r\n',
    'OPTIONS * HTTP/1.0\r\n\r\n',
  ]) {
    test(`HTTP on the plain port: ${request.slice(0, 12)}`, async (t) => {
      const log = new Log();
      const { connect } = await serve(t, {}, log.listeners());
      const client = await connect();
      client.write(
        `${request}EHLO evil\r\n${MAIL}\r\nRCPT TO:<b@example.domain>\r\nDATA\r\nx\r\n.\r\n`,
      );
      await client.expect(/^[45]/);
      await client.ended();
      await log.when('disconnect');
      assert.deepEqual(log.names('helo', 'mail', 'rcpt', 'data'), []);
      await (await connect()).quit();
    });
  }

  test('a TLS hello on the plain port', async (t) => {
    const log = new Log();
    const { connect, target } = await serve(t, { commandTimeout: 300 }, log.listeners());
    const beside = await connect();
    await within(
      new Promise((resolve) => {
        const socket = tls.connect({ port: target, host: '127.0.0.1' }, () =>
          assert.fail('no TLS'),
        );
        socket.on('error', resolve);
      }),
      'the end of the handshake',
    );
    await log.when('disconnect');
    // The same from one that waits for an answer: a hello with and without line ends in it.
    for (const rest of ['\0\x01', '\r\n\x01', '\n\r\n']) {
      const client = await connect();
      client.write(Buffer.from(`\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${rest}`, 'latin1'));
      await client.ended();
      if (client.unread) assert.match(client.unread, /^[45]\d\d /);
    }
    await log.when('disconnect', 4);
    await beside.command('NOOP', '250 OK');
    assert.deepEqual(log.names('helo', 'mail'), []);
  });

  test('plain text on the TLS port', async (t) => {
    const log = new Log();
    const params = { secure: true, tls: { key, cert } };
    const { connect } = await serve(t, params, log.listeners());
    for (const text of ['EHLO client.example\r\n', 'GET / HTTP/1.1\r\n\r\n', '\r\n\r\n\r\n']) {
      const client = await connect({ greeting: false });
      client.write(text);
      assert.doesNotMatch(await client.ended(), /^2/m);
    }
    const good = await connect({ secure: {} });
    await good.envelope();
    await good.message('text\r\n');
    await good.quit();
    assert.deepEqual(log.values('helo'), ['client.example']);
    const paired = () => log.all('connect').length === log.all('disconnect').length;
    for (let n = 1; !paired() && n <= 4; n += 1) await log.when('disconnect', n);
    assert.ok(paired());
  });

  test('commands pipelined behind STARTTLS are dropped and never run', async (t) => {
    const log = new Log();
    const params = { tls: { key, cert } };
    const { greeted } = await serve(t, params, log.listeners());
    for (const behind of ['NOOP\r\n', `${MAIL}\r\nRCPT TO:<evil@x>\r\nDATA\r\n`, 'EHLO evil\r\n']) {
      const client = await greeted();
      client.write(`STARTTLS\r\n${behind}`);
      await client.expect('220 Ready to start TLS');
      await client.upgrade();
      await client.command('NOOP', '250 OK');
      await client.command(MAIL, 503);
      await client.command('EHLO client.example', 250);
      await client.transaction();
      await client.quit();
    }
    assert.equal(log.all('helo').length, 6);
    assert.ok(log.values('rcpt').every((address) => address === 'rcpt@example.domain'));
    assert.equal(log.all('data').length, 3);
  });

  test('plain text in place of the handshake behind STARTTLS ends the connection', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { tls: { key, cert } }, log.listeners());
    const client = await greeted();
    await client.command('STARTTLS', 220);
    client.write(`${MAIL}\r\nRCPT TO:<evil@x>\r\n`);
    assert.doesNotMatch(await client.ended(), /^2/m);
    await log.when('disconnect');
    assert.deepEqual(log.names('mail', 'rcpt'), []);
  });
});
