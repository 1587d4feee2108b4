'use strict';
// What is said of counted instructions beside those that are kept.

/** More than that over what is kept is too many. */
const ALLOWED = 0.02;

/** @typedef {Record<string, string>} Circumstances what a count depends on besides the sources */
/** @typedef {Record<string, number>} Counts instructions by the name of what was counted */
/** @typedef {{ madeBy: Circumstances, counts: Counts }} Kept */

/**
 * @typedef {object} Change
 * @property {string} name
 * @property {number} [kept]
 * @property {number} [counted]
 * @property {number} [share] what has come on top, as a share of what was kept
 * @property {'ok' | 'MORE' | 'MISSING'} verdict `MISSING`: one side alone has it
 */

/**
 * The instructions of one unit of work: runs of two lengths have the same start.
 *
 * @param {{ units: number, instructions: number }} short
 * @param {{ units: number, instructions: number }} long
 */
function perUnit(short, long) {
  return Math.round((long.instructions - short.instructions) / (long.units - short.units));
}

/**
 * Each count beside the one that is kept.
 *
 * @param {Counts} kept
 * @param {Counts} counted
 * @returns {Change[]}
 */
function changes(kept, counted) {
  const names = new Set([...Object.keys(kept), ...Object.keys(counted)]);
  return [...names].map((name) => {
    const [before, now] = [kept[name], counted[name]];
    if (before === undefined || now === undefined) {
      return { name, kept: before, counted: now, verdict: 'MISSING' };
    }
    const verdict = now > before * (1 + ALLOWED) ? 'MORE' : 'ok';
    return { name, kept: before, counted: now, share: now / before - 1, verdict };
  });
}

/**
 * What differs between here and where the kept counts were made; there they say nothing of a change.
 *
 * @param {Circumstances} madeBy
 * @param {Circumstances} here
 * @returns {string[]}
 */
function differences(madeBy, here) {
  const names = new Set([...Object.keys(madeBy), ...Object.keys(here)]);
  return [...names]
    .filter((name) => madeBy[name] !== here[name])
    .map((name) => `${name} is ${here[name] ?? 'unknown'}, not ${madeBy[name] ?? 'unknown'}`);
}

module.exports = { ALLOWED, changes, differences, perUnit };
