'use strict';
// Scripts of what handlers may come to: each handler by each outcome, called back or as a promise.

const { createHmac } = require('node:crypto');
const { setImmediate } = require('node:timers');

const b64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const OPEN = { authOptional: true, hideENHANCEDSTATUSCODES: false };
const LOGIN = {
  allowInsecureAuth: true,
  hideSTARTTLS: true,
  authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2', 'CRAM-MD5'],
};
const TRANSACTION = [
  'EHLO c',
  'MAIL FROM:<a@b>',
  'RCPT TO:<c@d>',
  'RCPT TO:<e@f>',
  'DATA',
  'x\r\n..y\r\n.',
  'NOOP',
  'MAIL FROM:<g@h>',
  'QUIT',
];
const PASSWORD = 'right';

const failed = (/** @type {any} */ code, text = 'not today') =>
  Object.assign(new Error(text), { responseCode: code });

const TWICE = 'twice, then otherwise';

/** What a handler calls back with: an error, and a value. @type {Record<string, any[]>} */
const WORDS = {
  nothing: [],
  null: [null],
  'no code': [new Error('not today')],
  'code 421': [failed(421)],
  'code 450': [failed(450)],
  'code 552': [failed(552)],
  'code 554 as text': [failed('554')],
  'code 250': [failed(250)],
  'no text': [new Error('')],
  'a line end': [failed(550, 'one\r\n250 two\u0000three')],
  'a long text': [failed(550, 'x'.repeat(600))],
  'letters of others': [failed(550, 'größer')],
  'an object': [{ message: 'as an object', responseCode: 551 }],
  'a value': [null, 'a value'],
  'a list': [null, ['one', 'two']],
  'a mixed list': [null, ['one', failed(452, 'full')]],
  'a short list': [null, ['one']],
  'a long list': [null, ['one', 'two', 'three']],
  'a number': [null, 5],
  'an empty text': [null, ''],
  'a value of two lines': [null, 'one\r\ntwo'],
};

/** How the word is said. @type {Record<string, (done: any, word: any[]) => any>} */
const WAYS = {
  'at once': (done, word) => done(...word),
  later: (done, word) => setImmediate(() => setImmediate(() => done(...word))),
  [TWICE]: (done, word) => {
    done(...word);
    done(new Error('another word'));
    done();
  },
};

/** The words after which another one is tried. */
const TWICE_WORDS = new Set(['null', 'no code', 'a user']);
const HANDLERS = ['onConnect', 'onMailFrom', 'onRcptTo', 'onData'];

/** The handler that says so, once a message has been read. */
function saying(/** @type {string} */ name, /** @type {(done: any) => any} */ say) {
  return (/** @type {any[]} */ ...args) => {
    const done = args.at(-1);
    if (name !== 'onData') return say(done);
    args[0].resume().on('end', () => say(done));
  };
}

/** The handler that returns a promise of the word, once a message has been read. */
function promising(/** @type {string} */ name, /** @type {any[]} */ [error, value]) {
  return async (/** @type {any} */ first) => {
    if (name === 'onData') for await (const _piece of first);
    if (error) throw error;
    return value;
  };
}

function byHandler(/** @type {Record<string, any>} */ all) {
  for (const handler of HANDLERS) {
    for (const [what, word] of Object.entries(WORDS)) {
      for (const lmtp of handler === 'onData' ? [false, true] : [false]) {
        const options = { ...OPEN, lmtp };
        const lines = lmtp ? ['LHLO c', ...TRANSACTION.slice(1)] : TRANSACTION;
        const name = `${lmtp ? 'LMTP ' : ''}${handler}: ${what}`;
        for (const [way, say] of Object.entries(WAYS)) {
          if (way === TWICE && !TWICE_WORDS.has(what)) continue;
          const own = saying(handler, (done) => say(done, word));
          all[`${name}, ${way}`] = { options, handlers: { [handler]: own }, lines };
        }
        const handlers = { [handler]: promising(handler, word) };
        all[`${name}, promised`] = { options, handlers, promises: true, lines };
      }
    }
    const throwing = () => {
      throw failed(undefined, 'thrown');
    };
    // The original lets what these throw through to the process.
    if (handler !== 'onConnect' && handler !== 'onData') {
      all[`${handler}: thrown`] = {
        options: OPEN,
        handlers: { [handler]: throwing },
        lines: TRANSACTION,
      };
    }
  }
}

