'use strict';
// Wrong parameters: a TypeError or RangeError of the constructor, which names the parameter and
// the value.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { Server } = require('../support/serve.js');

const SIZES = [
  'size',
  'maxClients',
  'maxClientsPerAddress',
  'maxRecipients',
  'maxMessages',
  'maxBadCommands',
  'maxCommandLength',
  'minDataRate',
  'maxMemory',
];
const TIMES = [
  'timeout',
  'greetingTimeout',
  'commandTimeout',
  'handshakeTimeout',
  'dataTimeout',
  'listenerTimeout',
  'tarpit',
  'greetingDelay',
];

/**
 * @param {any} params
 * @param {Function[]} kinds
 * @param {RegExp[]} mentions
 */
function refuses(params, kinds, ...mentions) {
  /** @type {any} */
  let caught;
  try {
    new Server(params);
  } catch (error) {
    caught = error;
  }
  const [[name, value] = []] = Object.entries(params);
  assert.ok(caught, `${name}: ${String(value)} is refused`);
  const isKind = kinds.some((kind) => caught instanceof kind);
  assert.ok(isKind, `${name}: ${String(value)} gives ${caught.name}: ${caught.message}`);
  for (const mention of mentions) assert.match(caught.message, mention);
}

/** @param {string} name @param {any} value */
function wrongType(name, value) {
  test(`${name}: ${String(value)} is a TypeError`, () => {
    const shown = typeof value === 'object' || typeof value === 'function' ? [] : [String(value)];
    refuses({ [name]: value }, [TypeError], ...[name, ...shown].map((word) => new RegExp(word)));
  });
}

/** @param {string} name @param {any} value */
function outOfRange(name, value) {
  test(`${name}: ${String(value)} is a RangeError`, () => {
    refuses({ [name]: value }, [RangeError], new RegExp(name), new RegExp(String(value)));
  });
}

