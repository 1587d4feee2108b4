'use strict';
// Scripts under TLS: STARTTLS and TLS from the first byte, names of hosts, REQUIRETLS, clients' certificates.

const { authority, host, p256, rsa } = require('../../../support/certificates.js');

const b64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const OPEN = { authOptional: true };
const TRANSACTION = ['MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', 'x\r\n..y\r\n.', 'QUIT'];
const UPGRADE = ['EHLO c', 'STARTTLS', { tls: {} }];

/** What a client may say under TLS, with what it asks its handshake for. */
const CLIENTS = {
  'no name': {},
  'a name': { servername: 'mx.example' },
  'another name': { servername: 'other.example' },
  'a name in capitals': { servername: 'MX.Example' },
  'a name of a wildcard': { servername: 'a.wild.example' },
  'TLS 1.2': { maxVersion: 'TLSv1.2', servername: 'mx.example' },
  'TLS 1.3': { minVersion: 'TLSv1.3', servername: 'mx.example' },
  'a protocol': { ALPNProtocols: ['smtp'] },
};

/** Options of node:tls, each with both of them. */
function servers() {
  const { key, cert } = p256();
  const mx = host('mx.example');
  const pair = { key: mx.key, cert: mx.cert };
  const wild = host('wild.example');
  return {
    plain: { key, cert },
    rsa: { key: rsa().key, cert: rsa().cert },
    passphrase: { key: p256().encrypted('secret'), passphrase: 'secret', cert },
    'sni object': { key, cert, sniOptions: { 'mx.example': pair } },
    'sni map': { key, cert, sniOptions: new Map([['mx.example', pair]]) },
    'sni wildcard': {
      key,
      cert,
      sniOptions: { '*.wild.example': { key: wild.key, cert: wild.cert } },
    },
    'at most 1.2': { key, cert, maxVersion: 'TLSv1.2' },
    'at least 1.3': { key, cert, minVersion: 'TLSv1.3' },
  };
}

/** Clients with and without certificates, under what the server asks of them. */
function certified(/** @type {Record<string, any>} */ all) {
  const { key, cert } = p256();
  const known = authority('ca.example');
  const client = known.issue({ name: 'client.example' });
  const strange = authority('other.example').issue({ name: 'client.example' });
  const shown = { none: {}, known: client, strange };
  for (const [who, keys] of Object.entries(shown)) {
    for (const rejectUnauthorized of [undefined, false, true]) {
      const options = { ...OPEN, key, cert, ca: known.cert, requestCert: true, rejectUnauthorized };
      // In TLS 1.3 a client hears of its refusal after its handshake: an end that both have is TLS 1.2's.
      const tls = { key: keys.key, cert: keys.cert, maxVersion: /** @type {const} */ ('TLSv1.2') };
      const name = `certificate ${who}, rejectUnauthorized ${rejectUnauthorized}`;
      all[name] = { options, lines: ['EHLO c', 'STARTTLS', { tls }, 'EHLO d', 'NOOP'] };
      all[`${name}, secure`] = {
        options: { ...options, secure: true },
        tls,
        lines: ['EHLO d', 'NOOP'],
      };
    }
  }
}

