'use strict';
// Every script through two servers, many at once.

const { MORE, differences, run } = require('./side-by-side.js');

const AT_ONCE = 64;
const SUBJECTS = ['plain', 'handlers', 'options', 'proxied', 'secured'];

/** The scripts, by subject and name. @returns {[string, import('./side-by-side.js').Script][]} */
function scripts(/** @type {string[]} */ subjects = SUBJECTS) {
  return subjects.flatMap((subject) => {
    const all = require(`./${subject}.js`).cases();
    return Object.entries(all).map(
      ([name, script]) => /** @type {[string, any]} */ ([`${subject}: ${name}`, script]),
    );
  });
}

/**
 * Runs the scripts.
 *
 * @param {any} Original @param {any} Ours @param {string[]} [subjects]
 * @returns {Promise<{ count: number, found: Record<string, string[]>, chunking: string[] }>} what differs, by
 *   script, and the scripts in which ours lists what it has besides
 */
async function compare(Original, Ours, subjects) {
  const all = scripts(subjects);
  const waiting = [...all];
  /** @type {Record<string, string[]>} */
  const found = {};
  /** @type {string[]} */
  const chunking = [];
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [name, script] = next;
      const [theirs, ours] = await Promise.all([
        run(Original, script, true),
        run(Ours, script, false),
      ]);
      if (theirs.said.length === 0 || ours.said.length === 0)
        throw new Error(`${name}: nothing was said`);
      const lists = ours.said.some((said) => MORE.test(said));
      const different = differences(theirs, ours);
      if (lists) chunking.push(name);
      if (different.length > 0) found[name] = different;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { count: all.length, found, chunking };
}

module.exports = { SUBJECTS, compare };
