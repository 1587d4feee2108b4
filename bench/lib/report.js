'use strict';
// Figures as Markdown, which reads well in a terminal and goes into the README as it is.

const { summarise } = require('./statistics.js');

const MIB = 1024 * 1024;

/** @typedef {{ title: string, figure: string, unit: number, digits: number }} Column */

/** @type {(title: string, figure: string, unit?: number, digits?: number) => Column} */
const column = (title, figure, unit = 1, digits = 0) => ({ title, figure, unit, digits });

/** The columns of each measure; `unit` is what a figure is divided by. */
const COLUMNS = {
  messages: [
    column('messages/s', 'rate'),
    column('MB/s', 'bytesPerSecond', 1e6, 1),
    column('CPU us/message', 'cpuMicroseconds', 1, 1),
    column('peak MiB', 'peakBytes', MIB),
  ],
  sending: [
    column('messages/s', 'rate'),
    column('MB/s', 'bytesPerSecond', 1e6, 1),
    column('CPU us/message', 'cpuMicroseconds', 1, 1),
    column('peak MiB', 'peakBytes', MIB),
  ],
  handshakes: [
    column('handshakes/s', 'rate'),
    column('CPU us/handshake', 'cpuMicroseconds'),
    column('peak MiB', 'peakBytes', MIB),
  ],
  logins: [
    column('sessions/s', 'rate'),
    column('CPU us/session', 'cpuMicroseconds'),
    column('peak MiB', 'peakBytes', MIB),
  ],
  pacedHandshakes: [
    column('handshakes/s', 'rate', 1, 1),
    column('loop delay p99, ms', 'loopP99Ms', 1, 2),
    column('loop delay max, ms', 'loopMaxMs', 1, 2),
    column('median handshake, ms', 'medianMs', 1, 1),
    column('CPU us/handshake', 'cpuMicroseconds'),
  ],
  blockedGreetings: [
    column('clients', 'count'),
    column('median, ms', 'medianMs', 1, 2),
    column('slowest, ms', 'slowestMs', 1, 2),
  ],
  idleSessions: [
    column('sessions', 'count'),
    column('KiB/session', 'bytesPerSession', 1024, 2),
    column('RSS before, MiB', 'beforeBytes', MIB, 1),
    column('RSS after, MiB', 'afterBytes', MIB, 1),
    column('peak MiB', 'peakBytes', MIB),
  ],
  firstMail: [
    column('open, ms', 'openMs', 1, 1),
    column('sent, ms', 'sentMs', 1, 1),
    column('found, ms', 'foundMs', 1, 1),
  ],
  eachFound: [column('mails/s', 'rate'), column('ms/mail', 'millisecondsEach', 1, 2)],
  lists: [
    column('slowest list, ms', 'listMs', 1, 1),
    column('slowest search, ms', 'searchMs', 1, 1),
    column('longest answer, KiB', 'answerBytes', 1024, 1),
    column('list painted, ms', 'paintMs'),
  ],
  keptMails: [
    column('mails/s', 'rate'),
    column('RSS before, MiB', 'beforeBytes', MIB),
    column('RSS after, MiB', 'afterBytes', MIB),
    column('RSS at rest, MiB', 'restedBytes', MIB),
    column('peak MiB', 'peakBytes', MIB),
    column('times the mails', 'timesMails', 1, 2),
  ],
};

/** The figures of targets; `asRatio` is the name of one beside a peer's. */
/** @type {Record<string, { name: string, unit: number, asRatio?: string }>} */
const FIGURES = {
  rate: { name: 'rate', unit: 1 },
  cpuMicroseconds: { name: 'CPU', unit: 1 },
  loopP99Ms: { name: 'loop delay p99 in ms', unit: 1 },
  slowestMs: { name: 'slowest greeting in ms', unit: 1 },
  bytesPerSession: { name: 'KiB/session', unit: 1024, asRatio: 'memory of a session' },
  peakBytes: { name: 'peak memory', unit: 1 },
  foundMs: { name: 'first mail found in ms', unit: 1, asRatio: 'time to the first mail' },
  listMs: { name: 'slowest list in ms', unit: 1 },
  searchMs: { name: 'slowest search in ms', unit: 1 },
  answerBytes: { name: 'longest answer in KiB', unit: 1024 },
  paintMs: { name: 'list painted in ms', unit: 1 },
  afterBytes: { name: 'memory', unit: 1 },
  timesMails: { name: 'memory in times of the mails', unit: 1 },
};

