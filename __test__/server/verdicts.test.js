'use strict';
// What listeners decide: returned values, success, ok and failure, promises, and what they throw.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const tls = require('node:tls');
const { p256 } = require('../support/certificates.js');
const { Log, deferred, serve } = require('../support/serve.js');

/** The interruptable events that a command or a connection leads to, with their default code. */
const EVENTS = /** @type {const} */ ([
  ['connect', 220],
  ['message', 250],
  ['helo', 250],
  ['mail', 250],
  ['rcpt', 250],
  ['dataStart', 354],
  ['data', 250],
  ['vrfy', 250],
  ['expn', 250],
  ['etrn', 250],
]);
const DEFAULTS = {
  connect: '220 example.domain at your service',
  message: '250 OK',
  helo: '250 example.domain greets client.example',
  mail: '250 OK',
  rcpt: '250 OK',
  dataStart:
    '354 Ready to take your message. ' +
    'Type single dot (.) as a separate line to indicate the end of your message',
  data: '250 OK',
  vrfy: '252 Cannot verify the address, but will take mail for it if it is one of ours',
  expn: '252 Cannot verify the address, but will take mail for it if it is one of ours',
  etrn: '250 OK',
};
const QUESTIONS = {
  message: 'NOOP',
  helo: 'HELO client.example',
  mail: 'MAIL FROM:<a@client.example>',
  rcpt: 'RCPT TO:<b@example.domain>',
  dataStart: 'DATA',
  data: 'text\r\n.',
  vrfy: 'VRFY tim',
  expn: 'EXPN staff',
  etrn: 'ETRN client.example',
};
/** What leads to each of the others. */
const STEPS = /** @type {const} */ (['helo', 'mail', 'rcpt', 'dataStart', 'data']);
const REFUSALS = { connect: 554, dataStart: 554, data: 554, etrn: 459 };

/**
 * A session that has just asked for the event; its listener answers with `answer`.
 *
 * @param {import('node:test').TestContext} t
 * @param {keyof typeof DEFAULTS} name
 * @param {(this: any, ...args: any[]) => any} answer
 * @param {Record<string, (this: any, ...args: any[]) => any>} [more] further listeners
 */
async function asked(t, name, answer, more = {}) {
  const log = new Log();
  const { server, connect } = await serve(t, {}, log.listeners({ ...more, [name]: answer }, []));
  const client = await connect({ greeting: false });
  if (name === 'connect') return { client, log, server, connect };
  await client.expect(220);
  const isInquiry = ['vrfy', 'expn', 'etrn'].includes(name);
  const before = isInquiry ? STEPS.slice(0, 1) : STEPS.slice(0, Math.max(STEPS.indexOf(name), 0));
  for (const step of before) {
    await client.command(QUESTIONS[step], step === 'dataStart' ? 354 : 250);
  }
  client.write(`${QUESTIONS[name]}\r\n`);
  return { client, log, server, connect };
}

/** What is no promise of ours, and settles late. */
function thenable(/** @type {unknown} */ value) {
  // biome-ignore lint/suspicious/noThenProperty: that is what it is
  return { then: (/** @type {(value: unknown) => void} */ settle) => setImmediate(settle, value) };
}

/** After the verdict the session is alive and in step, in the data state, too. */
async function inStep(client, name, code) {
  if (name === 'dataStart' && code === 354) {
    client.write('text\r\n.\r\n');
    await client.expect('250 OK');
  }
  if (name !== 'message') await client.command('NOOP', '250 OK');
}

