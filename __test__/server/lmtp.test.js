'use strict';
// LMTP (RFC 2033): a message is answered for each recipient. The engine's own tests have every command
// and refusal at every split.

const assert = require('node:assert/strict');
const diagnostics = require('node:diagnostics_channel');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { Log, SESSION_EVENTS, Server, deferred, serve, within } = require('../support/serve.js');

const { key, cert } = p256();
const KEYS = { key, cert };
const OK = '250 2.0.0 OK';
const LOCAL = '451 4.3.0 Local error in processing. Try again later';

/** A server of LMTP, and clients that have greeted it. */
async function serveLmtp(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {any} */ params = {},
  /** @type {any} */ listeners = {},
) {
  const served = await serve(t, { lmtp: true, ...params }, listeners);
  /** Connects and greets. */
  const greeted = async () => {
    const client = await served.connect();
    await client.command('LHLO client.example', 250);
    return client;
  };
  return { ...served, greeted };
}

/** Begins a transaction with so many recipients. */
async function begin(
  /** @type {import('../support/client.js').Client} */ client,
  /** @type {number} */ recipients,
) {
  client.write('MAIL FROM:<a@x.test>\r\n');
  for (let index = 0; index < recipients; index++) client.write(`RCPT TO:<b${index}@x.test>\r\n`);
  for (let index = 0; index <= recipients; index++) await client.expect(250);
}

/** How a message comes, and how it is taken. */
const FORMS = /** @type {const} */ ([
  ['DATA', 'whole'],
  ['DATA', 'stream'],
  ['BDAT', 'whole'],
  ['BDAT', 'stream'],
]);

async function sendMessage(
  /** @type {import('../support/client.js').Client} */ client,
  /** @type {string} */ command,
) {
  if (command === 'BDAT') {
    client.write('BDAT 1\r\nxBDAT 2 LAST\r\n\r\n');
    await client.expect(250);
  } else {
    await client.command('DATA', 354);
    client.write('x\r\n.\r\n');
  }
}

/** Listeners that take a message so, and answer it with `answer`. */
function taking(/** @type {string} */ form, /** @type {(this: any, index?: any) => any} */ answer) {
  if (form === 'whole') return { data: answer };
  return {
    async dataStart() {
      let text = '';
      for await (const piece of this.message()) text += piece;
      this.state.text = text;
      return answer.call(this);
    },
  };
}

class Refusal extends Error {
  replyCode = 552;
}

/**
 * What a listener makes of a message, and what each recipient hears; `recipients` is how many there
 * are.
 *
 * @type {[string, (this: any) => any, (index: number, recipients: number) => string][]}
 */
const OUTCOMES = [
  ['returns true', () => true, () => OK],
  ['returns a promise', async () => {}, () => OK],
  ['returns a promise of false', async () => false, () => '554 Transaction failed'],
  [
    'calls success',
    function () {
      this.success();
    },
    () => OK,
  ],
  [
    'calls success with a text',
    function () {
      this.success('stored');
    },
    () => '250 stored',
  ],
  [
    'calls ok with lines',
    function () {
      this.ok(['one', 'two']);
    },
    () => '250-one\r\n250 two',
  ],
  [
    'calls failure',
    function () {
      this.failure(452, 'full');
    },
    () => '452 full',
  ],
  [
    'throws',
    () => {
      throw new Error('of a listener');
    },
    () => LOCAL,
  ],
  [
    'rejects with a code',
    async () => {
      throw new Refusal('too much');
    },
    () => '552 too much',
  ],
  [
    'calls results with true',
    function () {
      this.results(this.data.rcpt.map(() => true));
    },
    () => OK,
  ],
  [
    'calls results with texts',
    function () {
      this.results(this.data.rcpt.map((/** @type {any} */ { address }) => `for ${address}`));
    },
    (index) => `250 for b${index}@x.test`,
  ],
  [
    'calls results with codes',
    function () {
      const codes = [250, 452, '550', 201];
      this.results(this.data.rcpt.map((_, /** @type {number} */ at) => ({ code: codes[at % 4] })));
    },
    (index) =>
      ['250 OK', '452 Message not set', '550 Mailbox unavailable', '201 Message not set'][
        index % 4
      ],
  ],
  [
    'calls results with a mixture, later',
    async function () {
      await new Promise(setImmediate);
      const { rcpt } = this.data;
      const mixture = [true, { code: 550, message: ['5.1.1 no', 'nobody'] }, '2.0.0 in the box'];
      this.results(rcpt.map((_, /** @type {number} */ at) => mixture[at % 3]));
    },
    (index) => [OK, '550-5.1.1 no\r\n550 nobody', '250 2.0.0 in the box'][index % 3],
  ],
  [
    'calls results twice, then failure and success',
    function () {
      this.results(this.data.rcpt.map(() => 'first'));
      this.results(this.data.rcpt.map(() => 'second'));
      this.failure(550);
      this.success('third');
      return false;
    },
    () => '250 first',
  ],
];

