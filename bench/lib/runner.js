'use strict';
// Runs a row: its contestants take turns, round after round, and are then judged.

const measures = require('./measures.js');
const { ratios, summarise } = require('./statistics.js');
const { watchOthers } = require('./usage.js');

/** Processor time that others may take before it is worth a remark. */
const NOTABLE_SHARE = 0.03;

/** @typedef {import('../rows.js').Row} Row */
/** @typedef {import('../rows.js').Target} Target */
/** @typedef {import('./measures.js').Figures} Figures */

/**
 * @typedef {object} Result
 * @property {number} number
 * @property {string} title
 * @property {Row['measure']} measure
 * @property {Row['growth']} growth
 * @property {{ label: string, runs: Figures[] }[]} contestants a run for each round
 * @property {(Target & Judgement)[]} targets
 * @property {{ others: number, stolen: number }} disturbance see lib/usage.js
 * @property {string[]} remarks
 */

/**
 * @typedef {object} Judgement
 * @property {number[]} rounds
 * @property {import('./statistics.js').Summary} [summary]
 * @property {'ok' | 'MISS' | '-'} verdict
 */

/**
 * Measures a row.
 *
 * @param {Row} row
 * @param {number} rounds
 * @param {import('./measures.js').Circumstances} circumstances
 * @param {(text: string) => void} progress
 * @returns {Promise<Result>}
 */
async function runRow(row, rounds, circumstances, progress) {
  const hasSink = circumstances.tools.sink !== undefined;
  const present = row.contestants.filter(({ program }) => program !== 'smtp-sink' || hasSink);
  const contestants = present.map(({ label }) => ({ label, runs: /** @type {Figures[]} */ ([]) }));
  const remarks = new Set();
  const disturbed = watchOthers();
  for (let round = 1; round <= rounds; round++) {
    for (const [at, contestant] of present.entries()) {
      progress(`row ${row.number}, ${row.title}: round ${round} of ${rounds}, ${contestant.label}`);
      try {
        const measure = measures[row.measure];
        const { figures, agreed = [] } = await measure(contestant, row.load, circumstances);
        contestants[at].runs.push(figures);
        for (const parameters of agreed) remarks.add(`${contestant.label}: ${parameters}`);
      } catch (error) {
        // One that fails leaves its round empty; the others go on.
        contestants[at].runs.push({});
        remarks.add(`FAILED in round ${round}: ${contestant.label}: ${error.message}`);
      }
    }
  }
  const disturbance = disturbed();
  for (const [who, share] of Object.entries(disturbance)) {
    if (share < NOTABLE_SHARE || Number.isNaN(share)) continue;
    const thief = who === 'others' ? 'other processes' : 'other guests of the host';
    remarks.add(`DISTURBED: ${thief} took ${Math.round(share * 100)} % of the processor time`);
  }
  const { number, title, measure, growth } = row;
  const targets = row.targets.map((target) => ({ ...target, ...judge(target, contestants) }));
  return {
    number,
    title,
    measure,
    growth,
    contestants,
    targets,
    disturbance,
    remarks: [...remarks],
  };
}

/**
 * The median over all rounds decides.
 *
 * @param {Target} target
 * @param {Result['contestants']} contestants
 * @returns {Judgement}
 */
function judge({ of, to, figure, atLeast = 0, atMost = Number.POSITIVE_INFINITY }, contestants) {
  const runs = (/** @type {string} */ wanted) =>
    contestants.find(({ label }) => label === wanted)?.runs ?? [];
  const rounds = to ? ratios(runs(of), runs(to), figure) : runs(of).map((run) => run[figure]);
  const summary = summarise(rounds);
  if (!summary) return { rounds, verdict: '-' };
  const isReached = summary.median >= atLeast && summary.median <= atMost;
  return { rounds, summary, verdict: isReached ? 'ok' : 'MISS' };
}

module.exports = { runRow };
