'use strict';
// Parameters and listeners that there are not: a warning names them, and what was meant.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Server } = require('../../index.js');
const { p256 } = require('../support/certificates.js');

const { key, cert } = p256();

/** What is given, where it is said to be, and what was meant. @type {[any, any, string, string][]} */
const CASES = [
  [{ requireTLS: true }, {}, 'params.requireTLS', 'requireTls'],
  [{ maxRecipient: 5 }, {}, 'params.maxRecipient', 'maxRecipients'],
  [{ maxrecipients: 5 }, {}, 'params.maxrecipients', 'maxRecipients'],
  [{ starttls: true }, {}, 'params.starttls', 'tls'],
  [{ commandTimout: 5 }, {}, 'params.commandTimout', 'commandTimeout'],
  [
    { unauthorizedPipelining: 'refuse' },
    {},
    'params.unauthorizedPipelining',
    'unauthorisedPipelining',
  ],
  [{ tls: { key, cert, ciphers: 'x' } }, {}, 'params.tls.ciphers', ''],
  [{ tls: { key, cert, minversion: 'x' } }, {}, 'params.tls.minversion', 'minVersion'],
  [
    { tls: { key, cert, sni: { 'a.example': { key, cert, passphras: '' } } } },
    {},
    "params.tls.sni['a.example'].passphras",
    'passphrase',
  ],
  [{ resolve: { beforeGreetings: true } }, {}, 'params.resolve.beforeGreetings', 'beforeGreeting'],
  [{}, { recipient() {} }, 'listeners.recipient', 'rcpt'],
  [{}, { onData() {} }, 'listeners.onData', 'data'],
  [{}, { datastart() {} }, 'listeners.datastart', 'dataStart'],
  [{}, { Connect() {} }, 'listeners.Connect', 'connect'],
  [{ xyzzy: 1 }, {}, 'params.xyzzy', ''],
  [{ __proto__x: 1 }, {}, 'params.__proto__x', ''],
];

describe('names that there are not', () => {
  for (const [params, listeners, name, meant] of CASES) {
    test(name, async () => {
      const warned = once(process, 'warning');
      new Server(params, listeners);
      const [{ message, code }] = await warned;
      assert.ok(message.startsWith(`${name} is ignored`), message);
      assert.equal(code, 'SMTP_WARN_UNKNOWN_NAME');
      if (meant) assert.ok(message.endsWith(`did you mean ${meant}?`), message);
    });
  }

  test('are told of once, and those that there are never', async (t) => {
    /** @type {string[]} */
    const told = [];
    const note = (/** @type {Error} */ warning) => told.push(warning.message);
    process.on('warning', note);
    t.after(() => process.off('warning', note));
    for (const [params, listeners] of CASES) new Server(params, listeners);
    const events = ['start', 'stop', 'secure', 'connect', 'message', 'helo', 'mail', 'rcpt'];
    const others = ['dataStart', 'dataChunk', 'data', 'timeout', 'response', 'disconnect', 'error'];
    const all = Object.fromEntries([...events, ...others].map((event) => [event, () => true]));
    const server = new Server(
      { port: 0, path: undefined, tls: { key, cert, passphrase: undefined } },
      all,
    );
    new Server(server.config, { ...all, note: 'no function' });
    await new Promise(setImmediate);
    assert.deepEqual(told, []);
  });
});
