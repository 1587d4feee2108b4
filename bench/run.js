'use strict';
// `npm run bench`: measures the engine beside its peers. `--help` lists the options; README.md
// says what is measured and how.

const fs = require('node:fs');
const { parseArgs } = require('node:util');
const { instructions } = require('./lib/instructions.js');
const { describe, useTwoCores } = require('./lib/machine.js');
const { headText, rowText, summaryText } = require('./lib/report.js');
const { runRow } = require('./lib/runner.js');
const { findTools } = require('./lib/tools.js');
const { isKnown } = require('./lib/usage.js');
const { rows } = require('./rows.js');

const HELP = `npm run bench -- [options]

  --rounds N          runs of each server in each row (5)
  --rows 1,3          only these rows
  --seconds S         how long the measured part of a run takes, about (3)
  --idle N            sessions of the idle row (8000)
  --quick             2 rounds of 1 second
  --sender own        bench/clients/sender.rs in place of smtp-source
  --json FILE         all figures of all runs as JSON
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
  instructions: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

function positive(/** @type {string} */ name, /** @type {string} */ text) {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not '${text}'`);
  return value;
}

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  const known = new Set(rows.map(({ number }) => String(number)));
  const wanted = new Set(values.rows?.split(',') ?? known);
  for (const number of wanted) {
    if (!known.has(number)) throw new Error(`--rows: there is no row '${number}'`);
  }
  if (values.sender !== undefined && values.sender !== 'own') {
    throw new Error(`--sender can be 'own', not '${values.sender}'`);
  }
  return {
    rounds: Math.ceil(positive('rounds', values.rounds ?? (values.quick ? '2' : '5'))),
    rows: rows.filter(({ number }) => wanted.has(String(number))),
    seconds: positive('seconds', values.seconds ?? (values.quick ? '1' : '3')),
    idleSessions: Math.ceil(positive('idle', values.idle)),
    ownSender: values.sender === 'own',
    json: values.json,
    instructions: values.instructions,
    write: values.write,
    help: values.help,
  };
}

/** What goes on, on a terminal only and apart from the report. */
function progress(/** @type {string} */ text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(HELP);
  if (options.instructions) {
    process.exitCode = (await instructions(options, progress)) ? 0 : 1;
    return;
  }
  const tools = findTools(options);
  const notes = [`messages are sent by ${tools.senderName}`, ...tools.notes];
  if (!isKnown) notes.push('processor time and memory are not measured: they are read from /proc');
  const cores = useTwoCores();
  if (cores) notes.push(cores);
  const machine = describe();
  console.log(headText(machine, notes));

  const results = [];
  for (const row of options.rows) {
    const result = await runRow(row, options.rounds, { ...options, tools }, progress);
    progress('');
    console.log(rowText(result));
    results.push(result);
  }
  console.log(summaryText(results));
  if (options.json) {
    const { rounds, seconds, idleSessions } = options;
    const all = { machine, notes, options: { rounds, seconds, idleSessions }, rows: results };
    fs.writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
  }
}

main().catch((error) => {
  progress('');
  console.error(`bench: ${error.message}`);
  process.exit(1);
});
