'use strict';
// Takes of an inbox in another process, in any order: no mail is given out twice, and none is lost.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { sourceOf } = require('../../src/js/catch/inbox.js');
const { sendTo } = require('../support/catch.js');
const { openRemote } = require('../support/remote.js');
const { polled, within } = require('../support/wait.js');

const ROUNDS = 4;
const STEPS = 40;
const KINDS = ['a', 'b', 'c'];

/** Whole numbers below `limit`, the same at each run. @param {number} seed */
function random(seed) {
  let state = seed;
  return (/** @type {number} */ limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
}

for (let seed = 1; seed <= ROUNDS; seed += 1) {
  test(`takes, aborted and in vain, among mails that come: ${seed}`, async (t) => {
    const { inbox, far } = await openRemote(t);
    const below = random(seed);
    /** @type {Promise<any[]>[]} */
    const takes = [];
    /** @type {Promise<any>[]} */
    const sends = [];
    for (let step = 0; step < STEPS; step += 1) {
      const kind = KINDS[below(KINDS.length)];
      if (below(2) === 0) {
        sends.push(sendTo(inbox, { subject: kind }));
        continue;
      }
      const match = [{ subject: kind }, (/** @type {any} */ mail) => mail.subject === kind][
        below(2)
      ];
      const controller = new AbortController();
      const limits = { timeout: below(300), signal: controller.signal };
      const taking = far.take(1 + below(3), match, limits).then(
        (mails) => {
          for (const { subject } of mails) assert.equal(subject, kind);
          return mails;
        },
        (error) => {
          assert.ok(['SMTP_ERR_NO_MAIL', 'ABORT_ERR'].includes(error.code), error.stack);
          return [];
        },
      );
      takes.push(taking);
      if (below(4) === 0) setTimeout(() => controller.abort(), below(100));
      if (below(3) === 0) await new Promise(setImmediate);
    }
    await within(Promise.all(sends), 'the mails', 30_000);
    const taken = (await within(Promise.all(takes), 'the takes', 30_000)).flat();
    const rest = sends.length - taken.length;
    const left = rest > 0 ? await within(far.take(rest), 'what is left') : [];
    const ids = [...taken, ...left].map(({ id }) => id);
    const wanted = Array.from(sends, (_, at) => at + 1);
    assert.deepEqual(
      ids.sort((one, other) => one - other),
      wanted,
    );
    await assert.rejects(far.next(undefined, { timeout: 0 }), { code: 'SMTP_ERR_NO_MAIL' });
    await polled(() => sourceOf(inbox).arrivals.count === 0, 'the end of the waits');
  });
}
