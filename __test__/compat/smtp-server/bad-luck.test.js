'use strict';
// Clients and handlers that do what they should not.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');
const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');
const { polled } = require('../../support/wait.js');
const { b64, served } = require('./served.js');

/** All that a server says to what is written in one go, until it closes. */
async function said(t, options, text) {
  const server = new SMTPServer({
    name: 'mx.example',
    logger: false,
    authOptional: true,
    disableReverseLookup: true,
    ...options,
  });
  server.on('error', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const socket = net.connect(server.server.address().port, '127.0.0.1');
  socket.on('error', () => {});
  let all = '';
  socket.setEncoding('latin1').on('data', (piece) => {
    all += piece;
  });
  await once(socket, 'data');
  socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  return all.split('\r\n').slice(1, -1);
}

const MAIL = 'HELO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n';

const MIB = 1_024 * 1_024;
/** Where a line without an end begins, by the lines that lead there, and how the client comes. */
const ENDLESS = {
  'at once': [[]],
  'behind a greeting': [['EHLO c.example']],
  'within a transaction': [['EHLO c.example', 'MAIL FROM:<a@c.example>']],
  'under TLS': [['EHLO c.example'], { secure: true }],
  'behind STARTTLS': [['EHLO c.example', 'STARTTLS']],
  'as the answer to a challenge': [['EHLO c.example', 'AUTH LOGIN']],
  'in LMTP': [['LHLO c.example'], { lmtp: true }],
};
for (const [where, [lines, options]] of Object.entries(ENDLESS)) {
  test(`64 MiB without a line end close the session: ${where}`, async (t) => {
    const { connect, closed } = await served(t, { allowInsecureAuth: true, ...options });
    const client = await connect(options?.secure ? { secure: {} } : {});
    for (const line of lines) {
      await client.command(line, /^[23]/);
      if (line === 'STARTTLS') await client.upgrade();
    }
    const piece = Buffer.alloc(MIB, 'x');
    let sent = 0;
    while (!client.closed && !client.socket.destroyed && sent < 64) {
      sent += 1;
      await new Promise((resolve) => client.socket.write(piece, () => setImmediate(resolve)));
    }
    assert.ok(sent < 64, 'it is not read to its end');
    await closed.some();
    // What was said may be lost with the bytes that nobody has read.
    assert.match(client.unread, /^(421 Error: Command line too long\r\n)?$/);
  });
}

for (const behind of [
  'NOOP\r\nRSET\r\n',
  'EHLO evil.example\r\nMAIL FROM:<a@b>\r\n',
  'MAIL FROM:',
]) {
  test(`what stands behind STARTTLS in plain text is not carried out: ${JSON.stringify(behind)}`, async (t) => {
    let asked = 0;
    const note = (_first, _session, done) => {
      asked += 1;
      done();
    };
    const { connect, closed } = await served(t, { onMailFrom: note, socketTimeout: 500 });
    const client = await connect();
    await client.command('EHLO c.example', 250);
    client.write(`STARTTLS\r\n${behind}`);
    await client.expect('220 Ready to start TLS');
    const hasTls = await client.upgrade().then(
      () => true,
      () => false,
    );
    if (hasTls) {
      await client.command('MAIL FROM:<c@d.example>', '503 Error: send HELO/EHLO first');
      await client.quit();
    }
    client.destroy();
    await closed.some();
    assert.equal(asked, 0);
    assert.equal(client.unread, '');
  });
}

test('a handler that calls back twice is heard once', async (t) => {
  const twice = (_address, _session, done) => {
    done();
    done(new Error('no'));
  };
  const lines = await said(t, { onMailFrom: twice, onRcptTo: twice }, MAIL);
  assert.deepEqual(
    lines.map((line) => line.slice(0, 3)),
    ['250', '250', '250', '354', '250', '250', '221'],
  );
});

test('a message that is destroyed, or fails its reader, is answered', async (t) => {
  for (const error of [undefined, new Error('disk full')]) {
    const onData = (stream, _session, done) => {
      stream.on('error', () => {});
      stream.on('close', () => done(new Error('later')));
      stream.destroy(error);
    };
    const lines = await said(t, { onData }, MAIL);
    assert.deepEqual(lines.slice(4), ['450 later', '250 OK', '221 Bye']);
  }
});

test('STARTTLS with an argument is refused, and the session goes on', async (t) => {
  const lines = await said(t, {}, 'STARTTLS FOO\r\nNOOP\r\nQUIT\r\n');
  assert.deepEqual(lines, ['501 Error: syntax: STARTTLS', '250 OK', '221 Bye']);
});

test('what a client says behind QUIT is not carried out', async (t) => {
  let asked = 0;
  const onMailFrom = (_address, _session, done) => {
    asked += 1;
    done();
  };
  const lines = await said(t, { onMailFrom }, 'HELO c\r\nQUIT\r\nMAIL FROM:<a@b>\r\n');
  assert.deepEqual(lines.slice(1), ['221 Bye']);
  assert.equal(asked, 0);
});

for (const secure of [false, true]) {
  test(`who leaves after QUIT leaves nothing behind${secure ? ', under TLS' : ''}`, async (t) => {
    const { connect, closed, errors, server } = await served(t, { secure });
    for (const how of ['quit', 'destroy', 'reset', 'halfClose']) {
      const client = await connect(secure ? { secure: {} } : {});
      const before = closed.all.length;
      if (how === 'quit') await client.quit();
      else {
        client.write('QUIT\r\n');
        if (how === 'reset') (client.socket._parent ?? client.socket).resetAndDestroy?.();
        else client[how]();
      }
      await closed.some(before + 1);
    }
    assert.equal(closed.all.length, 4, 'onClose once each');
    assert.equal(server.connections.size, 0);
    assert.deepEqual(errors.all, []);
  });
}

test('a client that half-closes behind QUIT is let go without a wait', async (t) => {
  const { connect } = await served(t, { socketTimeout: 60_000 });
  const client = await connect();
  client.write('QUIT\r\n');
  client.halfClose();
  await client.expect('221 Bye');
  await client.ended();
});

test('control characters in an address reach no handler', async (t) => {
  const seen = [];
  const note = ({ address }, _session, done) => {
    seen.push(address);
    done();
  };
  for (const lenientAddressParsing of [false, true]) {
    const { connect } = await served(t, {
      onMailFrom: note,
      onRcptTo: note,
      lenientAddressParsing,
    });
    const client = await connect();
    await client.command('EHLO c.example', 250);
    for (let code = 0; code < 0xa0; code += code === 0x1f ? 0x60 : 1) {
      // A line feed ends the line, and a NUL is no SMTP at all.
      if ([0x00, 0x0a].includes(code)) continue;
      const character = String.fromCharCode(code);
      await client.command(`MAIL FROM:<a${character}b@c.example>`, 501);
      const hidden = Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '+$&');
      if (code < 0x80) await client.command(`MAIL FROM:<a@c.example> ENVID=a${hidden}`, 501);
    }
    await client.quit();
  }
  assert.deepEqual(seen, []);
});

