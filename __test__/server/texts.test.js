'use strict';
// The replies that listeners give: default texts, several lines, line breaks, and codes.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Server, serve } = require('../support/serve.js');

/** A client of a server that answers the command XSEND with what `send` says. */
async function sending(t, send) {
  const message = function message(line) {
    if (!line.startsWith('XSEND')) return true;
    send.call(this, line);
    return false;
  };
  const { greeted } = await serve(t, { maxBadCommands: 0 }, { message });
  const client = await greeted();
  return client;
}

/** What a client gets from `send(...args)`; the session must be in step after it. */
async function sent(t, ...args) {
  const client = await sending(t, function send() {
    this.send(...args);
    this.queue.next();
  });
  const reply = await client.command('XSEND');
  if (args[0] !== 221 && args[0] !== 421) {
    await client.command('NOOP', '250 OK');
    await client.quit();
  }
  return reply;
}

describe('send', { timeout: 60_000 }, () => {
  const texts = {
    221: 'Connection is being closed. Hope to see you next time',
    250: 'OK',
    450: 'Mailbox unavailable',
    458: 'Unable to queue messages for the node',
    459: 'Node not allowed',
    550: 'Mailbox unavailable',
    554: 'Transaction failed',
  };
  for (const [code, text] of Object.entries(texts)) {
    test(`${code} without a text`, async (t) => {
      assert.equal((await sent(t, Number(code))).text, `${code} ${text}`);
    });
  }

  test('every other code without a text', async (t) => {
    const client = await sending(t, function send(line) {
      this.send(Number(line.slice(6)));
      this.queue.next();
    });
    const wrong = [];
    for (let code = 200; code < 600; code += 1) {
      if (code === 421 || code === 501 || code in texts) continue;
      const { text } = await client.command(`XSEND ${code}`, code);
      if (text !== `${code} Message not set`) wrong.push(text);
    }
    assert.deepEqual(wrong, []);
    await client.command('XSEND 421', '421 Message not set');
  });

  test('501 without a text has one of the table', async (t) => {
    const { text } = await sent(t, 501);
    assert.match(
      text,
      /^501 (Introduce yourself|Provide (back|recipient) address), please \(.*\)$/,
    );
  });

  test('a text is sent as given, in UTF-8', async (t) => {
    assert.equal((await sent(t, 250, 'Grüße 2.1.0 –')).text, '250 Grüße 2.1.0 –');
  });

  test('an array makes a reply of several lines', async (t) => {
    assert.equal(
      (await sent(t, 250, ['one', 'two', 'three'])).text,
      '250-one\r\n250-two\r\n250 three',
    );
    assert.equal((await sent(t, 550, ['one'])).text, '550 one');
    assert.equal((await sent(t, 250, ['', 'x'])).text, '250-\r\n250 x');
    assert.equal((await sent(t, 250, [])).code, 250);
  });

  test('line breaks make one reply of several lines', async (t) => {
    assert.equal((await sent(t, 250, 'one\r\ntwo')).text, '250-one\r\n250 two');
    assert.equal((await sent(t, 550, 'one\ntwo')).text, '550-one\r\n550 two');
    assert.equal((await sent(t, 250, ['a\r\nb', 'c'])).text, '250-a\r\n250-b\r\n250 c');
  });

  test('no line break makes a second reply', async (t) => {
    const breaks = ['\r', '\n', '\r\n', '\n\r', '\r\r\n', '\r\n\r\n', '\u2028', '\x85', '\v', '\f'];
    for (const end of breaks) {
      for (const text of [`ok${end}550 no`, `ok${end}`, `${end}550 no`, `${end}`]) {
        for (const given of [text, [text], ['first', text]]) {
          const reply = await sent(t, 250, given);
          assert.equal(reply.code, 250, JSON.stringify(given));
        }
      }
    }
  });

  test('response has the same lines', async (t) => {
    const lines = [];
    const listeners = {
      message(line) {
        if (line !== 'XSEND') return true;
        this.send(250, 'one\r\ntwo');
        this.queue.next();
        return false;
      },
      response: (line) => lines.push(line),
    };
    const { connect } = await serve(t, {}, listeners);
    const client = await connect();
    await client.command('XSEND', '250-one\r\n250 two');
    assert.deepEqual(lines.slice(1), ['250-one', '250 two']);
  });

  test('a code outside 200 to 599 is refused with a RangeError', async (t) => {
    const codes = [199, 600, 0, -250, 1000, 2500, 250.5, Number.NaN, Number.POSITIVE_INFINITY];
    const caught = [];
    const client = await sending(t, function send() {
      for (const code of codes) {
        for (const method of ['send', 'failure']) {
          try {
            this[method](code, 'text');
            caught.push([method, code, 'nothing']);
          } catch (error) {
            if (!(error instanceof RangeError)) caught.push([method, code, error]);
          }
        }
      }
      this.send(250, 'done');
      this.queue.next();
    });
    await client.command('XSEND', '250 done');
    assert.deepEqual(caught, []);
    await client.command('NOOP', '250 OK');
  });

  test('a code that is no number is refused with an error', async (t) => {
    const codes = ['250\r\n550', '250 OK\r\n', '25x', undefined, null, {}, [550], true];
    const caught = [];
    const client = await sending(t, function send() {
      for (const code of codes) {
        for (const method of ['send', 'failure']) {
          try {
            this[method](code, 'text');
            caught.push([method, code]);
          } catch (error) {
            assert.ok(error instanceof Error);
          }
        }
      }
      this.send(250, 'done');
      this.queue.next();
    });
    await client.command('XSEND', '250 done');
    assert.deepEqual(caught, []);
    await client.command('NOOP', '250 OK');
  });
});