/** Median (min - max), or a dash where there is no figure. */
function range(
  /** @type {import('./statistics.js').Summary | undefined} */ summary,
  /** @type {number} */ unit,
  /** @type {number} */ digits,
) {
  if (!summary) return '-';
  const [median, min, max] = [summary.median, summary.min, summary.max].map((value) =>
    (value / unit).toFixed(digits),
  );
  return `${median} (${min} - ${max})`;
}

/**
 * A Markdown table, its columns aligned.
 *
 * @param {string[][]} lines the first is the head
 */
function table(lines) {
  const widths = lines[0].map((_, at) => Math.max(...lines.map((cells) => cells[at].length)));
  const line = (/** @type {string[]} */ cells, filler = ' ') =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at], filler)).join(' | ')} |`;
  const [head, ...body] = lines;
  const rule = line(
    head.map(() => ''),
    '-',
  );
  return [line(head), rule, ...body.map((cells) => line(cells))].join('\n');
}

/**
 * One row of the benchmark: the figures of its contestants, then its targets.
 *
 * @param {import('./runner.js').Result} result
 */
function rowText(result) {
  const columns = COLUMNS[result.measure];
  const figures = table([
    ['server', ...columns.map(({ title }) => title)],
    ...result.contestants.map(({ label, runs }) => [
      label,
      ...columns.map(({ figure, unit, digits }) =>
        range(summarise(runs.map((run) => run[figure])), unit, digits),
      ),
    ]),
  ]);
  const isJudged = result.targets.length > 0;
  const targets =
    isJudged &&
    table([
      ['target', 'wanted', 'measured', ''],
      ...result.targets.map((target) => {
        const { name, unit: own, asRatio = name } = FIGURES[target.figure];
        // A ratio has none.
        const unit = target.to ? 1 : own;
        const wanted = target.atLeast ?? /** @type {number} */ (target.atMost);
        return [
          target.to ? `${asRatio}, ${target.of} to ${target.to}` : `${name}, ${target.of}`,
          `${target.atLeast === undefined ? 'at most' : 'at least'} ${wanted / unit}`,
          range(target.summary, unit, 2),
          target.verdict,
        ];
      }),
    ]);
  const remarks = result.remarks.map((remark) => `- ${remark}\n`).join('');
  const parts = [`### ${result.number}. ${result.title}`, figures, remarks.trimEnd(), targets];
  return `\n${parts.filter(Boolean).join('\n\n')}\n`;
}

/**
 * What stands above the rows.
 *
 * @param {Record<string, any>} machine
 * @param {string[]} notes
 */
function headText(machine, notes) {
  const { date, commit, processor, cores, memoryBytes, system, ...versions } = machine;
  const lines = [
    `${date} UTC, commit ${commit}`,
    `${processor}, ${cores} cores, ${(memoryBytes / 1024 / MIB).toFixed(0)} GiB, ${system}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    ...notes,
  ];
  return `${lines.map((line) => `- ${line}`).join('\n')}\n\nEach figure: median (min - max).\n`;
}

/** The count of targets, reached and missed. */
function summaryText(/** @type {import('./runner.js').Result[]} */ results) {
  const verdicts = results.flatMap(({ targets }) => targets.map(({ verdict }) => verdict));
  const count = (/** @type {string} */ verdict) => verdicts.filter((v) => v === verdict).length;
  const unknown = count('-') > 0 ? `, ${count('-')} not measured` : '';
  return `\n${count('ok')} of ${verdicts.length} targets reached, ${count('MISS')} missed${unknown}.`;
}

module.exports = { COLUMNS, headText, range, rowText, summaryText, table };