describe('a verdict', { timeout: 60_000 }, () => {
  for (const [name, code] of EVENTS) {
    test(`${name}: a truthy value goes on with the default reply`, async (t) => {
      for (const value of [true, 1, 'yes', {}, []]) {
        const { client } = await asked(t, name, () => value);
        await client.expect(DEFAULTS[name]);
        await inStep(client, name, code);
      }
    });

    test(`${name}: a promise of false refuses, and of anything else goes on`, async (t) => {
      const refusal = REFUSALS[name] ?? 550;
      for (const make of [async () => false, () => Promise.resolve(false), () => thenable(false)]) {
        const { client } = await asked(t, name, make);
        await client.expect(refusal);
        if (name === 'connect') await client.quit();
        else await client.command('NOOP', name === 'message' ? 550 : '250 OK');
      }
      for (const value of [undefined, null, 0, '', true]) {
        const { client } = await asked(t, name, async () => value);
        await client.expect(DEFAULTS[name]);
        await inStep(client, name, code);
      }
    });

    test(`${name}: a falsy value waits for success, and so does what comes behind`, async (t) => {
      for (const value of [undefined, false, null, 0, '']) {
        const { client, log, connect } = await asked(t, name, () => value);
        const { self: session } = await log.when(name);
        if (name !== 'connect' && name !== 'dataStart') client.write('RSET\r\n');
        // Somebody else's whole dialogue is over before the verdict.
        const other = await connect({ greeting: false });
        if (name === 'connect') other.destroy();
        else await other.expect(220);
        assert.equal(client.unread, '');
        session.success();
        await client.expect(DEFAULTS[name]);
        if (name === 'message') {
          (await log.when('message', 2)).self.success();
          await client.expect('250 OK');
        } else if (name !== 'connect' && name !== 'dataStart') {
          await client.expect('250 OK');
          await inStep(client, name, code);
        } else {
          await inStep(client, name, code);
        }
      }
    });

    test(`${name}: success, ok and failure, at once and later`, async (t) => {
      for (const later of [false, true]) {
        const give = (verdict) =>
          function listener() {
            if (later) setImmediate(() => verdict(this));
            else verdict(this);
          };
        const go = async (verdict, wanted) => {
          const { client } = await asked(t, name, give(verdict));
          await client.expect(wanted);
          return client;
        };
        await go((session) => session.success(), DEFAULTS[name]);
        const texts = name === 'message' ? [] : ['success'];
        for (const method of [...texts, 'ok']) {
          await go((session) => session[method]('as I say'), `${code} as I say`);
        }
        await go((session) => session.ok(), name === 'helo' ? '250 OK' : DEFAULTS[name]);
        const client = await go((session) => session.failure(550, 'not you'), '550 not you');
        // After a refused connect all but QUIT gets 503.
        if (name === 'connect') await client.command('NOOP', 503);
        else if (name !== 'message') await client.command('NOOP', '250 OK');
        await go((session) => session.failure(450), '450 Mailbox unavailable');
      }
    });

    test(`${name}: the first one wins, what comes after it does nothing`, async (t) => {
      const first = [
        [(s) => s.success(), DEFAULTS[name]],
        [(s) => s.ok('mine'), `${code} mine`],
        [(s) => s.failure(550, 'no'), '550 no'],
      ];
      for (const [verdict, wanted] of first) {
        for (const value of [true, undefined, Promise.resolve()]) {
          const { client, log } = await asked(t, name, function listener() {
            verdict(this);
            this.failure(451, 'second');
            this.success('third');
            this.ok('fourth');
            setImmediate(() => this.failure(452, 'fifth'));
            return value;
          });
          await client.expect(wanted);
          const { self } = await log.when(name);
          self.failure(453, 'late');
          if (name === 'message') continue;
          const refused = name === 'connect' && wanted.startsWith('5');
          if (refused) await client.command('NOOP', 503);
          else await inStep(client, name, wanted.startsWith('3') ? 354 : 250);
        }
      }
    });

    test(`${name}: a promise goes on when it is fulfilled`, async (t) => {
      for (const value of [undefined, true]) {
        const waits = deferred();
        const { client, log } = await asked(t, name, () => waits.promise);
        await log.when(name);
        assert.equal(client.unread, '');
        waits.resolve(value);
        await client.expect(DEFAULTS[name]);
        await inStep(client, name, code);
      }
    });

    test(`${name}: a verdict beats the promise, whatever becomes of it`, async (t) => {
      for (const end of [() => {}, () => Promise.reject(new Error('afterwards'))]) {
        const { client } = await asked(t, name, async function listener() {
          await null;
          this.failure(550, 'first');
          return end();
        });
        await client.expect('550 first');
        if (name === 'connect') await client.command('NOOP', 503);
        else if (name !== 'message') await client.command('NOOP', '250 OK');
      }
    });

    test(`${name}: a rejected promise raises 'error' and answers 451`, async (t) => {
      const failure = new Error('broken');
      const error = () => true; // what 'error' returns does not count
      const answer = () => Promise.reject(failure);
      const { client, log } = await asked(t, name, answer, { error });
      await client.expect(451);
      const raised = await log.when('error');
      assert.equal(raised.args[0], failure);
      assert.equal(raised.self, log.all(name)[0].self);
    });

    test(`${name}: a rejection with a replyCode answers with it`, async (t) => {
      const failure = Object.assign(new Error('mailbox is full'), { replyCode: 552 });
      const { client } = await asked(t, name, () => Promise.reject(failure));
      await client.expect('552 mailbox is full');
    });

    test(`${name}: a throw raises 'error' and answers 451`, async (t) => {
      const failure = new Error('broken');
      const answer = () => {
        throw failure;
      };
      const { client, log, connect } = await asked(t, name, answer, { error: () => true });
      await client.expect(451);
      const { self, args } = await log.when('error');
      assert.equal(args[0], failure);
      assert.equal(self, log.all(name)[0].self);
      if (name !== 'connect' && name !== 'message') {
        await client.command('NOOP', '250 OK');
        await (await connect()).quit();
      }
    });

    test(`${name}: a verdict given inside 'error' counts`, async (t) => {
      const answer = () => {
        throw new Error('broken');
      };
      const verdicts = /** @type {const} */ ([
        [(s) => s.failure(554, 'said in error'), '554 said in error'],
        [(s) => s.success(), DEFAULTS[name]],
        [(s) => s.ok('fine'), `${code} fine`],
      ]);
      for (const [verdict, wanted] of verdicts) {
        const error = function error() {
          verdict(this);
        };
        const { client } = await asked(t, name, answer, { error });
        await client.expect(wanted);
      }
    });
  }

  test('a throw after a verdict raises error and changes nothing', async (t) => {
    const { client, log } = await asked(t, 'rcpt', function listener() {
      this.success();
      throw new Error('afterwards');
    });
    await client.expect('250 OK');
    await client.command('DATA', 354);
    assert.equal(log.all('rcpt').length, 1);
  });

  test("a throw inside 'error' is swallowed", async (t) => {
    const broken = () => {
      throw new Error('broken');
    };
    const { client, log, connect } = await asked(t, 'mail', broken, { error: broken });
    await client.expect(451);
    assert.equal(log.all('error').length, 1);
    await client.command('NOOP', '250 OK');
    await (await connect()).quit();
  });

  test("a promise that 'error' returns may be rejected as well", async (t) => {
    const answer = () => Promise.reject(new Error('one'));
    const error = () => Promise.reject(new Error('two'));
    const { client } = await asked(t, 'mail', answer, { error });
    await client.expect(451);
    await client.command('NOOP', '250 OK');
  });

  test('what is thrown need not be an Error', async (t) => {
    for (const thrown of ['text', 5, false, 0, '']) {
      const answer = () => {
        throw thrown;
      };
      const { client, log } = await asked(t, 'mail', answer, { error: () => {} });
      await client.expect(451);
      assert.deepEqual((await log.when('error')).args, [thrown]);
      const late = await asked(t, 'mail', () => Promise.reject(thrown), { error: () => {} });
      await late.client.expect(451);
      assert.deepEqual((await late.log.when('error')).args, [thrown]);
    }
  });

  for (const [name] of EVENTS) {
    test(`${name}: nothing that is thrown is an error that says so`, async (t) => {
      for (const thrown of [undefined, null]) {
        const ways = [
          () => {
            throw thrown;
          },
          () => Promise.reject(thrown),
        ];
        for (const answer of ways) {
          const { client, log } = await asked(t, name, answer, { error: () => {} });
          await client.expect(451);
          const [error] = (await log.when('error')).args;
          assert.ok(error instanceof Error);
          const wanted = `the listener of '${name}' failed with ${thrown} in place of an error`;
          assert.equal(error.message, wanted);
        }
      }
    });
  }

  test('failure takes what a client takes for a refusal where the rest would be worse', async (t) => {
    for (const [name] of EVENTS) {
      for (const code of [200, 220, 250, 252, 334, 354, 399, 400, 599]) {
        const answer = function () {
          this.failure(code, 'said');
        };
        const { client, log } = await asked(t, name, answer, { error: () => {} });
        if (name === 'dataStart' && code < 400) {
          await client.expect(451);
          const [error] = (await log.when('error')).args;
          assert.ok(error instanceof RangeError);
          assert.match(error.message, /failure at 'dataStart' takes a code from 400 to 599, not /);
          await client.command('NOOP', '250 OK');
        } else {
          await client.expect(`${code} said`);
          assert.deepEqual(log.all('error'), []);
        }
        client.destroy();
      }
    }
  });

  test('a replyCode counts within 400 to 599 only', async (t) => {
    for (const replyCode of [250, 354, 399, 600, 4, -450, '450', Number.NaN]) {
      const failure = Object.assign(new Error('odd'), { replyCode });
      const { client } = await asked(t, 'mail', () => Promise.reject(failure));
      await client.expect(451);
    }
    for (const replyCode of [400, 599]) {
      const failure = Object.assign(new Error('even'), { replyCode });
      const { client } = await asked(t, 'mail', () => Promise.reject(failure));
      await client.expect(`${replyCode} even`);
    }
  });

  test('a data listener that throws has not accepted the mail', async (t) => {
    const { client, log } = await asked(t, 'data', () => {
      throw new Error('disk');
    });
    await client.expect(451);
    const [{ self }] = log.all('data');
    assert.equal(self.data.message, undefined);
  });

  test('listeners that cannot interrupt may return, throw or reject what they like', async (t) => {
    for (const name of ['response', 'dataChunk', 'disconnect']) {
      const failure = new Error(`broken ${name}`);
      const answers = /** @type {[() => any, boolean][]} */ ([
        [() => false, false],
        [() => undefined, false],
        [() => Promise.reject(failure), true],
        [() => Promise.reject(), true],
        [
          () => {
            throw failure;
          },
          true,
        ],
      ]);
      for (const [answer, fails] of answers) {
        const log = new Log();
        const { connect } = await serve(t, {}, log.listeners({ [name]: answer, error() {} }, []));
        const client = await connect();
        await client.envelope();
        await client.message('text\r\n', '250 OK');
        await client.quit();
        await log.when(name);
        if (!fails) continue;
        const [error] = (await log.when('error')).args;
        if (error !== failure) {
          const wanted = `the listener of '${name}' failed with undefined in place of an error`;
          assert.equal(error.message, wanted);
        }
      }
    }
  });

  test('a throw in start or stop raises error, this = server', async (t) => {
    const log = new Log();
    const broken = () => {
      throw new Error('broken');
    };
    const answers = { start: broken, stop: broken, error() {} };
    const { server, connect } = await serve(t, {}, log.listeners(answers, []));
    assert.equal((await log.when('error')).self, server);
    await (await connect()).quit();
    await server.close();
    assert.equal((await log.when('error', 2)).self, server);
  });
});

