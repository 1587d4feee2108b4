'use strict';
// Two builds of the package in one row, taking turns: what is run, and what is said of it.

const { quartiles, ratios, summarise } = require('./statistics.js');

/** Slower is what has even the upper quartile of the ratios of its speed below that. */
const SLOWER = 0.97;

/** What is judged of each measure: a speed, a time or memory. */
const JUDGED = {
  messages: { figure: 'rate', as: 'speed' },
  handshakes: { figure: 'rate', as: 'speed' },
  logins: { figure: 'rate', as: 'speed' },
  pacedHandshakes: { figure: 'rate', as: 'speed' },
  sending: { figure: 'rate', as: 'speed' },
  blockedGreetings: { figure: 'slowestMs', as: 'time' },
  idleSessions: { figure: 'bytesPerSession', as: 'memory' },
  firstMail: { figure: 'foundMs', as: 'time' },
  eachFound: { figure: 'rate', as: 'speed' },
  lists: { figure: 'searchMs', as: 'time' },
  keptMails: { figure: 'afterBytes', as: 'memory' },
};

/** @typedef {import('../rows.js').Row} Row */
/** @typedef {import('./servers.js').Contestant} Contestant */
/** @typedef {import('./measures.js').Figures} Figures */
/** @typedef {{ name: string, folder: string }} Side a build of the package, and where it is */
/** @typedef {'ok' | 'slower' | 'more' | '-'} Verdict `more` memory; `-`: there are no figures */

/** Whether it is the package that is measured, not a peer. */
const isOurs = (/** @type {Contestant} */ { program, settings = {} }) =>
  program === 'smtp-engine' || program === 'mail-io' || 'isOurs' in settings;

/** Those of ours that a target of the row names; all of ours where it has none. */
function measured(/** @type {Row} */ { contestants, targets }) {
  const ours = contestants.filter(isOurs);
  const judged = ours.filter(({ label }) => targets.some(({ of }) => of === label));
  return judged.length > 0 ? judged : ours;
}

/** Whether two builds can be compared by a row. */
const isComparable = (/** @type {Row} */ row) => measured(row).length > 0;

/**
 * A row of two builds: of each contestant first the one, then the other.
 *
 * @param {Row} row
 * @param {Side} before
 * @param {Side} now
 * @returns {Row}
 */
function pairedRow(row, before, now) {
  const contestants = measured(row).flatMap((contestant) =>
    [before, now].map(({ name, folder }) => ({
      ...contestant,
      label: `${contestant.label} (${name})`,
      settings: { ...contestant.settings, folder },
    })),
  );
  return { ...row, contestants, targets: [] };
}

/**
 * Whether even the better ratios are those of something slower.
 *
 * @param {number[]} speeds ratios of the speed now to the speed before
 * @returns {Verdict}
 */
function speedVerdict(speeds) {
  const found = quartiles(speeds);
  if (!found) return '-';
  return found.upper < SLOWER ? 'slower' : 'ok';
}

/**
 * Memory hardly varies: its median is not to leave the range that it had.
 *
 * @param {number[]} before
 * @param {number[]} now
 * @returns {Verdict}
 */
function memoryVerdict(before, now) {
  const [range, found] = [summarise(before), summarise(now)];
  if (!range || !found) return '-';
  return found.median > range.max ? 'more' : 'ok';
}

/**
 * What is to be said of a pair.
 *
 * @param {Row['measure']} measure
 * @param {Figures[]} before a run for each round
 * @param {Figures[]} now
 * @returns {{ figure: string, verdict: Verdict }}
 */
function judge(measure, before, now) {
  const { figure, as } = JUDGED[measure];
  const values = (/** @type {Figures[]} */ runs) => runs.map((run) => run[figure]);
  if (as === 'memory') return { figure, verdict: memoryVerdict(values(before), values(now)) };
  const all = ratios(now, before, figure);
  return { figure, verdict: speedVerdict(as === 'time' ? all.map((ratio) => 1 / ratio) : all) };
}

module.exports = { SLOWER, isComparable, judge, memoryVerdict, pairedRow, speedVerdict };