/** Logins, and what a handler says to them. */
function byLogin(/** @type {Record<string, any>} */ all) {
  const cram = (/** @type {string} */ answer) => {
    const challenge = Buffer.from(answer.slice(4), 'base64');
    return b64(`user ${createHmac('md5', PASSWORD).update(challenge).digest('hex')}`);
  };
  /** @type {Record<string, any[]>} */
  const exchanges = {
    PLAIN: [`AUTH PLAIN ${b64('\0user\0right')}`],
    'PLAIN for another': [`AUTH PLAIN ${b64('other\0user\0right')}`],
    LOGIN: ['AUTH LOGIN', b64('user'), b64('right')],
    XOAUTH2: [`AUTH XOAUTH2 ${b64('user=u\x01auth=Bearer t\x01\x01')}`, ''],
    'CRAM-MD5': ['AUTH CRAM-MD5', cram],
  };
  /** @type {Record<string, any[]>} */
  const words = {
    nothing: [],
    'nothing given': [null, null],
    'a user': [null, { user: 'u' }],
    'an object': [null, { user: { name: 'u', roles: ['a'] } }],
    'a number': [null, { user: 7 }],
    zero: [null, { user: 0 }],
    'no user': [null, {}],
    'a message': [null, { message: 'try\r\nagain' }],
    'a message with a code': [null, { message: 'wait', responseCode: 454 }],
    'a user and a message': [null, { user: 'u', message: 'ignored' }],
    data: [null, { data: { status: '401', schemes: 'bearer' } }],
    'no code': [new Error('not today')],
    'code 454': [failed(454)],
    'code 421': [failed(421)],
    'code 530': [failed(530)],
  };
  for (const [exchange, lines] of Object.entries(exchanges)) {
    for (const [what, word] of Object.entries(words)) {
      const isProof = exchange === 'CRAM-MD5';
      // The exchange decides: a proof has to be asked for.
      const said = (/** @type {any} */ auth) => (isProof ? auth.validatePassword(PASSWORD) : true);
      const says = async (/** @type {any} */ auth) => {
        await said(auth);
        const [error, response] = word;
        if (error) throw error;
        return response;
      };
      const then = ['NOOP', 'MAIL FROM:<a@b>', 'EHLO d', ...lines];
      const script = { options: LOGIN, lines: ['EHLO c', ...lines, ...then] };
      // A promise of nothing leaves the word to the callback.
      if (what !== 'nothing') {
        all[`login ${exchange}: ${what}, promised`] = {
          ...script,
          handlers: { onAuth: says },
          promises: true,
        };
      }
      if (isProof) continue;
      for (const [way, say] of Object.entries(WAYS)) {
        if (way === TWICE && !TWICE_WORDS.has(what)) continue;
        const onAuth = (
          /** @type {any} */ _auth,
          /** @type {any} */ _session,
          /** @type {any} */ done,
        ) => say(done, word);
        all[`login ${exchange}: ${what}, ${way}`] = { ...script, handlers: { onAuth } };
      }
    }
  }
}