describe('success, ok and failure', { timeout: 30_000 }, () => {
  for (const [method, code] of /** @type {const} */ ([
    ['success', 250],
    ['ok', 250],
    ['failure', 550],
  ])) {
    const give = async (t, text) => {
      const mail = function mail() {
        if (method === 'failure') this.failure(550, text);
        else this[method](text);
      };
      const { greeted } = await serve(t, {}, { mail });
      const client = await greeted();
      const reply = await client.command('MAIL FROM:<a@b.example>', code);
      await client.command('NOOP', '250 OK');
      return reply.text;
    };
    test(`${method}: arrays and line breaks make one reply`, async (t) => {
      const two = `${code}-one\r\n${code} two`;
      assert.equal(await give(t, 'one'), `${code} one`);
      assert.equal(await give(t, ['one', 'two']), two);
      assert.equal(await give(t, 'one\r\ntwo'), two);
      assert.equal(await give(t, 'one\ntwo'), two);
      for (const text of ['one\r550 two', 'one\r\n354 go', '\r\n', '\n\n', ['\r\n221 bye']]) {
        await give(t, text);
      }
    });
  }

  test("an error's message with line breaks makes one reply", async (t) => {
    const mail = () => {
      throw Object.assign(new Error('one\r\n250 two'), { replyCode: 550 });
    };
    const { greeted } = await serve(t, {}, { mail: async () => mail() });
    const client = await greeted();
    const { lines } = await client.command('MAIL FROM:<a@b.example>', 550);
    assert.deepEqual(lines, ['one', '250 two']);
    await client.command('NOOP', '250 OK');
  });

  test("the server's name cannot make a second reply either", async (t) => {
    for (const name of ['a\r\n554 no', 'a\n554 no', 'a\r554 no']) {
      try {
        new Server({ name });
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof RangeError);
        assert.match(error.message, /name/);
        continue;
      }
      const { connect } = await serve(t, { name });
      const client = await connect();
      await client.command('HELO client.example', 250);
      await client.command('NOOP', '250 OK');
    }
  });

  test('what the client says cannot make a second reply', async (t) => {
    const { connect } = await serve(t, { maxBadCommands: 0 });
    const client = await connect();
    for (const word of ['a\r554', 'a\u2028b', 'a\x85b', 'a\0b', '\x1b[2J', 'a\tb']) {
      await client.command(`HELO ${word}`);
      await client.command('NOOP', '250 OK');
    }
  });
});
