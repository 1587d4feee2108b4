'use strict';
// A message to the exchanges of a domain (RFC 5321 section 5.1): each recipient goes to the next
// exchange by itself, whatever went wrong with the one before, and never behind the end of the message.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { dnsOf, exchanges } = require('../support/exchanges.js');

const TO = ['a@a.example', 'b@a.example', 'c@a.example'];
const TEXT = 'Subject: x\r\n\r\nx\r\n';
const TIMEOUTS = {
  commandTimeout: 300,
  dataInitTimeout: 300,
  dataEndTimeout: 300,
  greetingTimeout: 300,
};
const LOST = ['close', 'reset', 'silence'];
const CODES = [421, 450, 451, 500, 550, 554];

/** All steps of a session, in their order. */
const STEPS = [
  'greeting',
  'EHLO',
  'MAIL',
  ...TO.map((to) => `RCPT ${to}`),
  'DATA',
  'message',
  'end',
];
const EXTENSIONS = [[], ['PIPELINING'], ['PIPELINING', 'CHUNKING', '8BITMIME']];

/**
 * Who goes on to the second exchange, and what is told of the others who are not accepted: all of it by
 * four rules.
 *
 * @param {string} step
 * @param {any} what
 */
function expected(step, what) {
  const concerned = step.startsWith('RCPT') && what !== 421 && !LOST.includes(what);
  const all = concerned ? [step.slice(5)] : TO;
  // Behind the end of the message nothing is said again.
  if (step === 'end') return { goOn: [], told: all, uncertain: LOST.includes(what) };
  // A lost connection, and a refusal for now.
  if (LOST.includes(what) || what < 500) return { goOn: all, told: [], uncertain: false };
  // Who greets with a refusal serves nobody.
  if (step === 'greeting') return { goOn: all, told: [], uncertain: false };
  // A refusal for good is the domain's word.
  return { goOn: [], told: all, uncertain: false };
}

/** @param {import('node:test').TestContext} t @param {any[][]} faults @param {any} [settings] */
async function domain(t, faults, settings = {}) {
  const found = await exchanges(t, faults, settings);
  const options = {
    mx: true,
    port: found.port,
    dnsServers: await dnsOf(t, found.zone),
    ...TIMEOUTS,
  };
  return { ...found, options };
}

/** A message that comes in two pieces, the second of them later. @param {Promise<unknown>} [later] */
async function* message(later) {
  yield TEXT.slice(0, 12);
  await later;
  yield TEXT.slice(12);
}

/** What came of a message, whether it was taken for somebody or not. @param {Promise<any>} sent */
async function told(sent) {
  const result = await sent.catch((error) => error);
  const { accepted = [], response, uncertain } = result;
  const rejected =
    result.rejected ?? TO.map((address) => ({ address, error: result, uncertain, ...result }));
  return { accepted, rejected, response, error: result instanceof Error ? result : undefined };
}

/**
 * A message to three recipients whose first exchange fails, and what comes of it.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} step
 * @param {any} what
 * @param {string[]} keywords
 */
async function check(t, step, what, keywords) {
  const faults = [[{ step, what }], []];
  const { options, mails, hit, errors } = await domain(t, faults, { keywords });
  const source = message(step === 'message' ? hit : undefined);
  const sent = Client.send(options, { from: 'x@y', to: TO }, source);
  const { accepted, rejected, response } = await told(sent);
  const { goOn, told: refused, uncertain } = expected(step, what);
  const stay = TO.filter((to) => !goOn.includes(to) && !refused.includes(to));
  assert.deepEqual(accepted, [...stay, ...goOn].sort());
  const text = TEXT.trimEnd();
  const mail = (/** @type {string[]} */ to) => (to.length === 0 ? [] : [{ to, text }]);
  assert.deepEqual(mails, [mail(stay), mail(goOn)]);
  assert.deepEqual(
    rejected.map((/** @type {any} */ one) => [one.address, one.replyCode, one.uncertain === true]),
    refused.map((to) => [to, LOST.includes(what) ? undefined : what, uncertain]),
  );
  if (accepted.length > 0) assert.match(response, /^250 /);
  assert.deepEqual(errors, [[], []]);
}

const ON_LINUX = { timeout: 300_000, skip: process.platform !== 'linux' };

