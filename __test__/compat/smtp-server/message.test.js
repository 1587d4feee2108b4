'use strict';
// Messages by DATA and by BDAT (RFC 3030): the same of handlers whichever it is, and nothing of a chunk
// is ever a command. What the engine does at every split has its own tests.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { within } = require('../../support/wait.js');
const { Notes, b64, served } = require('./served.js');

const TEXT = 'Subject: x\r\n\r\nRSET\r\nQUIT\r\n';
const refusal = (code) => Object.assign(new Error('not today'), { responseCode: code });
const whole = (stream) => new Promise((resolve) => stream.resume().on('end', resolve));
const BEGIN = ['MAIL FROM:<a@c.example>', 'RCPT TO:<b@d.example>', 'RCPT TO:<e@d.example>'];

/** What handlers do, what the client hears of it, and whether that is known before the message's end. */
const OUTCOMES = {
  accepts: [(stream, _session, done) => whole(stream).then(() => done()), '250 OK: message queued'],
  says: [
    (stream, _session, done) => whole(stream).then(() => done(null, 'queued as 5')),
    '250 queued as 5',
  ],
  'fails behind it': [
    (stream, _session, done) => whole(stream).then(() => done(refusal())),
    '450 not today',
  ],
  'fails with a code': [
    (stream, _session, done) => whole(stream).then(() => done(refusal(554))),
    '554 not today',
  ],
  'accepts unread': [(_stream, _session, done) => done(), '250 OK: message queued'],
  'fails unread': [(_stream, _session, done) => done(refusal(554)), '554 not today', true],
  'destroys, and accepts': [
    (stream, _session, done) => {
      stream.destroy();
      done();
    },
    '250 OK: message queued',
  ],
  'destroys, and fails': [
    (stream, _session, done) => {
      stream.destroy();
      done(refusal(552));
    },
    '552 not today',
    true,
  ],
  promises: [async (stream) => whole(stream).then(() => 'kept'), '250 kept'],
  rejects: [
    async () => {
      throw refusal(451);
    },
    '451 not today',
    true,
  ],
};

/** How a message comes, each a list of pieces with `true` where it is the last; DATA is none. */
const WAYS = {
  data: undefined,
  'one chunk': [[TEXT, true]],
  'chunks of three bytes': [...TEXT.matchAll(/.{1,3}/gs)].map(({ 0: piece, index }) => [
    piece,
    index + 3 >= TEXT.length,
  ]),
  'an empty last one': [
    [TEXT, false],
    ['', true],
  ],
  'empty ones': [
    ['', false],
    [TEXT, false],
    ['', false],
    ['', true],
  ],
};

async function begin(client, hello = 'EHLO', [mail, ...rcpts] = BEGIN) {
  await client.command(`${hello} c.example`, 250);
  await client.command(mail, 250);
  for (const rcpt of rcpts) await client.command(rcpt, 250);
}

const chunk = (client, text, isLast) =>
  client.write(`BDAT ${Buffer.byteLength(text)}${isLast ? ' LAST' : ''}\r\n${text}`);

/** Sends the message; what was said of it at its end, or of the chunk that was refused. */
async function send(client, way, count = 1) {
  const finals = async () => {
    const replies = [];
    for (let left = count; left > 0; left -= 1) replies.push((await client.reply()).text);
    return replies;
  };
  if (!way) {
    await client.command('DATA', 354);
    client.write(`${TEXT}.\r\n`);
    return finals();
  }
  for (const [text, isLast] of way) {
    chunk(client, text, isLast);
    if (isLast) return finals();
    const { text: said } = await client.reply();
    if (said !== '250 OK') return [said];
  }
}

