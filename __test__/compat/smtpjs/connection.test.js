'use strict';
// A client of smtpjs' server, with an engine that the test plays.

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { calls, forget, ring } = require('../../support/fake-engine.js');
const { onRecord } = require('../../../src/js/engine/border.js');
const { KIND } = require('../../../src/js/engine/constants.js');
const { Connection } = require('../../../src/js/compat/smtpjs/connection.js');

/** @type {any[]} */
let heard;

beforeEach(() => {
  forget();
  heard = [];
});

/** A connection whose schema has these events. @param {any} [events] */
function connected(events = {}) {
  const schema = {
    logger: { error: (/** @type {Error} */ error) => heard.push(['logged', error.message]) },
    done: (/** @type {any} */ mail) => heard.push(['done', mail.from, mail.to, mail.message]),
    ...events,
  };
  const connection = new Connection(schema, 7, ['192.0.2.1', '1', '127.0.0.1', '25']);
  onRecord((kind, head, at, index) => connection.receive(kind, head, at, index));
  return connection;
}

let sequence = 0;
/** Lines of a client. @param {...string} lines */
const commands = (...lines) => {
  for (const line of lines) {
    const kind = /^data/i.test(line) ? KIND.DATA_START : KIND.COMMAND;
    ring({ kind, sequence: ++sequence, line });
  }
};
/** A message, whole. @param {...string} pieces */
const message = (...pieces) => {
  for (const piece of pieces) ring({ kind: KIND.DECODED, own: [piece] });
  ring({ kind: KIND.STREAMED, sequence: ++sequence });
};
/** Codes of the replies so far. */
const codes = () => calls.filter(([name]) => name === 'answer').map(([, , , , code]) => code);

describe('a mail', () => {
  test('is handed on when the next begins, and at the end', () => {
    const connection = connected();
    commands('MAIL FROM:<a@x>', 'RCPT TO:<b@y>', 'RCPT TO:<c@y>', 'DATA');
    message('Grü', 'ße\r\n');
    assert.deepEqual(heard, []);
    assert.deepEqual(connection.getMail().message.join(''), 'Grüße\r\n');
    commands('MAIL FROM:<d@x>');
    assert.deepEqual(heard, [['done', '<a@x>', ['<b@y>', '<c@y>'], ['Grü', 'ße\r\n']]]);
    ring({ kind: KIND.GONE });
    assert.deepEqual(heard[1], ['done', '<d@x>', [], []]);
    assert.deepEqual(codes(), [250, 250, 250, 354, 250, 250]);
  });

  test('needs its parts in order', () => {
    connected();
    commands('RCPT TO:<b@y>', 'DATA', 'MAIL FROM:<a@x>', 'DATA', 'what', 'NOOP', 'QUIT');
    assert.deepEqual(codes(), [503, 503, 250, 503, 500, 250, 221]);
  });
});

describe('an event', () => {
  test('that is waited for holds the reply', async () => {
    /** @type {() => void} */
    let goOn = () => {};
    connected({
      EHLO: () =>
        new Promise((resolve) => {
          goOn = () => resolve(undefined);
        }),
    });
    commands('EHLO x');
    await turn();
    assert.deepEqual(codes(), []);
    goOn();
    await turn();
    assert.deepEqual(codes(), [250]);
  });

  for (const [what, event] of /** @type {[string, () => any][]} */ ([
    ['throws', () => assert.fail('of the test')],
    ['rejects', () => Promise.reject(new Error('of the test'))],
  ])) {
    test(`that ${what} is 451, and raised as 'error', or logged`, async () => {
      connected({ EHLO: event });
      commands('EHLO x');
      await turn();
      connected({
        EHLO: event,
        error: (/** @type {Error} */ error) => heard.push(['error', error.message]),
      });
      commands('EHLO x');
      await turn();
      assert.deepEqual(codes(), [451, 451]);
      assert.deepEqual(heard, [
        ['logged', 'of the test'],
        ['error', 'of the test'],
      ]);
    });
  }

  test('whose answer comes too late is over', async () => {
    connected({ EHLO: () => turn(), error: (/** @type {any} */ error) => heard.push(error.code) });
    commands('EHLO x');
    ring({ kind: KIND.LISTENER_TIMEOUT });
    await turn();
    await turn();
    assert.deepEqual([codes(), heard], [[], ['SMTP_ERR_LISTENER_TIMEOUT']]);
  });
});

test('a line that the program gives is fed as if it had been sent', () => {
  const connection = connected();
  connection.parse('NOOP');
  connection.parse('NOOP\r\n');
  connection.parse();
  assert.deepEqual(
    calls.filter(([name]) => name === 'feed').map(([, , text]) => text),
    ['NOOP\r\n', 'NOOP\r\n', '\r\n'],
  );
});
