'use strict';
// What the base of all sessions makes of each record: which method hears of it, and with what.

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { calls, forget, ring, ticks, verdictOf, verdicts } = require('../support/fake-engine.js');
const { onRecord } = require('../../src/js/engine/border.js');
const { FLAG, KIND, VERDICT } = require('../../src/js/engine/constants.js');
const { EngineSession } = require('../../src/js/engine/engine-session.js');

const ENDS = ['192.0.2.1', '1234', '127.0.0.1', '25'];
const HOOKS = [
  ...['connected', 'command', 'message', 'taken', 'streamed', 'cut', 'captured', 'responded'],
  ...['lineTooLong', 'claimed', 'proved', 'exchangeOver', 'withdrawn'],
  ...['wasReset', 'forgotGreeting', 'greeted', 'begun', 'added', 'raw', 'decoded', 'secured'],
  'answersEach',
  ...['timedOut', 'listenerTimeout', 'failed', 'gone', 'introduced', 'forwarded'],
];

/** A session that notes what it hears of, and does what its base does. */
class Noting extends EngineSession {
  /** @type {any[][]} */
  heard = [];
  lines = [['250 planned']];
}
for (const hook of HOOKS) {
  const base = /** @type {any} */ (EngineSession.prototype)[hook];
  /** @type {any} */ (Noting.prototype)[hook] = function (/** @type {any[]} */ ...args) {
    // The one object that all commands share is copied.
    const shown = args.map((arg) => (hook === 'command' ? { ...arg } : arg));
    this.heard.push([hook, ...shown]);
    return base.apply(this, args);
  };
}

/** @type {InstanceType<typeof Noting>} */
let session;

beforeEach(() => {
  forget();
  session = new Noting();
  session.attach(7, ENDS);
  onRecord((kind, head, at, index) => session.receive(kind, head, at, index));
});

const command = (/** @type {object} */ fields) => ({
  ...{ kind: KIND.COMMAND, line: null, argument: undefined, path: '', size: undefined },
  ...{ ext: undefined },
  ...{ isExtended: false, isChunked: false, drops: false, dropsGreeting: false, ...fields },
});