describe('a message', { timeout: 60_000 }, () => {
  for (const [outcome, [handler, expected, isEarly]] of Object.entries(OUTCOMES)) {
    for (const [name, way] of Object.entries(WAYS)) {
      for (const lmtp of [false, true]) {
        test(`${name}, of which a handler ${outcome}${lmtp ? ', in LMTP' : ''}`, async (t) => {
          const { connect } = await served(t, { onData: handler, lmtp });
          const client = await connect();
          await begin(client, lmtp ? 'LHLO' : 'EHLO');
          const said = await send(client, way, lmtp ? 2 : 1);
          const reply = lmtp ? expected.replace('queued', 'accepted') : expected;
          const text = expected === '250 queued as 5' ? expected : reply;
          const isRefusedEarly = isEarly && way && way.length > 2;
          const count = lmtp && !isRefusedEarly ? 2 : 1;
          assert.deepEqual(said, Array(count).fill(text));
          // The transaction is over, and the session goes on.
          await client.command('DATA', '503 Error: need RCPT command');
          await client.command(BEGIN[0], 250);
          await client.command('QUIT', 221);
        });
      }
    }
  }

  for (const [name, way] of Object.entries(WAYS)) {
    test(`${name}: its stream has the bytes, and counts them`, async (t) => {
      const seen = [];
      const { connect } = await served(t, {
        size: 20,
        async onData(stream, session) {
          let text = '';
          for await (const piece of stream) text += piece;
          const { byteLength, sizeExceeded } = stream;
          seen.push({
            text,
            byteLength,
            sizeExceeded,
            ...session.envelope,
            at: session.transaction,
          });
        },
      });
      const client = await connect();
      await begin(client);
      assert.deepEqual(await send(client, way), ['250 OK: message queued']);
      const [{ text, byteLength, sizeExceeded, rcptTo, at }] = seen;
      assert.equal(text, TEXT);
      assert.equal(byteLength, TEXT.length);
      assert.equal(sizeExceeded, true);
      assert.equal(rcptTo.length, 2);
      assert.equal(at, 1);
      await client.command('QUIT', 221);
    });

    test(`${name}, refused where it is too big`, async (t) => {
      const { connect } = await served(t, { size: 20, rejectOversized: true });
      const client = await connect();
      await begin(client);
      const tooBig = '552 Error: message exceeds fixed maximum message size 20';
      assert.deepEqual(await send(client, way), [tooBig]);
      await client.command(BEGIN[0], 250);
      await client.command('QUIT', 221);
    });

    test(`${name}, whose handler throws`, async (t) => {
      const onData = () => {
        throw new Error('x');
      };
      const { connect } = await served(t, { onData });
      const client = await connect();
      await begin(client);
      const internal = '451 Error: internal server error';
      if (way) {
        chunk(client, ...way[0]);
        await client.expect(internal);
      } else await client.command('DATA', internal);
      await client.command(BEGIN[0], 250);
      await client.command('QUIT', 221);
    });
  }

  test('in any bytes where it is binary, and not by DATA', async (t) => {
    const bytes = Buffer.from([...Array(256).keys(), 13, 10, 46, 13, 10, 10, 13]);
    const got = [];
    const bodies = [];
    const { connect } = await served(t, {
      async onData(stream, { envelope }) {
        bodies.push(envelope.bodyType);
        for await (const piece of stream) got.push(piece);
      },
    });
    const client = await connect();
    await begin(client, 'EHLO', [`${BEGIN[0]} body=BinaryMIME`, BEGIN[1]]);
    await client.command('DATA', '503 Error: need BDAT command');
    for (const [start, end, last] of [
      [0, 13, ''],
      [13, 250, ''],
      [250, undefined, ' LAST'],
    ]) {
      const piece = bytes.subarray(start, end);
      client.write(`BDAT ${piece.length}${last}\r\n`).write(piece);
      await client.expect(250);
    }
    assert.deepEqual(Buffer.concat(got), bytes);
    assert.deepEqual(bodies, ['binarymime']);
    await client.command('QUIT', 221);
  });
});

