'use strict';
// The table: what is measured against what, and what it must reach.

const { catchRows } = require('./catch-rows.js');
const { CLIENTS, SERVERS } = require('./contestants.js');

const KIB = 1024;

/** @typedef {import('./lib/servers.js').Contestant} Contestant */

/** @typedef {'foundMs' | 'listMs' | 'searchMs' | 'answerBytes' | 'paintMs' | 'afterBytes' | 'timesMails'} CatchFigure */

/**
 * @typedef {object} Target
 * @property {string} of the label of ours
 * @property {string} [to] the label of the peer; without it the figure itself is judged
 * @property {'rate' | 'cpuMicroseconds' | 'bytesPerSession' | 'loopP99Ms' | 'slowestMs' | 'peakBytes' | CatchFigure} figure
 * @property {number} [atLeast]
 * @property {number} [atMost]
 */

/**
 * @typedef {object} Row
 * @property {number} number what `--rows` names
 * @property {string} title
 * @property {'messages' | 'handshakes' | 'logins' | 'pacedHandshakes' | 'blockedGreetings' | 'idleSessions' | 'sending' | 'firstMail' | 'eachFound' | 'lists' | 'keptMails'} measure
 * @property {any} [load] see lib/load.js and lib/measures.js
 * @property {Contestant[]} contestants in the order of their runs
 * @property {Target[]} targets
 * @property {{ by: string, at: number }} [growth] a point of a series, for a plot
 */

const { every, data, stream, none, parsing, logins, byBdat, byData } = SERVERS;
const { smtpServer, collecting, gathering, smtpProtocol, sink } = SERVERS;
const { asProtocol, asSmtpServer, mailIo, mailIoReads } = SERVERS;
const { pool, nodemailer, source, thousand, tenThousand } = CLIENTS;

/** A kilobyte in each of so many sessions. */
const small = { lengthBytes: KIB, keepsSessions: true };

/** @returns {Target} */
const rate = (
  /** @type {Contestant} */ of,
  /** @type {Contestant} */ to,
  /** @type {number} */ atLeast,
) => ({ of: of.label, to: to.label, figure: 'rate', atLeast });

/** @returns {Target} */
const cpu = (
  /** @type {Contestant} */ of,
  /** @type {Contestant} */ to,
  /** @type {number} */ atMost,
) => ({ of: of.label, to: to.label, figure: 'cpuMicroseconds', atMost });

/** @returns {Target} */
const bytes = (
  /** @type {'peakBytes' | 'bytesPerSession'} */ figure,
  /** @type {Contestant} */ of,
  /** @type {Contestant} */ to,
  /** @type {number} */ atMost,
) => ({ of: of.label, to: to.label, figure, atMost });

/** @returns {Target} */
const memory = (/** @type {Contestant} */ of, /** @type {number} */ atMost) => ({
  of: of.label,
  figure: 'bytesPerSession',
  atMost,
});

/** @returns {Row} */
const handshakes = (
  /** @type {import('./lib/tools.js').KeyType} */ keys,
  /** @type {number} */ atMost,
) => ({
  number: 6,
  title: `STARTTLS handshakes, ${keys}`,
  measure: 'handshakes',
  load: { atOnce: 32, warmUp: 400 },
  contestants: [every, smtpServer].map((contestant) => ({ ...contestant, keys })),
  targets: [cpu(every, smtpServer, atMost)],
});

/** The same through smtp-server's interface. @returns {Row} */
const handshakesAsSmtpServer = (
  /** @type {import('./lib/tools.js').KeyType} */ keys,
  /** @type {number} */ atMost,
) => ({
  ...handshakes(keys, atMost),
  number: 27,
  title: `smtp-server's interface, STARTTLS handshakes, ${keys}`,
  contestants: [asSmtpServer, smtpServer, every].map((contestant) => ({ ...contestant, keys })),
  targets: [cpu(asSmtpServer, smtpServer, atMost)],
});