/** Records, and what is heard of each. @type {[string, any, any[][]][]} */
const RECORDS = [
  ['a connection', { kind: KIND.CONNECT }, [['connected']]],
  [
    'a command nobody reads',
    { kind: KIND.COMMAND, flags: FLAG.DROPS | FLAG.DROPS_GREETING },
    [['command', command({ drops: true, dropsGreeting: true })]],
  ],
  ['a command', { kind: KIND.COMMAND, line: 'NOOP' }, [['command', command({ line: 'NOOP' })]]],
  [
    'HELO',
    { kind: KIND.HELO, line: 'HELO x', own: ['x'] },
    [['command', command({ kind: KIND.HELO, line: 'HELO x', argument: 'x', path: 'x' })]],
  ],
  ...['VRFY', 'EXPN', 'ETRN'].map((/** @type {any} */ verb) => {
    const kind = KIND[/** @type {'VRFY'} */ (verb)];
    const path = 'tim\nsmtpUtf8=';
    const told = command({ kind, line: `${verb} tim SMTPUTF8`, argument: 'tim', path });
    const record = { kind, line: `${verb} tim SMTPUTF8`, own: [path] };
    return /** @type {[string, any, any[][]]} */ ([verb, record, [['command', told]]]);
  }),
  [
    'MAIL with parameters',
    { kind: KIND.MAIL, own: ['a@x', '100'], ext: 'SIZE=100 BODY=8BITMIME' },
    [
      [
        'command',
        command({
          ...{ kind: KIND.MAIL, argument: 'a@x', path: 'a@x', size: 100 },
          ext: 'SIZE=100 BODY=8BITMIME',
        }),
      ],
    ],
  ],
  [
    'MAIL without a size',
    { kind: KIND.MAIL, own: ['', ''] },
    [['command', command({ kind: KIND.MAIL, argument: '' })]],
  ],
  [
    'RCPT',
    { kind: KIND.RCPT, own: ['bü@x'], ext: 'NOTIFY=NEVER' },
    [
      [
        'command',
        command({ kind: KIND.RCPT, argument: 'bü@x', path: 'bü@x', ext: 'NOTIFY=NEVER' }),
      ],
    ],
  ],
  [
    'RCPT with parameters',
    { kind: KIND.RCPT, own: ['b@x\nnotify=NEVER'] },
    [['command', command({ kind: KIND.RCPT, argument: 'b@x', path: 'b@x\nnotify=NEVER' })]],
  ],
  ['DATA', { kind: KIND.DATA_START }, [['command', command({ kind: KIND.DATA_START })]]],
  ['a message', { kind: KIND.DATA, own: ['Hello\r\n'] }, [['message', 'Hello\r\n', undefined]]],
  [
    'a message that is not ASCII',
    { kind: KIND.DATA, own: ['Grüße\r\n'] },
    [['message', 'Grüße\r\n', Buffer.from('Grüße\r\n')]],
  ],
  [
    'a long message',
    { kind: KIND.DATA, blob: Buffer.from('x'.repeat(20_000)) },
    [['message', 'x'.repeat(20_000), undefined]],
  ],
  [
    'a long message that is not ASCII',
    { kind: KIND.DATA, blob: Buffer.from('ü'.repeat(20_000)) },
    [['message', 'ü'.repeat(20_000), Buffer.from('ü'.repeat(20_000))]],
  ],
  ['a message in pieces, whole', { kind: KIND.STREAMED }, [['streamed']]],
  ['a message in pieces, refused', { kind: KIND.CUT }, [['cut']]],
  ['a message in pieces, taken back', { kind: KIND.WITHDRAWN }, [['withdrawn']]],
  [
    'BDAT',
    { kind: KIND.DATA_START, flags: FLAG.CHUNKS },
    [['command', command({ kind: KIND.DATA_START, isChunked: true })]],
  ],
  [
    'a login',
    { kind: KIND.AUTH, own: ['PLAIN', 'tim', '', 'grün'] },
    [['claimed', 'PLAIN', 'tim', '', 'grün']],
  ],
  ['a proof', { kind: KIND.PROOF, own: ['1'] }, [['proved', true]]],
  ['a proof that is none', { kind: KIND.PROOF, own: [''] }, [['proved', false]]],
  ['an exchange that is over', { kind: KIND.EXCHANGE_OVER }, [['exchangeOver']]],
  ['a line that is too long', { kind: KIND.LINE_TOO_LONG }, [['lineTooLong']]],
  ['a line', { kind: KIND.CAPTURED, own: ['dXNlcg=='] }, [['captured', Buffer.from('dXNlcg==')]]],
  [
    'replies',
    { kind: KIND.RESPONSES, responses: ['250-a', '250 b'] },
    [
      ['responded', '250-a'],
      ['responded', '250 b'],
    ],
  ],
  [
    'all that the engine did by itself',
    {
      ...{ kind: KIND.RESPONSES, responses: ['250 OK'], origin: 'x', mail: ['a@x', ''] },
      ...{ recipients: ['b@x', 'c@x'], accepted: 3, flags: FLAG.RESET | FLAG.FORGOT_GREETING },
    },
    [
      ...[['responded', '250 OK'], ['wasReset'], ['forgotGreeting'], ['greeted', 'x', false]],
      ...[
        ['begun', 'a@x', undefined],
        ['added', 'b@x'],
        ['added', 'c@x'],
        ['answersEach', 3],
      ],
    ],
  ],
  ['bytes', { kind: KIND.RAW, own: [Buffer.from([0, 255])] }, [['raw', Buffer.from([0, 255])]]],
  ['a piece', { kind: KIND.DECODED, own: ['abc'] }, [['decoded', Buffer.from('abc'), true]]],
  [
    'a long piece',
    { kind: KIND.DECODED, blob: Buffer.from('ü'.repeat(9_000)) },
    [['decoded', Buffer.from('ü'.repeat(9_000)), false]],
  ],
  [
    'another client',
    { kind: KIND.XCLIENT, own: ['ADDR=192.0.2.1\nNAME\nLOGIN=a=b'] },
    [['introduced', { addr: '192.0.2.1', name: null, login: 'a=b' }]],
  ],
  [
    'what is told of a client',
    { kind: KIND.XFORWARD, own: ['SOURCE=LOCAL\nIDENT=1'] },
    [['forwarded', { source: 'LOCAL', ident: '1' }]],
  ],
  ['TLS', { kind: KIND.SECURE, flags: FLAG.TLS }, [['secured']]],
  ['idleness', { kind: KIND.TIMEOUT }, [['timedOut']]],
  ['a verdict that did not come', { kind: KIND.LISTENER_TIMEOUT }, [['listenerTimeout']]],
  ['the end', { kind: KIND.GONE }, [['gone', false]]],
  ['the end of what was never there', { kind: KIND.GONE, flags: FLAG.QUIET }, [['gone', true]]],
];