describe('a message of LMTP', { timeout: 120_000 }, () => {
  for (const [what, answer, expected] of OUTCOMES) {
    test(`whose listener ${what} is answered for each recipient`, async (t) => {
      for (const [command, form] of FORMS) {
        for (const responds of [false, true]) {
          /** @type {string[]} */
          const heard = [];
          const response = (/** @type {string} */ line) => heard.push(line);
          const more = responds ? { response } : {};
          const listeners = { ...taking(form, answer), ...more, error() {} };
          const { greeted } = await serveLmtp(t, {}, listeners);
          const client = await greeted();
          for (const recipients of [1, 4]) {
            await begin(client, recipients);
            heard.length = 0;
            await sendMessage(client, command);
            const all = Array.from({ length: recipients }, (_, at) => expected(at, recipients));
            const where = `${command} ${form} ${recipients}`;
            for (const reply of all) await client.expect(reply, where);
            // In step, and nothing came twice.
            await client.command('NOOP', OK);
            if (responds)
              assert.deepEqual(heard.slice(1), [...all.join('\r\n').split('\r\n'), OK], where);
          }
        }
      }
    });
  }

  test('that no listener takes is taken for each recipient', async (t) => {
    const log = new Log();
    for (const name of [undefined, ...SESSION_EVENTS]) {
      const { greeted } = await serveLmtp(t, {}, name ? log.listeners({}, [name]) : {});
      const client = await greeted();
      await begin(client, 3);
      await sendMessage(client, 'DATA');
      for (let index = 0; index < 3; index++) await client.expect(OK);
      await client.command('NOOP', OK);
    }
    assert.deepEqual(log.values('data'), ['x\r\n']);
  });

  test('that one function for all events judges', async (t) => {
    const { greeted } = await serveLmtp(t, {}, function (/** @type {any} */ event) {
      if (event !== 'data') return true;
      return void this.results(['one', 'two']);
    });
    const client = await greeted();
    await begin(client, 2);
    await sendMessage(client, 'DATA');
    await client.expect('250 one');
    await client.expect('250 two');
  });

  test('may have 1,001 recipients', async (t) => {
    const { greeted } = await serveLmtp(
      t,
      { maxRecipients: 0 },
      {
        data() {
          this.results(
            this.data.rcpt.map((_, /** @type {number} */ at) =>
              at % 2 ? { code: 550, message: `no ${at}` } : `yes ${at}`,
            ),
          );
        },
      },
    );
    const client = await greeted();
    await begin(client, 1_001);
    await sendMessage(client, 'DATA');
    for (let at = 0; at < 1_001; at++) {
      await client.expect(at % 2 ? `550 no ${at}` : `250 yes ${at}`);
    }
    await client.command('NOOP', OK);
  });

  test('has a reply for RCPTs that were accepted, and no other', async (t) => {
    /** @type {number[]} */
    const counts = [];
    const { greeted } = await serveLmtp(
      t,
      {},
      {
        rcpt(/** @type {string} */ address) {
          if (address.startsWith('no')) return void this.failure(550, 'no');
          if (address.startsWith('alias')) this.data.recipients.push('one@x.test', 'two@x.test');
          return true;
        },
        data() {
          counts.push(this.data.rcpt.length, this.data.recipients.length);
          this.results(this.data.rcpt.map((/** @type {any} */ { address }) => address));
        },
      },
    );
    const client = await greeted();
    client.write('MAIL FROM:<>\r\nRCPT TO:<no@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<alias@x>\r\n');
    client.write('RCPT TO:<no@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:b\r\nDATA\r\nx\r\n.\r\nNOOP\r\n');
    for (const reply of [250, 550, 250, 250, 550, 250, 501, 354]) await client.expect(reply);
    for (const address of ['b@x', 'alias@x', 'b@x']) await client.expect(`250 ${address}`);
    await client.expect(OK);
    assert.deepEqual(counts, [3, 5]);
    // Section 4.2: recipients of the program's own get no reply, and without others there is no DATA.
    client.write('MAIL FROM:<>\r\nRCPT TO:<no@x>\r\nDATA\r\nNOOP\r\n');
    for (const reply of [250, 550, 503, 250]) await client.expect(reply);
  });

  test('is answered once for each recipient by whoever sends the replies itself', async (t) => {
    const { greeted } = await serveLmtp(
      t,
      {},
      {
        data() {
          this.send(250, 'one').send(550, 'two').queue.next();
        },
      },
    );
    const client = await greeted();
    await begin(client, 2);
    await sendMessage(client, 'DATA');
    await client.expect('250 one');
    await client.expect('550 two');
    await client.command('NOOP', OK);
  });
});

