'use strict';
// `--against COMMIT`: this tree beside another commit, both measured by today's benchmark.

const { builtCommit, builtHere, compiler } = require('./commit.js');
const { SLOWER, judge, pairedRow } = require('./pairs.js');
const { COLUMNS, headText, range, table } = require('./report.js');
const { runRow } = require('./runner.js');
const { quartiles, ratios, summarise } = require('./statistics.js');

/** @typedef {import('../rows.js').Row} Row */
/** @typedef {import('./pairs.js').Side} Side */
/** @typedef {ReturnType<typeof pairs>[number]} Pair */
/** @typedef {{ machine: Record<string, any>, notes: string[] }} Head where the figures come from */

/** The runs of each pair of a row, judged. */
function pairs(
  /** @type {Row} */ row,
  /** @type {import('./runner.js').Result} */ { contestants, measure, number },
  /** @type {Side} */ before,
) {
  const suffix = ` (${before.name})`;
  const olds = contestants.filter((_, at) => at % 2 === 0);
  return olds.map(({ label, runs }, at) => {
    const now = contestants[2 * at + 1].runs;
    const name = label.slice(0, -suffix.length);
    return {
      number,
      title: row.title,
      measure,
      name,
      before: runs,
      now,
      ...judge(measure, runs, now),
    };
  });
}

/** The figures of both sides, the quartiles of their ratios, and the verdict. */
function pairText(
  /** @type {Pair} */ { measure, name, before, now, figure, verdict },
  /** @type {Side} */ side,
) {
  return table([
    [name, side.name, 'now', 'ratio: lower quartile, median, upper', ''],
    ...COLUMNS[measure].map(({ title, figure: shown, unit, digits }) => {
      const [old, ours] = [before, now].map((runs) => summarise(runs.map((run) => run[shown])));
      const found = quartiles(ratios(now, before, shown));
      const places = [found?.lower, found?.median, found?.upper];
      return [
        title,
        range(old, unit, digits),
        range(ours, unit, digits),
        found ? places.map((place) => place?.toFixed(3)).join('  ') : '-',
        shown === figure ? verdict : '',
      ];
    }),
  ]);
}

function summaryText(/** @type {Pair[]} */ all) {
  const bad = all.filter(({ verdict }) => verdict !== 'ok');
  const words = { slower: 'slower', more: 'more memory', '-': 'not measured' };
  const lines = bad.map(({ number, title, name, verdict }) => {
    return `- row ${number}, ${title}, ${name}: ${words[verdict]}`;
  });
  const summary = `${all.length - bad.length} of ${all.length} are neither slower (upper quartile \
below ${SLOWER}) nor take more memory (median over what it was at most).`;
  return ['', summary, ...lines].join('\n');
}

/** What is to be known of the builds. */
function buildNotes() {
  const settings = Object.entries(compiler().settings).map(([name, value]) => `${name}=${value}`);
  return settings.length > 0 ? [`both are built with ${settings.join(' ')}`] : [];
}

/**
 * Measures this tree and a commit by turns.
 *
 * @param {{ against: string, rounds: number, rows: Row[] } & import('./measures.js').Circumstances} options
 * @param {Head} head
 * @param {(text: string) => void} progress
 */
async function against(options, { machine, notes }, progress) {
  const before = await builtCommit(options.against, progress);
  const now = await builtHere(progress);
  progress('');
  const hasSink = options.tools.sink !== undefined;
  const rows = options.rows.filter(({ measure }) => measure !== 'sending' || hasSink);
  const all = [...notes, ...buildNotes()];
  console.log(headText(machine, all));
  console.log(`now: this tree, beside commit ${before.name}; rounds by turns: ${options.rounds}`);
  /** @type {Pair[]} */
  const judged = [];
  for (const row of rows) {
    const result = await runRow(pairedRow(row, before, now), options.rounds, options, progress);
    progress('');
    const found = pairs(row, result, before);
    judged.push(...found);
    const remarks = result.remarks.map((remark) => `- ${remark}`).join('\n');
    const texts = found.map((pair) => pairText(pair, before));
    const parts = [`\n### ${row.number}. ${row.title}`, ...texts, remarks];
    console.log(parts.filter(Boolean).join('\n\n'));
  }
  console.log(summaryText(judged));
  const isFine = judged.every(({ verdict }) => verdict === 'ok');
  return { isFine, record: { machine, notes: all, against: before.name, pairs: judged } };
}

module.exports = { against };
