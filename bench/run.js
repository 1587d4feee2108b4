'use strict';
// `npm run bench`: measures the engine beside its peers. `--help` lists the options; README.md
// says what is measured and how.

const fs = require('node:fs');
const { parseArgs } = require('node:util');
const { against } = require('./lib/against.js');
const { instructions } = require('./lib/instructions.js');
const { describe, useTwoCores } = require('./lib/machine.js');
const { isComparable } = require('./lib/pairs.js');
const { headText, rowText, summaryText } = require('./lib/report.js');
const { runRow } = require('./lib/runner.js');
const { findTools } = require('./lib/tools.js');
const { isKnown } = require('./lib/usage.js');
const { rows } = require('./rows.js');

const HELP = `npm run bench -- [options]

  --rounds N          runs of each server in each row (5; 20 with --against)
  --rows 1,3          only these rows (all; 1 to 15 with --against)
  --seconds S         how long the measured part of a run takes, about (3)
  --idle N            sessions of the idle row (8000)
  --quick             2 rounds of 1 second
  --sender own        bench/clients/sender.rs in place of smtp-source
  --json FILE         all figures of all runs as JSON
  --against COMMIT    this tree and another commit by turns, in place of the peers
  --instructions      counts the instructions of the core, beside bench/instructions.json
  --write             keeps these counts
  --help

${rows.map(({ number, title }) => `  row ${number}: ${title}`).join('\n')}`;

const OPTIONS = /** @type {const} */ ({
  rounds: { type: 'string' },
  rows: { type: 'string' },
  seconds: { type: 'string' },
  idle: { type: 'string', default: '8000' },
  quick: { type: 'boolean', default: false },
  sender: { type: 'string' },
  json: { type: 'string' },
  against: { type: 'string' },
  instructions: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

function positive(/** @type {string} */ name, /** @type {string} */ text) {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not '${text}'`);
  return value;
}

/** The last of the rows that two commits are compared by. */
const LAST_COMPARED = 15;

function readRows(/** @type {string | undefined} */ list, /** @type {boolean} */ isCompared) {
  const candidates = isCompared ? rows.filter(isComparable) : rows;
  if (list === undefined) {
    return candidates.filter(({ number }) => !isCompared || number <= LAST_COMPARED);
  }
  const wanted = list.split(',');
  for (const wish of wanted) {
    if (candidates.some(({ number }) => String(number) === wish)) continue;
    throw new Error(`--rows: there is no row '${wish}'`);
  }
  return candidates.filter(({ number }) => wanted.includes(String(number)));
}

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  const rounds = values.against === undefined ? '5' : '20';
  if (values.sender !== undefined && values.sender !== 'own') {
    throw new Error(`--sender can be 'own', not '${values.sender}'`);
  }
  return {
    rounds: Math.ceil(positive('rounds', values.rounds ?? (values.quick ? '2' : rounds))),
    rows: readRows(values.rows, values.against !== undefined),
    seconds: positive('seconds', values.seconds ?? (values.quick ? '1' : '3')),
    idleSessions: Math.ceil(positive('idle', values.idle)),
    ownSender: values.sender === 'own',
    json: values.json,
    against: values.against,
    instructions: values.instructions,
    write: values.write,
    help: values.help,
  };
}

/** What goes on, on a terminal only and apart from the report. */
function progress(/** @type {string} */ text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function writeJson(/** @type {string | undefined} */ file, /** @type {object} */ figures) {
  if (file) fs.writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

/** Measures this tree beside its peers. */
async function besidePeers(
  /** @type {Options} */ options,
  /** @type {import('./lib/against.js').Head} */ head,
) {
  console.log(headText(head.machine, head.notes));
  const results = [];
  for (const row of options.rows) {
    const result = await runRow(row, options.rounds, options, progress);
    progress('');
    console.log(rowText(result));
    results.push(result);
  }
  console.log(summaryText(results));
  const { rounds, seconds, idleSessions } = options;
  writeJson(options.json, { ...head, options: { rounds, seconds, idleSessions }, rows: results });
}

/** Measures this tree beside another commit. */
async function besideCommit(
  /** @type {Options} */ options,
  /** @type {import('./lib/against.js').Head} */ head,
) {
  const { isFine, record } = await against(options, head, progress);
  const { rounds, seconds, idleSessions } = options;
  writeJson(options.json, { ...record, options: { rounds, seconds, idleSessions } });
  process.exitCode = isFine ? 0 : 1;
}

/** @typedef {ReturnType<typeof readOptions> & { tools: import('./lib/tools.js').Tools }} Options */

async function main() {
  const asked = readOptions();
  if (asked.help) return console.log(HELP);
  if (asked.instructions) {
    process.exitCode = (await instructions(asked, progress)) ? 0 : 1;
    return;
  }
  const tools = findTools(asked);
  const notes = [`messages are sent by ${tools.senderName}`, ...tools.notes];
  if (!isKnown) notes.push('processor time and memory are not measured: they are read from /proc');
  const cores = useTwoCores();
  if (cores) notes.push(cores);
  const head = { machine: describe(), notes };
  const options = { ...asked, tools };
  await (options.against === undefined ? besidePeers : besideCommit)(options, head);
}

main().catch((error) => {
  progress('');
  console.error(`bench: ${error.message}`);
  process.exit(1);
});