describe('what the engine says to a message of LMTP', { timeout: 60_000 }, () => {
  /** What begins the message, what ends it, and what three recipients hear. */
  const cases = /** @type {[string, any, any, string | number][]} */ ([
    ['that is too big', { size: 10 }, {}, '552 5.3.4 Message exceeded maximum message size'],
    ['with bare LF', { bareNewlines: 'refuse' }, {}, 554],
    ['whose listener is late', { listenerTimeout: 50 }, { data: () => {}, error() {} }, LOCAL],
    [
      'whose reader is late',
      { listenerTimeout: 50 },
      {
        async dataStart() {
          for await (const _ of this.message());
          await new Promise(() => {});
        },
        error() {},
      },
      LOCAL,
    ],
    [
      'whose stream is stopped',
      {},
      {
        async dataStart() {
          for await (const _ of this.message()) break;
        },
      },
      LOCAL,
    ],
    [
      'whose stream is stopped with an error',
      {},
      {
        async dataStart() {
          for await (const _ of this.message()) throw new Refusal('enough');
        },
        error() {},
      },
      '552 enough',
    ],
  ]);
  for (const [what, params, listeners, expected] of cases) {
    test(`${what} is said for each recipient`, async (t) => {
      for (const command of ['DATA', 'BDAT']) {
        const log = new Log();
        const { greeted, server } = await serveLmtp(t, params, {
          ...listeners,
          ...log.listeners({}, ['response']),
        });
        const client = await greeted();
        await begin(client, 3);
        const message = `${'x'.repeat(20)}\n\r\n`;
        if (command === 'DATA') await client.command('DATA', 354);
        log.entries = [];
        client.write(command === 'DATA' ? `${message}.\r\n` : `BDAT 23 LAST\r\n${message}`);
        for (let index = 0; index < 3; index++) await client.expect(expected, command);
        await client.command('NOOP', OK);
        assert.equal(log.values('response').length, 4, command);
        assert.deepEqual(server.stats().messages, { accepted: 0, refused: 1 });
        const counts = Object.values(server.stats().refusals);
        assert.ok(
          counts.every((count) => count === 1),
          'a message is refused once',
        );
      }
    });
  }

  test('when the server stops is said for each recipient', async (t) => {
    const judging = deferred();
    const listeners = {
      data: () => {
        judging.resolve();
        return new Promise(() => {});
      },
    };
    const { greeted, server } = await serveLmtp(t, {}, listeners);
    const client = await greeted();
    await begin(client, 2);
    await sendMessage(client, 'DATA');
    await judging.promise;
    const closed = server.close({ grace: 1 });
    await client.expect(421);
    await client.expect(421);
    await client.ended();
    await within(closed, 'the end of the server');
  });
});

