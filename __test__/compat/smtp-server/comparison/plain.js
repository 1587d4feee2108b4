'use strict';
// What both servers are run through: commands by states, options, and what handlers say.

const OPEN = { authOptional: true };
const failing = (code) => (_first, _session, done) =>
  done(Object.assign(new Error('not\r\n250 today'), code && { responseCode: code }));
const b64 = (text) => Buffer.from(text).toString('base64');

/** States of a session, by the lines that lead there. */
const STATES = {
  begun: [],
  greeted: ['EHLO client.example'],
  helo: ['HELO client.example'],
  mail: ['EHLO client.example', 'MAIL FROM:<a@example.com>'],
  rcpt: ['EHLO client.example', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>'],
};

const COMMANDS = [
  'EHLO x.example',
  'EHLO',
  'EHLO a b',
  'HELO x.example',
  'HELO',
  `HELO ${'a'.repeat(301)}`,
  'LHLO x',
  'ehlo MixedCase.Example',
  'MAIL FROM:<c@example.com>',
  'RCPT TO:<d@example.com>',
  'RSET',
  'NOOP',
  'NOOP x',
  'HELP',
  'HELP MAIL',
  'VRFY',
  'VRFY a',
  'EXPN a',
  'WIZ',
  'WIZ x',
  'SHELL',
  'KILL',
  'QUIT',
  'STARTTLS FOO',
  'XCLIENT ADDR=1.2.3.4',
  'XFORWARD ADDR=1.2.3.4',
  'AUTH',
  'AUTH FOO',
  '',
  'FOO',
  'TURN',
  'GET / HTTP/1.1',
  ' NOOP',
  'NOOP ',
  '\tNOOP',
  'NOOP\t',
  'NOOP\tx',
  '  ',
  ' EHLO x.example',
  'EHLO x.example ',
  'EHLO\tx.example',
  'MAIL FROM:<c@example.com> ',
  ' MAIL FROM:<c@example.com>',
  'RCPT TO:<d@example.com>\t',
  'RSET ',
  'RSET\t',
  'QUIT\t',
  ' QUIT',
  'DATA\t',
  ' DATA',
  ' AUTH PLAIN',
  'AUTH\tPLAIN',
  'AUTHENTICATE PLAIN',
  'STARTTLS\t',
  ' GET / HTTP/1.1',
  'constructor',
  '__proto__',
];

const MAILS = [
  '<>',
  '<a@b>',
  'a@b',
  '< a@b>',
  '<a@b',
  '<.a@b.c>',
  '<a.@b.c>',
  '<a..b@c.d>',
  '<a@b..c>',
  '<a@-b.c>',
  '<a@b-.c>',
  '<a@b_c.d>',
  '<@r.example:a@b.c>',
  '<a@[127.0.0.1]>',
  '<a@[1.2.3]>',
  '<a@[IPv6:2001:DB8:0:0::1]>',
  '<a@xn--4ca.example>',
  '<ä@ö.example>',
  '<a@b@c>',
  '<@b>',
  '<a@>',
  `<${'a'.repeat(250)}@b.c>`,
  '<a\u200b@b.c>',
  '<a@b> SIZE=12',
  '<a@b> SIZE=x',
  '<a@b> SIZE',
  '<a@b> SIZE=',
  '<a@b> SIZE=5 SIZE=5',
  '<a@b> BODY=8BITMIME',
  '<a@b> BODY=7bit',
  '<a@b> BODY=BINARY',
  '<a@b> BODY',
  '<a@b> SMTPUTF8',
  '<a@b> SMTPUTF8=YES',
  '<a@b> REQUIRETLS',
  '<a@b> RET=FULL',
  '<a@b> RET=x',
  '<a@b> ENVID=a+2Bb',
  '<a@b> ENVID=a+0D+0Ab',
  '<a@b> FOO=bar baz',
  '<a@b> __proto__=x constructor=y',
  '<a@b>  =x',
  '<postmaster>',
  '<Postmaster>',
];
const RCPTS = [
  '<a@b> NOTIFY=NEVER',
  '<a@b> NOTIFY=never,success',
  '<a@b> NOTIFY=SUCCESS,DELAY',
  '<a@b> NOTIFY=x',
  '<a@b> NOTIFY',
  '<a@b> ORCPT=rfc822;a@b',
  '<a@b> ORCPT=x',
  '<a@b> ORCPT=rfc822;a NOTIFY=FAILURE',
  '<a@b> NOTIFY=NEVER NOTIFY=NEVER',
];

/** @returns {Record<string, any>} */
function cases() {
  const all = {};
  for (const [state, lines] of Object.entries(STATES)) {
    for (const command of COMMANDS) {
      all[`${state}: ${command.slice(0, 40)}`] = {
        options: OPEN,
        lines: [...lines, command, 'NOOP'],
      };
    }
  }
  for (const [mode, options] of Object.entries({
    strict: {},
    lenient: { lenientAddressParsing: true },
    dsn: { hideDSN: false, size: 10 },
  })) {
    for (const path of [...MAILS, ...RCPTS]) {
      const set = { ...OPEN, ...options };
      all[`${mode} MAIL ${path.slice(0, 40)}`] = {
        options: set,
        lines: ['EHLO c', `MAIL FROM:${path}`, 'RCPT TO:<x@y>'],
      };
      all[`${mode} RCPT ${path.slice(0, 40)}`] = {
        options: set,
        lines: ['EHLO c', 'MAIL FROM:<x@y>', `RCPT TO:${path}`, 'RCPT TO:<X@Y>', 'DATA', '.'],
      };
    }
  }
  for (const spelling of [
    'MAIL FROM : <a@b>',
    'MAIL  FROM:<a@b>',
    'mail from:<a@b>',
    'MAIL FROM <a@b>',
    'MAIL',
    'MAIL FROM:',
    'MAIL TO:<a@b>',
  ]) {
    all[`spelling ${spelling}`] = { options: OPEN, lines: ['EHLO c', spelling] };
  }
  const transaction = [
    'EHLO c',
    'MAIL FROM:<a@b>',
    'RCPT TO:<c@d>',
    'RCPT TO:<C@D>',
    'DATA',
    'Subject: x\r\n\r\n..dot\r\n.',
    'NOOP',
    'MAIL FROM:<a@b>',
  ];
  const OPTIONS = {
    plain: {},
    enhanced: { hideENHANCEDSTATUSCODES: false },
    banner: { banner: 'hello' },
    welcome: { heloResponse: '%s hi %s %s' },
    size: { size: 5 },
    hidden: { size: 5, hideSize: true },
    oversized: { size: 5, rejectOversized: true },
    quiet: { hidePIPELINING: true, hide8BITMIME: true, hideSMTPUTF8: true, hideSTARTTLS: true },
    disabled: { disabledCommands: ['STARTTLS', 'auth', 'HELP'] },
    one: { maxRecipients: 1 },
    methods: { authMethods: ['plain', 'XOAUTH2', 'CRAM-MD5'] },
    lmtp: { lmtp: true },
    'no chunks': { disabledCommands: ['BDAT'] },
  };
  for (const [name, options] of Object.entries(OPTIONS)) {
    all[`option ${name}`] = { options: { ...OPEN, ...options }, lines: transaction };
    all[`option ${name} lhlo`] = {
      options: { ...OPEN, ...options },
      lines: ['LHLO c', 'HELP', 'STARTTLS x', 'MAIL FROM:<a@b>', 'RCPT TO:', 'FOO'],
    };
  }
  for (const handler of ['onMailFrom', 'onRcptTo']) {
    for (const code of [undefined, 451, 421, 553]) {
      all[`${handler} fails ${code}`] = {
        options: OPEN,
        handlers: { [handler]: failing(code) },
        lines: transaction,
      };
    }
    all[`${handler} throws`] = {
      options: OPEN,
      handlers: {
        [handler]: () => {
          throw new Error('x');
        },
      },
      lines: transaction,
    };
  }
  for (const code of [undefined, 421, 554]) {
    const error = () => Object.assign(new Error('go away'), code && { responseCode: code });
    all[`onConnect fails ${code}`] = {
      options: OPEN,
      handlers: { onConnect: (_session, done) => done(error()) },
      lines: ['NOOP'],
    };
    all[`onData fails ${code}`] = {
      options: OPEN,
      handlers: {
        onData: (stream, _session, done) => stream.resume().on('end', () => done(error())),
      },
      lines: transaction,
    };
    all[`onData fails unread ${code}`] = {
      options: OPEN,
      handlers: { onData: (_stream, _session, done) => done(error()) },
      lines: transaction,
    };
  }
  all['onData says'] = {
    options: OPEN,
    handlers: {
      onData: (stream, _session, done) =>
        stream.resume().on('end', () => done(null, 'queued as 5')),
    },
    lines: transaction,
  };
  all['onData destroys'] = {
    options: OPEN,
    handlers: {
      onData: (stream, _session, done) => {
        stream.destroy();
        done();
      },
    },
    lines: transaction,
  };
  const lists = ['MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'RCPT TO:<e@f>', 'DATA', 'x\r\n.', 'NOOP'];
  all['lmtp verdicts'] = {
    options: { ...OPEN, lmtp: true },
    handlers: {
      onData: (stream, _session, done) =>
        stream.resume().on('end', () => done(null, ['fine', new Error('full')])),
    },
    lines: ['LHLO c', ...lists],
  };
  all['bdat disabled'] = {
    options: { ...OPEN, disabledCommands: ['BDAT'] },
    lines: ['EHLO c', 'BDAT 3', 'MAIL FROM:<a@b> BODY=BINARYMIME', 'NOOP'],
  };
  const AUTH = {
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2', 'CRAM-MD5'],
    hideSTARTTLS: true,
  };
  const LOGINS = {
    right: [`AUTH PLAIN ${b64('\0user\0right')}`],
    wrong: [`AUTH PLAIN ${b64('\0user\0wrong')}`],
    later: ['AUTH PLAIN', b64('\0user\0right')],
    cancel: ['AUTH PLAIN', '*'],
    malformed: ['AUTH PLAIN !!!'],
    two: [`AUTH PLAIN ${b64('a\0b')}`],
    login: ['AUTH LOGIN', b64('user'), b64('right')],
    'login named': [`AUTH LOGIN ${b64('user')}`, b64('right')],
    'login wrong': ['AUTH LOGIN', b64('user'), b64('no')],
    xoauth: [`AUTH XOAUTH2 ${b64('user=u\x01auth=Bearer t\x01\x01')}`, ''],
    cram: ['AUTH CRAM-MD5', b64('user 0123456789abcdef0123456789abcdef')],
    unknown: ['AUTH FOO'],
    none: ['AUTH'],
    twice: [`AUTH PLAIN ${b64('\0user\0right')}`, `AUTH PLAIN ${b64('\0user\0right')}`],
  };
  for (const [name, lines] of Object.entries(LOGINS)) {
    all[`login ${name}`] = {
      options: AUTH,
      lines: ['EHLO c', ...lines, 'MAIL FROM:<a@b>', 'EHLO c'],
    };
    all[`login ${name} in the open`] = {
      options: { authMethods: AUTH.authMethods },
      lines: ['EHLO c', lines[0], 'NOOP'],
    };
  }
  const trusted = { ...OPEN, useXClient: true, useXForward: ['127.0.0.1'] };
  const FORWARDS = [
    'XCLIENT',
    'XCLIENT ADDR',
    'XCLIENT ADDR=x',
    'XCLIENT ADDR=1.2.3.4 PORT=99 NAME=Host.Example.',
    'XCLIENT NAME=a+0Db',
    'XCLIENT NAME=-x',
    'XCLIENT FOO=1',
    'XCLIENT ADDR=IPV6:2001:DB8::1',
    'XCLIENT NAME=[UNAVAILABLE] ADDR=[TEMPUNAVAIL]',
    'XCLIENT LOGIN=user',
    'XCLIENT LOGIN=',
    'XCLIENT __proto__=x',
    'XFORWARD',
    'XFORWARD ADDR=1.2.3.4 NAME=h.example HELO=Me PORT=x',
    'XFORWARD ADDR=[UNAVAILABLE]',
    'XFORWARD LOGIN=x',
    'XFORWARD SOURCE=LOCAL IDENT=1',
  ];
  for (const line of FORWARDS) {
    all[`trusted ${line}`] = {
      options: trusted,
      lines: ['EHLO c', line, 'XFORWARD ADDR=9.9.9.9', 'EHLO d', 'MAIL FROM:<a@b>', line],
    };
    all[`list ${line}`] = {
      options: { ...OPEN, useXClient: ['10.0.0.1'] },
      lines: ['EHLO c', line],
    };
  }
  all['too many unknown'] = { options: OPEN, lines: Array(12).fill('FOO') };
  all['too many of a stranger'] = { options: {}, lines: Array(12).fill('NOOP') };
  all['too long'] = {
    options: { ...OPEN, maxCommandLength: 50 },
    lines: ['EHLO c', `NOOP ${'x'.repeat(60)}`, 'NOOP'],
  };
  return all;
}

module.exports = { cases };