test('keys of objects in parameters are the program’s to see, and change no object', async (t) => {
  const seen = [];
  const note = ({ args }, _session, done) => {
    seen.push([Object.keys(args), Object.getPrototypeOf(args) === Object.prototype]);
    done();
  };
  const { connect } = await served(t, { onMailFrom: note, onRcptTo: note });
  const client = await connect();
  await client.command('EHLO c.example', 250);
  const keys = '__proto__=x constructor=y toString=z hasOwnProperty';
  await client.command(`MAIL FROM:<a@c.example> ${keys}`, 250);
  await client.command(`RCPT TO:<__proto__@c.example> ${keys}`, 250);
  await client.command('RCPT TO:<constructor@c.example>', 250);
  const upper = ['__PROTO__', 'CONSTRUCTOR', 'TOSTRING', 'HASOWNPROPERTY'];
  assert.deepEqual(seen.slice(0, 2), [
    [upper, true],
    [upper, true],
  ]);
  assert.equal({}.x, undefined);
  await client.quit();
});

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
/** Wherever a client may say a word: the lines, and the reply to the last. @type {Record<string, (name: string) => [string[], number]>} */
const WORDS = {
  'as a command': (name) => [[name, `${name} x`], 500],
  'as its name': (name) => [[`EHLO ${name}`], 250],
  'as its name by HELO': (name) => [[`HELO ${name}`], 250],
  'as a mechanism': (name) => [[`AUTH ${name}`, `AUTH ${name} AGFubgBwdw==`], 504],
  'as BODY': (name) => [[`MAIL FROM:<a@c.example> BODY=${name}`], 501],
  'as RET': (name) => [[`MAIL FROM:<a@c.example> RET=${name}`], 501],
  'as SIZE': (name) => [[`MAIL FROM:<a@c.example> SIZE=${name}`], 501],
  'as ENVID': (name) => [[`MAIL FROM:<a@c.example> ENVID=${name}`], 250],
  'as a mailbox': (name) => [[`MAIL FROM:<${name}@c.example>`, `RCPT TO:<${name}@d.example>`], 250],
  'as NOTIFY': (name) => [['MAIL FROM:<a@c.example>', `RCPT TO:<b@d.example> NOTIFY=${name}`], 501],
  'as ORCPT': (name) => [['MAIL FROM:<a@c.example>', `RCPT TO:<b@d.example> ORCPT=x;${name}`], 250],
  'as a user': (name) => [[`AUTH PLAIN ${b64(`\0${name}\0pw`)}`], 235],
  'as a size of BDAT': (name) => [[`BDAT ${name}`, `BDAT 0 ${name}`], 501],
};
for (const [where, linesOf] of Object.entries(WORDS)) {
  test(`keys of objects are words like any other: ${where}`, async (t) => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const users = [];
    const onAuth = ({ username }, _session, done) => done(null, { user: username });
    const onClose = ({ user }) => users.push(user);
    const options = { allowInsecureAuth: true, hideDSN: false, onAuth, onClose };
    const { connect, closed, errors } = await served(t, options);
    for (const name of NAMES) {
      const client = await connect();
      await client.command('EHLO c.example', 250);
      const [lines, code] = linesOf(name);
      const isRefused = code >= 400;
      for (const [at, line] of lines.entries()) {
        const isPrelude = isRefused && at < lines.length - 1 && line.startsWith('MAIL');
        await client.command(line, isPrelude ? 250 : code);
      }
      await client.command('RSET', 250);
      await client.quit();
    }
    await closed.some(NAMES.length);
    assert.deepEqual(users, where === 'as a user' ? NAMES : NAMES.map(() => undefined));
    assert.deepEqual(errors.all, []);
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
  });
}