/** @returns {Record<string, import('./side-by-side.js').Script>} */
function cases() {
  /** @type {Record<string, any>} */
  const all = {};
  for (const [server, keys] of Object.entries(servers())) {
    for (const [client, tls] of Object.entries(CLIENTS)) {
      const options = { ...OPEN, ...keys };
      all[`STARTTLS ${server}: ${client}`] = {
        options,
        lines: ['EHLO c', 'STARTTLS', { tls }, 'NOOP', 'EHLO d', ...TRANSACTION],
      };
      all[`secure ${server}: ${client}`] = {
        options: { ...options, secure: true },
        tls,
        lines: ['EHLO d', 'STARTTLS', ...TRANSACTION],
      };
    }
  }
  certified(all);
  const { key, cert } = p256();
  const keys = { key, cert };
  const pipelined = {
    'a command behind': 'STARTTLS\r\nNOOP\r\n',
    'a mail behind': 'STARTTLS\r\nMAIL FROM:<evil@b>\r\nRCPT TO:<c@d>\r\n',
    'half a command behind': 'STARTTLS\r\nNO',
    'in two': 'STARTTLS\r\nSTARTTLS\r\n',
  };
  for (const [what, raw] of Object.entries(pipelined)) {
    all[`STARTTLS ${what}`] = {
      options: { ...OPEN, ...keys },
      lines: [
        'EHLO c',
        { raw, replies: 1 },
        { tls: {} },
        'NOOP',
        'RCPT TO:<c@d>',
        'EHLO d',
        ...TRANSACTION,
      ],
    };
  }
  all['STARTTLS in small letters'] = {
    options: { ...OPEN, ...keys },
    lines: ['EHLO c', 'starttls', { tls: {} }, 'EHLO d'],
  };
  all['STARTTLS before EHLO'] = {
    options: { ...OPEN, ...keys },
    lines: ['STARTTLS', { tls: {} }, 'EHLO d'],
  };
  all['STARTTLS twice'] = {
    options: { ...OPEN, ...keys },
    lines: [...UPGRADE, 'EHLO d', 'STARTTLS', 'NOOP'],
  };
  all['STARTTLS in a transaction'] = {
    options: { ...OPEN, ...keys },
    lines: [
      'EHLO c',
      'MAIL FROM:<a@b>',
      'RCPT TO:<c@d>',
      'STARTTLS',
      { tls: {} },
      'DATA',
      'EHLO d',
      'DATA',
    ],
  };
  for (const [what, options] of Object.entries({
    hidden: { hideSTARTTLS: true },
    disabled: { disabledCommands: ['STARTTLS'] },
    requiretls: { hideREQUIRETLS: false },
    dsn: { hideDSN: false, hideENHANCEDSTATUSCODES: false },
    lmtp: { lmtp: true },
    secured: { secure: true, secured: true },
    login: { authOptional: false },
  })) {
    const hello = 'lmtp' in options ? 'LHLO' : 'EHLO';
    const lines = [
      `${hello} c`,
      'AUTH PLAIN x',
      'MAIL FROM:<a@b> REQUIRETLS',
      'STARTTLS',
      { tls: {} },
    ];
    const then = [
      `${hello} d`,
      `AUTH PLAIN ${b64('\0user\0right')}`,
      `${hello} e`,
      'MAIL FROM:<a@b> REQUIRETLS',
      'RSET',
      'MAIL FROM:<a@b> REQUIRETLS=1',
    ];
    const isPlain = what === 'disabled' || what === 'secured';
    all[`STARTTLS ${what}`] = {
      options: { ...OPEN, ...keys, ...options },
      lines: isPlain ? [...lines.slice(0, -1), ...then] : [...lines, ...then, ...TRANSACTION],
    };
  }
  const failing =
    (/** @type {any} */ code) =>
    (/** @type {any} */ _socket, /** @type {any} */ _session, /** @type {any} */ done) =>
      done(Object.assign(new Error('no\r\nsuch host'), code && { responseCode: code }));
  for (const code of [undefined, 421, 554]) {
    const handlers = { onSecure: failing(code) };
    all[`onSecure fails ${code}`] = {
      options: { ...OPEN, ...keys },
      handlers,
      lines: [...UPGRADE, { hear: true }, { hear: true }],
    };
    all[`onSecure fails ${code}, secure`] = {
      options: { ...OPEN, ...keys, secure: true },
      handlers,
      tls: {},
      lines: ['NOOP'],
    };
  }
  all['a login is forgotten'] = {
    options: { ...keys, allowInsecureAuth: true },
    lines: [
      'EHLO c',
      `AUTH PLAIN ${b64('\0user\0right')}`,
      'STARTTLS',
      { tls: {} },
      'EHLO c',
      'MAIL FROM:<a@b>',
    ],
  };
  all['a greeting over plain text where TLS is wanted'] = {
    options: { ...OPEN, ...keys, hideSTARTTLS: false },
    lines: ['EHLO c', 'STARTTLS', { raw: 'EHLO d\r\n', replies: 1 }],
  };
  return all;
}

module.exports = { cases };
