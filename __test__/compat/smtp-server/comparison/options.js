'use strict';
// Scripts of each option by each command, and of limits.

const { setImmediate } = require('node:timers');

const b64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const OPEN = { authOptional: true };

/** @type {Record<string, any>} */
const OPTIONS = {
  none: {},
  banner: { banner: 'hello\r\nworld' },
  'banner of letters': { banner: 'grüß' },
  heloResponse: { heloResponse: '%s hi %s %s' },
  'heloResponse without names': { heloResponse: 'welcome' },
  'heloResponse of two lines': { heloResponse: 'welcome %s\r\n250 x' },
  size: { size: 100 },
  'size as text': { size: '100' },
  'size 0': { size: 0 },
  hideSize: { size: 100, hideSize: true },
  'hideSize alone': { hideSize: true },
  rejectOversized: { size: 5, rejectOversized: true },
  'authMethods in small letters': { authMethods: ['plain', ' login '] },
  'authMethods twice': { authMethods: ['PLAIN', 'plain', 'LOGIN', 'PLAIN '] },
  'authMethods none': { authMethods: [] },
  'authMethods XOAUTH2': { authMethods: ['XOAUTH2'] },
  'authMethods unknown': { authMethods: ['FOO', 'PLAIN'] },
  'login wanted': { authOptional: false },
  authRequiredMessage: { authOptional: false, authRequiredMessage: 'log in\r\nfirst' },
  allowInsecureAuth: { authOptional: false, allowInsecureAuth: true },
  'disabledCommands AUTH': { authOptional: false, disabledCommands: ['AUTH'] },
  'disabledCommands as text': { disabledCommands: 'VRFY' },
  'disabledCommands many': {
    disabledCommands: ['help', 'NOOP ', 'STARTTLS', 'RSET', 'VRFY', 'QUIT', null],
  },
  'disabledCommands EHLO': { disabledCommands: ['EHLO'] },
  hideSTARTTLS: { hideSTARTTLS: true },
  'hideSTARTTLS, login wanted': { hideSTARTTLS: true, authOptional: false },
  hidePIPELINING: { hidePIPELINING: true },
  hide8BITMIME: { hide8BITMIME: true },
  hideSMTPUTF8: { hideSMTPUTF8: true },
  'hideENHANCEDSTATUSCODES false': { hideENHANCEDSTATUSCODES: false },
  'hideENHANCEDSTATUSCODES 0': { hideENHANCEDSTATUSCODES: 0 },
  'hideDSN false': { hideDSN: false },
  'hideREQUIRETLS false': { hideREQUIRETLS: false },
  maxRecipients: { maxRecipients: 1 },
  'maxRecipients as text': { maxRecipients: '1' },
  'maxRecipients of nonsense': { maxRecipients: 'x' },
  maxCommandLength: { maxCommandLength: 40 },
  'maxAllowedUnauthenticatedCommands 3': {
    authOptional: false,
    maxAllowedUnauthenticatedCommands: 3,
  },
  'maxAllowedUnauthenticatedCommands false': {
    authOptional: false,
    maxAllowedUnauthenticatedCommands: false,
  },
  'maxAllowedUnauthenticatedCommands 0': {
    authOptional: false,
    maxAllowedUnauthenticatedCommands: 0,
  },
  useProxy: { useProxy: ['10.0.0.1'] },
  useXClient: { useXClient: true },
  useXForward: { useXForward: true },
  lmtp: { lmtp: true },
  'lmtp with codes': { lmtp: true, hideENHANCEDSTATUSCODES: false },
  lenientAddressParsing: { lenientAddressParsing: true },
  secured: { secured: true },
  'secure and secured': { secure: true, secured: true },
  'secure and secured, login wanted': { secure: true, secured: true, authOptional: false },
  'a name': { name: 'other.example' },
  'a component': { component: 'mx' },
};

/** Options that count before EHLO. */
const BEFORE_GREETING = new Set([
  'none',
  'login wanted',
  'lmtp',
  'maxCommandLength',
  'secure and secured',
]);

const COMMANDS = [
  'HELO x',
  'EHLO x',
  'LHLO x',
  'MAIL FROM:<a@b>',
  'MAIL FROM:<a@b> SIZE=50 BODY=8BITMIME SMTPUTF8',
  'MAIL FROM:<a@b> SIZE=500',
  'MAIL FROM:<a@b> RET=HDRS ENVID=x',
  'MAIL FROM:<a@b> REQUIRETLS',
  'MAIL FROM:<..a@b..c>',
  'RCPT TO:<c@d>',
  'RCPT TO:<c@d> NOTIFY=NEVER ORCPT=rfc822;x',
  'DATA',
  'RSET',
  'NOOP',
  'HELP',
  'VRFY a',
  'STARTTLS x',
  `AUTH PLAIN ${b64('\0user\0right')}`,
  `AUTH LOGIN ${b64('user')}`,
  'AUTH XOAUTH2',
  'XCLIENT NAME=x.example',
  'XFORWARD NAME=x.example',
  'WIZ',
  'KILL',
  'FOO',
  'QUIT',
];

