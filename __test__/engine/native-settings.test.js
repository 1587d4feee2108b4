'use strict';
// What the addon makes of settings that JavaScript should never give it: an unknown word or an
// impossible number is an error, not the least strict choice that there is.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { messageSettings } = require('../../src/js/client/envelope.js');
const { addon } = require('../../src/js/engine/addon.js');
const { border } = require('../../src/js/engine/border.js');
const { clientSettings } = require('../../src/js/options/client.js');
const { engineOptions, merge } = require('../../src/js/options/server.js');

const REFUSED = { code: 'InvalidArg' };
const WORDS = ['', 'ACCEPT', ' accept', 'refuse ', 'none of these', 'toString', '\0'];
const NUMBERS = [-1, -0.5, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
/** Times may have a fraction. */
const TIMES = NUMBERS.filter((number) => number !== 0.5);

/** `settings` with `value` at a path such as 'control.tarpit'. */
function changed(settings, path, value) {
  const [first, ...rest] = path.split('.');
  const inner = rest.length > 0 ? changed(settings[first], rest.join('.'), value) : value;
  return { ...settings, [first]: inner };
}

function server(path, value) {
  const options = engineOptions(merge({}), 1_000_000, undefined, 'mbr-smtp');
  const { NativeServer } = addon();
  return new NativeServer(border(), changed(options, path, value));
}

function client(path, value) {
  const { maxQueue, ...settings } = clientSettings({ host: 'localhost', tls: 'none' });
  const { NativeClient } = addon();
  return new NativeClient(border(), changed({ ...settings, number: 1_000_000 }, path, value));
}

function send(path, value) {
  const settings = messageSettings({ from: 'a@example', to: 'b@example' });
  client('port', 1).send(1, changed(settings, path, value), undefined);
}

function machine(path, value) {
  const none = { greeting: 0, command: 0, dataInitiation: 0, dataTermination: 0 };
  const { NativeMachine } = addon();
  return new NativeMachine(changed(none, path, value));
}

/** @type {[string, Function, Record<string, unknown[]>][]} */
const WHAT = [
  [
    'a server',
    server,
    {
      dialect: ['mbr-smtp', 'smtp-protocol', 'mail-io'],
      bareNewlines: ['accept', 'refuse', 'normalise'],
      'control.unauthorisedPipelining': ['accept', 'refuse'],
    },
  ],
  ['a client', client, { tls: ['none', 'opportunistic', 'required', 'implicit'] }],
  ['a message', send, { body: ['', '7bit', '8bit', 'binary'] }],
];

for (const [name, make, fields] of WHAT) {
  describe(`words of ${name}`, () => {
    for (const [path, known] of Object.entries(fields)) {
      test(path, () => {
        for (const word of known) make(path, word);
        for (const word of WORDS.filter((word) => !known.includes(word))) {
          assert.throws(() => make(path, word), REFUSED, JSON.stringify(word));
        }
      });
    }
  });
}

test('keywords of extensions', () => {
  server('extensions', ['HELP', 'SIZE', 'PIPELINING', 'STARTTLS']);
  for (const keyword of ['', 'size', 'AUTH', 'PIPELINING ']) {
    assert.throws(() => server('extensions', ['SIZE', keyword]), REFUSED, keyword);
  }
});

test('mechanisms', () => {
  for (const mechanism of ['', 'BEST', 'PLAIN ']) {
    const make = () => {
      const { NativeClient } = addon();
      const { maxQueue, ...settings } = clientSettings({ host: 'localhost', tls: 'none' });
      const login = { user: 'u', password: 'p', mechanism, number: 1_000_000 };
      return new NativeClient(border(), { ...settings, ...login });
    };
    assert.throws(make, REFUSED, mechanism);
    assert.throws(() => machine('command', 0).login('u', 'p', mechanism), REFUSED, mechanism);
  }
});

describe('numbers', () => {
  /** Every number of these settings, by its path. */
  const numbers = (settings, prefix = '') =>
    Object.entries(settings).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? numbers(value, `${prefix}${name}.`)
        : typeof value === 'number'
          ? [`${prefix}${name}`]
          : [],
    );
  const isTime = (path) => /timeout|time$|tarpit|delay/i.test(path);
  /** These are whole by their type in Rust, as Node-API makes it. */
  const isWhole = (path) =>
    ['number', 'threads', 'backlog', 'port', 'maxConnections', 'rateLimit'].includes(path);

  for (const [name, make, settings] of [
    ['a server', server, engineOptions(merge({}), 1_000_000, undefined, 'mbr-smtp')],
    ['a client', client, clientSettings({ host: 'localhost', tls: 'none' })],
  ]) {
    test(name, () => {
      const paths = numbers(settings).filter((path) => !isWhole(path) && path !== 'maxQueue');
      assert.ok(paths.length > 7, paths.join());
      for (const path of paths) {
        make(path, 0);
        make(path, 2 ** 40);
        for (const number of isTime(path) ? TIMES : NUMBERS) {
          assert.throws(() => make(path, number), REFUSED, `${path}: ${number}`);
        }
      }
    });
  }

  test('a message, a machine, a port', () => {
    for (const number of NUMBERS) assert.throws(() => send('size', number), REFUSED, `${number}`);
    for (const path of ['greeting', 'command', 'dataInitiation', 'dataTermination']) {
      for (const number of TIMES) assert.throws(() => machine(path, number), REFUSED, path);
    }
    for (const port of [65_536, 65_561, 2 ** 32 - 1]) {
      assert.throws(() => client('port', port), REFUSED, `${port}`);
      assert.throws(() => server('size', 1).listen('127.0.0.1', port), REFUSED, `${port}`);
    }
  });
});
