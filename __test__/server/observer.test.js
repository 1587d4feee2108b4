'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { CHANNELS } = require('../../src/js/server/channels.js');
const { Announcer } = require('../../src/js/server/observer.js');

/** An announcer, and what its host was told. @param {any} host */
function announcing(host) {
  /** @type {any[][]} */
  const told = [];
  const session = /** @type {any} */ ({ id: 'x' });
  const announcer = new Announcer(
    /** @type {any} */ ({
      server: 'server',
      notify: (/** @type {any[]} */ ...args) => told.push(args),
      fail: (/** @type {any[]} */ ...args) => told.push(['failed', ...args]),
      ...host,
    }),
    session,
  );
  return { announcer, session, told };
}

describe('a reply', () => {
  test('is told line by line to who listens', () => {
    const { announcer, session, told } = announcing({ responds: true, debugs: false });
    announcer.respond(['250-a', '250 b']);
    assert.deepEqual(told, [
      [session, 'response', '250-a'],
      [session, 'response', '250 b'],
    ]);
  });

  test('is told to nobody where nobody listens', () => {
    const { announcer, told } = announcing({ responds: false });
    announcer.respond(['250 a']);
    assert.deepEqual(told, []);
  });
});

test('debugging that throws is an error of its session', () => {
  /** @type {any[]} */
  const heard = [];
  const debug = /** @this {any} */ function (/** @type {any[]} */ ...args) {
    heard.push(this, ...args);
    throw 'of the test';
  };
  const { announcer, session, told } = announcing({ debugs: true, config: { debug } });
  announcer.debug('CLIENT', 'NOOP');
  assert.deepEqual(heard, ['server', 'CLIENT', 'NOOP', session]);
  assert.deepEqual(told, [['failed', session, 'of the test']]);
});

describe('channels', () => {
  for (const [
    name,
    tell,
    fields,
  ] of /** @type {[keyof CHANNELS, (a: Announcer) => void, any][]} */ ([
    ['sessionStart', (announcer) => announcer.started(), {}],
    ['sessionEnd', (announcer) => announcer.ended(), {}],
    [
      'transaction',
      (announcer) => announcer.begun({ from: 'a@x', size: 5 }),
      { from: 'a@x', size: 5 },
    ],
    [
      'message',
      (announcer) =>
        announcer.answered(
          /** @type {any} */ ({ data: { from: 'a@x', recipients: ['b@x'] } }),
          7,
          451,
        ),
      { from: 'a@x', recipients: ['b@x'], bytes: 7, accepted: false, replyCode: 451 },
    ],
  ])) {
    test(`${name} is published to who subscribes`, (t) => {
      const { announcer, session } = announcing({});
      /** @type {unknown[]} */
      const published = [];
      const subscriber = (/** @type {unknown} */ message) => published.push(message);
      tell(announcer);
      CHANNELS[name].subscribe(subscriber);
      t.after(() => CHANNELS[name].unsubscribe(subscriber));
      tell(announcer);
      assert.deepEqual(published, [{ server: 'server', session, ...fields }]);
    });
  }
});
