'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const { domainOf, messageSettings } = require('../../src/js/client/envelope.js');
const { addon } = require('../../src/js/engine/addon.js');

const PLAIN = { from: 'a@x', to: 'b@y' };

test('a plain envelope asks for nothing', () => {
  assert.deepEqual(messageSettings(PLAIN), {
    ...{ from: 'a@x', to: ['b@y'], size: 0, body: '', smtpUtf8: false, requireTls: false },
    ...{ mailDsn: '', dsn: [] },
  });
});

describe('addresses', () => {
  for (const [what, envelope, from, to] of /** @type {[string, any, string, string[]][]} */ ([
    ['nobody sends', { ...PLAIN, from: '' }, '', ['b@y']],
    ['many receive', { ...PLAIN, to: ['b@y', 'c@z'] }, 'a@x', ['b@y', 'c@z']],
    [
      'a domain is as DNS has it',
      { from: 'ä@bücher.example', to: 'b@BÜCHER.example' },
      'ä@xn--bcher-kva.example',
      ['b@xn--bcher-kva.example'],
    ],
    [
      'a domain in ASCII stays',
      { ...PLAIN, to: 'b@XN--X_Y.Example' },
      'a@x',
      ['b@XN--X_Y.Example'],
    ],
    ['an address literal stays', { ...PLAIN, to: 'b@[IPv6:::1]' }, 'a@x', ['b@[IPv6:::1]']],
    ['postmaster stays', { ...PLAIN, to: 'postmaster' }, 'a@x', ['postmaster']],
    ['a quoted local part stays', { ...PLAIN, to: '"a b@c"@y' }, 'a@x', ['"a b@c"@y']],
  ])) {
    test(what, () => {
      const settings = messageSettings(envelope);
      assert.deepEqual([settings.from, settings.to], [from, to]);
    });
  }

  test('that are none are named', () => {
    for (const [envelope, name, message] of /** @type {[any, string, RegExp][]} */ ([
      [undefined, 'TypeError', /the envelope must be an object/],
      [{ from: 'a@x' }, 'TypeError', /envelope\.to must be an address, not undefined/],
      [{ ...PLAIN, to: [] }, 'RangeError', /names no recipient/],
      [{ ...PLAIN, to: ['b@y', 5] }, 'TypeError', /envelope\.to must be an address, not 5/],
      [{ ...PLAIN, from: 'a\r\n@x' }, 'SmtpError', /envelope\.from: .* has a control character/],
      [{ ...PLAIN, size: -1 }, 'RangeError', /envelope\.size/],
      [{ ...PLAIN, body: 'utf8' }, 'RangeError', /envelope\.body/],
      [{ to: 'b@y' }, 'TypeError', /envelope\.from must be an address, or '' for none/],
      ...[null, undefined, 0, false, ['a@x'], {}].map((from) => [
        ...[{ ...PLAIN, from }, 'TypeError', /envelope\.from must be an address, or '' for none/],
      ]),
      ...['form', 'cc', 'bcc', 'smtputf8', 'requireTLS', 'rcpt'].map((name) => [
        ...[{ ...PLAIN, [name]: 'a@x' }, 'TypeError', new RegExp(`envelope\\.${name} is none`)],
      ]),
      ...['size', 'body', 'smtpUtf8', 'requireTls', 'dsn'].flatMap((name) =>
        [null, [], Symbol('x')].map((value) => [
          ...[{ ...PLAIN, [name]: value }, 'TypeError', new RegExp(`envelope\\.(dsn|${name})`)],
        ]),
      ),
      [{ ...PLAIN, requireTls: 1 }, 'TypeError', /envelope\.requireTls must be true or false/],
      [{ ...PLAIN, size: '5' }, 'TypeError', /envelope\.size must be a number/],
      ...['ret', 'envid', 'orcpt', 'notify'].map((name) => [
        ...[{ ...PLAIN, dsn: { [name]: {} } }, 'TypeError', new RegExp(`envelope\\.dsn\\.${name}`)],
      ]),
      [{ ...PLAIN, dsn: { notfy: 'NEVER' } }, 'TypeError', /envelope\.dsn\.notfy is none/],
    ])) {
      assert.throws(() => messageSettings(envelope), { name, message });
    }
  });
});

test('a body is named as its parameter (RFC 6152, RFC 3030)', () => {
  const body = (/** @type {any} */ given) => messageSettings({ ...PLAIN, body: given }).body;
  assert.deepEqual(['7bit', '8BITMIME', 'binarymime', undefined].map(body), [
    '7bit',
    '8bit',
    'binary',
    '',
  ]);
});