/** What ends a message or an exchange; NOOP stands behind other commands. @type {Record<string, string>} */
const BEHIND = { DATA: 'x\r\n.', AUTH: '*' };

/** @type {Record<string, string[]>} */
const STATES = {
  begun: [],
  greeted: ['EHLO c'],
  rcpt: ['EHLO c', 'MAIL FROM:<m@x>', 'RCPT TO:<r@x>'],
};

/** Options that are set once the server listens, as a program may do by `server.options`. */
function changes(/** @type {Record<string, any>} */ all) {
  const mail = [
    'MAIL FROM:<..a@b>',
    'MAIL FROM:<a@b> SIZE=50',
    'RCPT TO:<c@d>',
    'RCPT TO:<e@f>',
    'DATA',
    'x\r\n.',
  ];
  for (const [name, change] of Object.entries(OPTIONS)) {
    // Lists are made when a server is made, and whether it is under TLS is settled then.
    if (/^(authMethods|disabledCommands|secure)/.test(name)) continue;
    const hello = change.lmtp ? 'LHLO c' : 'EHLO c';
    const rest = [
      'HELP',
      'AUTH PLAIN x',
      'XCLIENT NAME=x.example',
      ...mail,
      'VRFY a',
      'STARTTLS x',
      'QUIT',
    ];
    all[`changed to ${name}`] = { options: OPEN, change, lines: [hello, ...rest] };
    all[`changed from ${name}`] = {
      options: { ...OPEN, ...change },
      change: Object.fromEntries(
        Object.keys({ ...change, ...OPEN }).map((key) => [key, undefined]),
      ),
      lines: ['EHLO c', ...rest],
    };
  }
  const change = { disabledCommands: ['HELP', 'AUTH'] };
  all['changed to other disabledCommands'] = {
    options: OPEN,
    change,
    lines: ['EHLO c', 'HELP', 'NOOP'],
  };
  all['changed to other authMethods'] = {
    options: { hideSTARTTLS: true },
    change: { authMethods: ['XOAUTH2'] },
    lines: ['EHLO c', 'AUTH PLAIN x', `AUTH XOAUTH2 ${b64('user=u\x01auth=Bearer t\x01\x01')}`, ''],
  };
}

/** Scripts of limits, and of closing. */
function limits(/** @type {Record<string, any>} */ all) {
  for (const maxClients of [1, 2, '1', 0, undefined]) {
    for (const held of [0, 1, 2]) {
      // Those that are held would be refused themselves.
      if (maxClients && held > Number(maxClients)) continue;
      all[`maxClients ${JSON.stringify(maxClients)}, with ${held}`] = {
        options: { ...OPEN, maxClients },
        held,
        lines: ['NOOP'],
      };
    }
  }
  for (const length of [10, 20, 40]) {
    for (const line of [
      'NOOP 12345',
      'NOOP 123456',
      'NOOP 123456789012345',
      'MAIL FROM:<aaaaaaaaaaaaaaaaaaaaa@b>',
    ]) {
      all[`maxCommandLength ${length}: ${line}`] = {
        options: { ...OPEN, maxCommandLength: length },
        lines: ['EHLO c', line, 'NOOP'],
      };
    }
  }
  /** Where an overlong line comes. @type {Record<string, any[]>} */
  const before = {
    'at once': [],
    'behind NOOP': ['NOOP'],
    'behind EHLO': ['EHLO c'],
    'in a mail': ['EHLO c', 'MAIL FROM:<a@b>'],
    'as an answer': ['EHLO c', 'AUTH LOGIN'],
  };
  for (const [where, lines] of Object.entries(before)) {
    for (const [end, what] of [
      ['', 'without an end'],
      ['\r\nNOOP\r\n', 'with an end'],
    ]) {
      for (const [maxCommandLength, length] of [
        // Their ends count in ours.
        [undefined, 16_384 + 3],
        [40, 43],
        [40, 70_000],
      ]) {
        // The answer to a challenge may be longer than a command in ours.
        if (where === 'as an answer' && length < 16_384) continue;
        all[`a line of ${length}, ${what}, ${where}, of ${maxCommandLength}`] = {
          options: { ...OPEN, allowInsecureAuth: true, hideSTARTTLS: true, maxCommandLength },
          lines: [...lines, { raw: `${'x'.repeat(length)}${end}`, replies: 2 }],
        };
      }
    }
  }
  all['a line of 16 KiB'] = {
    options: OPEN,
    lines: ['EHLO c', `NOOP ${'x'.repeat(16_000)}`, 'NOOP'],
  };
  all['a line of 17 KiB'] = {
    options: OPEN,
    lines: ['EHLO c', `NOOP ${'x'.repeat(17_000)}`, 'NOOP'],
  };
  for (const count of [9, 10, 11]) {
    all[`${count} unknown commands`] = {
      options: OPEN,
      lines: ['EHLO c', ...Array(count).fill('FOO'), 'NOOP'],
    };
    all[`${count} commands without a login`] = {
      options: {},
      lines: ['EHLO c', ...Array(count).fill('NOOP')],
    };
  }
  all['unknown commands around a mail'] = {
    options: OPEN,
    lines: [
      'EHLO c',
      ...Array(8).fill('FOO'),
      'MAIL FROM:<a@b>',
      'RCPT TO:<c@d>',
      'DATA',
      '.',
      ...Array(8).fill('FOO'),
    ],
  };
  all['an idle client'] = {
    options: { ...OPEN, socketTimeout: 300 },
    lines: ['EHLO c', { hear: true }, { hear: true }],
  };
  all['an idle client in a mail'] = {
    options: { ...OPEN, socketTimeout: 300 },
    lines: ['EHLO c', 'MAIL FROM:<a@b>', { hear: true }, { hear: true }],
  };
  all['an idle client in a login'] = {
    options: { allowInsecureAuth: true, hideSTARTTLS: true, socketTimeout: 300 },
    lines: ['EHLO c', 'AUTH LOGIN', { hear: true }, { hear: true }],
  };
  all['closing an idle client'] = {
    options: OPEN,
    lines: ['EHLO c', { close: true }, { hear: true }, { hear: true }],
  };
  const slow = (
    /** @type {any} */ _address,
    /** @type {any} */ _session,
    /** @type {any} */ done,
  ) => setImmediate(() => setImmediate(() => setImmediate(done)));
  all['closing in a handler'] = {
    options: { ...OPEN, closeTimeout: 500 },
    handlers: { onMailFrom: slow },
    lines: ['EHLO c', { raw: 'MAIL FROM:<a@b>\r\n', close: true, replies: 1 }, { hear: true }],
  };
}