/**
 * A row for each point of a series: how figures grow with something.
 *
 * @param {number} number
 * @param {string} title
 * @param {string} by what grows, with its unit
 * @param {{ at: number, named?: string, load: any, contestants: Contestant[] }[]} points
 * @returns {Row[]}
 */
const series = (number, title, by, points) =>
  points.map(({ at, named = String(at), load, contestants }) => ({
    number,
    title: `${title}: ${named}`,
    measure: 'messages',
    load,
    contestants,
    targets: [],
    growth: { by, at },
  }));

/** The same server with other settings. */
const withSettings = (/** @type {Contestant} */ contestant, /** @type {object} */ settings) => ({
  ...contestant,
  settings: { ...contestant.settings, ...settings },
});

/** @type {Row[]} */
const rows = [
  {
    number: 1,
    title: '1 KB, 50 sessions, a listener on every event',
    measure: 'messages',
    load: { ...small, sessions: 50, warmUp: 15_000 },
    contestants: [every, smtpServer, sink, smtpProtocol],
    targets: [rate(every, smtpServer, 2.2), rate(every, sink, 0.95), cpu(every, smtpServer, 0.45)],
  },
  {
    number: 2,
    title: '1 KB, 50 sessions, a `data` listener only',
    measure: 'messages',
    load: { ...small, sessions: 50, warmUp: 15_000 },
    contestants: [data, smtpServer, sink, none],
    targets: [rate(data, smtpServer, 2.6), rate(data, sink, 1.05), cpu(data, smtpServer, 0.4)],
  },
  {
    number: 3,
    title: '1 KB, one session, a listener on every event',
    measure: 'messages',
    load: { ...small, sessions: 1, warmUp: 6000 },
    contestants: [every, smtpServer, none],
    targets: [rate(every, smtpServer, 1), cpu(every, smtpServer, 0.95)],
  },
  {
    number: 4,
    title: 'a new connection for each message, 50 at once',
    measure: 'messages',
    load: { lengthBytes: KIB, keepsSessions: false, sessions: 50, warmUp: 1500 },
    contestants: [every, smtpServer, sink],
    targets: [rate(every, sink, 0.7), cpu(every, smtpServer, 0.25)],
  },
  {
    number: 5,
    title: '10 MiB messages, 4 sessions, `data` as a string',
    measure: 'messages',
    load: { lengthBytes: 10 * KIB * KIB, keepsSessions: true, sessions: 4, warmUp: 16 },
    contestants: [data, collecting, every],
    targets: [rate(data, collecting, 2.5), cpu(data, collecting, 0.5)],
  },
  handshakes('P-256', 0.3),
  handshakes('RSA-2048', 0.65),
  {
    number: 7,
    title: 'idle sessions',
    measure: 'idleSessions',
    contestants: [data, every, smtpServer],
    targets: [memory(data, 6 * KIB), memory(every, 6 * KIB)],
  },
  {
    number: 8,
    title: '10 MiB messages, 4 sessions, streamed',
    measure: 'messages',
    load: { lengthBytes: 10 * KIB * KIB, keepsSessions: true, sessions: 4, warmUp: 16 },
    contestants: [stream, smtpServer],
    targets: [rate(stream, smtpServer, 3.5), cpu(stream, smtpServer, 0.3)],
  },
  {
    number: 9,
    title: '500 STARTTLS handshakes a second, P-256',
    measure: 'pacedHandshakes',
    load: { perSecond: 500, warmUp: 500 },
    contestants: [
      { ...every, keys: 'P-256' },
      { ...smtpServer, keys: 'P-256' },
    ],
    targets: [
      { of: every.label, figure: 'rate', atLeast: 490 },
      { of: every.label, figure: 'loopP99Ms', atMost: 5 },
    ],
  },
  {
    number: 10,
    title: '10 MiB messages under TLS, 4 sessions, streamed and as a string',
    measure: 'messages',
    load: {
      lengthBytes: 10 * KIB * KIB,
      keepsSessions: true,
      sessions: 4,
      isTls: true,
      warmUp: 16,
    },
    contestants: [
      { ...stream, keys: 'P-256' },
      { ...smtpServer, keys: 'P-256' },
      { ...data, keys: 'P-256' },
      { ...gathering, keys: 'P-256' },
    ],
    targets: [rate(stream, smtpServer, 2.5), rate(data, gathering, 2.5)],
  },
  {
    number: 11,
    title: 'idle sessions under TLS',
    measure: 'idleSessions',
    contestants: [
      { ...data, keys: 'P-256' },
      { ...every, keys: 'P-256' },
      { ...smtpServer, keys: 'P-256' },
    ],
    targets: [memory(data, 20 * KIB), memory(every, 20 * KIB)],
  },
  {
    number: 12,
    title: '50 clients greet one by one, JavaScript blocked for a second',
    measure: 'blockedGreetings',
    load: { clients: 50, blockedMs: 1000 },
    contestants: [data, every, smtpServer],
    targets: [{ of: data.label, figure: 'slowestMs', atMost: 50 }],
  },
  {
    number: 13,
    title: '1 KB sent to smtp-sink, 10 connections',
    measure: 'sending',
    load: { connections: 10, lengthBytes: KIB, warmUp: 5000 },
    contestants: [pool, nodemailer, source],
    targets: [rate(pool, nodemailer, 2), rate(pool, source, 0.8), cpu(pool, nodemailer, 0.5)],
  },
  {
    number: 14,
    title: '25 MiB sent to smtp-sink, one message at a time',
    measure: 'sending',
    load: { connections: 1, lengthBytes: 25 * KIB * KIB, warmUp: 2 },
    contestants: [pool, nodemailer, source],
    targets: [rate(pool, nodemailer, 1.5)],
  },
  {
    number: 15,
    title: 'memory for 1 KB sent to smtp-sink, 10 connections, 1,000 and 10,000 messages',
    measure: 'sending',
    load: { connections: 10, lengthBytes: KIB, warmUp: 1 },
    contestants: [thousand, tenThousand],
    targets: [bytes('peakBytes', tenThousand, thousand, 1.3)],
  },
  {
    number: 16,
    title: "smtp-protocol's interface, 1 KB, 50 sessions, a listener on every event",
    measure: 'messages',
    load: { ...small, sessions: 50, warmUp: 15_000 },
    contestants: [asProtocol, smtpProtocol, smtpServer],
    targets: [rate(asProtocol, smtpProtocol, 1.8)],
  },
  {
    number: 17,
    title: "mail-io's interface with its core plugins, 1 KB, 50 sessions",
    measure: 'messages',
    load: { ...small, sessions: 50, warmUp: 3000 },
    contestants: [mailIo, mailIoReads, smtpServer],
    targets: [rate(mailIo, smtpServer, 0.4), rate(mailIoReads, smtpServer, 0.15)],
  },
  ...series(
    18,
    '1 KB, a listener on every event, by sessions',
    'sessions',
    [1, 10, 50, 200, 1000, 5000].map((sessions) => ({
      at: sessions,
      // With thousands of sessions their opening takes longer in one run than in the next: to leave
      // it out would make figures up.
      load: {
        ...small,
        sessions,
        countsOpening: true,
        warmUp: sessions === 1 ? 3000 : Math.max(15_000, 10 * sessions),
      },
      contestants: [every, smtpServer],
    })),
  ),
  ...series(
    19,
    '4 sessions, a message as a string, or its Buffers collected, by size',
    'bytes',
    [
      { named: '1 KiB', lengthBytes: KIB, warmUp: 6000 },
      { named: '10 KiB', lengthBytes: 10 * KIB, warmUp: 3000 },
      { named: '100 KiB', lengthBytes: 100 * KIB, warmUp: 600 },
      { named: '1 MiB', lengthBytes: KIB * KIB, warmUp: 80 },
      { named: '10 MiB', lengthBytes: 10 * KIB * KIB, warmUp: 12 },
      { named: '25 MiB', lengthBytes: 25 * KIB * KIB, warmUp: 6 },
    ].map(({ named, lengthBytes, warmUp }) => ({
      at: lengthBytes,
      named,
      load: { lengthBytes, keepsSessions: true, sessions: 4, warmUp },
      contestants: [data, collecting],
    })),
  ),
  ...series(
    20,
    '1 KB, 50 sessions, a listener on every event, by threads of the engine',
    'threads',
    [1, 2, 4].map((threads) => ({
      at: threads,
      load: { ...small, sessions: 50, warmUp: 15_000 },
      contestants: [withSettings(every, { threads })],
    })),
  ),
  ...series(
    21,
    '100 KiB, 50 sessions, each message parsed by mailparser, by worker threads',
    'threads',
    [1, 2, 4].map((workers) => ({
      at: workers,
      load: { lengthBytes: 100 * KIB, keepsSessions: true, sessions: 50, warmUp: 1000 },
      contestants: [withSettings(parsing, { workers })],
    })),
  ),
  {
    number: 22,
    title: 'AUTH PLAIN under TLS 1.3, P-256, a message and QUIT, 50 at once',
    measure: 'logins',
    load: { atOnce: 50, lengthBytes: KIB, warmUp: 400 },
    contestants: [
      { ...logins, keys: 'P-256' },
      { ...smtpServer, keys: 'P-256' },
    ],
    targets: [cpu(logins, smtpServer, 0.4)],
  },
  {
    number: 23,
    title: '10 MiB messages in chunks of 256 KiB by BDAT, 4 sessions, streamed',
    measure: 'messages',
    load: {
      lengthBytes: 10 * KIB * KIB,
      keepsSessions: true,
      sessions: 4,
      isBulk: true,
      warmUp: 16,
    },
    contestants: [byBdat, byData],
    targets: [rate(byBdat, byData, 1)],
  },
  {
    number: 24,
    title: "smtp-server's interface, 1 KB, 50 sessions, every handler set",
    measure: 'messages',
    load: { ...small, sessions: 50, warmUp: 15_000 },
    contestants: [asSmtpServer, smtpServer, every],
    targets: [
      rate(asSmtpServer, every, 0.85),
      cpu(asSmtpServer, every, 1.2),
      rate(asSmtpServer, smtpServer, 1.5),
      cpu(asSmtpServer, smtpServer, 0.6),
    ],
  },
  {
    number: 25,
    title: "smtp-server's interface, a new connection for each message, 50 at once",
    measure: 'messages',
    load: { lengthBytes: KIB, keepsSessions: false, sessions: 50, warmUp: 1500 },
    contestants: [asSmtpServer, smtpServer, every],
    targets: [cpu(asSmtpServer, smtpServer, 0.3)],
  },
  {
    number: 26,
    title: "smtp-server's interface, 10 MiB messages, 4 sessions, streamed",
    measure: 'messages',
    load: { lengthBytes: 10 * KIB * KIB, keepsSessions: true, sessions: 4, warmUp: 16 },
    contestants: [asSmtpServer, smtpServer, stream],
    targets: [
      rate(asSmtpServer, smtpServer, 2.5),
      cpu(asSmtpServer, smtpServer, 0.4),
      bytes('peakBytes', asSmtpServer, smtpServer, 1.15),
    ],
  },
  handshakesAsSmtpServer('P-256', 0.32),
  handshakesAsSmtpServer('RSA-2048', 0.68),
  {
    number: 28,
    title: "smtp-server's interface, idle sessions, every handler set",
    measure: 'idleSessions',
    contestants: [asSmtpServer, smtpServer, every],
    targets: [bytes('bytesPerSession', asSmtpServer, smtpServer, 0.7)],
  },
  ...catchRows,
];

module.exports = { rows };