describe('the next exchange takes what the first did not', { ...ON_LINUX, concurrency: 8 }, () => {
  for (const keywords of EXTENSIONS) {
    // BDAT takes the place of DATA.
    const skipped = keywords.includes('CHUNKING') ? ['DATA', 'message'] : ['message'];
    for (const step of STEPS.filter((each) => !skipped.includes(each))) {
      for (const what of [...LOST, ...CODES]) {
        const words = keywords.join(', ') || 'no extensions';
        test(`${what} at ${step}, with ${words}`, (t) => check(t, step, what, keywords));
      }
    }
  }
});

describe('the next exchange', ON_LINUX, () => {
  for (const keywords of EXTENSIONS.filter((each) => !each.includes('CHUNKING'))) {
    // Whoever is silent there is not waited for.
    for (const what of [...LOST, ...CODES].filter((each) => each !== 'silence')) {
      test(`${what} within the message, with ${keywords.join(', ') || 'no extensions'}`, (t) =>
        check(t, 'message', what, keywords));
    }
  }

  for (const what of [...LOST, ...CODES]) {
    test(`${what} at the first of several chunks`, async (t) => {
      const keywords = ['PIPELINING', 'CHUNKING', '8BITMIME'];
      const { options, mails } = await domain(t, [[{ step: 'BDAT', what }], []], { keywords });
      const text = `${'x'.repeat(70)}\r\n`.repeat(10_000);
      const { accepted, rejected } = await told(
        Client.send(options, { from: 'x@y', to: TO }, text),
      );
      const isFinal = typeof what === 'number' && what >= 500;
      assert.deepEqual(accepted, isFinal ? [] : TO);
      assert.deepEqual(
        rejected.map((/** @type {any} */ { replyCode }) => replyCode),
        isFinal ? TO.map(() => what) : [],
      );
      const taken = isFinal ? [] : [{ to: TO, text: text.trimEnd() }];
      assert.deepEqual(mails, [[], taken]);
    });

    test(`${what} at STARTTLS that is required`, async (t) => {
      const settings = { keywords: ['STARTTLS'], keys: p256() };
      const { options, mails } = await domain(t, [[{ step: 'STARTTLS', what }], []], settings);
      const secure = { ...options, tls: 'required', rejectUnauthorized: false };
      const result = await Client.send(secure, { from: 'x@y', to: TO }, TEXT);
      assert.deepEqual([result.accepted, result.tls], [TO, true]);
      assert.deepEqual(
        mails.map((taken) => taken.length),
        [0, 1],
      );
    });
  }

  for (const [what, faults, tls, taken] of /** @type {[string, any[], boolean, number[]][]} */ ([
    ['takes it under TLS', [[454], []], true, [0, 1]],
    [
      'is asked for TLS as well, and the first in the end takes it plain',
      [[454], [454]],
      false,
      [1, 0],
    ],
    ['is not there, and the first in the end takes it plain', [[451], ['connect']], false, [1, 0]],
    ['is not asked where the first has no TLS for good', [[502], []], false, [1, 0]],
    ['is not asked where there is none', [[454]], false, [1]],
  ])) {
    test(`for a STARTTLS that need not be ${what}`, async (t) => {
      const settings = { keywords: ['STARTTLS'], keys: p256() };
      const steps = faults.map((own) =>
        own.map((/** @type {any} */ fault) =>
          fault === 'connect'
            ? { step: 'connect', what: 'close' }
            : { step: 'STARTTLS', what: fault },
        ),
      );
      const found = await domain(t, steps, settings);
      const result = await Client.send(found.options, { from: 'x@y', to: TO }, message());
      assert.deepEqual([result.accepted, result.tls], [TO, tls]);
      assert.deepEqual(
        found.mails.map((each) => each.length),
        taken,
      );
    });
  }

  test('is tried where the first has no address, does not listen, or does not greet in time', async (t) => {
    for (const fault of [
      { step: 'lookup', what: 'close' },
      { step: 'connect', what: 'close' },
      { step: 'greeting', what: 'silence' },
    ]) {
      const { options, mails } = await domain(t, [[fault], []]);
      const impatient = { ...options, greetingTimeout: 0, connectTimeout: 1_000 };
      const { accepted } = await Client.send(impatient, { from: 'x@y', to: TO }, TEXT);
      assert.deepEqual([accepted, mails[1].length], [TO, 1]);
    }
  });

  test('is asked for each recipient by itself, through three of them', async (t) => {
    const later = (/** @type {string} */ to, what = 450) => ({ step: `RCPT ${to}`, what });
    for (const [last, code] of [
      [[], undefined],
      [[later(TO[2], 452)], 452],
      [[later(TO[2], 552)], 552],
    ]) {
      const faults = [[later(TO[1]), later(TO[2])], [later(TO[2], 451)], last];
      const { options, mails } = await domain(t, faults);
      const result = await Client.send(options, { from: 'x@y', to: TO }, message());
      assert.deepEqual(result.accepted, code === undefined ? TO : TO.slice(0, 2));
      assert.deepEqual(
        result.rejected.map((one) => [one.address, one.replyCode, one.command]),
        code === undefined ? [] : [[TO[2], code, 'RCPT']],
      );
      assert.deepEqual(
        mails.flat().map(({ to }) => to),
        code === undefined ? TO.map((to) => [to]) : [[TO[0]], [TO[1]]],
      );
    }
  });

  for (const [what, words] of /** @type {[any, any[]][]} */ ([
    [451, [[TO[2], 451, undefined]]],
    [550, [[TO[2], 550, undefined]]],
    ['close', [[TO[2], undefined, true]]],
    ['reset', [[TO[2], undefined, true]]],
    ['silence', [[TO[2], undefined, true]]],
  ])) {
    test(`gets by LMTP whom the first refused before the message, not behind it: ${what}`, async (t) => {
      const faults = [
        { step: `RCPT ${TO[1]}`, what: 450 },
        { step: `end ${TO[2]}`, what },
      ];
      const { options, mails } = await domain(t, [faults, []], { lmtp: true });
      const result = await Client.send({ ...options, lmtp: true }, { from: 'x@y', to: TO }, TEXT);
      assert.deepEqual(result.accepted, TO.slice(0, 2));
      assert.deepEqual(
        result.rejected.map((one) => [one.address, one.replyCode, one.uncertain]),
        words,
      );
      assert.deepEqual(
        mails.map((taken) => taken.map(({ to }) => to)),
        [[[TO[0]]], [[TO[1]]]],
      );
    });
  }

  test('that is not there either leaves what the one before has said', async (t) => {
    const { options } = await domain(t, [
      [{ step: `RCPT ${TO[1]}`, what: 450 }],
      [{ step: 'connect', what: 'close' }],
    ]);
    const result = await Client.send(options, { from: 'x@y', to: TO }, TEXT);
    assert.deepEqual(result.accepted, [TO[0], TO[2]]);
    assert.deepEqual(
      result.rejected.map(({ address, replyCode }) => [address, replyCode]),
      [[TO[1], 450]],
    );
  });

  for (const [faults, expectation] of /** @type {[any[][], any][]} */ ([
    [
      [[{ step: 'greeting', what: 554 }], [{ step: 'greeting', what: 554 }]],
      { code: 'SMTP_ERR_REFUSED', replyCode: 554, permanent: true },
    ],
    [
      [[{ step: 'greeting', what: 421 }], [{ step: 'greeting', what: 554 }]],
      { code: 'SMTP_ERR_REFUSED', replyCode: 421, permanent: false, transient: true },
    ],
    [
      [[{ step: 'greeting', what: 554 }], [{ step: 'connect', what: 'close' }]],
      { code: 'ECONNREFUSED', permanent: false },
    ],
    [
      [[{ step: 'MAIL', what: 451 }], [{ step: 'MAIL', what: 'close' }]],
      { code: 'SMTP_ERR_REJECTED', replyCode: 451, permanent: false },
    ],
    [
      [[{ step: 'MAIL', what: 'reset' }], [{ step: 'DATA', what: 'close' }]],
      { code: 'SMTP_ERR_CLOSED', permanent: false, uncertain: false },
    ],
    [
      [[{ step: 'MAIL', what: 'close' }], [{ step: 'end', what: 'close' }]],
      { code: 'SMTP_ERR_CLOSED', permanent: false, uncertain: true },
    ],
  ])) {
    test(`that fails as well: ${JSON.stringify(faults)}`, async (t) => {
      const { options } = await domain(t, faults);
      await assert.rejects(Client.send(options, { from: 'x@y', to: TO }, TEXT), expectation);
    });
  }

  test('is not asked once the message was given up; who got it is told', async (t) => {
    const { options, conversations, hit } = await domain(t, [
      [{ step: `RCPT ${TO[1]}`, what: 450 }],
      [{ step: 'EHLO', what: 'silence' }],
      [],
    ]);
    const controller = new AbortController();
    const envelope = { from: 'x@y', to: TO };
    const slow = { ...options, commandTimeout: 0, signal: controller.signal };
    const sent = Client.send(slow, envelope, TEXT);
    await hit;
    while (conversations[1].length === 0) await new Promise(setImmediate);
    controller.abort();
    const { accepted, rejected } = await sent;
    assert.deepEqual(accepted, [TO[0], TO[2]]);
    assert.deepEqual(
      rejected.map(({ address, error }) => [address, /** @type {any} */ (error)?.code]),
      [[TO[1], 'ABORT_ERR']],
    );
    assert.equal(conversations[2].length, 0);
  });
});