describe('wrong parameters', { timeout: 20_000 }, () => {
  for (const name of [...SIZES, ...TIMES]) {
    for (const value of ['x', '5', true, {}, [], () => {}]) wrongType(name, value);
    for (const value of [-1, 1.5, Number.NaN]) outOfRange(name, value);
  }
  for (const value of [true, {}, []]) wrongType('port', value);
  for (const value of [-1, 65536, 1.5, Number.NaN, '65536', '-1']) outOfRange('port', value);
  for (const name of ['name', 'host', 'path']) {
    for (const value of [5, true, {}]) wrongType(name, value);
  }
  for (const value of ['x', 5, {}]) wrongType('debug', value);
  for (const value of ['yes', 1, {}]) wrongType('secure', value);
  for (const value of ['yes', 1, {}]) wrongType('lmtp', value);
  for (const value of ['yes', 1, {}]) wrongType('enhancedStatusCodes', value);
  assert.throws(() => new Server({ extensions: ['ENHANCEDSTATUSCODES'] }), RangeError);
  new Server({ extensions: ['ENHANCEDSTATUSCODES'], enhancedStatusCodes: true });
  test('extensions that there are not, with the nearest', () => {
    for (const [name, hint] of [
      ['LIMIT', 'did you mean LIMITS\\?'],
      ['8BIT-MIME', 'did you mean 8BITMIME\\?'],
      ['requireTls', 'did you mean REQUIRETLS\\?'],
      ['__proto__', 'there are PIPELINING, .*, SIZE'],
    ]) {
      const text = new RegExp(`params.extensions names '${name}', which there is not: ${hint}$`);
      refuses({ extensions: ['PIPELINING', name] }, [RangeError], text);
    }
    refuses({ extensions: ['DSN', 5] }, [RangeError], /params.extensions must be an array of/);
  });
  for (const value of ['x', 5]) wrongType('extensions', value);
  for (const value of ['x', 5, true]) wrongType('tls', value);
  wrongType('bareNewlines', 5);
  wrongType('unauthorisedPipelining', 5);
  outOfRange('unauthorisedPipelining', 'sometimes');
  for (const value of ['x', 5, true, []]) wrongType('rates', value);
  wrongType('compat', 5);
  outOfRange('bareNewlines', 'sometimes');
  outOfRange('compat', '9');

  test('a port that is no number at all', () => {
    for (const port of ['abc', '', ' ', '25x', '0x']) {
      refuses({ port }, [TypeError, RangeError], /port/);
    }
  });

  test('rates of something else, or that are none', () => {
    refuses({ rates: { client: {} } }, [RangeError], /rates\.client/);
    refuses({ rates: { address: { bytes: 5 } } }, [RangeError], /rates\.address\.bytes/);
    for (const limits of ['x', 5, true, []]) {
      refuses({ rates: { network: limits } }, [TypeError], /rates\.network/);
    }
    for (const kind of ['sessions', 'messages', 'recipients']) {
      const name = new RegExp(`rates\\.network\\.${kind}`);
      for (const value of ['5', true, {}]) {
        refuses({ rates: { network: { [kind]: value } } }, [TypeError], name);
      }
      for (const value of [-1, 1.5, 2 ** 31, Number.NaN]) {
        refuses(
          { rates: { network: { [kind]: value } } },
          [RangeError],
          name,
          new RegExp(String(value)),
        );
      }
    }
  });

  test('an extension that there is not', () => {
    refuses(
      { extensions: ['PIPELINING', 'NOSUCH'] },
      [RangeError, TypeError],
      /extensions/,
      /NOSUCH/,
    );
    refuses({ extensions: [5] }, [TypeError, RangeError], /extensions/, /5/);
  });

  test('secure without keys', () => {
    refuses({ secure: true }, [TypeError, RangeError], /tls|secure/);
  });

  test('tls without one of its halves, or with something else in their place', () => {
    const { key, cert } = p256();
    refuses({ tls: {} }, [TypeError], /tls/);
    refuses({ tls: { cert } }, [TypeError], /key/);
    refuses({ tls: { key } }, [TypeError], /cert/);
    refuses({ tls: { key: 5, cert } }, [TypeError], /key/, /5/);
    refuses({ tls: { key, cert: 5 } }, [TypeError], /cert/, /5/);
    refuses({ tls: { key, cert, ca: 5 } }, [TypeError], /ca/, /5/);
    refuses({ tls: { key, cert, passphrase: 5 } }, [TypeError], /passphrase/);
  });

  test('params and listeners that are none', () => {
    assert.throws(() => new Server(/** @type {any} */ ('x')), TypeError);
    assert.throws(() => new Server(/** @type {any} */ (5)), TypeError);
    assert.throws(() => new Server({}, /** @type {any} */ (5)), TypeError);
    assert.throws(() => new Server({}, /** @type {any} */ ('x')), TypeError);
    assert.throws(() => new Server({}, { helo: /** @type {any} */ (5) }), TypeError);
  });

  test('without new it is the same', () => {
    assert.throws(() => Server({ port: -1 }), RangeError);
  });

  test('what is right is taken', () => {
    const { key, cert } = p256();
    const limits = Object.fromEntries([...SIZES, ...TIMES].map((name) => [name, 0]));
    new Server(limits);
    new Server({ port: '65535', extensions: [], tls: { key, cert: Buffer.from(cert) } });
    new Server({ rates: {}, unauthorisedPipelining: 'refuse' });
    new Server({ rates: { address: { sessions: 0 }, network: null } });
    new Server({ rates: { address: { messages: 2 ** 31 - 1, recipients: undefined } } });
    for (const bareNewlines of ['accept', 'refuse', 'normalise']) new Server({ bareNewlines });
    new Server({ compat: '1.0', extensions: true, enhancedStatusCodes: true, secure: false });
    new Server({ port: 0 }, () => true);
  });
});

test('SMTP_ENGINE_THREADS is checked as the parameter is', (t) => {
  t.after(() => delete process.env.SMTP_ENGINE_THREADS);
  for (const value of ['-3', '1.5', '1e9', 'many', '0']) {
    process.env.SMTP_ENGINE_THREADS = value;
    assert.throws(() => new Server({}), { name: 'RangeError', message: /SMTP_ENGINE_THREADS.*'/ });
  }
  for (const value of ['', '2']) {
    process.env.SMTP_ENGINE_THREADS = value;
    new Server({});
  }
});
