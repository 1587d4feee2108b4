'use strict';
// A session as smtp-protocol's programs see it, with an engine that the test plays: acknowledgements
// at every event, in every form and at every time.

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { calls, forget, ring, ticks, verdictOf, verdicts } = require('../../support/fake-engine.js');
const { onRecord } = require('../../../src/js/engine/border.js');
const { FLAG, KIND, VERDICT } = require('../../../src/js/engine/constants.js');
const { Conversation } = require('../../../src/js/compat/smtp-protocol/conversation.js');

/** @type {InstanceType<typeof Conversation>} */
let conversation;
/** @type {any} */
let req;
let sequence = 0;

beforeEach(() => {
  forget();
  sequence = 0;
  conversation = new Conversation({ isSecure: false, replies: [['250 OK']], connected: () => {} });
  conversation.attach(7, ['192.0.2.1', '1', '127.0.0.1', '25']);
  onRecord((kind, head, at, index) => conversation.receive(kind, head, at, index));
  req = conversation.request;
});

/** Verdicts so far, as `[verdict, code, text]`. */
function given() {
  const late = calls
    .filter(([name]) => name === 'answer')
    .map(([, , , word, code, text]) => [verdictOf(word).verdict, code, text]);
  const atOnce = verdicts.filter(({ verdict }) => verdict).map(({ verdict }) => [verdict]);
  return [...atOnce, ...late];
}

const record = (/** @type {any} */ fields) => ring({ sequence: ++sequence, ...fields });

/** The events with an acknowledgement, what raises each and what is known once it was accepted. */
const EVENTS = /** @type {[string, any, (req: any) => any, any][]} */ ([
  [
    'greeting',
    { kind: KIND.HELO, line: 'EHLO x', own: ['x'] },
    ({ greeting, hostname }) => [greeting, hostname],
    ['ehlo', 'x'],
  ],
  [
    'from',
    { kind: KIND.MAIL, line: 'MAIL FROM:<a@x> SIZE=5', own: ['a@x', '5'], ext: 'SIZE=5' },
    ({ from, fromExt }) => [from, fromExt],
    ['a@x', 'SIZE=5'],
  ],
  [
    'to',
    { kind: KIND.RCPT, line: 'RCPT TO:<b@y>', own: ['b@y'] },
    ({ to, toExt }) => [to, toExt],
    [['b@y'], [undefined]],
  ],
]);

for (const [event, fields, look, expected] of EVENTS) {
  const unknown = [undefined, undefined];
  describe(`'${event}'`, () => {
    test('goes on where nobody listens', () => {
      record(fields);
      assert.deepEqual([given(), look(req)], [[[VERDICT.ACCEPT]], expected]);
    });

    for (const [
      how,
      say,
      verdict,
      isKnown,
    ] of /** @type {[string, (ack: any) => void, any[], boolean][]} */ ([
      ['accept()', (ack) => ack.accept(), [VERDICT.OK], true],
      ['accept(text)', (ack) => ack.accept('yes'), [VERDICT.ACCEPT, 250, 'yes'], true],
      ['accept(code)', (ack) => ack.accept(251), [VERDICT.ACCEPT, 251, 'OK'], true],
      ['reject()', (ack) => ack.reject(), [VERDICT.ANSWER, 500, ''], false],
      ['reject(code, text)', (ack) => ack.reject(550, 'no'), [VERDICT.ANSWER, 550, 'no'], false],
    ])) {
      test(`at once: ${how}`, () => {
        req.on(event, (/** @type {any[]} */ ...args) => {
          say(args.at(-1));
          // The first word counts.
          args.at(-1).reject(599);
          args.at(-1).accept(299);
        });
        record(fields);
        assert.deepEqual(given(), [verdict]);
        assert.deepEqual(look(req), isKnown ? expected : unknown);
      });

      test(`later: ${how}`, async () => {
        /** @type {any} */
        let ack;
        req.on(event, (/** @type {any[]} */ ...args) => {
          ack = args.at(-1);
        });
        record(fields);
        await turn();
        assert.deepEqual(given(), []);
        say(ack);
        await turn();
        const [[kind, ...rest]] = given();
        assert.deepEqual([kind, ...rest.filter((each) => each !== undefined)], verdict);
      });
    }

    test('has no acknowledgement that counts once the next is at hand', async () => {
      /** @type {any[]} */
      const acks = [];
      req.on(event, (/** @type {any[]} */ ...args) => acks.push(args.at(-1)));
      record(fields);
      ring({ kind: KIND.LISTENER_TIMEOUT });
      record(fields);
      acks[0].accept('late');
      await turn();
      assert.deepEqual(given(), []);
      acks[1].accept();
      await turn();
      assert.equal(given().length, 1);
    });
  });
}