test('each domain has its own result, and each recipient what is true of it', {
  timeout: 60_000,
  skip: process.platform !== 'linux',
}, async (t) => {
  const one = await exchanges(t, [[{ step: 'end', what: 'close' }], []], { domain: 'one.example' });
  const rest = { port: one.port, first: 2 };
  const two = await exchanges(t, [[{ step: 'end', what: 451 }]], {
    ...rest,
    domain: 'two.example',
  });
  const dnsServers = await dnsOf(t, one.zone, two.zone);
  const options = { mx: true, port: one.port, dnsServers };
  const to = ['a@one.example', 'b@two.example', 'c@none.example', 'd@one.example'];
  const failed = Client.send(options, { from: 'x@y', to }, TEXT);
  await assert.rejects(failed, (/** @type {any} */ error) => {
    assert.deepEqual(
      [error.code, error.uncertain, error.permanent, error.replyCode],
      ['SMTP_ERR_REJECTED', true, false, 451],
    );
    assert.deepEqual(
      error.rejected.map((/** @type {any} */ one) => [
        one.address,
        one.uncertain,
        one.replyCode,
        one.error?.code,
      ]),
      [
        [to[0], true, undefined, 'SMTP_ERR_CLOSED'],
        [to[3], true, undefined, 'SMTP_ERR_CLOSED'],
        [to[1], undefined, 451, undefined],
        [to[2], undefined, undefined, 'ENOTFOUND'],
      ],
    );
    return true;
  });
  assert.deepEqual([...one.mails, ...two.mails], [[], [], []]);
});

