'use strict';
// What each command makes of each argument that makes no sense: one line, and 2.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { finished } = require('../support/command.js');

const SEND = ['send', '--from', 'a@b.example', '--to', 'c@d.example'];
const TO = [...SEND, '--host', '127.0.0.1'];
/** Values that no address to listen to has. */
const HOSTS = ['', 'a b', '999.1.1.1', '[192.0.2.1]', '[::1', 'a:b', 'http://x', '\u001b[2J'];
/** Values that no port to listen to has. */
const PORTS = ['', 'x', '-1', '1.5', '0x19', '65536', '1e3', ' 25'];

/** Values that are no address. */
const ADDRESSES = [
  'a\nb',
  'a\x7fb',
  '<a@b>',
  'Me <a@b>',
  'a b@c',
  'a@b c',
  'a@b,c@d',
  '"a@b',
  'a"b"@c',
];

/** Rules of which one member makes no sense. */
const FAULTS = [
  '"reply":5',
  '"reply":[200,"x","y"]',
  '"reply":[452,5]',
  '"times":0',
  '"times":"always"',
  '"skip":-1',
  '"delay":"1"',
  '"how":"fail"',
  '"how":"close","reply":452',
  '"after":1',
  '"nope":1',
].map((member) => `{"at":"rcpt",${member}}`);

/** Command, argument, values that make no sense, what is said of them. @type {[string[], string, string[], RegExp][]} */
const VALUES = [
  [[], '--port', PORTS, /--port must (?:be a number from 0 to 65535, not|not be empty)/],
  [[], '--host', HOSTS, /--host must/],
  [[], '--page-port', PORTS, /--page-port must (?:be a number from 0 to 65535, not|not be)/],
  [[], '--page-host', HOSTS, /--page-host must/],
  [[], '--page-host', ['0.0.0.0', '::', '192.0.2.1', 'mail.example'], /needs --page-auth/],
  [[], '--page-auth', ['', 'tim', 'a:b'], /--page-auth (?:must|needs the password in the env)/],
  [
    [],
    '--keep',
    ['', '0', '-1', '1.5', 'x', '1e3', '2147483648'],
    /--keep must (?:be a number|not)/,
  ],
  [[], '--release', ['', ':25', 'x:', 'x:y', '[::1', '[x]:25', '/x', './x'], /--release must/],
  [[], '--release', ['x:0', 'x:65536', 'a b'], /(?:the port of )?--release must/],
  [[], '--fail', ['', 'x', '{', "{'at':'rcpt'}", '\u001b[2J'], /--fail must (?:be JSON|not be em)/],
  [[], '--fail', ['1', 'null', '"rcpt"', '[1]', '[null]', '[[{"at":"rcpt"}]]'], /--fail: /],
  [[], '--fail', ['{}', '{"at":"x"}', '[{"at":"rcpt"},{}]'], /--fail: at must be 'connect' or/],
  [
    [],
    '--fail',
    FAULTS,
    /--fail: (?:\w+ must|a reply code is|the text of reply|there is no|after|reply)/,
  ],
  [[], '--fail', ['{"at":"rcpt","match":"("}'], /--fail: Invalid regular expression/],
  [[], '--fail', ['{"at":"rcpt","match":"/a/qq"}'], /--fail: Invalid .*flags/],
  [
    [],
    '--fail',
    ['{"at":"rcpt","match":5}'],
    /--fail: match must be a regular expression, a string/,
  ],
  [[], '--maildir', [''], /--maildir must not be empty/],
  [['--tls-cert', 'c'], '--tls-key', [''], /--tls-key must not be empty/],
  [['--tls-key', 'k'], '--tls-cert', [''], /--tls-cert must not be empty/],
  [[], '--tls-passphrase-file', ['', 'f'], /--tls-passphrase-file (?:is for|must)/],
  [[], '--tls-out', ['', 'f'], /--tls-out (?:is for|must)/],
  [['repl'], '--port', PORTS, /--port must (?:be a number from 0 to 65535, not|not be empty)/],
  [['repl'], '--host', HOSTS, /--host must/],
  [['repl'], '--level', ['', 'foo', 'WARN', '3'], /--level must/],
  [SEND, '--host', ['', ':25', 'x:', 'x:y', 'x:-1', '[::1', '[x]:25', 'a b', 'x y:25'], /--host/],
  [SEND, '--host', ['x:0', 'x:65536', 'x:99999', '[::1]:99999'], /the port of --host must be/],
  [TO, '--tls', ['', 'foo', 'NONE', 'true'], /--tls must/],
  [TO, '--ca', [''], /--ca must not be empty/],
  [TO, '--user', ['', 'u'], /--user (?:must not be empty|needs the password)/],
  [TO, '--name', ['', 'a b', 'a\tb'], /--name must/],
  [TO, '--dns', ['', 'x', '1.2.3', '192.0.2.1:0', '192.0.2.1:99999'], /--dns must/],
  [TO, '--to', ['', ...ADDRESSES], /--to(?: must|: .* has a control character)/],
  [TO, '--from', ADDRESSES, /--from(?: must|: .* has a control character)/],
  [[...SEND, '--mx'], '--to', ['x', 'x@', '@x'], /--to must name a domain with --mx/],
];

