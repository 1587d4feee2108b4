'use strict';
// `node bench/plot.js figures.json [folder]`: plots of what `npm run bench -- --json` measured, as SVG,
// into docs/plots.

const fs = require('node:fs');
const path = require('node:path');
const echarts = require('echarts');
const { summarise } = require('./lib/statistics.js');

const [figures, folder = path.join(__dirname, '..', 'docs', 'plots')] = process.argv.slice(2);
const SIZE = { width: 720, height: 360 };
const MIB = 1024 * 1024;
/** Fit for a light and for a dark page. */
const INK = '#808080';
const LEGEND = { top: 0, itemGap: 40, textStyle: { color: INK } };
const COLOURS = ['#2f7ed8', '#d9822b', '#4c9f70', '#a05195'];

/** @typedef {import('./lib/runner.js').Result} Result */

const plain = (/** @type {string} */ text) => text.replaceAll('`', '');

/** The median of a figure over the rounds. */
function median(
  /** @type {Result['contestants'][number]} */ { runs },
  /** @type {string} */ figure,
) {
  return summarise(runs.map((run) => run[figure]))?.median;
}

const axis = (/** @type {string} */ name, more = {}) => ({
  name,
  nameLocation: 'middle',
  nameGap: 40,
  axisLine: { show: true, lineStyle: { color: INK } },
  axisLabel: { color: INK },
  nameTextStyle: { color: INK },
  splitLine: { lineStyle: { color: INK, opacity: 0.2 } },
  ...more,
});

const sizeText = (/** @type {number} */ bytes) =>
  bytes >= MIB ? `${bytes / MIB} MiB` : `${bytes / 1024} KiB`;

/** The lines of a series of rows: one for each contestant. */
function lines(
  /** @type {Result[]} */ rows,
  /** @type {string} */ figure,
  unit = 1,
  names = plain,
) {
  const labels = rows[0].contestants.map(({ label }) => label);
  return labels.map((label, index) => ({
    type: 'line',
    name: names(label),
    symbolSize: 7,
    color: COLOURS[index],
    data: rows.map(({ contestants }) => {
      const found = contestants.find((contestant) => contestant.label === label);
      const value = found && median(found, figure);
      return value === undefined ? null : value / unit;
    }),
  }));
}

/** A plot of lines over a series of rows. */
function growth(
  /** @type {Result[]} */ rows,
  /** @type {string} */ x,
  /** @type {string} */ y,
  /** @type {any[]} */ series,
  label = String,
) {
  return {
    legend: LEGEND,
    grid: { left: 80, right: 30, bottom: 60 },
    xAxis: axis(x, { type: 'category', data: rows.map(({ growth }) => label(growth?.at ?? 0)) }),
    yAxis: axis(y, { type: 'value', nameGap: 60 }),
    series,
  };
}

/** A plot of bars: a figure of each contestant of each of some rows, against the first one's peer. */
function bars(
  /** @type {{ name: string, values: Record<string, number | undefined> }[]} */ groups,
) {
  const labels = [...new Set(groups.flatMap(({ values }) => Object.keys(values)))];
  return {
    legend: LEGEND,
    grid: { left: 170, right: 40, bottom: 60 },
    xAxis: axis('messages a second', { type: 'value' }),
    yAxis: axis('', { type: 'category', inverse: true, data: groups.map(({ name }) => name) }),
    series: labels.map((name, index) => ({
      type: 'bar',
      name,
      color: COLOURS[index],
      data: groups.map(({ values }) => values[name] ?? null),
    })),
  };
}

function write(/** @type {string} */ name, /** @type {any} */ option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  chart.setOption({ animation: false, ...option });
  fs.writeFileSync(path.join(folder, `${name}.svg`), `${chart.renderToSVGString()}\n`);
  chart.dispose();
}

function main() {
  if (figures === undefined) throw new Error('say which file of figures to plot');
  /** @type {{ rows: Result[] }} */
  const { rows } = JSON.parse(fs.readFileSync(figures, 'utf8'));
  const numbered = (/** @type {number} */ number) => rows.filter((row) => row.number === number);
  fs.mkdirSync(folder, { recursive: true });

  const sessions = numbered(18);
  const perMessage = 'processor time, us a message';
  if (sessions.length > 0) {
    write(
      'sessions-cpu',
      growth(sessions, 'sessions', perMessage, lines(sessions, 'cpuMicroseconds')),
    );
    write(
      'sessions-rate',
      growth(sessions, 'sessions', 'messages a second', lines(sessions, 'rate')),
    );
  }
  const sizes = numbered(19);
  if (sizes.length > 0) {
    const series = lines(sizes, 'bytesPerSecond', 1e6);
    write('sizes', growth(sizes, 'size of a message', 'MB a second', series, sizeText));
    const memory = lines(sizes, 'peakBytes', MIB);
    write('sizes-memory', growth(sizes, 'size of a message', 'peak memory, MiB', memory, sizeText));
  }
  const [engine, workers] = [numbered(20), numbered(21)];
  if (engine.length > 0 && workers.length > 0) {
    // What one thread does is the measure of the others.
    const [of, ofWorkers] = [engine, workers].map(([{ contestants }]) =>
      median(contestants[0], 'rate'),
    );
    const series = [
      ...lines(engine, 'rate', of, () => '1 KB, threads of the engine'),
      ...lines(workers, 'rate', ofWorkers, () => '100 KiB parsed, worker threads'),
    ].map((line, index) => ({ ...line, color: COLOURS[index] }));
    write('threads', growth(engine, 'threads', 'rate, times that of one', series));
  }
  const compared = [
    [1, 'every event'],
    [2, 'data only'],
    [4, 'a connection each'],
    [16, 'smtp-protocol’s interface'],
    [17, 'mail-io’s interface'],
  ].flatMap(([number, name]) => {
    const [row] = numbered(Number(number));
    if (!row) return [];
    const ours = (/** @type {string} */ label) =>
      label.replace(/^smtp-engine, (`data` only|its interface|mail-io)$/, 'smtp-engine');
    const shown = ['smtp-engine', 'smtp-server', 'smtp-protocol', 'smtp-sink'];
    const values = Object.fromEntries(
      row.contestants
        .map((contestant) => [ours(contestant.label), median(contestant, 'rate')])
        .filter(([label]) => shown.includes(String(label))),
    );
    return [{ name: String(name), values }];
  });
  if (compared.length > 0) write('rates', bars(compared));
}

main();
