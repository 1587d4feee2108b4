'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const { p256 } = require('../support/certificates.js');
const { receivedField } = require('../../src/js/server/received.js');
const { Log, serve } = require('../support/serve.js');

const NOW = new Date('2026-01-02T03:04:05Z');
const DATE = 'Fri, 02 Jan 2026 03:04:05 +0000';
const TRACE = {
  origin: 'client.example',
  address: '192.0.2.1',
  hostname: undefined,
  server: 'mx.example',
  isExtended: true,
  isLmtp: false,
  isTls: false,
  isLoggedIn: false,
  isUtf8: false,
};

/** The field on one line, without its end. */
const unfolded = (/** @type {object} */ trace, /** @type {any} */ clauses = undefined) =>
  receivedField({ ...TRACE, ...trace }, clauses, NOW)
    .trimEnd()
    .replaceAll('\r\n\t', ' ');

test('who, by whom, how and when', () => {
  const clauses = { id: 'x1', for: 'b@example.domain' };
  assert.equal(
    receivedField({ ...TRACE, hostname: 'host.example' }, clauses, NOW),
    'Received: from client.example (host.example [192.0.2.1]) by mx.example with\r\n' +
      `\tESMTP id x1 for <b@example.domain>; ${DATE}\r\n`,
  );
  const plain = `Received: from client.example ([192.0.2.1]) by mx.example with ESMTP; ${DATE}`;
  assert.equal(unfolded({}), plain);
});

test('the word for every protocol of RFC 3848 and RFC 6531', () => {
  const ends = [
    [false, false, ''],
    [true, false, 'S'],
    [false, true, 'A'],
    [true, true, 'SA'],
  ];
  for (const [isExtended, isLmtp, isUtf8, begin] of /** @type {const} */ ([
    [true, false, false, 'ESMTP'],
    [true, false, true, 'UTF8SMTP'],
    [true, true, false, 'LMTP'],
    [true, true, true, 'UTF8LMTP'],
    [false, true, false, 'LMTP'],
  ]))
    for (const [isTls, isLoggedIn, end] of ends) {
      const line = unfolded({ isExtended, isLmtp, isTls, isLoggedIn, isUtf8 });
      assert.equal(/ with (\w+);/.exec(line)?.[1], `${begin}${end}`);
      const plain = unfolded({ isExtended: false, isTls, isLoggedIn, isUtf8 });
      assert.equal(/ with (\w+);/.exec(plain)?.[1], 'SMTP');
    }
});

test('what a client calls itself is repeated where it is a name', () => {
  for (const [origin, shown] of [
    ['a_b.example.', 'a_b.example.'],
    ['[192.0.2.9]', '[192.0.2.9]'],
    ['[IPv6:2001:db8::1]', '[IPv6:2001:db8::1]'],
    ['gr\u00fcn.example', '[192.0.2.1]'],
    ['x (y', '[192.0.2.1]'],
    ['a;b', '[192.0.2.1]'],
    ['', '[192.0.2.1]'],
    [undefined, '[192.0.2.1]'],
  ]) {
    assert.ok(unfolded({ origin }).startsWith(`Received: from ${shown} ([192.0.2.1]) by `), origin);
  }
  assert.match(unfolded({ origin: 'gr\u00fcn.example', isUtf8: true }), /from gr\u00fcn\.example /);
});

test('addresses are literals', () => {
  for (const [address, shown] of [
    ['2001:db8::1', '([IPv6:2001:db8::1])'],
    ['fe80::1%eth0', '([IPv6:fe80::1])'],
    ['::ffff:192.0.2.1', '([IPv6:::ffff:192.0.2.1])'],
  ]) {
    assert.ok(unfolded({ address }).includes(`client.example ${shown} by`), address);
  }
  const local = { address: undefined, origin: '?' };
  assert.match(unfolded(local), /^Received: from unknown by mx\.example /);
});