/** Command lines that make no sense by themselves. @type {[string[], RegExp][]} */
const LINES = [
  [['extra'], /extra/],
  [['--port'], /--port/],
  [['--print=1'], /--print/],
  [['--no-page=1'], /--no-page/],
  ...['--page-port=1', '--page-host=::1', '--page-auth=a', '--keep=1', '--release=a'].map(
    (each) =>
      /** @type {[string[], RegExp]} */ ([
        ['--no-page', each],
        /^smtp-engine: --\S+ is for the page: leave --no-page out/,
      ]),
  ),
  [['--tls-key', 'k'], /--tls-key and --tls-cert go together/],
  [['--tls-cert', 'c'], /--tls-key and --tls-cert go together/],
  [['--tls-self-signed', '--tls-key', 'k', '--tls-cert', 'c'], /makes a key of its own/],
  [['--tls-self-signed', '--tls-passphrase-file', 'f'], /--tls-passphrase-file is for --tls-key/],
  [['--tls-key', 'k', '--tls-cert', 'c', '--tls-out', 'f'], /--tls-out is for --tls-self-signed/],
  [['repl', 'extra'], /extra/],
  [['send'], /--from is missing/],
  [['send', '--from', 'a'], /--to is missing/],
  [SEND, /either --host or --mx/],
  [[...TO, '--mx'], /either --host or --mx/],
  [[...TO, ''], /a file must not be empty/],
  [[...TO, '-', '-'], /standard input, -, can be sent once/],
  ...['--nope', '-x', '--\u001b[2J'].flatMap((each) =>
    [[], ['repl'], TO].map((args) => /** @type {[string[], RegExp]} */ ([[...args, each], /'-/])),
  ),
];

describe('an argument that makes no sense ends with 2, and one line', {
  timeout: 120_000,
  concurrency: 4,
}, () => {
  const all = [
    ...LINES,
    ...VALUES.flatMap(([args, name, values, said]) =>
      values.map((value) => /** @type {const} */ ([[...args, `${name}=${value}`], said])),
    ),
  ];
  for (const [args, said] of all) {
    test(JSON.stringify(args.join(' ')), async (t) => {
      const { code, output, errors } = await finished(t, ...args);
      assert.deepEqual([code, output], [2, ''], errors);
      assert.match(errors, said);
      const command = ['send', 'repl'].includes(args[0]) ? `${args[0]} ` : '';
      assert.match(errors, /^smtp-engine: [\x20-\x7e]+\n$/);
      assert.ok(errors.endsWith(` (see smtp-engine ${command}--help)\n`), errors);
    });
  }
});