describe("'command'", () => {
  for (const [line, kind, own, shown] of /** @type {[string, number, string[], any][]} */ ([
    ['NOOP', KIND.COMMAND, [], { name: 'noop', data: undefined }],
    ['XFOO bar', KIND.COMMAND, [], { name: 'xfoo', data: 'bar', recognized: false }],
    ['LHLO x', KIND.HELO, ['x'], { name: 'greeting', data: 'x', greeting: 'lhlo', hostname: 'x' }],
    [
      'Mail From:<a@x>',
      KIND.MAIL,
      ['a@x', ''],
      { name: 'mail', data: 'From:<a@x>', from: 'a@x', ext: undefined },
    ],
    ['DATA', KIND.DATA_START, [], { name: 'data', data: undefined }],
  ])) {
    test(`shows ${line}`, () => {
      /** @type {any} */
      let seen;
      req.on('command', (/** @type {any} */ command) => {
        seen = { ...command };
      });
      record({ kind, line, own });
      assert.deepEqual(seen, shown);
    });
  }

  test('is prevented, answered by the program, and goes on when it says so', async () => {
    /** @type {any} */
    let control;
    req.on('command', (/** @type {any} */ _, /** @type {any} */ given) => {
      control = given;
      control.preventDefault();
      control.write(252, 'perhaps');
    });
    record({ kind: KIND.COMMAND, line: 'VRFY x' });
    assert.deepEqual(
      calls.filter(([name]) => name === 'write'),
      [['write', 7, '252 perhaps\r\n']],
    );
    assert.deepEqual(given(), []);
    control.next();
    control.next();
    await turn();
    assert.deepEqual(given(), [[VERDICT.SKIP, undefined, undefined]]);
  });

  test('is not raised for what is malformed', () => {
    req.on('command', () => assert.fail('it was raised'));
    record({ kind: KIND.COMMAND, line: 'MAIL', reply: ['501 what?'] });
    assert.deepEqual(given(), [[VERDICT.ACCEPT]]);
  });
});

describe('a message', () => {
  const DATA = { kind: KIND.DATA_START, line: 'DATA' };

  test('is refused where nobody takes any', () => {
    record(DATA);
    assert.deepEqual(given(), [[VERDICT.ANSWER, 554, 'Nobody takes messages here']]);
  });

  test('is read, and acknowledged when it was', async () => {
    /** @type {any[]} */
    const read = [];
    req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
      stream.on('data', (/** @type {string} */ piece) => read.push(piece));
      ack.accept();
    });
    req.on('received', (/** @type {any} */ ack) => ack.accept('taken'));
    record(DATA);
    ring({ kind: KIND.DECODED, own: ['a'] }, { kind: KIND.DECODED, own: ['b'] });
    record({ kind: KIND.STREAMED });
    await turn();
    await turn();
    assert.deepEqual([read.join(''), given().at(-1)], ['ab', [VERDICT.ACCEPT, 250, 'taken']]);
  });

  test('that ends with its connection fails for its reader', async () => {
    /** @type {any} */
    let stream;
    req.on('message', (/** @type {any} */ given, /** @type {any} */ ack) => {
      stream = given;
      ack.accept();
    });
    record(DATA);
    ring({ kind: KIND.GONE });
    await turn();
    assert.equal(stream.errored.code, 'SMTP_ERR_MESSAGE_CUT');
  });
});

test('what the engine has forgotten, or accepted by itself, is so here', () => {
  record({ kind: KIND.RESPONSES, origin: 'x', mail: ['a@x', ''], recipients: ['b@y'] });
  assert.deepEqual([req.hostname, req.from, req.to], ['x', 'a@x', ['b@y']]);
  record({ kind: KIND.RESPONSES, flags: FLAG.RESET | FLAG.FORGOT_GREETING });
  assert.deepEqual([req.hostname, req.from, req.to], [undefined, undefined, undefined]);
});

test('a listener that throws costs its event 451, and the program hears of it', () => {
  req.on('from', () => {
    throw new Error('of the test');
  });
  const later = ticks(() => record(EVENTS[1][1]));
  assert.equal(given()[0][1], 451);
  assert.throws(later[0], { message: 'of the test' });
});