test('a signal gives up what no domain has taken, and what one has taken is told', {
  timeout: 60_000,
  skip: process.platform !== 'linux',
}, async (t) => {
  for (const [own, accepted] of /** @type {[any[], string[]][]} */ ([
    [[], ['a@one.example']],
    [[{ step: 'MAIL', what: 550 }], []],
  ])) {
    const one = await exchanges(t, [own], { domain: 'one.example' });
    const faults = [[{ step: 'end', what: 'silence' }]];
    const two = await exchanges(t, faults, { domain: 'two.example', port: one.port, first: 1 });
    const dnsServers = await dnsOf(t, one.zone, two.zone);
    const controller = new AbortController();
    const { signal } = controller;
    const options = { mx: true, port: one.port, dnsServers, signal };
    const to = ['a@one.example', 'b@two.example'];
    const sent = Client.send(options, { from: 'x@y', to }, TEXT);
    await two.hit;
    await one.done(1);
    controller.abort(new Error('enough'));
    if (accepted.length === 0) {
      await assert.rejects(sent, { code: 'ABORT_ERR', uncertain: true, cause: signal.reason });
      continue;
    }
    const result = await sent;
    assert.deepEqual(result.accepted, accepted);
    assert.deepEqual(
      result.rejected.map(({ address, error, ...rest }) => [
        address,
        /** @type {any} */ (error).code,
        /** @type {any} */ (rest).uncertain,
      ]),
      [[to[1], 'ABORT_ERR', true]],
    );
  }
});