/** Where a client leaves, by the lines that lead there, and whether a transaction is open then. */
const PLACES = {
  'before a greeting': [[], false],
  'behind a greeting': [['EHLO c.example'], false],
  'behind MAIL': [['EHLO c.example', 'MAIL FROM:<a@c.example>'], true],
  'behind RSET': [['EHLO c.example', 'MAIL FROM:<a@c.example>', 'RSET'], false],
  'within a message': [
    ['EHLO c.example', 'MAIL FROM:<a@c.example>', 'RCPT TO:<b@d.example>', 'DATA'],
    true,
  ],
};
for (const [where, [lines, isOpen]] of Object.entries(PLACES)) {
  for (const secure of [false, true]) {
    for (const how of ['reset', 'end']) {
      const isError = isOpen && how === 'reset';
      test(`a client that leaves ${where} by a ${how}${secure ? ' under TLS' : ''} is ${isError ? 'an error' : 'none'}`, async (t) => {
        const { connect, closed, errors } = await served(t, { secure });
        const client = await connect(secure ? { secure: {} } : {});
        for (const line of lines) await client.command(line, /^[23]/);
        if (how === 'reset') (client.socket._parent ?? client.socket).resetAndDestroy();
        else client.destroy();
        await closed.some();
        const found = errors.all.map(({ code, remoteAddress }) => [code, remoteAddress]);
        assert.deepEqual(found, isError ? [['ECONNRESET', '127.0.0.1']] : []);
      });
    }
  }
}

describe('a client that talks before the greeting', () => {
  const HEADER = 'PROXY UNKNOWN\r\n';
  const KINDS = { plain: {}, TLS: { secure: true }, 'a proxy': { useProxy: true } };
  for (const [kind, options] of Object.entries(KINDS)) {
    /** Begins to talk while onConnect is at work, and says how that goes on. */
    const early = async (t, text, isEnded = false) => {
      let done = () => {};
      const connected = new Promise((resolve) => {
        options.onConnect = (_session, callback) => {
          done = callback;
          resolve();
        };
      });
      const made = await served(t, options);
      const client = await made.connect({ greeting: false });
      if (kind === 'a proxy') client.write(HEADER);
      if (kind === 'TLS') await client.upgrade();
      if (isEnded) client.socket.end(text);
      else client.write(text);
      await connected;
      const length = text.length + (kind === 'a proxy' ? HEADER.length : 0);
      await polled(() => made.server.server.engine.stats.received >= length, 'what it says');
      done();
      return { client, ...made };
    };

    test(`is turned away: ${kind}`, async (t) => {
      const { client, closed, errors } = await early(t, 'EHLO c.example\r\nQUIT\r\n');
      await client.expect('421 mx.example You talk too soon');
      assert.equal(await client.ended(), '');
      await closed.some();
      assert.deepEqual(errors.all, []);
    });

    test(`is served where it was no line yet: ${kind}`, async (t) => {
      const { client } = await early(t, 'EHLO c.exa');
      await client.expect('220 mx.example ESMTP');
      client.write('mple\r\n');
      await client.expect(250);
      await client.quit();
    });

    test(`is greeted where it merely ended its side: ${kind}`, async (t) => {
      const { client } = await early(t, '', true);
      await client.expect('220 mx.example ESMTP');
      await client.ended();
    });
  }
});
