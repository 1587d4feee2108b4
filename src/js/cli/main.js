#!/usr/bin/env node
/**
 * The command `smtp-engine`: receives mail, shows it, and keeps it in a maildir if asked to.
 *
 * SMTP is left to the server, files to maildir.js, the command line and all text to the rest of
 * cli/. Standard output has what happens, standard error what goes wrong. Exit codes: 0 ended by a
 * signal, in order; 1 trouble; 2 a command line that makes no sense; 129, 130 and 143 ended at once
 * by the second SIGHUP, SIGINT or SIGTERM.
 */
'use strict';

require('../node-version.js');
const { version } = require('../../../package.json');
const { UsageError } = require('./arguments.js');
const { HELP, parseCommandLine } = require('./options.js');
const { Output, complain } = require('./output.js');
const { messageOf } = require('../errors.js');

/** @param {string[]} argv The arguments, without node and the script. */
async function main(argv) {
  // There is nobody left to tell.
  process.stderr.on('error', () => {});
  const output = new Output(process.stdout);
  try {
    await run(argv, output);
  } catch (error) {
    const [line] = messageOf(error).split('\n');
    if (error instanceof UsageError) {
      const command = ['send', 'repl'].includes(argv[0]) ? `${argv[0]} ` : '';
      complain(`${line} (see smtp-engine ${command}--help)`);
    } else {
      complain(line);
    }
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** @param {string[]} argv @param {InstanceType<typeof Output>} output */
async function run(argv, output) {
  const [command, ...rest] = argv;
  if (command === 'send') {
    const code = await require('./send.js').send(rest, output);
    if (code !== 0) process.exitCode = code;
    return;
  }
  if (command === 'repl') return require('./repl.js').run(rest, output);
  const options = parseCommandLine(argv);
  if (options.help) output.write(HELP);
  else if (options.version) output.write(`${version}\n`);
  else await require('./receive.js').receive(options, output);
}

if (require.main === module) main(process.argv.slice(2));
