'use strict';
// Every fault of a server at every step of a session, with PIPELINING, CHUNKING, TLS, LMTP and a pool
// and without: what each recipient is told, whether the message is sent again, and whether the
// connection is kept. The cells are made from lists, and what is right of them by rules
// (../support/failure-rules.js).

const assert = require('node:assert/strict');
const { setTimeout } = require('node:timers/promises');
const { describe, test } = require('node:test');
const { inspect: show } = require('node:util');
const { Client } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { FAULTS, FailingServer } = require('../support/failing-server.js');
const { expected, mayBeLate, stepsOf } = require('../support/failure-rules.js');
const { scripted } = require('../support/scripted-server.js');
const { within } = require('../support/wait.js');

const HOST = '127.0.0.1';
const ENVELOPE = {
  from: 'from@example.com',
  to: ['a@example.com', 'b@example.com', 'c@example.com'],
};
/** Three chunks. */
const LONG = Buffer.alloc(600 * 1024, 'abcdefgh\r\n');
const HUGE = Buffer.alloc(32 * 1024 * 1024, 'abcdefgh\r\n');
const SHORT_MS = 1_000;
const KEYS = p256();
/** Faults of a handshake: it has no replies. */
const HANDSHAKE = ['close', 'reset', 'silence', 'garbage'];
/** Cells at a time. */
const CONCURRENCY = 16;

/** Every way of the message's own, and for TLS those that differ under it. */
const WAYS = [false, true].flatMap((pool) => [
  ...[false, true].flatMap((pipelining) => [
    { pipelining, chunking: false, lmtp: false, tls: false, pool },
    { pipelining, chunking: true, lmtp: false, tls: false, pool },
    { pipelining, chunking: false, lmtp: true, tls: false, pool },
  ]),
  { pipelining: true, chunking: false, lmtp: false, tls: true, pool },
  { pipelining: true, chunking: true, lmtp: false, tls: true, pool },
]);

/** @typedef {import('../support/failure-rules.js').Cell} Cell */

const inspect = (/** @type {unknown} */ what) => show(what, { breakLength: 200 });

function keywordsOf(/** @type {Cell} */ { step, way }) {
  const offered = [
    [way.pipelining, 'PIPELINING'],
    [way.chunking, 'CHUNKING'],
    [step === 'starttls' || step === 'handshake', 'STARTTLS'],
    [step === 'auth', 'AUTH PLAIN'],
    [true, 'HELP'],
  ];
  return offered.filter(([isOffered]) => isOffered).map(([, keyword]) => String(keyword));
}

function tlsOf(/** @type {Cell} */ { step, way }) {
  if (way.tls) return 'implicit';
  return step === 'starttls' || step === 'handshake' ? 'required' : 'none';
}

function optionsOf(/** @type {Cell} */ cell, /** @type {number} */ port) {
  const { step, fault, way } = cell;
  const times = ['greeting', 'command', 'dataInit', 'dataEnd', 'dataBlock'];
  const timeouts = Object.fromEntries(times.map((name) => [`${name}Timeout`, SHORT_MS]));
  return {
    ...{ host: HOST, port, lmtp: way.lmtp, tls: tlsOf(cell), maxConnections: 1 },
    ...(tlsOf(cell) === 'none' ? {} : { rejectUnauthorized: false }),
    ...(step === 'auth' ? { auth: { user: 'user', password: 'secret' } } : {}),
    ...(fault === 'silence' ? timeouts : {}),
  };
}

/** A message whose end does not come before the server has failed. */
async function* endless() {
  for (;;) {
    yield 'abcdefgh\r\n';
    await setTimeout(1);
  }
}

function messageOf(/** @type {Cell} */ { step, fault }) {
  // More than a server takes that does not read.
  if (step === 'message') return fault === 'silence' ? HUGE : endless();
  return step.startsWith('bdat') ? LONG : 'x';
}

/** What a caller knows of each recipient. */
function toldOf(/** @type {any} */ result) {
  const { accepted = [], rejected } = result;
  return ENVELOPE.to.map((address) => {
    if (accepted.includes(address)) return 'taken';
    const one = rejected?.find((/** @type {any} */ each) => each.address === address) ?? result;
    // What a server said of the session was not said of a recipient.
    const isWord = rejected !== undefined && one.error === undefined;
    if (isWord) return one.replyCode;
    if (one.uncertain) assert.equal(one.replyCode, undefined);
    return one.uncertain ? 'uncertain' : 'lost';
  });
}