/** Handlers that change what they are given. */
function byChange(/** @type {Record<string, any>} */ all) {
  const session =
    (/** @type {any} */ fields) =>
    (/** @type {any[]} */ ...args) => {
      Object.assign(args.at(-2), fields);
      args.at(-1)();
    };
  const address = (
    /** @type {any} */ given,
    /** @type {any} */ _session,
    /** @type {any} */ done,
  ) => {
    given.address = 'other@x';
    done();
  };
  const recipients =
    (/** @type {any[]} */ ...rcptTo) =>
    (/** @type {any} */ _address, /** @type {any} */ { envelope }, /** @type {any} */ done) => {
      envelope.rcptTo = structuredClone(rcptTo);
      done();
    };
  /** @type {Record<string, any>} */
  const changes = {
    'a field of the program’s': { onConnect: session({ own: { n: 1 } }) },
    'a user from the start': { onConnect: session({ user: 'known' }) },
    'a name of the client': { onConnect: session({ clientHostname: 'x.example' }) },
    'commands disabled': { onConnect: session({ disabledCommands: ['rcpt', ' VRFY '] }) },
    'no commands disabled': { onConnect: session({ disabledCommands: [] }) },
    'commands disabled later': { onMailFrom: session({ disabledCommands: ['DATA'] }) },
    'another sender': { onMailFrom: address },
    'another recipient': { onRcptTo: address },
    'no recipients': { onRcptTo: recipients() },
    'a recipient more': { onRcptTo: recipients({ address: 'more@x', args: false }) },
    'an error of the program’s': { onMailFrom: session({ error: 'own' }) },
  };
  for (const [what, handlers] of Object.entries(changes)) {
    all[`changed: ${what}`] = { options: OPEN, handlers, lines: TRANSACTION };
    all[`changed, with disabledCommands: ${what}`] = {
      options: { disabledCommands: ['AUTH', 'HELP'] },
      handlers,
      lines: ['EHLO c', 'HELP', 'AUTH PLAIN x', ...TRANSACTION, 'VRFY x'],
    };
  }
}

/** How messages are taken. */
function byReading(/** @type {Record<string, any>} */ all) {
  /** @type {Record<string, (stream: any, session: any, done: any) => any>} */
  const readings = {
    'by data': (stream, _session, done) => stream.on('data', () => {}).on('end', () => done()),
    'by readable': (stream, _session, done) =>
      stream
        .on('readable', () => {
          while (stream.read() !== null);
        })
        .on('end', () => done()),
    'by iteration': async (stream, _session, done) => {
      for await (const _piece of stream);
      done();
    },
    'word before the end': (stream, _session, done) => {
      stream.resume();
      done(null, 'early');
    },
    'unread with a word': (_stream, _session, done) => done(null, 'unread'),
    'unread with an error': (_stream, _session, done) => done(failed(554)),
    'oversize refused': (stream, _session, done) =>
      stream.resume().on('end', () => done(stream.sizeExceeded ? failed(552, 'big') : null)),
  };
  const bodies = {
    short: 'x\r\n.',
    empty: '.',
    dots: '..\r\n...\r\n..x\r\n.',
    long: `${'y'.repeat(70_000)}\r\n.`,
  };
  for (const [how, onData] of Object.entries(readings)) {
    for (const [body, text] of Object.entries(bodies)) {
      for (const options of [
        {},
        { size: 10 },
        { size: 10, rejectOversized: true },
        { lmtp: true, size: 10, rejectOversized: true },
      ]) {
        const hello = 'lmtp' in options ? 'LHLO c' : 'EHLO c';
        all[`message ${body} ${how} ${JSON.stringify(options)}`] = {
          options: { ...OPEN, ...options },
          handlers: { onData },
          lines: [hello, 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', text, 'NOOP'],
        };
      }
    }
  }
  all['message with a dot that was not doubled'] = {
    options: OPEN,
    lines: ['EHLO c', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', '.x\r\n.', 'NOOP'],
  };
}

/** @returns {Record<string, import('./side-by-side.js').Script>} */
function cases() {
  /** @type {Record<string, any>} */
  const all = {};
  byHandler(all);
  byLogin(all);
  byChange(all);
  byReading(all);
  return all;
}

module.exports = { cases };
