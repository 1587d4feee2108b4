'use strict';
// The command `smtp-engine`, in a process that ends with its test.

const path = require('node:path');
const { Child, ROOT } = require('./child.js');
const { Client } = require('./client.js');

const CLI = path.join(ROOT, 'src', 'js', 'cli', 'main.js');

/** @param {import('node:test').TestContext} t @param {...string} args */
function command(t, ...args) {
  return new Child(t, process.execPath, [CLI, ...args]);
}

/** Runs the command to its end. @param {import('node:test').TestContext} t @param {...string} args */
async function finished(t, ...args) {
  const child = command(t, ...args);
  child.process.stdin.end();
  let output = '';
  child.process.stdout.on('data', (text) => {
    output += text;
  });
  const { code, errors } = await child.ended();
  return { code, output, errors };
}

/** Receives at a free port. @param {import('node:test').TestContext} t @param {...string} args */
async function receiving(t, ...args) {
  const child = command(t, '--port', '0', ...args);
  return { child, port: await portOf(child) };
}

/** The port that it says it listens to. @param {Child} child */
async function portOf(child) {
  const first = await child.line();
  if (first.startsWith('{')) return JSON.parse(first).port;
  if (first.startsWith('Listening')) await child.line();
  if (first.startsWith('Listening') && !child.process.spawnargs.includes('--no-page')) {
    await child.line();
  }
  return Number(/:(\d+)[,.;]/.exec(first)?.[1]);
}

/** Hands a message over. @param {number} port @param {string | Buffer} message without a line of a dot @param {string[]} [to] @returns {Promise<number>} the reply code */
async function deliver(port, message, to = ['you@example.com']) {
  const client = await Client.connect(port);
  await client.command('EHLO client.example', 250);
  await client.command('MAIL FROM:<me@example.com>', 250);
  for (const address of to) await client.command(`RCPT TO:<${address}>`, 250);
  await client.command('DATA', 354);
  client.write(message).write('.\r\n');
  const { code } = await client.reply();
  client.destroy();
  return code;
}

module.exports = { CLI, command, deliver, finished, portOf, receiving };
