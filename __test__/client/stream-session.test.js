'use strict';
// The client's machine over a stream: requests in their turn, and every way in which it ends.

const assert = require('node:assert/strict');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { StreamSession } = require('../../src/js/client/stream-session.js');
const { within } = require('../support/wait.js');

/** Two streams; what is written to one is read from the other. */
function pair() {
  const [first, second] = [0, 1].map(
    (at) =>
      new Duplex({
        read() {},
        write(bytes, _encoding, done) {
          ends[1 - at].push(bytes);
          done();
        },
        final(done) {
          ends[1 - at].push(null);
          done();
        },
      }),
  );
  const ends = [first, second];
  return ends;
}

/** A session, and the server's end of its stream. @param {any} [options] */
function connected(options) {
  const [ours, theirs] = pair();
  const session = new StreamSession(options);
  session.attach(ours);
  let seen = '';
  theirs.on('data', (bytes) => {
    seen += bytes;
  });
  return { session, ours, theirs, seen: () => seen };
}

test('replies go to those who asked, in order', async () => {
  /** @type {string[]} */
  const sent = [];
  const { session, theirs, seen } = connected({
    sent: (/** @type {string} */ line) => sent.push(line),
  });
  theirs.write('220-mx.example\r\n220 hello\r\n');
  assert.deepEqual(await session.greeting, { code: 220, lines: ['mx.example', 'hello'] });
  const replies = [session.request('HELO', 'me.example'), session.request('NOOP')];
  await turn();
  assert.ok(seen().startsWith('HELO me.example\r\n'), seen());
  theirs.write('250 mx.example\r\n');
  await within(replies[0], 'the reply to HELO');
  theirs.write('250 OK\r\n');
  const [first, second] = await within(Promise.all(replies), 'the replies');
  assert.deepEqual([first.lines, second.lines], [['mx.example'], ['OK']]);
  assert.deepEqual(sent, ['HELO me.example', 'NOOP']);
});

test('what no server is to see is an error, and nothing is sent', async () => {
  const { session, theirs, seen } = connected();
  theirs.write('220 hello\r\n');
  await session.greeting;
  await assert.rejects(session.request('MAIL', 'a@x>\r\nRCPT TO:<b@x'), {
    code: 'SMTP_ERR_ARGUMENT',
  });
  assert.equal(seen(), '');
});

describe('who waits for a reply hears', () => {
  for (const [
    what,
    end,
    code,
  ] of /** @type {[string, (c: ReturnType<typeof connected>) => void, string][]} */ ([
    ['that the connection ended', ({ theirs }) => void theirs.end(), 'SMTP_ERR_CLOSED'],
    [
      'what failed',
      ({ ours }) => void ours.destroy(Object.assign(new Error('x'), { code: 'ECONNRESET' })),
      'ECONNRESET',
    ],
    [
      'that it was given up',
      ({ session }) => session.abandon(Object.assign(new Error('x'), { code: 'GIVEN_UP' })),
      'GIVEN_UP',
    ],
    ['that it was no reply', ({ theirs }) => void theirs.write('what?\r\n'), 'SMTP_ERR_PROTOCOL'],
  ])) {
    test(what, async () => {
      const place = connected();
      place.theirs.write('220 hello\r\n');
      await place.session.greeting;
      const replied = place.session.request('NOOP');
      await turn();
      end(place);
      await assert.rejects(within(replied, 'the end'), { code });
      await assert.rejects(place.session.request('NOOP'), { code });
    });
  }

  test('that it came too late', async () => {
    const { session, ours } = connected({ timeouts: { greeting: 30 } });
    // It is the stream that keeps a process alive.
    const held = setInterval(() => {}, 1_000);
    try {
      await assert.rejects(within(session.greeting, 'the end'), { code: 'ETIMEDOUT' });
    } finally {
      clearInterval(held);
    }
    assert.equal(ours.destroyed, true);
  });
});