describe('session.results', { timeout: 60_000 }, () => {
  /** @type {[string, any, any, RegExp][]} */
  const wrong = [
    ['nothing', undefined, TypeError, /^results must be an array, not undefined$/],
    ['no array', { 0: true, 1: true }, TypeError, /^results must be an array, not/],
    ['a text', 'ok', TypeError, /^results must be an array, not 'ok'$/],
    ['too few', [true], RangeError, /RCPT.* 2 here, and has 1$/],
    ['too many', [true, true, true], RangeError, /RCPT.* 2 here, and has 3$/],
    ['none', [], RangeError, /RCPT.* 2 here, and has 0$/],
    ['false', [true, false], TypeError, /^results\[1\] must be true, a text, .*not false$/],
    ['undefined', [true, undefined], TypeError, /^results\[1\] must be .*not undefined$/],
    ['null', [null, true], TypeError, /^results\[0\] must be .*not null$/],
    ['a number', [250, true], TypeError, /^results\[0\] must be .*not 250$/],
    ['an error', [new Error('x'), true], TypeError, /^results\[0\] must be/],
    ['no code', [{ message: 'x' }, true], TypeError, /^results\[0\] must be .*code/],
    [
      '3yz',
      [{ code: 354 }, true],
      RangeError,
      /^results\[0\]\.code must be one of 2yz, 4yz or 5yz, not 354$/,
    ],
    ['1yz', [{ code: 150 }, true], RangeError, /reply code/],
    ['600', [{ code: 600 }, true], RangeError, /reply code/],
    ['a word for a code', [{ code: 'no' }, true], RangeError, /reply code/],
    ['two lines', ['a\r\n250 b', true], RangeError, /^results\[0\] must have no line breaks/],
    [
      'LF',
      [true, { code: 250, message: 'a\nb' }],
      RangeError,
      /^results\[1\]\.message must have no/,
    ],
    [
      'CR in a line',
      [true, { code: 550, message: ['a', '\r'] }],
      RangeError,
      /^results\[1\]\.message/,
    ],
    ['a number for a text', [true, { code: 550, message: 5 }], TypeError, /^results\[1\]\.message/],
  ];

  for (const [what, list, kind, text] of wrong) {
    test(`refuses ${what}, and the message can still be answered`, async (t) => {
      for (const [command, form] of FORMS) {
        /** @type {any[]} */
        const errors = [];
        const { greeted } = await serveLmtp(
          t,
          {},
          taking(form, function () {
            try {
              this.results(list);
            } catch (error) {
              errors.push(error);
            }
            this.results([true, 'yes']);
          }),
        );
        const client = await greeted();
        await begin(client, 2);
        await sendMessage(client, command);
        await client.expect(OK);
        await client.expect('250 yes');
        assert.equal(errors.length, 1, `${command} ${form}`);
        assert.ok(errors[0] instanceof kind, `${errors[0]}`);
        assert.match(errors[0].message, text);
      }
    });
  }

  test('that throws out of its listener is a local error', async (t) => {
    const log = new Log();
    const listeners = log.listeners(
      {
        data() {
          this.results([]);
        },
      },
      ['error'],
    );
    const { greeted } = await serveLmtp(t, {}, listeners);
    const client = await greeted();
    await begin(client, 1);
    await sendMessage(client, 'DATA');
    await client.expect(LOCAL);
    assert.match(log.values('error')[0].message, /1 here, and has 0$/);
  });

  test('needs lmtp', async (t) => {
    /** @type {any[]} */
    const errors = [];
    const { greeted } = await serve(
      t,
      {},
      {
        data() {
          try {
            this.results([true]);
          } catch (error) {
            errors.push(error);
          }
          return true;
        },
      },
    );
    const client = await greeted();
    await begin(client, 1);
    await sendMessage(client, 'DATA');
    await client.expect('250 OK');
    assert.ok(errors[0] instanceof TypeError);
    assert.match(errors[0].message, /params\.lmtp: true/);
  });

  test('elsewhere than at a message is an error of its listener', async (t) => {
    for (const isAsync of [false, true]) {
      for (const event of ['connect', 'message', 'helo', 'mail', 'rcpt', 'dataStart']) {
        const log = new Log();
        const out = /** @this {any} */ function () {
          this.results([true]);
        };
        const answer = isAsync
          ? /** @this {any} */ async function () {
              await null;
              out.call(this);
            }
          : out;
        const { connect } = await serve(
          t,
          { lmtp: true },
          log.listeners({ [event]: answer }, ['error']),
        );
        const client = await connect({ greeting: false });
        client.write('LHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n');
        const { args } = await log.when('error');
        assert.equal(args[0].code, 'SMTP_ERR_NO_MESSAGE', event);
        assert.match(args[0].message, /'data'.*'dataStart'/);
        while ((await client.reply()).code !== 451);
      }
    }
  });

  test('that is late has no effect', async (t) => {
    /** @type {any[]} */
    const sessions = [];
    /** @type {any[]} */
    const errors = [];
    const { greeted } = await serveLmtp(
      t,
      { listenerTimeout: 50 },
      {
        data() {
          sessions.push(this);
        },
        error: (/** @type {any} */ error) => errors.push(error.code),
      },
    );
    const client = await greeted();
    await begin(client, 1);
    await sendMessage(client, 'DATA');
    await client.expect(LOCAL);
    sessions[0].results([true]);
    await client.command('NOOP', OK);
    await begin(client, 1);
    sessions[0].results([true]);
    await client.command('RSET', 250);
    await client.command('QUIT', 221);
    await client.ended();
    sessions[0].results([true]);
    assert.deepEqual(errors, ['SMTP_ERR_LISTENER_TIMEOUT']);
  });

  test('of a listener that is done has no effect on what comes next', async (t) => {
    const late = deferred();
    /** @type {any[]} */
    const errors = [];
    const { greeted } = await serveLmtp(
      t,
      {},
      {
        async data() {
          setTimeout(() => {
            try {
              this.results(['late']);
            } catch (error) {
              errors.push(error);
            }
            late.resolve();
          }, 20);
        },
        async mail() {
          if (this.state.again) await late.promise;
          this.state.again = true;
        },
      },
    );
    const client = await greeted();
    await begin(client, 1);
    await sendMessage(client, 'DATA');
    await client.expect(OK);
    await client.command('MAIL FROM:<a@x>', 250);
    assert.deepEqual(errors, []);
  });
});