describe("'message'", { timeout: 30_000 }, () => {
  test('ok() answers 250 and skips the command', async (t) => {
    const log = new Log();
    const message = function message(line) {
      if (/^(MAIL|QUIT|XOWN)/.test(line)) return void this.ok();
      return true;
    };
    const { greeted } = await serve(t, {}, log.listeners({ message }));
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', '250 OK');
    assert.deepEqual(log.all('mail'), []);
    await client.command('RCPT TO:<b@example.domain>', 503);
    await client.command('XOWN', '250 OK');
    await client.command('QUIT', '250 OK');
    await client.command('NOOP', '250 OK');
  });

  test('ok(text) and failure(code, text) answer with their text and skip the command', async (t) => {
    const log = new Log();
    const message = function message(line) {
      if (line === 'RSET') return void this.ok('as if');
      if (line.startsWith('MAIL')) return void this.failure(450, 'later');
      return true;
    };
    const { greeted } = await serve(t, {}, log.listeners({ message }));
    const client = await greeted();
    await client.command('RSET', '250 as if');
    await client.command('MAIL FROM:<a@client.example>', '450 later');
    await client.command('RCPT TO:<b@example.domain>', 503);
    assert.deepEqual(log.names('mail', 'rcpt'), []);
  });

  test('success() lets the command go on to its own event', async (t) => {
    const log = new Log();
    const message = function message() {
      this.success();
    };
    const { greeted } = await serve(t, {}, log.listeners({ message }));
    const client = await greeted();
    await client.envelope();
    await client.message('text\r\n', '250 OK');
    await client.quit();
    assert.deepEqual(log.values('data'), ['text\r\n']);
    assert.equal(log.all('rcpt').length, 1);
  });
});