describe('BDAT', { timeout: 60_000 }, () => {
  const OUT_OF_TURN = {
    'before a greeting': [{}, [], '503 Error: send HELO/EHLO first'],
    'without a transaction': [{}, ['EHLO c'], '503 Error: need RCPT command'],
    'without a recipient': [{}, ['EHLO c', BEGIN[0]], '503 Error: need RCPT command'],
    'without a login': [{ authOptional: false }, ['EHLO c'], '530 Error: authentication Required'],
    'where the session has it disabled': [
      {
        onConnect(session, done) {
          session.disabledCommands = ['bdat'];
          done();
        },
      },
      ['EHLO c'],
      '500 Error: command not recognized',
    ],
  };
  for (const [name, [options, lines, expected]] of Object.entries(OUT_OF_TURN)) {
    test(`${name}: its chunk is dropped`, async (t) => {
      const { connect } = await served(t, options);
      const client = await connect();
      for (const line of lines) await client.command(line, 250);
      for (const last of ['', ' LAST']) {
        client.write(`BDAT 12${last}\r\nRSET\r\nQUIT\r\nNOOP\r\n`);
        await client.expect(expected);
        await client.expect('250 OK');
      }
      await client.command('QUIT', 221);
    });
  }

  for (const line of ['BDAT', 'BDAT x', 'BDAT -1', 'BDAT 5 FIRST', 'BDAT 5 LAST x']) {
    test(`that is malformed has no chunk: '${line}'`, async (t) => {
      const { connect } = await served(t, {});
      const client = await connect();
      await begin(client);
      await client.command(line, '501 Error: syntax: BDAT size [LAST]');
      assert.deepEqual(await send(client, WAYS['one chunk']), ['250 OK: message queued']);
      await client.command('QUIT', 221);
    });
  }

  /** A message of which one chunk has come, and the error that its stream ends with. */
  async function halfway(t, options) {
    const errors = new Notes();
    const onData = (stream) => stream.on('error', errors.add).resume();
    const { connect, closed } = await served(t, { onData, ...options });
    const client = await connect();
    await begin(client);
    chunk(client, 'half', false);
    await client.expect('250 OK');
    return { client, errors, closed };
  }

  test('lets nothing else begin between its chunks', async (t) => {
    const { client, errors } = await halfway(t);
    const lines = ['RCPT TO:<x@d.example>', 'DATA', 'STARTTLS', 'AUTH PLAIN'];
    for (const line of lines) await client.command(line, '503 Error: need BDAT command');
    await client.command(BEGIN[0], '503 Error: nested MAIL command');
    await client.command('NOOP', 250);
    chunk(client, 'more', false);
    await client.expect('250 OK');
    assert.equal(errors.all.length, 0);
    client.reset();
  });

  for (const line of ['RSET', 'EHLO c.example', 'HELO c.example']) {
    test(`is taken back by ${line}: the stream fails, and the transaction is over`, async (t) => {
      const { client, errors } = await halfway(t);
      await client.command(line, 250);
      const [error] = await within(errors.some(), 'the error');
      assert.equal(error.code, 'ECONNECTION');
      assert.match(error.message, /before the message was received in full/);
      client.write('BDAT 6 LAST\r\nQUIT\r\n');
      await client.expect('503 Error: need RCPT command');
      await client.command(BEGIN[0], 250);
      await client.command('QUIT', 221);
    });
  }

  test('fails its stream where the client goes, or says QUIT', async (t) => {
    for (const leave of ['QUIT\r\n', undefined]) {
      const { client, errors, closed } = await halfway(t);
      if (leave) client.write(leave);
      else client.reset();
      await within(errors.some(), 'the error');
      await within(closed.some(), 'the end');
      assert.equal(closed.all[0].envelope.rcptTo.length, 2);
    }
  });

  test('is not waited for by a server that closes', async (t) => {
    const { connect, server } = await served(t, {});
    const client = await connect();
    await begin(client);
    server.isClosing = true;
    client.write('BDAT 99999\r\n');
    await client.expect('421 Server shutting down');
  });

  test('goes on in the midst of its chunks, with a handler that waits to be read', async (t) => {
    let go = () => {};
    const asked = new Promise((resolve) => {
      go = resolve;
    });
    const { connect } = await served(t, {
      async onData(stream) {
        go(stream);
        await new Promise((resolve) => stream.once('go', resolve));
        let length = 0;
        for await (const piece of stream) length += piece.length;
        return `${length}`;
      },
    });
    const client = await connect();
    await begin(client);
    const big = 'x'.repeat(1_000_000);
    chunk(client, big, false);
    chunk(client, big, true);
    const stream = await within(asked, 'the handler');
    stream.emit('go');
    await client.expect('250 OK');
    await client.expect('250 2000000');
    await client.command('QUIT', 221);
  });

  for (const [options, lines] of [
    [{}, ['CHUNKING', 'BINARYMIME']],
    [{ hideBINARYMIME: true }, ['CHUNKING']],
    [{ hideCHUNKING: true }, []],
    [{ disabledCommands: ['bdat'] }, []],
  ]) {
    test(`is listed last: ${JSON.stringify(options)}`, async (t) => {
      const { connect } = await served(t, { useXClient: true, authMethods: ['PLAIN'], ...options });
      const client = await connect();
      const { lines: listed } = await client.command('EHLO c.example', 250);
      const at = listed.findIndex((line) => line.startsWith('XCLIENT'));
      assert.deepEqual(listed.slice(at + 1), lines);
      const isKnown = !options.disabledCommands;
      await client.command(`${BEGIN[0]} BODY=BINARYMIME`, isKnown ? 250 : 501);
      client.write(isKnown ? 'BDAT 0\r\n' : 'BDAT 6\r\n');
      await client.expect(isKnown ? 503 : 500);
      await client.command('QUIT', 221);
    });
  }

  test('behind a login as before one', async (t) => {
    const onAuth = (_auth, _session, done) => done(null, { user: 'u' });
    const { connect } = await served(t, { authOptional: false, allowInsecureAuth: true, onAuth });
    const client = await connect();
    await client.command('EHLO c.example', 250);
    await client.command(`AUTH PLAIN ${b64('\0u\0p')}`, 235);
    await begin(client);
    assert.deepEqual(await send(client, WAYS['an empty last one']), ['250 OK: message queued']);
    await client.command('QUIT', 221);
  });
});
