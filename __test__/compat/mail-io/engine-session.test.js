'use strict';
// A session of mail-io with an engine that the test plays: commands in, verdicts out.

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const { beforeEach, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { calls, forget, ring, verdictOf, verdicts } = require('../../support/fake-engine.js');
const { onRecord } = require('../../../src/js/engine/border.js');
const { KIND, VERDICT } = require('../../../src/js/engine/constants.js');
const { MailEngineSession } = require('../../../src/js/compat/mail-io/engine-session.js');

/** @type {any} */
let session;
/** @type {any[]} */
let heard;
let sequence = 0;

beforeEach(() => {
  forget();
  heard = [];
});

/** A session whose commands are handled so. @param {Record<string, (req: any, res: any) => any>} handlers */
function line(handlers) {
  const server = Object.assign(new EventEmitter(), {
    config: { hostname: 'mx.example', limits: { authFailures: 5 }, plugins: {} },
    logger: { log: () => {} },
    handlers: Object.fromEntries(
      Object.entries(handlers).map(([name, handler]) => [name, [{ name: 'core', handler }]]),
    ),
    began: (/** @type {any} */ begun) => {
      session = begun;
    },
  });
  const made = new MailEngineSession(server, 7, ['127.0.0.1', '1', '127.0.0.1', '25']);
  onRecord((kind, head, at, index) => made.receive(kind, head, at, index));
  record({ kind: KIND.CONNECT });
  return made;
}

const record = (/** @type {any} */ fields) => ring({ sequence: ++sequence, ...fields });
const command = (/** @type {string} */ text) => record({ kind: KIND.COMMAND, line: text });
const accept = (/** @type {any} */ _, /** @type {any} */ res) => res.accept();

/** Verdicts so far, as `[verdict, code, text]`. */
function given() {
  const late = calls
    .filter(([name]) => name === 'answer')
    .map(([, , , word, code, text]) => [verdictOf(word).verdict, code, text]);
  return [...verdicts.filter(({ verdict }) => verdict).map(({ verdict }) => [verdict]), ...late];
}
const written = () => calls.filter(([name]) => name === 'write').map(([, , text]) => text);

describe('a command', () => {
  test('goes on with the reply of its handlers, or is answered by them', () => {
    line({
      connect: (_, res) => res.accept(220, 'hello'),
      noop: (_, res) => res.accept(250, 'fine'),
      vrfy: (_, res) => res.reject(252, 'perhaps'),
    });
    command('NOOP');
    command('VRFY tim');
    assert.deepEqual(given(), [
      [VERDICT.ACCEPT, 220, 'hello'],
      [VERDICT.ACCEPT, 250, 'fine'],
      [VERDICT.ANSWER, 252, 'Error: perhaps'],
    ]);
  });

  test('has what is behind its verb', () => {
    const look = (/** @type {any} */ req, /** @type {any} */ res) => {
      heard.push(req.command.data);
      res.accept();
    };
    line({ connect: accept, noop: look });
    for (const text of ['NOOP', 'noop a b', 'NOOP  x']) command(text);
    assert.deepEqual(heard, ['', 'a b', ' x']);
  });

  test('of who was refused may only be QUIT (RFC 5321 section 3.1)', () => {
    line({
      connect: (_, res) => res.reject(554, 'no'),
      noop: accept,
      quit: (_, res) => res.end(221, 'bye'),
    });
    command('NOOP');
    assert.deepEqual(given().at(-1), [VERDICT.ANSWER, 503, 'Error: no service here']);
    command('QUIT');
    assert.deepEqual(written(), ['221 bye\r\n']);
    assert.ok(calls.some(([name]) => name === 'end'));
  });

  test('that takes too long ends the session', () => {
    line({ connect: accept, noop: () => {} });
    command('NOOP');
    record({ kind: KIND.LISTENER_TIMEOUT });
    assert.ok(calls.some(([name]) => name === 'end'));
  });
});

test('a line that a handler reads is no command', () => {
  line({
    connect: accept,
    auth: (_, res) => {
      res.write('334 ');
      res.read((/** @type {string} */ text) => {
        heard.push(text);
        res.accept(235, 'welcome');
      });
    },
  });
  command('AUTH LOGIN');
  assert.deepEqual(verdicts.at(-1), {
    verdict: VERDICT.SKIP,
    recipients: 0,
    streams: true,
    takesLine: true,
  });
  record({ kind: KIND.CAPTURED, own: ['dGlt'] });
  assert.deepEqual([heard, written()], [['dGlt'], ['334 \r\n', '235 welcome\r\n']]);
});

describe('a message', () => {
  const handlers = (/** @type {(req: any, res: any) => any} */ queue) => ({
    connect: accept,
    data: (/** @type {any} */ req, /** @type {any} */ res) => {
      req.session.connection.startDataMode();
      res.accept(354, 'go');
    },
    queue,
  });

  test('is queued with a trace of its own, and answered by that', async () => {
    line(
      handlers(async (req, res) => {
        heard.push(String(await req.command.message.bytes()));
        res.accept(250, 'queued');
      }),
    );
    record({ kind: KIND.DATA_START, line: 'DATA' });
    ring(
      { kind: KIND.DECODED, own: ['Subject: x\r\n'] },
      { kind: KIND.DECODED, own: ['\r\ntext\r\n'] },
    );
    record({ kind: KIND.STREAMED });
    await turn();
    await turn();
    assert.match(
      heard[0],
      /^Received: from \[127\.0\.0\.1\] \(127\.0\.0\.1\)\r\n\tby mx\.example \(127\.0\.0\.1\) with SMTP; .* \+0000\r\nSubject: x\r\n\r\ntext\r\n$/,
    );
    assert.deepEqual(given().at(-1), [VERDICT.ACCEPT, 250, 'queued']);
    assert.deepEqual([session.envelope, session.transaction], [{ from: null, to: [] }, 1]);
  });

  test('that the engine has refused is not queued', () => {
    line(handlers(() => assert.fail('it was queued')));
    record({ kind: KIND.DATA_START, line: 'DATA' });
    ring({ kind: KIND.DECODED, own: ['x'] });
    record({ kind: KIND.CUT });
    assert.equal(session.rejected.data, 552);
    assert.deepEqual(verdicts.at(-1), { verdict: VERDICT.ACCEPT, recipients: 0, streams: true });
  });
});

test('what was said in plain text counts no more under TLS (RFC 3207 section 4.2)', () => {
  line({ connect: accept });
  session.accepted = { ehlo: 250, auth: 235 };
  session.envelope.from = 'a@x';
  record({ kind: KIND.SECURE });
  assert.deepEqual([session.accepted, session.envelope.from, session.secure], [{}, null, true]);
});

test('who was idle is told so by a handler', () => {
  line({ connect: accept, timeout: (_, res) => res.end(451, 'idle') });
  ring({ kind: KIND.TIMEOUT });
  assert.deepEqual(written(), ['451 idle\r\n']);
});