test('a promise of false of a reader refuses its message', async (t) => {
  const { connect } = await serve(
    t,
    {},
    {
      async dataStart() {
        for await (const _ of this.message());
        return false;
      },
    },
  );
  const client = await connect();
  await client.envelope();
  await client.message('text\r\n', 554);
  await client.command('NOOP', '250 OK');
});

test("a promise of false at 'timeout' lets the client stay", async (t) => {
  const log = new Log();
  const { connect } = await serve(
    t,
    { timeout: 50 },
    log.listeners({ timeout: async () => false }),
  );
  const client = await connect();
  await log.when('timeout', 3);
  await client.command('NOOP', '250 OK');
});

describe("a failure where nobody listens to 'error'", () => {
  const fault = new Error('oops');
  const listeners = {
    throws() {
      throw fault;
    },
    rejects: async () => {
      throw fault;
    },
  };
  for (const [name] of EVENTS) {
    for (const [way, listener] of Object.entries(listeners)) {
      test(`${name} ${way}: the warning has its event, the error and its stack`, async (t) => {
        const warned = once(process, 'warning');
        const { client } = await asked(t, name, listener);
        await client.expect(451);
        const [warning] = await warned;
        assert.match(warning.message, new RegExp(`^the listener of '${name}' failed: oops`));
        assert.equal(warning.cause, fault);
        assert.equal(warning.detail, fault.stack);
        assert.equal(warning.code, 'SMTP_WARN_NO_ERROR_LISTENER');
      });
    }
  }
});