describe('delivery status notifications (RFC 3461)', () => {
  for (const [dsn, mail, rcpt] of /** @type {[any, string, string][]} */ ([
    [{ ret: 'hdrs', envid: 'a b=+' }, 'RET=HDRS ENVID=a+20b+3D+2B', ''],
    [{ return: 'headers', id: 5 }, 'RET=HDRS ENVID=5', ''],
    [{ notify: 'never' }, '', 'NOTIFY=NEVER'],
    [{ notify: ['success', 'delay'] }, '', 'NOTIFY=SUCCESS,DELAY'],
    [{ notify: 'success,failure', orcpt: true }, '', 'NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@y'],
    [{ orcpt: 'x400;c=a' }, '', 'ORCPT=x400;c+3Da'],
    [{ recipient: 'c@z' }, '', 'ORCPT=rfc822;c@z'],
    [{ orcpt: false }, '', ''],
    [{ orcpt: 'ü+=\\ @y' }, '', 'ORCPT=utf-8;\\x{FC}\\x{2B}\\x{3D}\\x{5C}\\x{20}@y'],
    [{ orcpt: 'rfc822;😀@y' }, '', 'ORCPT=utf-8;\\x{1F600}@y'],
    [{ orcpt: 'utf-8;a+b@y' }, '', 'ORCPT=utf-8;a\\x{2B}b@y'],
  ])) {
    test(JSON.stringify(dsn), () => {
      const settings = messageSettings({ ...PLAIN, dsn });
      assert.deepEqual([settings.mailDsn, settings.dsn], [mail, [rcpt]]);
    });
  }

  test('that are none are refused', () => {
    for (const dsn of [
      { ret: 'some' },
      { envid: 'ü' },
      { envid: 'x'.repeat(101) },
      { notify: 'NEVER,SUCCESS' },
      { notify: 'sometimes' },
      { notify: [] },
      { notify: '' },
      { notify: 'delay,DELAY' },
      { notify: ['never', 'never'] },
      { orcpt: '\ud800@y' },
      { orcpt: 'ü\n@y' },
      { orcpt: 'x400;ü' },
      { orcpt: 'rfc822;a\r\nb' },
    ]) {
      assert.throws(() => messageSettings({ ...PLAIN, dsn }), RangeError, JSON.stringify(dsn));
    }
  });
});

test('what is plain at a glance is for servers to see', () => {
  const letters = ['a', '@', '.', '-', '_', '+', '"', '<', '>', ' ', '[', ']', '\\', ':', '1'];
  let seen = 0;
  for (let seed = 1; seed < 30_000; seed += 1) {
    let state = seed;
    let text = '';
    for (let left = (seed % 9) + 1; left > 0; left -= 1) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      // Mostly what is plain.
      text += letters[(state >> 8) % (seed % 3 === 0 ? letters.length : 6)];
    }
    const isTaken = (/** @type {() => unknown} */ check) => {
      try {
        check();
        return true;
      } catch (error) {
        assert.equal(/** @type {any} */ (error).code, 'SMTP_ERR_ARGUMENT', JSON.stringify(text));
        return false;
      }
    };
    const address = `${text}@x`;
    const taken = isTaken(() => messageSettings({ ...PLAIN, to: address }));
    assert.equal(taken, addon().addressProblem(address) === null, JSON.stringify(address));
    seen += Number(taken);
  }
  assert.ok(seen > 1_000, `${seen} addresses`);
});

describe('the domain of a recipient, for options.mx', () => {
  const label = 'x'.repeat(63);
  for (const [address, domain] of [
    ['b@Y.example', 'y.example'],
    ['"a@b"@y', 'y'],
    ['b@y.example.', 'y.example.'],
    ['b@_x.y', '_x.y'],
    [`b@${label}.y`, `${label}.y`],
    ['b@127.0.0.1', '127.0.0.1'],
    ['b@[127.0.0.1]', '[127.0.0.1]'],
    ['b@[IPv6:::1]', '[ipv6:::1]'],
    ['b@[::1]', '[::1]'],
  ]) {
    test(address, () => assert.equal(domainOf(address), domain));
  }
  for (const address of [
    ...[
      'postmaster',
      'b@',
      'b@.',
      'b@x..y',
      'b@.x',
      'b@-x',
      'b@x-',
      'b@x/y',
      'b@x y',
      'b@x%2e',
      'b@x#y',
    ],
    ...['b@[x]', 'b@[]', 'b@[127.0.0.1', 'b@1.2.3', 'b@0x7f.1', 'b@127.0.0.256', `b@${label}x.y`],
    `b@${`${label}.`.repeat(4)}y`,
  ]) {
    test(`none in ${address}`, () => {
      assert.throws(
        () => domainOf(address),
        (/** @type {any} */ error) => {
          assert.deepEqual([error.code, error.permanent], ['SMTP_ERR_ARGUMENT', true]);
          assert.ok(error.message.includes(inspect(address)), error.message);
          return true;
        },
      );
    });
  }
});

describe('an address that no server is to see', () => {
  for (const address of [
    ...['b@ü/x.example', 'b@üvil.example#.trusted.example', 'b@ü?x', 'b@ü\\x', 'b@ü%2e.x', 'b@ü ü'],
    ...['b@１２７.０.０.１', 'b@ü.１', 'b@[ü]', 'b@xn--ü', 'b@\ud800.example', 'b@ü..x', 'b@ü.'],
    ...[
      'b@ü_x',
      'b@\u00ad',
      'b@ü:25',
      'b@ü@',
      '\udc00@x',
      'a> <b@x',
      'a b@x',
      '@x',
      'b@x>',
      '<b@x>',
      'b\r\n@x',
      'b\0@x',
    ],
  ]) {
    test(JSON.stringify(address), () => {
      for (const envelope of [
        { ...PLAIN, from: address },
        { ...PLAIN, to: ['c@z', address] },
      ]) {
        assert.throws(
          () => messageSettings(envelope),
          (/** @type {any} */ error) => {
            assert.deepEqual([error.code, error.permanent], ['SMTP_ERR_ARGUMENT', true]);
            assert.ok(error.message.includes(inspect(address)), error.message);
            return true;
          },
        );
      }
    });
  }
});
