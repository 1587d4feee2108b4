'use strict';
// The kinds of work. Each starts a server, warms it up, puts it to work once and gives back
// its figures; a fresh process each time, so that its peak memory is that of this run.

const { setTimeout: delay } = require('node:timers/promises');
const catching = require('./catching.js');
const {
  greetOneByOne,
  holdSessions,
  logIn,
  paceHandshakes,
  sendMessages,
  shakeHands,
  startSending,
} = require('./load.js');
const { finish, firstLine, stop } = require('./processes.js');
const { startServer } = require('./servers.js');
const { cpuMicroseconds, memory, openFilesLimit } = require('./usage.js');

/** Until the server has seen that its last clients have gone. */
const CLOSING_MS = 100;
/** Until memory has come to rest. */
const SETTLING_MS = 1500;
/** Sessions opened and ended before the first look at the memory. */
const IDLE_WARM_UP = 20;
/** Files that a process opens besides its sessions. */
const OTHER_FILES = 200;

/**
 * @typedef {object} Circumstances
 * @property {import('./tools.js').Tools} tools
 * @property {number} seconds that the measured part of a run should take
 * @property {number} idleSessions
 */

/** @typedef {import('./servers.js').Contestant} Contestant */
/** @typedef {Record<string, number>} Figures */
/** @typedef {{ figures: Figures, agreed?: string[] }} Run `agreed` is what TLS negotiated, or something else to be said */

/**
 * Warms a server up, then works on it for about `seconds`.
 *
 * @param {Contestant} contestant
 * @param {Circumstances} circumstances
 * @param {{ warmUp: number, start: number }} counts units of work for warming up; and for seeing
 *   how long a start takes, which the rate leaves out
 * @param {(count: number, port: number) => Promise<{ seconds: number, agreed?: string[] }>} work
 * @returns {Promise<Run>}
 */
async function timed(contestant, { tools, seconds }, { warmUp, start }, work) {
  const server = await startServer(contestant, tools);
  try {
    const cold = await work(warmUp, server.port);
    const count = Math.max(warmUp, Math.round((warmUp / cold.seconds) * seconds));
    const startSeconds = start > 0 ? (await work(start, server.port)).seconds : 0;
    await delay(CLOSING_MS);
    const before = cpuMicroseconds(server.pid);
    const warm = await work(count, server.port);
    await delay(CLOSING_MS);
    const used = cpuMicroseconds(server.pid) - before;
    const figures = {
      count,
      seconds: warm.seconds,
      rate: (count - start) / (warm.seconds - startSeconds),
      cpuMicroseconds: used / count,
      peakBytes: memory(server.pid).peakBytes,
    };
    return { figures, agreed: warm.agreed };
  } finally {
    await server.stop();
  }
}

