'use strict';
// Starts the servers under measure, each in a process of its own on 127.0.0.1.

const net = require('node:net');
const path = require('node:path');
const { once } = require('node:events');
const { setTimeout: delay } = require('node:timers/promises');
const { ROOT } = require('./package.js');
const { firstLine, start, stop } = require('./processes.js');
const { makeKeys } = require('./tools.js');

const HOST = '127.0.0.1';
const SERVERS = path.join(__dirname, '..', 'servers');
const SINK_BACKLOG = '1024';
const SINK_START_MS = 5000;

/**
 * @typedef {object} Contestant a server as it is configured for a row
 * @property {string} label unique within its row
 * @property {'smtp-engine' | 'smtp-server' | 'smtp-protocol' | 'mail-io' | 'smtp-sink' | 'nodemailer' | 'smtp-source' | 'catcher' | 'command'} program
 * @property {object} [settings] see servers/serve.js
 * @property {import('./tools.js').KeyType} [keys] for STARTTLS
 * @property {Partial<import('./load.js').Load>} [load] what is unlike the row's
 */

/**
 * @typedef {object} Running
 * @property {number} pid
 * @property {number} port
 * @property {number} [web] of its API
 * @property {() => Promise<{ p99Ms: number, maxMs: number }>} loopDelay of its event loop since
 *   the last call; of servers in JavaScript
 * @property {(milliseconds: number) => Promise<unknown>} block keeps JavaScript from running;
 *   resolves when that has begun
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a server; it listens when this resolves.
 *
 * @param {Contestant} contestant
 * @param {import('./tools.js').Tools} tools
 * @returns {Promise<Running>}
 */
async function startServer(contestant, tools) {
  if (contestant.program === 'smtp-sink') return startSink(/** @type {string} */ (tools.sink));
  if (contestant.program === 'command') return startCommand(contestant);
  const tls = contestant.keys && makeKeys(contestant.keys);
  const settings = { ...contestant.settings, tls };
  const script = path.join(SERVERS, `${contestant.program}.js`);
  const started = start(process.execPath, [script, JSON.stringify(settings)]);
  const { port, web } = await firstLine(started);
  return { ...running(started, port), web };
}

/** The command of the package, with its page. @param {Contestant} contestant */
async function startCommand({ settings }) {
  const { folder = ROOT } = /** @type {{ folder?: string }} */ (settings);
  const script = path.join(folder, 'src', 'js', 'cli', 'main.js');
  const started = start(process.execPath, [script, '--json', '--port', '0', '--page-port', '0']);
  const { port, page } = await firstLine(started);
  return { ...running(started, port), web: Number(new URL(page).port) };
}

async function startSink(/** @type {string} */ sink) {
  const port = await freePort();
  // It gives up root's privileges, and refuses to start without being told for whom.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const started = start(sink, [...user, `${HOST}:${port}`, SINK_BACKLOG]);
  const deadline = Date.now() + SINK_START_MS;
  while (!(await isListening(port))) {
    if (started.child.exitCode !== null) throw started.failure('ended at its start');
    if (Date.now() > deadline) throw started.failure('does not listen');
    await delay(20);
  }
  return running(started, port);
}

/** @returns {Running} */
function running(
  /** @type {import('./processes.js').Started} */ started,
  /** @type {number} */ port,
) {
  const pid = /** @type {number} */ (started.child.pid);
  const say = (/** @type {string} */ line) => {
    started.child.stdin.write(`${line}\n`);
    return firstLine(started);
  };
  const loopDelay = () => say('delay');
  const block = (/** @type {number} */ milliseconds) => say(`block ${milliseconds}`);
  return { pid, port, loopDelay, block, stop: () => stop(started) };
}

/** A port that nothing listens to, for a server that cannot tell which it was given. */
async function freePort() {
  const server = net.createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

function isListening(/** @type {number} */ port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

module.exports = { startServer };