/** @param {import('node:test').TestContext} t @param {Cell} cell */
async function play(t, cell) {
  const { step, fault, way } = cell;
  const offers = keywordsOf(cell);
  const { port, conversations, errors } = await scripted(
    t,
    (c, number) =>
      new FailingServer(c, {
        ...{ step, fault, offers, lmtp: way.lmtp, keys: KEYS },
        ...{ armed: number === 1, from: way.pool ? 2 : 1 },
      }).run(),
    way.tls ? { keys: KEYS } : {},
  );
  const options = optionsOf(cell, port);
  if (!way.pool) {
    const sent = Client.send(options, ENVELOPE, messageOf(cell));
    return {
      result: await within(
        sent.catch((error) => error),
        'an end',
      ),
      errors,
    };
  }
  const pool = new Client.Pool(options);
  const settled = (/** @type {any} */ message) =>
    within(
      pool.send(ENVELOPE, message).catch((/** @type {any} */ error) => error),
      'an end',
    );
  await settled('x');
  const result = await settled(messageOf(cell));
  const next = await settled('x');
  // A reply too many that comes behind the last look is found in the next message.
  const isLate = mayBeLate(cell) && fault === 'surplus' && next.code === 'SMTP_ERR_PROTOCOL';
  if (!isLate) assert.deepEqual(next.accepted, ENVELOPE.to, 'the next message');
  assert.ok(!next.uncertain);
  await within(pool.close({ grace: 100 }), 'the pool');
  return { result, errors, kept: isLate ? undefined : conversations.length === 1 };
}

/** What is wrong with this cell, if anything is. @param {import('node:test').TestContext} t @param {Cell} cell */
async function fault(t, cell) {
  try {
    const { result, errors, kept } = await play(t, cell);
    const told = toldOf(result);
    const { code, replyCode, transient, permanent } = result;
    const right = expected(cell).some((one) => {
      const isTold = JSON.stringify(one.told) === JSON.stringify(told);
      const isCode = one.code ? one.code.test(code ?? '') : code === undefined;
      const hasReply = one.replyCode === undefined || one.replyCode === replyCode;
      return isTold && isCode && hasReply && (kept === undefined || kept === one.kept);
    });
    // What is said of all of them follows from what is said of each.
    const codes = told.map((each) => (typeof each === 'number' ? each : 0));
    if (code === 'SMTP_ERR_REJECTED') {
      assert.equal(
        permanent,
        codes.every((each) => each >= 500),
      );
      assert.equal(
        transient,
        codes.some((each) => each >= 400 && each < 500),
      );
    }
    if (right) return [];
    const found = { told, code, replyCode, kept, message: result.message, errors };
    return [`${cell.step}, ${cell.fault}: ${inspect(found)}, not ${inspect(expected(cell))}`];
  } catch (error) {
    return [`${cell.step}, ${cell.fault}: ${inspect(error)}`];
  }
}

describe('a server that fails', { timeout: 180_000 }, () => {
  for (const way of WAYS) {
    const name = Object.entries(way).filter(([, is]) => is);
    test(`is told of: ${name.map(([each]) => each).join(', ') || 'in plain SMTP'}`, async (t) => {
      const cells = stepsOf(way).flatMap((step) =>
        (step === 'handshake' ? HANDSHAKE : Object.keys(FAULTS)).map((what) => ({
          ...{ step, fault: what, way },
        })),
      );
      assert.ok(cells.length > 100, String(cells.length));
      /** @type {any[]} */
      const wrong = [];
      const work = async (/** @type {Iterable<Cell>} */ waiting) => {
        for (const cell of waiting) wrong.push(...(await fault(t, cell)));
      };
      // Those that wait for a time to pass do so apart from those that work.
      const waits = cells.filter((cell) => cell.fault === 'silence').values();
      const works = cells.filter((cell) => cell.fault !== 'silence').values();
      for (const waiting of [works, waits]) {
        await Promise.all(Array.from({ length: CONCURRENCY }, () => work(waiting)));
      }
      assert.equal(wrong.length, 0, wrong.join('\n'));
    });
  }
});