test('nothing makes a second field or a longer line than has to be', () => {
  for (const clauses of [
    { id: 'a b' },
    { id: 'a\r\nX: y' },
    { id: '' },
    { for: 'a@b\r\nX: y' },
    { for: 'a>b' },
    { for: '' },
  ]) {
    assert.throws(() => unfolded({}, clauses), RangeError);
  }
  for (const name of ['id', 'for']) {
    for (const value of [5, null, true, ['a@b'], {}, Symbol('a'), 5n, new String('a'), () => 'a']) {
      assert.throws(() => unfolded({}, { [name]: value }), {
        name: 'TypeError',
        message: new RegExp(`^${name} of a Received field must be a string`),
      });
    }
    for (let code = 0; code < 0xa0; code += code === 0x1f ? 0x60 : 1) {
      const value = `a${String.fromCharCode(code)}b`;
      assert.throws(() => unfolded({}, { [name]: value }), {
        name: 'RangeError',
        message: new RegExp(`^${name} of a Received field cannot be `),
      });
    }
  }
  const long = `${'x'.repeat(60)}.example`;
  const field = receivedField(
    { ...TRACE, origin: long, hostname: long },
    { id: long, for: `a@${long}` },
    NOW,
  );
  for (const line of field.slice(0, -2).split('\r\n')) {
    assert.ok(line.length <= 78 || !line.slice(1).includes(' '), line);
  }
  assert.match(field, /^Received: \S+( \S+)*(\r\n\t\S+( \S+)*)*\r\n$/);
});

test('what is no clause of it has no effect', () => {
  const plain = unfolded({});
  const __proto__ = { id: undefined };
  for (const clauses of [
    {},
    { ID: 'x' },
    { Id: 'x', For: 'a@b', FOR: 'a@b' },
    { with: 'X', by: 'other.example', from: 'other.example', date: new Date(0) },
    { constructor: 'x', toString: () => 'x' },
    JSON.parse('{"__proto__":{"id":"x"}}'),
    { __proto__, id: undefined, for: undefined },
    'id',
    5,
    [],
    ['x', 'y'],
  ]) {
    assert.equal(unfolded({}, clauses), plain, inspect(clauses));
  }
  assert.throws(() => unfolded({}, null), TypeError);
});

describe('session.receivedField', { timeout: 60_000 }, () => {
  test('knows how the message came', async (t) => {
    const log = new Log();
    const { connect } = await serve(
      t,
      { tls: p256(), name: 'mx.example', allowInsecureAuth: true },
      log.listeners({ auth: () => true, data: () => true }, []),
    );
    const field = () => {
      const { self } = /** @type {any} */ (log.entries.at(-1));
      return self.receivedField({ id: '1', for: 'b@x.test' }).replaceAll('\r\n\t', ' ');
    };
    const client = await connect();
    const send = async (/** @type {string} */ word, more = '') => {
      await client.command(`MAIL FROM:<a@x.test>${more}`, 250);
      await client.command('RCPT TO:<b@x.test>', 250);
      await client.command('DATA', 354);
      await client.command('.', 250);
      const begin = 'Received: from client.example ([127.0.0.1]) by mx.example';
      assert.ok(field().startsWith(`${begin} with ${word} id 1 for <b@x.test>; `), field());
    };
    await client.command('HELO client.example', 250);
    await send('SMTP');
    await client.command('EHLO client.example', 250);
    await send('ESMTP');
    await send('UTF8SMTP', ' SMTPUTF8');
    await client.startTls({ rejectUnauthorized: false });
    await client.command('HELO client.example', 250);
    await client.command('EHLO client.example', 250);
    await send('ESMTPS');
    await client.command(`AUTH PLAIN ${Buffer.from('\0tim\0x').toString('base64')}`, 235);
    await send('ESMTPSA');
    await send('UTF8SMTPSA', ' SMTPUTF8');
  });

  test('is the same where listeners hear of the greeting', async (t) => {
    const log = new Log();
    const greetings = { helo: () => true, message: () => true };
    for (const name of /** @type {const} */ (['helo', 'message'])) {
      log.entries = [];
      const { connect } = await serve(
        t,
        {},
        log.listeners({ [name]: greetings[name], mail: () => true }, []),
      );
      const client = await connect();
      for (const [verb, word] of [
        ['EHLO', 'ESMTP'],
        ['HELO', 'SMTP'],
      ]) {
        await client.command(`${verb} client.example`, 250);
        await client.command('MAIL FROM:<a@x.test>', 250);
        const { self } = /** @type {any} */ (log.all('mail').at(-1));
        assert.match(self.receivedField(), new RegExp(` with ${word};`), `${name} ${verb}`);
      }
    }
  });
});
