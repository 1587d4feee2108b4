'use strict';
// What a client's options become, without an engine to give them to.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const { clientSettings } = require('../../src/js/options/client.js');
const { p256 } = require('../support/certificates.js');

const HOST = { host: 'mx.example' };
const LOGIN = { user: 'tim', password: 'secret' };

/** Options, and how TLS is used and certificates are believed. @type {[any, string, boolean][]} */
const DEFAULTS = [
  [HOST, 'opportunistic', false],
  [{ ...HOST, port: 465 }, 'implicit', true],
  [{ ...HOST, auth: LOGIN }, 'required', true],
  [{ ...HOST, rejectUnauthorized: true }, 'required', true],
  [{ host: 'localhost', auth: LOGIN }, 'opportunistic', false],
  [{ host: '127.0.0.9', auth: LOGIN }, 'opportunistic', false],
  [{ host: '::1', auth: LOGIN }, 'opportunistic', false],
  [{ host: '127.0.0.1.example', auth: LOGIN }, 'required', true],
  [{ host: '[::1]', auth: LOGIN }, 'opportunistic', false],
  [{ path: '/run/smtp', auth: LOGIN }, 'opportunistic', false],
  [{ ...HOST, ca: p256().cert }, 'required', true],
  [{ ...HOST, servername: 'other.example' }, 'required', true],
  [{ ...HOST, key: p256().key, cert: p256().cert }, 'required', true],
  [{ host: '::1', auth: LOGIN, ca: p256().cert }, 'required', true],
  [{ ...HOST, ca: p256().cert, tls: 'opportunistic' }, 'opportunistic', false],
  [{ ...HOST, tls: 'none' }, 'none', true],
];

/** An option, but for what is long. @param {[string, any]} option */
const shown = ([name, value]) => (`${value}`.length > 40 ? name : `${name}: ${inspect(value)}`);

describe('TLS where nothing is said', () => {
  for (const [options, tls, rejects] of DEFAULTS) {
    test(`${Object.entries(options).map(shown)}: ${tls}`, () => {
      const settings = clientSettings(options);
      assert.deepEqual([settings.tls, settings.rejectUnauthorized], [tls, rejects]);
    });
  }
});

const { cert, key } = p256();
const CUT = cert.slice(0, cert.length / 2);

/** What is no `ca`, and what is said of it. @type {[string, any, RegExp][]} */
const NO_ROOTS = [
  ['no PEM', 'x', /^options\.ca holds no PEM certificate$/],
  ['no PEM in a Buffer', Buffer.from('x'), /^options\.ca holds no PEM certificate$/],
  ['nothing', '', /^options\.ca holds no PEM certificate$/],
  ['an empty Buffer', Buffer.alloc(0), /^options\.ca holds no PEM certificate$/],
  ['an empty array', [], /^options\.ca holds no PEM certificate$/],
  ['the path of a file', '/etc/ssl/ca.pem', /^options\.ca holds no PEM certificate$/],
  ['a key', key, /^options\.ca holds no PEM certificate$/],
  ['a key in an array', [key], /^options\.ca\[0\] holds no PEM certificate$/],
  ['DER', Buffer.from(cert.replace(/-.*-|\n/g, ''), 'base64'), /^options\.ca holds no PEM/],
  ['a certificate that is cut off', CUT, /^options\.ca holds a PEM certificate that is cut off/],
  ['one without its end', cert.replace(/-----END.*/, ''), /^options\.ca holds a PEM .* cut off/],
  ['one that is cut off behind another', cert + CUT, /^options\.ca holds a PEM .* cut off/],
  ['one that is cut off before another', CUT + cert, /^options\.ca holds a PEM .* cut off/],
  ['one that is malformed', cert.replace(/\n.{40}/, '\nAAAA'), /^options\.ca cannot be read/],
  ['no PEM behind another', [cert, 'x'], /^options\.ca\[1\] holds no PEM certificate$/],
  ['no PEM before another', ['x', cert], /^options\.ca\[0\] holds no PEM certificate$/],
  ['nothing behind another', [cert, ''], /^options\.ca\[1\] holds no PEM certificate$/],
  ['a key behind another', [cert, key], /^options\.ca\[1\] holds no PEM certificate$/],
  ['a part that is cut off', [cert, Buffer.from(CUT)], /^options\.ca\[1\] holds a PEM .* cut off/],
  ['a number', 5, /^options\.ca must be PEM/],
  ['null', null, /^options\.ca must be PEM/],
  ['a number in an array', [cert, 5], /^options\.ca must be PEM/],
];

