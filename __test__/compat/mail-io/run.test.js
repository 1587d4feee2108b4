'use strict';
// A command on its way through its handlers: what each may say, in which order, and how often.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { Run } = require('../../../src/js/compat/mail-io/run.js');
const { sessionOf } = require('../../support/handler.js');

/** Runs handlers of a command; what they did. @param {string} name @param {any[]} handlers @param {any} [given] */
function running(name, handlers, given = {}) {
  /** @type {any[][]} */
  const told = [];
  const tell =
    (/** @type {string} */ what) =>
    (/** @type {any[]} */ ...args) =>
      told.push([what, ...args]);
  /** @type {any[]} */
  const logged = [];
  const level = (/** @type {any[]} */ ...args) => logged.push(args);
  const log = { protocol: level, error: level, warn: level };
  /** @type {any} */
  let reading;
  const session = sessionOf({
    ...{
      log,
      logOf: () => log,
      reply: tell('reply'),
      close: tell('close'),
      writeLine: tell('write'),
    },
    readLine: (/** @type {any} */ listener, /** @type {any} */ refused) => {
      reading = { listener, refused };
    },
    config: { limits: { authFailures: 1 }, plugins: { [`${name}/a`]: { own: 5 } } },
    ...given,
  });
  const list = handlers.map((handler, at) => ({ name: 'abc'[at], handler }));
  const run = new Run(
    /** @type {any} */ (session),
    { name, cmd: name, data: 'x' },
    list,
    (ending) => told.push(['done', ending.reason, ending.code]),
  );
  run.start();
  return { run, session, told, logged, reading: () => reading };
}

const accept = (/** @type {any} */ _, /** @type {any} */ res) => res.accept();

describe('handlers', () => {
  test('run one after the other while each accepts; the last code counts', async () => {
    /** @type {string[]} */
    const order = [];
    const { told, session } = running('noop', [
      (/** @type {any} */ req, /** @type {any} */ res) => {
        order.push(`a ${req.config.own}`);
        setImmediate(() => res.accept(251, 'first'));
      },
      (/** @type {any} */ req, /** @type {any} */ res) => {
        order.push(`b ${req.config.own}`);
        res.accept(252);
      },
    ]);
    await turn();
    await turn();
    assert.deepEqual(order, ['a 5', 'b undefined']);
    assert.deepEqual(told, [
      ['done', 'accept', 252],
      ['reply', 252, 'first', true],
    ]);
    assert.equal(session.accepted.noop, 252);
  });

  for (const [
    what,
    say,
    told,
    rejected,
  ] of /** @type {[string, (res: any) => void, any[][], any]} */ ([
    [
      'reject',
      (/** @type {any} */ res) => res.reject(550, 'no'),
      [
        ['done', 'reject', 550],
        ['reply', 550, 'Error: no', false],
      ],
      550,
    ],
    [
      'end',
      (/** @type {any} */ res) => res.end(421, 'bye'),
      [
        ['done', 'end', 421],
        ['close', 421, 'bye'],
      ],
      421,
    ],
    [
      'end without a reply',
      (/** @type {any} */ res) => res.end(),
      [
        ['done', 'end', null],
        ['close', undefined, undefined],
      ],
      true,
    ],
    [
      'final',
      (/** @type {any} */ res) => res.final(251, 'yes'),
      [
        ['done', 'ok', 251],
        ['reply', 251, 'yes', true],
      ],
      undefined,
    ],
    [
      'a throw',
      () => assert.fail('of the test'),
      [
        ['done', 'end', 500],
        ['close', 500, 'Internal server error'],
      ],
      500,
    ],
    [
      'a reject without a code',
      (/** @type {any} */ res) => res.reject(),
      [
        ['done', 'end', 500],
        ['close', 500, 'Internal server error'],
      ],
      500,
    ],
    [
      'a code that is none',
      (/** @type {any} */ res) => res.accept(99),
      [
        ['done', 'end', 500],
        ['close', 500, 'Internal server error'],
      ],
      500,
    ],
  ])) {
    test(`end by ${what}: the next does not run, and the first word counts`, () => {
      const found = running('noop', [
        (/** @type {any} */ _, /** @type {any} */ res) => {
          say(res);
          res.accept();
          res.reject(599, 'second');
        },
        () => assert.fail('the next ran'),
      ]);
      assert.deepEqual(found.told, told);
      assert.equal(found.session.rejected.noop, rejected);
    });
  }

  test('that reject a promise end the session', async () => {
    const { told } = running('noop', [async () => assert.fail('of the test')]);
    await turn();
    assert.deepEqual(told.at(-1), ['close', 500, 'Internal server error']);
  });

  test('have nothing to say once the run was cancelled', async () => {
    /** @type {any} */
    let res;
    const { run, told } = running('noop', [
      (/** @type {any} */ _, /** @type {any} */ given) => {
        res = given;
      },
    ]);
    run.cancel();
    res.accept();
    res.write('x');
    res.read(() => {});
    assert.deepEqual(told, []);
  });
});

