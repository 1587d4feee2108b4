'use strict';
// Scripts behind proxies: PROXY headers, XCLIENT, XFORWARD, by whom the server trusts.

const { p256 } = require('../../../support/certificates.js');

const OPEN = { authOptional: true };
const TRANSACTION = ['EHLO c', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', 'x\r\n.', 'QUIT'];
const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** A header of version 2 for a client of IPv4. */
const V2 = Buffer.concat([
  SIGNATURE,
  Buffer.from([0x21, 0x11, 0, 12, 192, 0, 2, 1, 192, 0, 2, 2, 0x30, 0x39, 0, 25]),
]);

/** @type {Record<string, string | Buffer>} */
const HEADERS = {
  'of IPv4': 'PROXY TCP4 192.0.2.1 192.0.2.2 12345 25\r\n',
  'of IPv6': 'PROXY TCP6 2001:DB8::0:1 2001:db8::2 12345 25\r\n',
  'of IPv4 in IPv6': 'PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 12345 25\r\n',
  'of nobody': 'PROXY UNKNOWN\r\n',
  'of nobody, with more': 'PROXY UNKNOWN 192.0.2.1 192.0.2.2 1 2\r\n',
  'in small letters': 'proxy tcp4 192.0.2.1 192.0.2.2 12345 25\r\n',
  'with spaces': 'PROXY  TCP4 192.0.2.1 192.0.2.2 12345 25\r\n',
  'without ports': 'PROXY TCP4 192.0.2.1 192.0.2.2\r\n',
  'with a name': 'PROXY TCP4 client.example 192.0.2.2 12345 25\r\n',
  'with a port too large': 'PROXY TCP4 192.0.2.1 192.0.2.2 123456 25\r\n',
  'of another family': 'PROXY TCP6 192.0.2.1 192.0.2.2 12345 25\r\n',
  'with LF alone': 'PROXY TCP4 192.0.2.1 192.0.2.2 12345 25\n',
  'of an ignored host': 'PROXY TCP4 192.0.2.9 192.0.2.2 12345 25\r\n',
  'that is EHLO': 'EHLO c\r\n',
  'that is HTTP': 'GET / HTTP/1.1\r\n\r\n',
  'that is garbage': '\u0000\u0001\u0002\r\n',
  'that is an empty line': '\r\n',
  'without a line end': 'x'.repeat(1_500),
  'that is too long': `PROXY TCP4 192.0.2.1 192.0.2.2 12345 25 ${'x'.repeat(200)}\r\n`,
  'of version 2': V2,
};

const TRUST = { everybody: true, us: ['127.0.0.1'], all: ['*'], others: ['10.0.0.1'] };

const FORWARDS = [
  ['XCLIENT ADDR=192.0.2.7'],
  ['XCLIENT ADDR=192.0.2.7 NAME=client.example PORT=99 HELO=Other PROTO=ESMTP'],
  ['XCLIENT ADDR=IPV6:2001:DB8::0:7 NAME=[UNAVAILABLE]'],
  ['XCLIENT ADDR=::ffff:192.0.2.7'],
  ['XCLIENT NAME=client.example', 'XCLIENT ADDR=192.0.2.7'],
  ['XCLIENT PORT=abc'],
  ['XCLIENT PORT=0 PROTO=SMTP'],
  ['XCLIENT HELO=Other.Example'],
  ['XCLIENT ADDR=[TEMPUNAVAIL] NAME=[TEMPUNAVAIL]'],
  ['XCLIENT ADDR=192.0.2.7 ADDR=192.0.2.8'],
  ['XCLIENT LOGIN=user@example'],
  ['XCLIENT LOGIN=us+2Ber'],
  ['XCLIENT LOGIN=user ADDR=192.0.2.7'],
  ['XCLIENT LOGIN=[UNAVAILABLE]'],
  ['XCLIENT NAME=client.example LOGIN='],
  ['XCLIENT NAME=a..b'],
  ['XCLIENT ADDR=192.0.2.7', 'XCLIENT ADDR=192.0.2.8'],
  ['XCLIENT ADDR=192.0.2.7', 'EHLO d', 'XFORWARD ADDR=192.0.2.9'],
  ['XFORWARD ADDR=192.0.2.9'],
  ['XFORWARD ADDR=192.0.2.9', 'XFORWARD ADDR=192.0.2.10 NAME=two.example'],
  [
    'XFORWARD NAME=client.example ADDR=192.0.2.9 PORT=77 HELO=Other PROTO=SMTP IDENT=Q1 SOURCE=REMOTE',
  ],
  ['XFORWARD NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE] HELO=[UNAVAILABLE]'],
  ['XFORWARD ADDR=192.0.2.9', 'XCLIENT ADDR=192.0.2.7'],
  ['XFORWARD HELO='],
  ['XFORWARD PORT=99999'],
  ['XFORWARD NAME=x+20y'],
];

/** @returns {Record<string, import('./side-by-side.js').Script>} */
function cases() {
  /** @type {Record<string, any>} */
  const all = {};
  const { key, cert } = p256();
  for (const [what, before] of Object.entries(HEADERS)) {
    // Without trust it is a client that talks before the greeting, and the two wait for other times.
    for (const [whom, useProxy] of Object.entries(TRUST).filter(([name]) => name !== 'others')) {
      const options = { ...OPEN, useProxy, ignoredHosts: ['192.0.2.9'], socketTimeout: 5_000 };
      all[`PROXY header ${what}, trusting ${whom}`] = { options, before, lines: TRANSACTION };
    }
    const options = { ...OPEN, key, cert, secure: true, useProxy: true };
    // Without a line end there is no saying when a handshake begins.
    if (what === 'of version 2' || String(before).startsWith('PROXY T')) {
      all[`PROXY header ${what}, secure`] = { options, before, tls: {}, lines: TRANSACTION };
    }
  }
  for (const [whom, trusted] of Object.entries(TRUST)) {
    for (const lines of FORWARDS) {
      for (const options of [OPEN, { allowInsecureAuth: true }]) {
        const name = `${'authOptional' in options ? 'open' : 'with logins'}, trusting ${whom}: ${lines.join('; ')}`;
        all[name] = {
          options: { ...options, useXClient: trusted, useXForward: trusted },
          lines: ['EHLO c', ...lines, 'EHLO d', ...TRANSACTION.slice(1, -1), lines[0], 'QUIT'],
        };
      }
    }
  }
  const users = {
    'a user': [null, { user: 'u' }],
    nothing: [],
    'no user': [null, {}],
    'an error': [new Error('no')],
  };
  for (const [what, word] of Object.entries(users)) {
    all[`XCLIENT LOGIN, and onAuth has ${what}`] = {
      options: { useXClient: true },
      handlers: { onAuth: (_auth, _session, done) => done(...word) },
      lines: ['EHLO c', 'XCLIENT LOGIN=user', 'EHLO c', 'MAIL FROM:<a@b>'],
    };
  }
  all['XCLIENT in a transaction'] = {
    options: { ...OPEN, useXClient: true, useXForward: true },
    lines: [
      'EHLO c',
      'MAIL FROM:<a@b>',
      'XCLIENT ADDR=192.0.2.7',
      'XFORWARD ADDR=192.0.2.7',
      'RSET',
      'XFORWARD ADDR=192.0.2.7',
      'MAIL FROM:<a@b>',
    ],
  };
  all['XCLIENT behind a PROXY header'] = {
    options: { ...OPEN, useProxy: true, useXClient: ['192.0.2.1'] },
    before: HEADERS['of IPv4'],
    lines: ['EHLO c', 'XCLIENT ADDR=192.0.2.7', ...TRANSACTION],
  };
  all['XCLIENT disabled'] = {
    options: {
      ...OPEN,
      useXClient: true,
      useXForward: true,
      disabledCommands: ['XCLIENT', 'XFORWARD'],
    },
    lines: ['EHLO c', 'XCLIENT ADDR=192.0.2.7', 'XFORWARD ADDR=192.0.2.7'],
  };
  return all;
}

module.exports = { cases };