describe('a ca that is none is named, whether certificates are checked or not', () => {
  for (const [what, ca, message] of NO_ROOTS) {
    test(what, () => {
      for (const tls of [undefined, 'none', 'opportunistic', 'required', 'implicit']) {
        for (const rejectUnauthorized of [undefined, false, true]) {
          for (const more of [{}, { key, cert }]) {
            const options = { ...HOST, ca, tls, rejectUnauthorized, ...more };
            const expected = { name: 'TypeError', message };
            assert.throws(() => clientSettings(options), expected, inspect(options));
          }
        }
      }
    });
  }

  test('and one that is some is whole', () => {
    const words = `# Root\n${cert}\n${key}`;
    for (const [ca, count] of /** @type {[any, number][]} */ ([
      [cert, 1],
      [Buffer.from(cert), 1],
      [[cert, new Uint8Array(Buffer.from(cert))], 2],
      [cert + cert, 2],
      [words, 1],
      [cert.replaceAll('\n', '\r\n'), 1],
    ])) {
      const text = String(clientSettings({ ...HOST, ca }).ca);
      assert.equal(text.match(/-----BEGIN CERTIFICATE-----/g)?.length, count);
      assert.doesNotMatch(text, /PRIVATE KEY|Root/);
      assert.equal(String(clientSettings({ ...HOST, ca }).ca), text, 'the second time');
      // What was good a moment ago makes nothing else so.
      for (const more of ['', 'x', CUT]) {
        assert.throws(() => clientSettings({ ...HOST, ca: [ca, more].flat() }), /options\.ca\[/);
      }
    }
    assert.throws(() => clientSettings({ ...HOST, ca: '' }), /options\.ca holds no PEM/);
  });
});

for (const [given, name] of [
  [{ host: '::1%lo' }, '::1'],
  [{ host: '[fe80::1%eth0]' }, 'fe80::1'],
  [{ host: 'mx.example', servername: '[::1]' }, '::1'],
  [{ host: '::1', servername: 'mx.example' }, 'mx.example'],
  [{ host: '::1', servername: 'bücher.example' }, 'xn--bcher-kva.example'],
]) {
  test(`the certificate of ${JSON.stringify(given)} is for ${name}`, () => {
    assert.equal(clientSettings(given).servername, name);
  });
}

/** @type {[any, number][]} */
const PORTS = [
  [HOST, 25],
  [{ ...HOST, lmtp: true }, 24],
  [{ ...HOST, tls: 'implicit' }, 465],
  [{ ...HOST, port: '2525' }, 2525],
];
for (const [options, port] of PORTS) {
  test(`${JSON.stringify(options)} is at port ${port}`, () => {
    assert.equal(clientSettings(options).port, port);
  });
}

for (const [given, host] of [
  ['[::1]', '::1'],
  ['[IPv6:::1]', '::1'],
  ['[127.0.0.1]', '127.0.0.1'],
  ['mx.Example', 'mx.Example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
]) {
  test(`the host ${given} is ${host}, and so is the name of its certificate`, () => {
    const { host: found, servername } = clientSettings({ host: given });
    assert.deepEqual([found, servername], [host, host]);
  });
}

/** Options that are refused, the error and what it names. @type {[any, string, RegExp][]} */
const WRONG = [
  ['x', 'TypeError', /options must be an object/],
  [{}, 'TypeError', /one of host, path and mx/],
  [{ ...HOST, path: '/x' }, 'TypeError', /one of host, path and mx/],
  [{ host: 'a b' }, 'RangeError', /options\.host .*'a b'/],
  ...['[mx.example]', '[::1', '[]', 'ü/x', '１２７.０.０.１', 'xn--ü', '\ud800'].map((host) => [
    ...[{ host }, 'RangeError', /options\.host must be a host name or an IP address/],
  ]),
  [{ path: '' }, 'TypeError', /options\.path/],
  [{ mx: 'yes' }, 'TypeError', /one of host, path and mx/],
  [{ ...HOST, hots: 'x' }, 'TypeError', /options\.hots is none/],
  [{ ...HOST, port: 0 }, 'RangeError', /options\.port .* 1 to 65535, not 0/],
  [{ ...HOST, port: true }, 'TypeError', /options\.port .*not true/],
  [{ ...HOST, tls: 'maybe' }, 'RangeError', /options\.tls .*'maybe'/],
  [{ ...HOST, lmtp: 1 }, 'TypeError', /options\.lmtp must be true or false, not 1/],
  [{ ...HOST, maxConnections: 0 }, 'RangeError', /options\.maxConnections .* 1 to 1000, not 0/],
  [{ ...HOST, commandTimeout: '5' }, 'TypeError', /options\.commandTimeout must be a number/],
  [{ ...HOST, minVersion: 'TLSv1.1' }, 'RangeError', /options\.minVersion .*'TLSv1\.1'/],
  [
    { ...HOST, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' },
    'RangeError',
    /options\.minVersion must not be above options\.maxVersion/,
  ],
  [{ ...HOST, localAddress: 'here' }, 'RangeError', /options\.localAddress .*'here'/],
  [{ ...HOST, dnsServers: '::1' }, 'TypeError', /options\.dnsServers must be an array/],
  [{ ...HOST, ca: 5 }, 'TypeError', /options\.ca must be PEM/],
  [{ ...HOST, servername: '' }, 'RangeError', /options\.servername must be a word/],
  [{ ...HOST, servername: '[mx]' }, 'RangeError', /options\.servername must be a host name or/],
  [{ ...HOST, key: 'x' }, 'TypeError', /options\.key and options\.cert/],
  [{ ...HOST, auth: { user: 'tim' } }, 'TypeError', /either a password or a token/],
  [{ ...HOST, auth: { ...LOGIN, method: 'NTLM' } }, 'RangeError', /options\.auth\.method/],
];

describe('a method of AUTH', () => {
  const PASSWORD = { user: 'tim', password: 'secret' };
  const TOKEN = { user: 'tim', token: 'secret' };
  for (const [method, auth, other, needed] of /** @type {[string, any, any, string][]} */ ([
    ...['PLAIN', 'login', 'CRAM-MD5', 'SCRAM-SHA-256', 'scram-sha-256-plus'].map((name) => [
      ...[name, PASSWORD, TOKEN, 'password'],
    ]),
    ...['XOAUTH2', 'oauthbearer'].map((name) => [name, TOKEN, PASSWORD, 'token']),
  ])) {
    test(`goes with a ${needed}: ${method}`, () => {
      const name = method.toUpperCase();
      assert.equal(clientSettings({ ...HOST, auth: { ...auth, method } }).mechanism, name);
      assert.throws(() => clientSettings({ ...HOST, auth: { ...other, method } }), {
        name: 'TypeError',
        message: `options.auth.method ${name} needs a ${needed}`,
      });
    });
  }
});

test('half a character is no part of a login', () => {
  for (const half of ['\ud800', '\udc00', 'a\ud83d', '\ude00b', '\ude00\ud83d']) {
    for (const [member, auth] of Object.entries({
      user: { user: half, password: 'x' },
      password: { user: 'x', password: half },
      token: { user: 'x', token: half },
    })) {
      assert.throws(() => clientSettings({ ...HOST, auth }), {
        name: 'RangeError',
        message: `options.auth.${member} has half a character in it`,
      });
    }
  }
  const auth = { user: '\u{1f600}', password: 'p\u{1f600}\u00fc' };
  assert.equal(clientSettings({ ...HOST, auth }).password, auth.password);
});

describe('options that are refused', () => {
  for (const [options, name, message] of WRONG) {
    test(`${message}`, () => {
      assert.throws(() => clientSettings(options), { name, message });
    });
  }

  test('are named without their secrets', () => {
    for (const auth of [
      { user: 5, password: 'hunter2' },
      { user: 'tim', password: 'hunter2', token: 'hunter2' },
      { user: 'tim', password: ['hunter2'] },
      { ...LOGIN, password: 'hunter2', method: 'hunter' },
    ]) {
      assert.throws(
        () => clientSettings({ ...HOST, auth }),
        (/** @type {Error} */ { message }) => !message.includes('hunter2'),
      );
    }
  });
});

describe('what a client calls itself', () => {
  const label = 'x'.repeat(63);
  for (const name of [
    ...[
      'mx.example',
      'localhost',
      'a_b.example',
      'xn--bcher-kva.example',
      '3com.example',
      `${label}.example`,
    ],
    ...['[192.0.2.1]', '[IPv6:2001:db8::1]', '[ipv6:::1]', '[IPv6:::ffff:192.0.2.1]'],
  ]) {
    test(`may be ${name}`, () => assert.equal(clientSettings({ ...HOST, name }).name, name));
  }
  for (const name of [
    ...[
      '',
      ' ',
      'a b',
      'a\tb',
      'a\r\nb',
      'a\0',
      '.',
      'a.',
      '.a',
      'a..b',
      '-a',
      'a-',
      'a/b',
      'a@b',
      '<a>',
    ],
    ...['192.0.2.1', '::1', '2001:db8::1', '1.2.3', 'a.1', '0x7f.0x1', '[::1]', '[IPv6:192.0.2.1]'],
    ...[
      '[a]',
      '[]',
      '[192.0.2.256]',
      '[192.0.2.1',
      '192.0.2.1]',
      '[IPv6:fe80::1%eth0]',
      '[192.0.2.1] x',
    ],
    ...['b\u00fccher.example', 'a\u2028b', 'a\u2028', '\u2028', '\ud800', 'a\u00adb', 'a\u3002b'],
    ...[`${label}x.example`, `${label}.`.repeat(4) + label],
  ]) {
    test(`may not be ${inspect(name).slice(0, 40)}`, () => {
      assert.throws(
        () => clientSettings({ ...HOST, name }),
        (/** @type {any} */ error) => {
          assert.deepEqual([error.code, error.permanent], ['SMTP_ERR_ARGUMENT', true]);
          assert.ok(error.message.includes(`not ${inspect(name)}`), error.message);
          return true;
        },
      );
    });
  }
  for (const name of [5, true, {}, ['a']]) {
    test(`may not be ${inspect(name)}`, () => {
      const wrong = { name: 'TypeError', message: /options\.name must be a string/ };
      assert.throws(() => clientSettings({ ...HOST, name }), wrong);
    });
  }
});
