'use strict';
// Numbers that the engine knows, too. The build writes them from its tables (src/node/constants.rs
// names each): change those, and build.

/** Kinds of records. */
const KIND = Object.freeze({
  CONNECT: 0,
  COMMAND: 1,
  HELO: 2,
  MAIL: 3,
  RCPT: 4,
  DATA_START: 5,
  RAW: 6,
  DATA: 7,
  TIMEOUT: 8,
  RESPONSES: 9,
  GONE: 10,
  ERROR: 11,
  SECURE: 12,
  AUTH: 13,
  SNI: 14,
  VRFY: 15,
  EXPN: 16,
  ETRN: 17,
  TAKEN: 18,
  DECODED: 19,
  STREAMED: 20,
  CUT: 21,
  WITHDRAWN: 22,
  CAPTURED: 23,
  LINE_TOO_LONG: 24,
  PROOF: 25,
  EXCHANGE_OVER: 26,
  XCLIENT: 27,
  XFORWARD: 28,
  LISTENER_TIMEOUT: 29,
  STOPPED: 30,
  SERVER_ERROR: 31,
  HANDSHAKE: 32,
  SENT: 33,
  DRAINED: 34,
  VERIFIED: 35,
  CLOSED: 36,
  FOUND: 37,
  PIPED: 38,
  ROOTS: 39,
});

/** Flags of records, beside their kind. */
const FLAG = Object.freeze({
  PEER: 256,
  RESET: 512,
  FORGOT_GREETING: 1024,
  ORIGIN: 2048,
  MAIL: 4096,
  LINE: 8192,
  TLS: 16384,
  BLOB: 32768,
  QUIET: 65536,
  DROPS: 131072,
  DROPS_GREETING: 262144,
  EXT: 524288,
  CHUNKS: 1048576,
  ORIGIN_EXTENDED: 2097152,
  EXTENDED: 4194304,
  EACH: 8388608,
});

/** Words of a record's header. */
const FIELD = Object.freeze({
  HEAD: 0,
  NUMBER: 1,
  SEQUENCE: 2,
  TEXT: 3,
  RESPONSES: 4,
  RECIPIENTS: 5,
  REPLY: 6,
  TEXTS: 7,
  LENGTHS: 8,
});

/** A planned reply that is no stock reply. */
const PLANNED = Object.freeze({
  NONE: 4294967295,
  MADE: 65536,
  NAMED: 131072,
});

/** What is decided. */
const VERDICT = Object.freeze({
  ACCEPT: 1,
  OK: 2,
  PROCEED: 3,
  SILENT: 4,
  ANSWER: 5,
  SKIP: 6,
});

/** What goes with a verdict. */
const FOLLOWS = Object.freeze({
  VERDICT: 7,
  STREAM: 8,
  TAKES_LINE: 16,
  RECIPIENTS: 5,
});

/** Words of an answer that comes late or has a text. */
const TOLD = Object.freeze({
  SESSION: 0,
  SEQUENCE: 1,
  WORD: 2,
  CODE: 3,
  LENGTH: 4,
  WORDS: 5,
});

/** What an exchange returns. */
const EXCHANGE = Object.freeze({
  TOO_LARGE: 4294967295,
});

/** The bit of each event. */
const INTEREST = Object.freeze({
  connect: 1,
  message: 2,
  helo: 4,
  mail: 8,
  rcpt: 16,
  dataStart: 32,
  dataChunk: 64,
  data: 128,
  timeout: 256,
  response: 512,
  disconnect: 1024,
  error: 2048,
  secure: 4096,
  auth: 8192,
  sni: 16384,
  vrfy: 32768,
  expn: 65536,
  etrn: 131072,
});

/** The kind of each event's records. */
const EVENT_KIND = Object.freeze({
  connect: 0,
  message: 1,
  helo: 2,
  mail: 3,
  rcpt: 4,
  dataStart: 5,
  dataChunk: 6,
  data: 7,
  timeout: 8,
  response: 9,
  disconnect: 10,
  error: 11,
  secure: 12,
  auth: 13,
  sni: 14,
  vrfy: 15,
  expn: 16,
  etrn: 17,
});

/** The code of the reply where a listener agrees, of the events that have one. */
const REPLY_CODE = Object.freeze({
  connect: 220,
  message: 250,
  helo: 250,
  mail: 250,
  rcpt: 250,
  dataStart: 354,
  data: 250,
  auth: 235,
  vrfy: 250,
  expn: 250,
  etrn: 250,
});

/** The engine's own replies. */
const STOCK = Object.freeze({
  ok: 0,
  senderOk: 1,
  recipientOk: 2,
  greeting: 3,
  startData: 4,
  closing: 5,
  readyForTls: 6,
  help: 7,
  unknownCommand: 8,
  lineTooLong: 9,
  domainMissing: 10,
  senderMissing: 11,
  recipientMissing: 12,
  badParameter: 13,
  unknownParameter: 14,
  greetFirst: 15,
  senderFirst: 16,
  recipientFirst: 17,
  alreadyTls: 18,
  refused: 19,
  tooBig: 20,
  tooManyRecipients: 21,
  bareNewline: 22,
  localError: 23,
  notSmtp: 24,
  tooManyClients: 25,
  tooManyFromAddress: 26,
  tooManyMessages: 27,
  tooManyBadCommands: 28,
  timeout: 29,
  shuttingDown: 30,
  tlsRequired: 31,
  sessionRate: 32,
  messageRate: 33,
  recipientRate: 34,
  earlyTalker: 35,
  unauthorisedPipelining: 36,
  slowData: 37,
  outOfMemory: 38,
  notVerified: 39,
  resetOk: 40,
  dataFirst: 41,
  notImplemented: 42,
  syntaxError: 43,
  mailIncomplete: 44,
  rcptIncomplete: 45,
  tlsNotOffered: 46,
  chunkExpected: 47,
  endlessLine: 48,
  loggedIn: 49,
  authRefused: 50,
  authUnavailable: 51,
  authRequired: 52,
  encryptionRequired: 53,
  mechanismMissing: 54,
  mechanismUnknown: 55,
  alreadyLoggedIn: 56,
  authInTransaction: 57,
  authMalformed: 58,
  authCancelled: 59,
  tooManyAuthFailures: 60,
  badProxyHeader: 61,
  notTrusted: 62,
  inTransaction: 63,
});

module.exports = {
  EVENT_KIND,
  EXCHANGE,
  FIELD,
  FLAG,
  FOLLOWS,
  INTEREST,
  KIND,
  PLANNED,
  REPLY_CODE,
  STOCK,
  TOLD,
  VERDICT,
};
