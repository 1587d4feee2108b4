'use strict';
// Sources of messages, in all their forms, on the engine: each is closed where its message is not
// sent, its message settles whatever it says at its end, and none that always has more keeps others
// from their turn.

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const transport = require('../../src/js/client/nodemailer.js');
const { scripted } = require('../support/scripted-server.js');
const { serve, within } = require('../support/serve.js');

const HOST = '127.0.0.1';
const ENVELOPE = { from: 'from@example.com', to: 'to@example.com' };
const PIECE = 'x'.repeat(1_000);
const AT_END = new Error('of the source, at its end');

const FAILING = 'a Readable that fails when it is destroyed';

/** A source, how often it was read, and whether it is closed. @typedef {{ source: any, isClosed: () => any, reads: () => number }} Watched */

/** Sources of so many pieces. @type {Record<string, (pieces?: number) => Watched>} */
const FORMS = {
  'a generator': (pieces = 3) => {
    let reads = 0;
    const source = (function* () {
      while (reads++ < pieces) yield PIECE;
    })();
    return { source, isClosed: () => source.next().done, reads: () => reads };
  },
  'an async generator': (pieces = 3) => {
    let reads = 0;
    const source = (async function* () {
      while (reads++ < pieces) yield PIECE;
    })();
    return { source, isClosed: async () => (await source.next()).done, reads: () => reads };
  },
  'a Readable': (pieces = 3) => {
    let reads = 0;
    const source = new Readable({
      read() {
        this.push(reads++ < pieces ? PIECE : null);
      },
    });
    return { source, isClosed: () => source.destroyed, reads: () => reads };
  },
  [FAILING]: (pieces = 3) => {
    let reads = 0;
    const source = new Readable({
      read() {
        this.push(reads++ < pieces ? PIECE : null);
      },
      destroy: (_, callback) => setImmediate(callback, AT_END),
    });
    return { source, isClosed: () => source.destroyed, reads: () => reads };
  },
  'an iterator with return()': (pieces = 3) => iterator(pieces, (value) => value),
  'an async iterator with return()': (pieces = 3) => iterator(pieces, async (value) => value),
  'a web stream': (pieces = 3) => {
    let reads = 0;
    let isClosed = false;
    const source = new ReadableStream(
      {
        pull(controller) {
          isClosed = reads++ >= pieces;
          if (isClosed) controller.close();
          else controller.enqueue(PIECE);
        },
        cancel() {
          isClosed = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { source, isClosed: () => isClosed, reads: () => reads };
  },
};

/** @param {number} pieces @param {(value: any) => any} wrap @param {any} [members] @returns {Watched} */
function iterator(pieces, wrap, members) {
  let reads = 0;
  let isClosed = false;
  const self = () => source;
  const isAsync = wrap(0) instanceof Promise;
  const source = {
    next: () => wrap({ value: PIECE, done: reads++ >= pieces }),
    return() {
      isClosed = true;
      return wrap({ value: undefined, done: true });
    },
    [isAsync ? Symbol.asyncIterator : Symbol.iterator]: self,
    ...members,
  };
  return { source, isClosed: () => isClosed, reads: () => reads };
}

/** What keeps a message from being begun. @type {Record<string, (t: any, source: any) => Promise<unknown>>} */
const NEVER_BEGUN = {
  async 'Pool.send: the queue is full'(t, source) {
    const pool = await poolOf(t, async () => {}, { maxQueue: 1 });
    const first = pool.send(ENVELOPE, 'x');
    first.catch(() => {});
    return pool.send(ENVELOPE, source);
  },
  async 'Pool.send: the signal has given up'(t, source) {
    const pool = await poolOf(t, async () => {});
    return pool.send(ENVELOPE, source, { signal: AbortSignal.abort() });
  },
  async 'Pool.send: the pool is closed'(t, source) {
    const pool = await poolOf(t, async () => {});
    await pool.close();
    return pool.send(ENVELOPE, source);
  },
  async 'Pool.send: an envelope without a sender'(t, source) {
    const pool = await poolOf(t, async () => {});
    return pool.send({ to: 'to@example.com' }, source);
  },
  async 'Pool.send: an address that would be two'(t, source) {
    const pool = await poolOf(t, async () => {});
    return pool.send({ ...ENVELOPE, to: 'a@b> <c@d' }, source);
  },
  async 'Pool.send: a report that makes no sense'(t, source) {
    const pool = await poolOf(t, async () => {});
    return pool.send({ ...ENVELOPE, dsn: { notify: 'sometimes' } }, source);
  },
  async 'Pool.send: nobody listens'(t, source) {
    const pool = new Client.Pool({ host: HOST, port: 1 });
    t.after(() => pool.close());
    return pool.send(ENVELOPE, source);
  },
  'Client.send: options that are none': (_, source) =>
    Client.send(/** @type {any} */ ({ host: HOST, hots: 1 }), ENVELOPE, source),
  'Client.send: no options': (_, source) =>
    Client.send(/** @type {any} */ (undefined), ENVELOPE, source),
  'Client.send: the signal has given up': (_, source) =>
    Client.send({ host: HOST, port: 1, signal: AbortSignal.abort() }, ENVELOPE, source),
  'Client.send: a wrong envelope': (_, source) =>
    Client.send({ host: HOST, port: 1 }, { ...ENVELOPE, to: [] }, source),
  'Client.send: a ca that is none': (_, source) =>
    Client.send({ host: HOST, port: 1, ca: 'x' }, ENVELOPE, source),
  'Client.send, mx: no domain': (_, source) =>
    Client.send({ mx: true }, { ...ENVELOPE, to: 'nobody' }, source),
  'Client.send, mx: the signal has given up': (_, source) =>
    Client.send({ mx: true, signal: AbortSignal.abort() }, ENVELOPE, source),
  async 'the server refuses the recipient'(t, source) {
    const pool = await poolOf(t, refusing);
    return pool.send(ENVELOPE, source);
  },
};

/** @param {any} t @param {(c: any) => Promise<any>} script @param {object} [more] */
async function poolOf(t, script, more) {
  const { port } = await scripted(t, script);
  const pool = new Client.Pool({ host: HOST, port, maxConnections: 1, ...more });
  t.after(() => within(pool.close({ grace: 1 }), 'the end of the pool'));
  return pool;
}

async function refusing(/** @type {any} */ c) {
  await c.greet();
  await c.accept(/^RCPT/);
  c.say('550 no');
  for (;;) {
    const line = await c.line();
    if (line === '') return;
    c.say(line === 'QUIT' ? '221 bye' : '250 OK');
  }
}

describe('a source is closed where', { timeout: 120_000 }, () => {
  for (const [why, send] of Object.entries(NEVER_BEGUN)) {
    for (const [form, make] of Object.entries(FORMS)) {
      test(`${why}: ${form}`, async (t) => {
        const { source, isClosed } = make();
        await assert.rejects(within(send(t, source), 'the error'));
        await turn();
        await turn();
        assert.equal(await isClosed(), true);
      });
    }
  }
});

const throwing = () => {
  throw AT_END;
};
const never = () => new Promise(() => {});

/** Sources that say something odd at their end, of so many pieces. @type {Record<string, (pieces: number) => any>} */
const ODD_ENDS = {
  'a generator whose finally throws': (pieces) =>
    (function* () {
      try {
        for (let at = 0; at < pieces; at += 1) yield PIECE;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this is what is tried
        throw AT_END;
      }
    })(),
  'an async generator whose finally throws': (pieces) =>
    (async function* () {
      try {
        for (let at = 0; at < pieces; at += 1) yield PIECE;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this is what is tried
        throw AT_END;
      }
    })(),
  'an async generator whose finally never ends': (pieces) =>
    (async function* () {
      try {
        for (let at = 0; at < pieces; at += 1) yield PIECE;
      } finally {
        if (pieces === Number.POSITIVE_INFINITY) await never();
      }
    })(),
  'return() throws': (pieces) => iterator(pieces, (value) => value, { return: throwing }).source,
  'an async return() throws': (pieces) =>
    iterator(pieces, async (value) => value, { return: throwing }).source,
  'return() rejects': (pieces) =>
    iterator(pieces, async (value) => value, { return: async () => throwing() }).source,
  'return() never settles': (pieces) =>
    iterator(pieces, async (value) => value, { return: never }).source,
  'return is no function': (pieces) =>
    iterator(pieces, async (value) => value, { return: 5 }).source,
  'no return()': (pieces) => iterator(pieces, (value) => value, { return: undefined }).source,
  'destroy() throws': (pieces) => {
    const { source } = FORMS['a Readable'](pieces);
    source._destroy = throwing;
    return source;
  },
  'destroy() fails later': (pieces) => FORMS[FAILING](pieces).source,
  'destroy() never ends': (pieces) => {
    const { source } = FORMS['a Readable'](pieces);
    source._destroy = () => {};
    return source;
  },
  'cancel() of a web stream rejects': (pieces) => {
    let reads = 0;
    const pull = (/** @type {any} */ controller) =>
      reads++ < pieces ? controller.enqueue(PIECE) : controller.close();
    return new ReadableStream({ pull, cancel: throwing }, { highWaterMark: 0 });
  },
};

/** How a message ends before its source has, and by what code. @type {Record<string, [(c: any) => Promise<any>, string]>} */
const EARLY_ENDS = {
  'the recipient is refused': [refusing, 'SMTP_ERR_REJECTED'],
  'the server leaves at RCPT': [
    async (c) => {
      await c.greet();
      await c.accept(/^RCPT/);
      c.end();
    },
    'SMTP_ERR_CLOSED',
  ],
  'the server refuses within the message and goes on listening': [
    async (c) => {
      await c.greet();
      await c.accept(/^DATA$/);
      c.say('354 go');
      await c.bytes(5_000);
      c.say('552 enough');
    },
    'SMTP_ERR_REJECTED',
  ],
  'the server ends its side within the message and goes on listening': [
    async (c) => {
      await c.greet();
      await c.accept(/^DATA$/);
      c.say('354 go');
      await c.bytes(5_000);
      c.end();
    },
    'SMTP_ERR_CLOSED',
  ],
  'the server refuses a chunk and goes on listening': [
    async (c) => {
      await c.greet('CHUNKING');
      await c.accept(/^BDAT/);
      c.say('552 enough');
    },
    'SMTP_ERR_REJECTED',
  ],
  'the server leaves within the message': [
    async (c) => {
      await c.greet();
      await c.accept(/^DATA$/);
      c.say('354 go');
      await c.bytes(5_000);
      c.say('552 enough');
      c.socket.destroySoon();
    },
    'SMTP_ERR_REJECTED|SMTP_ERR_CLOSED|ECONNRESET|EPIPE',
  ],
};

describe('a message settles although', { timeout: 120_000 }, () => {
  for (const [what, make] of Object.entries(ODD_ENDS)) {
    for (const [when, [script, code]] of Object.entries(EARLY_ENDS)) {
      test(`${what}, when ${when}`, async (t) => {
        const { port } = await scripted(t, script);
        const source = make(Number.POSITIVE_INFINITY);
        const sent = Client.send({ host: HOST, port }, ENVELOPE, source);
        await assert.rejects(within(sent, 'the error'), (/** @type {any} */ error) => {
          assert.match(error.code, new RegExp(`^(${code})$`), error.message);
          return true;
        });
        await turn();
      });
    }

    test(`${what}, when its signal gives up`, async (t) => {
      const controller = new AbortController();
      const { port } = await scripted(t, async (c) => {
        await c.greet();
        await c.expect(/^MAIL/);
        controller.abort();
      });
      const source = make(Number.POSITIVE_INFINITY);
      const { signal } = controller;
      const sent = Client.send({ host: HOST, port, signal }, ENVELOPE, source);
      await assert.rejects(within(sent, 'the error'), { code: 'ABORT_ERR' });
      await turn();
    });

    test(`${what}, when all of it was read`, async (t) => {
      const { target: port } = await serve(t);
      const source = make(3);
      const options = { host: HOST, port, dataBlockTimeout: 500 };
      const sent = within(Client.send(options, ENVELOPE, source), 'its end');
      // What a source throws in place of its end is no whole message; nor is one that never ends.
      if (/finally throws|destroy\(\) (throws|fails)/.test(what))
        await assert.rejects(sent, AT_END);
      else if (what === 'destroy() never ends') {
        await assert.rejects(sent, { code: 'SMTP_ERR_STARVED' });
      } else assert.equal((await sent).accepted.length, 1);
      await turn();
    });
  }
});

describe('a source that always has more', { timeout: 120_000 }, () => {
  for (const [form, make] of Object.entries(FORMS)) {
    for (const [when, [script]] of Object.entries(EARLY_ENDS)) {
      test(`${form} is read no further when ${when}`, async (t) => {
        const { port } = await scripted(t, script);
        const { source, reads } = make(Number.POSITIVE_INFINITY);
        const sent = Client.send({ host: HOST, port }, ENVELOPE, source);
        await assert.rejects(within(sent, 'the error'));
        await turn();
        const count = reads();
        for (let at = 0; at < 5; at += 1) await turn();
        assert.equal(reads(), count);
      });
    }

    if (form === FAILING) continue;
    test(`${form} leaves others their turn while it is sent`, async (t) => {
      const { target: port } = await serve(t, {}, { data: () => true });
      const { source } = make(20_000);
      let turns = 0;
      let isDone = false;
      const count = () => {
        turns += 1;
        if (!isDone) setImmediate(count);
      };
      setImmediate(count);
      await within(Client.send({ host: HOST, port }, ENVELOPE, source), 'the end', 60_000);
      isDone = true;
      assert.ok(turns > 100, `${turns} turns`);
    });
  }

  test('reaches the transport for nodemailer as little', async (t) => {
    for (const script of Object.values(EARLY_ENDS).map(([each]) => each)) {
      const { port } = await scripted(t, script);
      const { source, reads } = FORMS['a Readable'](Number.POSITIVE_INFINITY);
      const mailer = nodemailer.createTransport(transport({ host: HOST, port }));
      const envelope = { from: 'a@b.example', to: 'c@d.example' };
      await assert.rejects(within(mailer.sendMail({ envelope, raw: source }), 'the error'));
      for (let at = 0; at < 5; at += 1) await turn();
      const count = reads();
      for (let at = 0; at < 5; at += 1) await turn();
      assert.equal(reads(), count);
      assert.equal(source.destroyed, true);
    }
  });
});