describe('what a session learns', () => {
  for (const [
    name,
    fill,
    look,
    expected,
  ] of /** @type {[string, any, (session: any) => any, any][]} */ ([
    ['mail', { from: 'a@x' }, ({ envelope }) => envelope.from, 'a@x'],
    ['rcpt', { to: 'b@y' }, ({ envelope }) => envelope.to, ['b@y']],
    ['auth', { user: { username: 'tim' } }, ({ user }) => user, { username: 'tim' }],
  ])) {
    test(`of ${name}, when it was accepted`, () => {
      const handler = (/** @type {any} */ req, /** @type {any} */ res) => {
        Object.assign(req, fill);
        res.accept();
      };
      assert.deepEqual(look(running(name, [handler]).session), expected);
      const refusing = (/** @type {any} */ req, /** @type {any} */ res) => {
        Object.assign(req, fill);
        res.reject(550, 'no');
      };
      assert.notDeepEqual(look(running(name, [refusing]).session), expected);
    });
  }

  test('of values that handlers set, by command and plugin', () => {
    /** @type {any[]} */
    const got = [];
    running('rcpt', [
      (/** @type {any} */ _, /** @type {any} */ res) => {
        res.set(5);
        res.accept();
      },
      (/** @type {any} */ _, /** @type {any} */ res) => {
        got.push(
          res.get('rcpt/a'),
          res.get('rcpt'),
          res.get('rcpt/x'),
          res.get('mail/a'),
          res.get(5),
        );
        res.accept();
      },
    ]);
    assert.deepEqual(got, [5, { a: 5 }, null, null, undefined]);
  });
});

describe('a login', () => {
  const login = (/** @type {any} */ user) => (/** @type {any} */ req, /** @type {any} */ res) => {
    req.user = user;
    res.accept(235, 'welcome');
  };

  test('for somebody else is refused, unless a handler makes it that user', () => {
    const { told } = running('auth', [login({ username: 'tim', identity: 'root' }), accept]);
    assert.deepEqual(told[0], ['done', 'reject', 535]);
    const allows = (/** @type {any} */ req, /** @type {any} */ res) => {
      req.user = { username: 'root' };
      res.accept();
    };
    const allowed = running('auth', [login({ username: 'tim', identity: 'root' }), allows]);
    assert.deepEqual(allowed.told[0], ['done', 'accept', 235]);
  });

  test('that fails too often ends the session', () => {
    const refuse = (/** @type {any} */ _, /** @type {any} */ res) => res.reject(535, 'no');
    const counters = { authFailures: 1, unrecognizedCommands: 0 };
    const { told } = running('auth', [refuse], { counters });
    assert.deepEqual(told.at(-1), ['close', 554, 'Error: Too many failed authentications']);
  });

  test('shows nothing of its lines in the log', () => {
    const { logged, reading } = running('auth', [
      (/** @type {any} */ _, /** @type {any} */ res) => res.read(() => {}),
    ]);
    reading().listener('c2VjcmV0');
    assert.ok(!JSON.stringify(logged).includes('c2VjcmV0'));
    assert.ok(JSON.stringify(logged).includes('****'));
  });
});

test('a line that is refused in place of being read rejects the command', () => {
  const { told, reading } = running('auth', [
    (/** @type {any} */ _, /** @type {any} */ res) => res.read(() => assert.fail('it was read')),
  ]);
  reading().refused(500, 'line too long');
  assert.deepEqual(told, [['done', 'reject', 500]]);
});

test('what throws nothing, or rejects without a reason, is logged as an error that says so', async () => {
  for (const thrown of [undefined, null]) {
    const ways = [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ];
    for (const handler of ways) {
      const { told, logged } = running('mail', [handler]);
      await turn();
      assert.deepEqual(told.at(-1), ['close', 500, 'Internal server error']);
      const error = logged.flat().find((one) => one instanceof Error);
      const wanted = `a handler of 'mail' failed with ${thrown} in place of an error`;
      assert.equal(error.message, wanted);
    }
  }
});