describe('a server of LMTP', { timeout: 60_000 }, () => {
  test('is at port 24 unless it is told, and gives enhanced status codes', async () => {
    const { config } = new Server({ lmtp: true });
    assert.deepEqual([config.port, config.enhancedStatusCodes, config.lmtp], [24, true, true]);
    const other = new Server({ lmtp: true, port: 2_424, enhancedStatusCodes: false }).config;
    assert.deepEqual([other.port, other.enhancedStatusCodes], [2_424, false]);
    const smtp = new Server({ lmtp: false }).config;
    assert.deepEqual([smtp.port, smtp.enhancedStatusCodes, smtp.lmtp], [25, false, false]);
  });

  test('is one where SMTP is spoken to no avail', async (t) => {
    const { connect } = await serveLmtp(t);
    const client = await connect();
    for (const line of ['EHLO x', 'HELO x', 'ehlo x']) await client.command(line, 500);
    await client.command('MAIL FROM:<a@x>', /^503 .*LHLO/);
    const { greeted: smtp } = await serve(t);
    await (await smtp()).command('LHLO x', 500);
  });

  for (const [tls, login, utf8, word] of /** @type {const} */ ([
    [false, false, false, 'LMTP'],
    [false, false, true, 'UTF8LMTP'],
    [false, true, false, 'LMTPA'],
    [false, true, true, 'UTF8LMTPA'],
    [true, false, false, 'LMTPS'],
    [true, false, true, 'UTF8LMTPS'],
    [true, true, false, 'LMTPSA'],
    [true, true, true, 'UTF8LMTPSA'],
  ])) {
    test(`raises 'helo' at LHLO, and names ${word} in the Received field`, async (t) => {
      const log = new Log();
      const { connect } = await serve(
        t,
        { lmtp: true, tls: KEYS, allowInsecureAuth: true },
        log.listeners(
          {
            auth: (login) => login.verify('tanstaaf'),
            data() {
              this.results([this.receivedField().match(/with\s+(\S+);/)[1]]);
            },
          },
          ['helo'],
        ),
      );
      const client = await connect();
      await client.command('LHLO client.example', 250);
      if (tls) {
        await client.command('STARTTLS', 220);
        await client.upgrade();
        await client.command('LHLO client.example', 250);
      }
      const response = (/** @type {string} */ password) =>
        Buffer.from(`\0tim\0${password}`).toString('base64');
      // Who was refused has not logged in.
      if (utf8) await client.command(`AUTH PLAIN ${response('wrong')}`, 535);
      if (login) await client.command(`AUTH PLAIN ${response('tanstaaf')}`, 235);
      await client.command(`MAIL FROM:<a@x>${utf8 ? ' SMTPUTF8' : ''}`, 250);
      await client.command('RCPT TO:<b@x>', 250);
      await sendMessage(client, 'DATA');
      await client.expect(`250 ${word}`);
      assert.equal(log.values('helo').at(-1), 'client.example');
    });
  }

  test('tells those who watch of a message once', async (t) => {
    /** @type {any[]} */
    const told = [];
    const hear = (/** @type {any} */ { accepted, replyCode }) => told.push([accepted, replyCode]);
    diagnostics.subscribe('smtp-engine:message', hear);
    t.after(() => diagnostics.unsubscribe('smtp-engine:message', hear));
    const lists = [
      [{ code: 550 }, true],
      [{ code: 452 }, { code: 550 }],
    ];
    const { greeted, server } = await serveLmtp(
      t,
      {},
      {
        data() {
          this.results(lists.shift());
        },
      },
    );
    const client = await greeted();
    for (const codes of [
      [550, 250],
      [452, 550],
    ]) {
      await begin(client, 2);
      await sendMessage(client, 'DATA');
      for (const code of codes) await client.expect(code);
    }
    assert.deepEqual(told, [
      [true, 250],
      [false, 452],
    ]);
    assert.deepEqual(server.stats().messages, { accepted: 1, refused: 1 });
  });

  test('delivers what our client sends it', async (t) => {
    for (const form of ['whole', 'stream']) {
      /** @type {string[]} */
      const boxes = [];
      const { target } = await serveLmtp(
        t,
        {},
        {
          rcpt(/** @type {string} */ address) {
            return address !== 'nobody@x.test' || void this.failure(550, '5.1.1 nobody');
          },
          ...taking(form, function () {
            this.results(
              this.data.rcpt.map((/** @type {any} */ { address }) => {
                if (address === 'full@x.test') return { code: 452, message: '4.2.2 full' };
                boxes.push(address);
                return true;
              }),
            );
          }),
        },
      );
      const to = ['b@x.test', 'nobody@x.test', 'full@x.test', 'c@x.test'];
      const options = { host: '127.0.0.1', port: Number(target), lmtp: true };
      const { accepted, rejected } = await Client.send(options, { from: 'a@x.test', to }, 'x\r\n');
      assert.deepEqual(accepted, ['b@x.test', 'c@x.test']);
      assert.deepEqual(boxes, accepted);
      assert.deepEqual(
        rejected.map(({ address, replyCode }) => [address, replyCode]),
        [
          ['nobody@x.test', 550],
          ['full@x.test', 452],
        ],
      );
    }
  });
});
