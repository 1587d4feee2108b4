'use strict';
// One program for two servers: runs smtp-server's and ours through the same scripts, and tells what
// differs of replies, of what handlers and events are given, and of the session.

const { once } = require('node:events');
const { clearTimeout, setTimeout } = require('node:timers');
const { Conversation } = require('./conversation.js');

/**
 * A script for both servers.
 *
 * @typedef {object} Script
 * @property {any} options
 * @property {Record<string, any>} [handlers]
 * @property {boolean} [promises] handlers return promises, which the original is given by callbacks
 * @property {any} [change] options that are set once the server listens
 * @property {Buffer | string} [before] what a proxy says first
 * @property {import('node:tls').ConnectionOptions} [tls] TLS from the first byte
 * @property {number} [held] connections that are open before
 * @property {import('./conversation.js').Step[]} lines
 */

/** How long a server may take to say that a client has left. */
const LEAVE_MS = 2_000;

const plain = (/** @type {any} */ value) =>
  JSON.parse(
    JSON.stringify(value ?? null, (_key, each) => {
      if (each instanceof Map) return [...each];
      return typeof each === 'function' ? 'function' : each;
    }),
  );

/** The session, without what differs between two runs of one server. */
function shownSession(/** @type {any} */ session) {
  const { id, localPort, ...rest } = session;
  const known = Object.entries({ ...rest, id: typeof id, localPort: typeof localPort }).filter(
    ([, value]) => value !== undefined,
  );
  return plain(Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** What a handler is given first, as far as two servers can be compared. */
function shownArgument(/** @type {string} */ handler, /** @type {any} */ first) {
  if (handler === 'onSecure') {
    const { authorized, encrypted, servername, alpnProtocol } = first;
    return encrypted ? plain({ authorized, servername, alpnProtocol }) : 'in plain text';
  }
  if (handler === 'onAuth') {
    // In ours the exchange has the challenge, and each method `validatePassword`.
    const { challenge, challengeResponse, validatePassword, ...rest } = first;
    return plain(rest);
  }
  return handler === 'onMailFrom' || handler === 'onRcptTo' ? plain(first) : null;
}

const USUAL = {
  onConnect: (_session, done) => done(),
  onSecure: (_socket, _session, done) => done(),
  onMailFrom: (_address, _session, done) => done(),
  onRcptTo: (_address, _session, done) => done(),
  onAuth: (auth, _session, done) => done(null, auth.password === 'right' ? { user: 'u' } : {}),
  onData: (stream, _session, done) => stream.resume().on('end', () => done()),
};

/** A handler that returns a promise, as one that calls back. */
const byCallback =
  (/** @type {(...args: any[]) => any} */ handler) =>
  (/** @type {any[]} */ ...args) => {
    const done = args.pop();
    handler(...args).then(
      (/** @type {any} */ value) => done(null, value),
      (/** @type {unknown} */ error) => done(error),
    );
  };

/** Handlers that note what they are given, then do what the script says. */
function noting(
  /** @type {any[]} */ log,
  /** @type {Script} */ { handlers = {}, promises = false },
  /** @type {boolean} */ isOriginal,
) {
  return Object.fromEntries(
    Object.entries(USUAL).map(([name, usual]) => {
      const own = handlers[name];
      const handler = own && promises && isOriginal ? byCallback(own) : (own ?? usual);
      const noted = (/** @type {any[]} */ ...args) => {
        const session = args.at(-2);
        log.push([name, shownArgument(name, args[0]), shownSession(session)]);
        const [stream] = args;
        if (name === 'onData') {
          const pieces = [];
          stream.on('error', () => log.push(['stream', 'error']));
          stream.on('end', () => {
            log.push([
              'stream',
              stream.byteLength,
              stream.sizeExceeded,
              Buffer.concat(pieces).toString('latin1').slice(0, 200),
            ]);
          });
          const push = stream.push;
          stream.push = (/** @type {any} */ piece, /** @type {any} */ encoding) => {
            if (piece) pieces.push(Buffer.from(piece));
            return push.call(stream, piece, encoding);
          };
        }
        if (own && promises && !isOriginal) return own(...args.slice(0, -1));
        return handler(...args);
      };
      // A handler that returns a promise does not declare the callback.
      return [name, noted];
    }),
  );
}

/**
 * What one server does of one script.
 *
 * @param {any} SMTPServer @param {Script} script @param {boolean} isOriginal
 */
async function run(SMTPServer, script, isOriginal) {
  /** @type {any[]} */
  const log = [];
  /** @type {(value?: unknown) => void} */
  let left = () => {};
  const leaving = new Promise((resolve) => {
    left = resolve;
  });
  const server = new SMTPServer({
    name: 'mx.example',
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 50,
    ...script.options,
    ...noting(log, script, isOriginal),
    onClose: (/** @type {any} */ session) => {
      log.push(['onClose', null, shownSession(session)]);
      left();
    },
  });
  server.on('error', (/** @type {any} */ error) =>
    log.push(['error', error.remoteAddress !== undefined]),
  );
  server.on('connect', (/** @type {any} */ info) =>
    log.push(['connect', null, shownSession(info)]),
  );
  await once(
    server.listen(0, '127.0.0.1').on('error', () => {}),
    'listening',
  );
  Object.assign(server.options, script.change);
  const at = server.server.address().port;
  const held = Array.from({ length: script.held ?? 0 }, () => new Conversation(at));
  for (const each of held) await each.reply();
  log.length = 0;
  const client = new Conversation(at, script.before);
  let closed;
  const close = () => {
    closed ??= new Promise((resolve) => server.close(resolve));
  };
  if (script.tls) await client.secure(script.tls);
  if (!client.isOver) client.said.push(await client.reply());
  for (const step of script.lines) {
    if (client.isOver) break;
    await client.take(step, close);
  }
  await Promise.all([client, ...held].map((each) => each.leave()));
  const hasBegun = log.some(([name]) => name === 'onConnect');
  if (hasBegun) {
    const timer = setTimeout(left, LEAVE_MS);
    await leaving;
    clearTimeout(timer);
  }
  close();
  await closed;
  // Its port is another one each time.
  const others = new Set(held.map(({ port }) => port));
  const own = log.filter(([, , session = {}]) => !others.has(session?.remotePort));
  const isPort = (/** @type {string} */ key, /** @type {any} */ value) =>
    (key === 'remotePort' || key === '1') && value === client.port ? 'the client’s' : value;
  return { said: client.said, log: JSON.parse(JSON.stringify(own), isPort) };
}

/** The leaves of a value by their paths. @returns {Record<string, unknown>} */
function leaves(/** @type {any} */ value, path = '', /** @type {any} */ found = {}) {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    for (const [key, each] of Object.entries(value))
      leaves(each, (path && `${path}.${key}`) || key, found);
  } else {
    found[path] = JSON.stringify(value) ?? 'none';
  }
  return found;
}

/** What two notes have that is not the same; of two of other names, the names. */
function between(/** @type {any} */ theirs, /** @type {any} */ ours) {
  const [name = 'nothing'] = theirs ?? [];
  const [other = 'nothing'] = ours ?? [];
  if (name !== other) return [`${name} | ${other}`];
  const [left, right] = [leaves(theirs), leaves(ours)];
  const paths = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return paths
    .filter((path) => left[path] !== right[path])
    .map(
      (path) =>
        `${name} ${path.replace(/^[12]\./, '')}: ${left[path] ?? 'none'} | ${right[path] ?? 'none'}`,
    );
}

/** What ours lists at EHLO besides, unless BDAT is disabled. */
const MORE = /\r\n250-CHUNKING\r\n250 BINARYMIME\r\n$/;

/** A reply as it is without that. */
function withoutMore(/** @type {string} */ said) {
  const before = said.replace(MORE, '');
  // The line before is the last.
  return before === said ? said : `${before.replace(/250-([^\n]*)$/, '250 $1')}\r\n`;
}

/**
 * Where the two differ: what the original says, then `|`, then what ours does.
 *
 * @returns {string[]}
 */
function differences(/** @type {any} */ theirs, /** @type {any} */ { said: heard, log }) {
  const ours = { said: heard.map(withoutMore), log };
  const count = Math.max(theirs.said.length, ours.said.length);
  const said = Array.from({ length: count }, (_, at) => [theirs.said[at], ours.said[at]])
    .filter(([left, right]) => left !== right)
    .map((pair) => pair.map((each) => JSON.stringify(each) ?? 'nothing').join(' | '));
  const notes = Math.max(theirs.log.length, ours.log.length);
  const noted = Array.from({ length: notes }, (_, at) => between(theirs.log[at], ours.log[at]));
  return [...new Set([...said, ...noted.flat()])];
}

module.exports = { MORE, differences, run };
