'use strict';
// One program for two servers: runs smtp-server's and ours through the same scripts, and tells what
// differs of replies, handlers' arguments and session fields.

const { once } = require('node:events');
const net = require('node:net');

const FIELDS = [
  'openingCommand',
  'hostNameAppearsAs',
  'clientHostname',
  'remoteAddress',
  'transmissionType',
  'transaction',
  'secure',
  'tlsOptions',
  'user',
  'error',
  'isWizard',
  'envelope',
];

const plain = (value) => JSON.parse(JSON.stringify(value ?? null));
const shownSession = (session) =>
  plain(Object.fromEntries(FIELDS.map((name) => [name, session[name]])));

/** Handlers that note what they are given, then do what the case says. */
function noting(log, handlers = {}) {
  const usual = {
    onConnect: (_session, done) => done(),
    onMailFrom: (_address, _session, done) => done(),
    onRcptTo: (_address, _session, done) => done(),
    onAuth: (auth, _session, done) => done(null, auth.password === 'right' ? { user: 'u' } : {}),
    onData: (stream, _session, done) => stream.resume().on('end', () => done()),
  };
  return Object.fromEntries(
    Object.entries(usual).map(([name, plainHandler]) => {
      const handler = handlers[name] ?? plainHandler;
      return [
        name,
        (...args) => {
          const session = args.at(-2);
          const [first] = args;
          const shown = name === 'onConnect' || name === 'onData' ? null : plain(first);
          log.push([name, shown, shownSession(session)]);
          return handler(...args);
        },
      ];
    }),
  );
}

/** Sends lines one by one, each when the last was answered; what the server said, and when it closed. */
async function converse(port, lines) {
  const socket = net.connect(port, '127.0.0.1');
  const said = [];
  let rest = '';
  let wake = () => {};
  let isOver = false;
  socket.setEncoding('latin1');
  socket.on('error', () => {});
  socket.on('data', (text) => {
    rest += text;
    wake();
  });
  socket.on('close', () => {
    isOver = true;
    wake();
  });
  const reply = async () => {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(rest);
      if (match) {
        rest = rest.slice(match[0].length);
        return match[0];
      }
      if (isOver) return 'closed';
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  };
  said.push(await reply());
  for (const line of lines) {
    if (said.at(-1) === 'closed') break;
    socket.write(`${line}\r\n`);
    const answer = await reply();
    // Challenges of CRAM-MD5 are random.
    said.push(`${line.slice(0, 60)} > ${answer.replace(/^334 PD[\w+/=]{20,}/, '334 (challenge)')}`);
    if (/^421/.test(answer)) said.push(await reply());
  }
  socket.destroy();
  return said;
}

/** What one server does of one case. */
async function run(SMTPServer, { options, handlers, lines }) {
  const log = [];
  const server = new SMTPServer({
    name: 'mx.example',
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 50,
    ...options,
    ...noting(log, handlers),
  });
  server.on('error', () => {});
  const listening = once(server.listen(0, '127.0.0.1'), 'listening');
  await listening;
  const said = await converse(server.server.address().port, lines);
  await new Promise((resolve) => server.close(resolve));
  return { said, log };
}

/** What ours lists at EHLO besides. */
const MORE = /\r\n250-CHUNKING\r\n250 BINARYMIME\r\n$/;

/** A reply to EHLO as it is without that. @param {string} said */
function withoutMore(said) {
  if (!/^[EL]HLO .* > 250-/i.test(said)) return said;
  const before = said.replace(MORE, '');
  // The line before is the last.
  return before === said ? said : `${before.replace(/250-([^\n]*)$/, '250 $1')}\r\n`;
}

/** Where the two differ: pairs of what each has, by step. */
function differences(theirs, { said, ...rest }) {
  const ours = { said: said.map(withoutMore), ...rest };
  const found = [];
  for (const part of ['said', 'log']) {
    const length = Math.max(theirs[part].length, ours[part].length);
    for (let at = 0; at < length; at++) {
      const pair = [theirs[part][at], ours[part][at]].map((each) => JSON.stringify(each));
      if (pair[0] !== pair[1]) found.push({ theirs: pair[0] ?? null, ours: pair[1] ?? null });
    }
  }
  return found;
}

module.exports = { differences, run };