/**
 * Messages. Where sessions are kept, their opening is not what is measured: smtp-server holds each
 * greeting back for 100 ms, and the sender has to start.
 *
 * @param {Contestant} contestant
 * @param {import('./load.js').Load} load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
async function messages(contestant, load, circumstances) {
  const leavesOpening = load.keepsSessions && !load.countsOpening;
  const counts = { warmUp: load.warmUp, start: leavesOpening ? load.sessions : 0 };
  const { figures } = await timed(contestant, circumstances, counts, async (count, port) => ({
    seconds: await sendMessages({ ...load, ...contestant.load }, count, port, circumstances.tools),
  }));
  return { figures: { ...figures, bytesPerSecond: figures.rate * load.lengthBytes } };
}

/**
 * STARTTLS handshakes, each on a connection of its own.
 *
 * @param {Contestant} contestant
 * @param {{ atOnce: number, warmUp: number }} load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
function handshakes(contestant, { atOnce, warmUp }, circumstances) {
  return timed(contestant, circumstances, { warmUp, start: 0 }, (count, port) =>
    shakeHands(count, atOnce, port),
  );
}

/**
 * Logins under TLS with a message behind each, on a connection of its own.
 *
 * @param {Contestant} contestant
 * @param {{ atOnce: number, lengthBytes: number, warmUp: number }} load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
function logins(contestant, load, circumstances) {
  return timed(contestant, circumstances, { warmUp: load.warmUp, start: 0 }, (count, port) =>
    logIn(load, count, port),
  );
}

/**
 * STARTTLS handshakes at a pace that is given, and how late the server's event loop is meanwhile.
 *
 * @param {Contestant} contestant
 * @param {{ perSecond: number, warmUp: number }} load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
async function pacedHandshakes(contestant, { perSecond, warmUp }, { tools, seconds }) {
  const server = await startServer(contestant, tools);
  try {
    await paceHandshakes(warmUp, perSecond, server.port);
    await delay(CLOSING_MS);
    const count = Math.ceil(perSecond * seconds);
    await server.loopDelay();
    const before = cpuMicroseconds(server.pid);
    const work = await paceHandshakes(count, perSecond, server.port);
    const { p99Ms, maxMs } = await server.loopDelay();
    const figures = {
      count,
      seconds: work.seconds,
      rate: count / work.seconds,
      medianMs: work.medianMs,
      cpuMicroseconds: (cpuMicroseconds(server.pid) - before) / count,
      loopP99Ms: p99Ms,
      loopMaxMs: maxMs,
    };
    return { figures };
  } finally {
    await server.stop();
  }
}

/**
 * Sessions that have greeted and stay silent.
 *
 * @param {Contestant} contestant
 * @param {unknown} _load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
async function idleSessions(contestant, _load, { tools, idleSessions: count }) {
  const server = await startServer(contestant, tools);
  try {
    // Node raises its soft limit to the hard one by itself.
    const [needed, allowed] = [count + OTHER_FILES, openFilesLimit(server.pid)];
    if (allowed < needed) {
      throw new Error(`${count} sessions need 'ulimit -Hn ${needed}', here it is ${allowed}`);
    }
    const isTls = contestant.keys !== undefined;
    const first = holdSessions(IDLE_WARM_UP, server.port, isTls);
    await firstLine(first).finally(() => stop(first));
    await delay(SETTLING_MS);
    const before = memory(server.pid);
    const client = holdSessions(count, server.port, isTls);
    try {
      const { open } = await firstLine(client);
      if (open < count) throw new Error(`only ${open} of ${count} sessions stayed open`);
      await delay(SETTLING_MS);
      const after = memory(server.pid);
      const figures = {
        count,
        beforeBytes: before.residentBytes,
        afterBytes: after.residentBytes,
        bytesPerSession: (after.residentBytes - before.residentBytes) / count,
        peakBytes: after.peakBytes,
      };
      return { figures };
    } finally {
      await stop(client);
    }
  } finally {
    await server.stop();
  }
}

/**
 * Clients that connect and greet one after the other while the server's JavaScript is blocked.
 *
 * @param {Contestant} contestant
 * @param {{ clients: number, blockedMs: number }} load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
async function blockedGreetings(contestant, { clients, blockedMs }, { tools }) {
  const server = await startServer(contestant, tools);
  const client = greetOneByOne(clients, server.port);
  try {
    await firstLine(client);
    await server.block(blockedMs);
    const output = finish(client, 10 * blockedMs);
    client.child.stdin.write('go\n');
    const { medianMs, slowestMs } = JSON.parse(await output);
    return { figures: { count: clients, medianMs, slowestMs } };
  } finally {
    await stop(client);
    await server.stop();
  }
}

/** A server that takes everything and costs little, which does not change from one to the next. */
const SINK = /** @type {Contestant} */ ({ label: 'smtp-sink', program: 'smtp-sink' });

/**
 * Messages sent to smtp-sink: by a library in a process of its own, or by smtp-source, of which
 * there is a new process for each lot and so no processor time.
 *
 * @param {Contestant} contestant
 * @param {{ connections: number, lengthBytes: number, warmUp: number, count?: number }} load
 *   `count` messages in all, else for about as long as it should take
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
async function sending(contestant, load, { tools, seconds }) {
  if (tools.sink === undefined) throw new Error('smtp-sink is not installed');
  const sink = await startServer(SINK, tools);
  const { connections, lengthBytes, warmUp } = load;
  const isLibrary = contestant.program !== 'smtp-source';
  const settings = /** @type {any} */ (contestant.settings ?? {});
  const sender = isLibrary
    ? await startSending(contestant.program, sink.port, connections, lengthBytes, settings.folder)
    : undefined;
  const work = async (/** @type {number} */ count) => {
    if (sender) return sender.send(count);
    const plain = { sessions: connections, lengthBytes, keepsSessions: true, warmUp };
    return sendMessages(plain, count, sink.port, tools);
  };
  try {
    const cold = await work(settings.warmUp ?? warmUp);
    const count = settings.count ?? Math.max(warmUp, Math.round((warmUp / cold) * seconds));
    const before = sender ? cpuMicroseconds(sender.pid) : Number.NaN;
    const took = await work(count);
    const used = sender ? cpuMicroseconds(sender.pid) - before : Number.NaN;
    const figures = {
      count,
      seconds: took,
      rate: count / took,
      bytesPerSecond: (count / took) * lengthBytes,
      ...(sender ? { cpuMicroseconds: used / count, peakBytes: memory(sender.pid).peakBytes } : {}),
    };
    return { figures };
  } finally {
    await sender?.stop();
    await sink.stop();
  }
}

module.exports = {
  ...catching,
  blockedGreetings,
  handshakes,
  idleSessions,
  logins,
  messages,
  pacedHandshakes,
  sending,
};