/** What comes in one piece. */
function pipelined(/** @type {Record<string, any>} */ all) {
  const mail = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:bad\r\nDATA\r\n';
  const slow = (
    /** @type {any} */ _address,
    /** @type {any} */ _session,
    /** @type {any} */ done,
  ) => setImmediate(() => setImmediate(done));
  for (const lmtp of [false, true]) {
    const hello = lmtp ? 'LHLO c' : 'EHLO c';
    for (const handlers of [{}, { onMailFrom: slow, onRcptTo: slow }]) {
      all[`pipelined, ${Object.keys(handlers).length} slow, LMTP ${lmtp}`] = {
        options: { ...OPEN, lmtp },
        handlers,
        lines: [
          hello,
          { raw: mail, replies: 4 },
          { raw: 'x\r\n.\r\nRSET\r\nNOOP\r\nQUIT\r\nNOOP\r\n', replies: 5 },
        ],
      };
    }
  }
  all['lines that end with LF'] = { options: OPEN, lines: [{ raw: 'EHLO c\nNOOP\n', replies: 2 }] };
  all['a line in pieces'] = {
    options: OPEN,
    lines: [
      { raw: 'EH', replies: 0 },
      { raw: 'LO c\r', replies: 0 },
      { raw: '\nNOOP\r\n', replies: 2 },
    ],
  };
  all['bytes that are no UTF-8'] = {
    options: OPEN,
    lines: [
      { raw: Buffer.from('EHLO c\xff\r\n', 'latin1') },
      { raw: Buffer.from('MAIL FROM:<\xe4@b>\r\n', 'latin1') },
    ],
  };
  all['a NUL'] = {
    options: OPEN,
    lines: ['EHLO c\u0000d', 'NOOP \u0000', 'MAIL FROM:<a\u0000@b>'],
  };
  all['a client that ends'] = { options: OPEN, lines: ['EHLO c', { end: true }] };
  all['a client that ends in a message'] = {
    options: OPEN,
    lines: ['EHLO c', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', { raw: 'half', end: true }],
  };
}

/** @returns {Record<string, import('./side-by-side.js').Script>} */
function cases() {
  /** @type {Record<string, any>} */
  const all = {};
  for (const [name, options] of Object.entries(OPTIONS)) {
    for (const [state, before] of Object.entries(STATES)) {
      if (state === 'begun' && !BEFORE_GREETING.has(name)) continue;
      for (const command of COMMANDS) {
        const lines = options.lmtp ? before.map((line) => line.replace('EHLO', 'LHLO')) : before;
        all[`${name}, ${state}: ${command}`] = {
          options: { ...OPEN, ...options },
          lines: [...lines, command, BEHIND[command.slice(0, 4)] ?? 'NOOP'],
        };
      }
    }
  }
  changes(all);
  limits(all);
  pipelined(all);
  return all;
}

module.exports = { cases };