describe('an error stands for nothing that is thrown', { timeout: 60_000 }, () => {
  /** What raises each of the other events whose listeners may fail. @type {Record<string, (client: any, server: any) => unknown>} */
  const RAISE = {
    sni: async (client) => {
      await client.command('STARTTLS', 220);
      const secure = { socket: client.socket, servername: 'a.example', rejectUnauthorized: false };
      tls.connect(secure).on('error', () => {});
    },
    secure: (client) => client.startTls({ rejectUnauthorized: false }),
    start: () => {},
    stop: (client, server) => {
      client.destroy();
      return server.close();
    },
    timeout: () => {},
    disconnect: (client) => client.destroy(),
  };
  for (const [name, raise] of Object.entries(RAISE)) {
    for (const way of ['throws', 'rejects']) {
      test(`'${name}' ${way}`, async (t) => {
        const log = new Log();
        const answer = () => {
          if (way === 'rejects') return Promise.reject(undefined);
          throw undefined;
        };
        const { key, cert } = p256();
        const params = { tls: { key, cert }, timeout: 200 };
        const listeners = log.listeners({ [name]: answer, error: () => {} }, []);
        const { server, greeted } = await serve(t, params, listeners);
        await raise(await greeted(), server);
        const [error] = (await log.when('error')).args;
        const wanted = `the listener of '${name}' failed with undefined in place of an error`;
        assert.equal(error.message, wanted);
      });
    }
  }
});