describe('a record', () => {
  for (const [what, record, heard] of RECORDS) {
    test(`of ${what}`, () => {
      ring({ ...record, number: 7 });
      assert.deepEqual(session.heard, heard);
    });
  }

  test('of every kind that sessions have is among these', () => {
    const kinds = new Set(RECORDS.map(([, { kind }]) => kind).concat(KIND.ERROR, KIND.TAKEN));
    const others = new Set([KIND.STOPPED, KIND.SERVER_ERROR, KIND.SNI, KIND.HANDSHAKE]);
    const missing = Object.entries(KIND)
      .filter(([, kind]) => kind < KIND.SENT && !kinds.has(kind) && !others.has(kind))
      .map(([name]) => name);
    assert.deepEqual(missing, []);
  });

  test('finds its texts behind another with many', () => {
    const [first, second] = [
      { kind: KIND.RCPT, own: ['b@x'], reply: ['250 made', '250 up'] },
      { kind: KIND.RCPT, own: ['c@x'] },
    ];
    ring(first, second);
    assert.deepEqual(
      session.heard.map(([, { argument }]) => argument),
      ['b@x', 'c@x'],
    );
  });

  test('of a message that no listener takes fetches it when that is wanted', () => {
    ring({ kind: KIND.TAKEN, sequence: 9 });
    assert.equal(verdicts.at(-1)?.verdict, VERDICT.ACCEPT);
    assert.deepEqual(calls, []);
    const [[hook, fetch]] = session.heard;
    assert.equal(hook, 'taken');
    assert.equal(String(fetch()), 'kept\r\n');
    assert.deepEqual(calls, [['takeMessage', 7, 9]]);
    session.heard.length = 0;
  });

  test('is answered in its batch as planned, or later by its number', async () => {
    ring({ kind: KIND.CONNECT }, { kind: KIND.CAPTURED, own: ['x'] }, { kind: KIND.CUT });
    const accepted = { verdict: VERDICT.ACCEPT, recipients: 0 };
    assert.deepEqual(verdicts, [accepted, accepted, accepted]);
    session.streamed = () => {};
    ring({ kind: KIND.STREAMED, sequence: 9 });
    assert.deepEqual(verdicts.at(-1), { verdict: 0, recipients: 0 });
    session.handle.settle(VERDICT.ANSWER, 550, 'no');
    await Promise.resolve();
    const [name, slot, sequence, word, ...reply] = calls[0];
    assert.deepEqual([name, slot, sequence, ...reply], ['answer', 7, 9, 550, 'no', undefined]);
    assert.deepEqual(verdictOf(word), { verdict: VERDICT.ANSWER, recipients: 0 });
    assert.equal(calls.length, 1);
  });

  test('has the reply that is planned, stock or made', () => {
    /** @type {string[][]} */
    const planned = [];
    session.streamed = () => planned.push(session.planned([['250 OK'], ['451 no']]));
    for (const reply of [undefined, 1, ['250-a', '250 b']]) ring({ kind: KIND.STREAMED, reply });
    assert.deepEqual(planned, [[], ['451 no'], ['250-a', '250 b']]);
  });

  test('that a listener throws at leaves the others of its batch alone', () => {
    session.cut = () => {
      throw new Error('of the test');
    };
    const later = ticks(() => ring({ kind: KIND.CUT }, { kind: KIND.CONNECT }));
    assert.deepEqual(session.heard, [['connected']]);
    assert.equal(later.length, 1);
    assert.throws(later[0], { message: 'of the test' });
  });
});

describe('an error of the connection', () => {
  for (const [number, message, code, text] of [
    ['104', '', 'ECONNRESET', /^read ECONNRESET: connection reset by peer$/],
    ['0', 'bad handshake', 'SMTP_ERR_CONNECTION', /^the connection failed: bad handshake$/],
  ]) {
    test(`${code}: its session hears of it, and its socket if somebody listens there`, {
      skip: number !== '0' && process.platform !== 'linux',
    }, () => {
      const record = { kind: KIND.ERROR, own: [String(number), String(message)] };
      ring(record);
      /** @type {any[]} */
      const onSocket = [];
      session.socket.on('error', (error) => onSocket.push(error));
      ring(record);
      const errors = session.heard.map(([, error]) => error);
      assert.deepEqual(
        session.heard.map(([hook]) => hook),
        ['failed', 'failed'],
      );
      assert.equal(errors[1].code, code);
      assert.match(errors[1].message, /** @type {RegExp} */ (text));
      assert.deepEqual(onSocket, [errors[1]]);
    });
  }
});

test('a client that goes with nothing under way is an error of its socket alone', () => {
  ring({ kind: KIND.CONNECT });
  /** @type {any[]} */
  const onSocket = [];
  session.socket.on('error', (error) => onSocket.push(error));
  ring({ kind: KIND.ERROR, flags: FLAG.QUIET, own: ['0', 'gone'] });
  assert.equal(onSocket.length, 1);
  assert.ok(!session.heard.some(([hook]) => hook === 'failed'));
});

describe('the end of a session', () => {
  test('asks the engine for the last time', () => {
    const { socket } = session;
    ring({ kind: KIND.CONNECT, flags: FLAG.TLS }, { kind: KIND.GONE, flags: FLAG.TLS });
    assert.deepEqual(calls, [['secureState'], ['hostname']]);
    assert.deepEqual(
      [socket.hostname, socket.encrypted, socket.protocol, socket.destroyed],
      ['client.example', true, undefined, true],
    );
    socket.end('bye');
    socket.destroy();
    assert.equal(calls.length, 2);
  });

  test('closes its socket, if anybody ever had it', () => {
    let closes = 0;
    session.socket.on('close', () => {
      closes += 1;
    });
    ring({ kind: KIND.GONE });
    assert.equal(closes, 1);
  });

  test('has no name of a client that was not looked up', () => {
    session = new Noting(undefined, false);
    session.attach(7, ENDS);
    ring({ kind: KIND.GONE });
    assert.equal(session.hostname(), undefined);
    assert.deepEqual(calls, []);
  });
});
