'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { CHANNELS } = require('../../src/js/server/channels.js');
const { Observer } = require('../../src/js/server/observer.js');

/** An observer, and what its host was told. @param {any} host */
function announcing(host) {
  /** @type {any[][]} */
  const told = [];
  const session = /** @type {any} */ ({ id: 'x' });
  const observer = new Observer(
    /** @type {any} */ ({
      server: 'server',
      notify: (/** @type {any[]} */ ...args) => told.push(args),
      fail: (/** @type {any[]} */ ...args) => told.push(['failed', ...args]),
      ...host,
    }),
    session,
  );
  return { observer, session, told };
}

describe('a reply', () => {
  test('is told line by line to who listens', () => {
    const { observer, session, told } = announcing({ responds: true, debugs: false });
    observer.respond(['250-a', '250 b']);
    assert.deepEqual(told, [
      [session, 'response', '250-a'],
      [session, 'response', '250 b'],
    ]);
  });

  test('is told to nobody where nobody listens', () => {
    const { observer, told } = announcing({ responds: false });
    observer.respond(['250 a']);
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
  const { observer, session, told } = announcing({ debugs: true, config: { debug } });
  observer.debug('CLIENT', 'NOOP');
  assert.deepEqual(heard, ['server', 'CLIENT', 'NOOP', session]);
  assert.deepEqual(told, [['failed', session, 'of the test']]);
});

test('debugging shows no challenge, and what AUTH says only where the engine has made it safe', () => {
  for (const ownsAuth of [false, true]) {
    /** @type {string[]} */
    const heard = [];
    const debug = (/** @type {string} */ _type, /** @type {string} */ text) => heard.push(text);
    const { observer } = announcing({ debugs: true, ownsAuth, config: { debug } });
    observer.respondLine('334 VXNlcm5hbWU6');
    observer.command('AUTH LOGIN dGlt', ['500 Unknown']);
    observer.command('cGVuY2ls', ['421 Too many']);
    observer.command('NOOP', ['250 OK']);
    observer.command('cGVuY2ls', ['500 Unknown']);
    const whole = ['334', 'AUTH LOGIN dGlt', 'cGVuY2ls', 'NOOP', 'cGVuY2ls'];
    assert.deepEqual(heard, ownsAuth ? whole : ['334', 'AUTH LOGIN', '***', 'NOOP', 'cGVuY2ls']);
  }
});

describe('channels', () => {
  for (const [
    name,
    tell,
    fields,
  ] of /** @type {[keyof CHANNELS, (a: Observer) => void, any][]} */ ([
    ['sessionStart', (observer) => observer.started(), {}],
    ['sessionEnd', (observer) => observer.ended(), {}],
    [
      'transaction',
      (observer) => observer.begun({ from: 'a@x', size: 5 }),
      { from: 'a@x', size: 5 },
    ],
    [
      'message',
      (observer) =>
        observer.answered(
          /** @type {any} */ ({ data: { from: 'a@x', recipients: ['b@x'] } }),
          7,
          451,
        ),
      { from: 'a@x', recipients: ['b@x'], bytes: 7, accepted: false, replyCode: 451 },
    ],
  ])) {
    test(`${name} is published to who subscribes`, (t) => {
      const { observer, session } = announcing({});
      /** @type {unknown[]} */
      const published = [];
      const subscriber = (/** @type {unknown} */ message) => published.push(message);
      tell(observer);
      CHANNELS[name].subscribe(subscriber);
      t.after(() => CHANNELS[name].unsubscribe(subscriber));
      tell(observer);
      assert.deepEqual(published, [{ server: 'server', session, ...fields }]);
    });
  }
});
