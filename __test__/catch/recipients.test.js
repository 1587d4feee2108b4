'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { comparable } = require('../../src/js/catch/address.js');
const { Recipients } = require('../../src/js/catch/recipients.js');
const { Store } = require('../../src/js/catch/store.js');
const { mailOf, messageOf } = require('../support/catch.js');

const ADDRESSES = [
  'ann@example.com',
  'Ann@EXAMPLE.com',
  'ann@example.org',
  'bob@example.com',
  'bob@bücher.example',
  'bob@xn--bcher-kva.example',
  '"a@b"@example.com',
  'nobody',
  '',
];

/** Whether a mail is for an address, as matches say. @param {any} mail @param {string} wanted */
const isFor = ({ envelope, to, cc }, wanted) =>
  [...envelope.to, ...[...to, ...cc].map(({ address }) => address)].some(
    (address) => comparable(address) === comparable(wanted),
  );

test('whoever a mail is for, it is among theirs, in order, whichever come and go', async () => {
  const store = new Store({ maxMessages: 40, maxBytes: 1e6 });
  let state = 5;
  const random = (/** @type {number} */ below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const one = () => ADDRESSES[random(ADDRESSES.length)];
  const add = async () =>
    store.add(
      await mailOf(messageOf({ To: one(), Cc: one(), Subject: 'x' }), { to: [one(), one()] }),
    );
  for (let count = 0; count < 10; count++) await add();
  const recipients = new Recipients(store);
  for (let count = 0; count < 300; count++) {
    await add();
    if (random(9) === 0) store.clear(() => random(3) === 0);
    for (const wanted of ADDRESSES) {
      const found = recipients.of(wanted);
      const all = [...store];
      assert.deepEqual(
        found.filter((mail) => isFor(mail, wanted)),
        all.filter((mail) => isFor(mail, wanted)),
        wanted,
      );
      assert.ok(found.every((mail) => store.has(mail)));
    }
  }
});

test('a mail that a program changes goes as it came', async () => {
  const store = new Store({ maxMessages: 40, maxBytes: 1e6 });
  const recipients = new Recipients(store);
  const mail = await mailOf(messageOf({ To: 'ann@example.com' }), { to: ['ann@example.com'] });
  store.add(mail);
  mail.to = [];
  mail.envelope.to = ['bob@example.com'];
  assert.deepEqual(recipients.of('ann@example.com'), [mail]);
  store.clear(() => true);
  assert.deepEqual(recipients.of('ann@example.com'), []);
});
