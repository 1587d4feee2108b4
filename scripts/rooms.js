'use strict';
// Who may import whom in src/js, for dependency-cruiser. Dependencies run one way, those of JSDoc's
// types as well:
//
//     options  <-  engine  <-  { server, client, files }  <-  catch, compat/*  <-  cli
//     catch  <-  catch-api  <-  cli
//
// with errors.js, printable.js, parsed.js and node-version.js below all, and index.js, the door of the package, above.

/** What every room may import: errors, the check of Node, texts, parsed mails, and the typings of the addon. */
const BASE = '^src/js/(errors|node-version|parsed|printable|native)[.]';
const ROOMS = {
  options: [],
  engine: ['options'],
  server: ['engine', 'options'],
  client: ['engine', 'options'],
  files: [],
  catch: ['server', 'client', 'engine', 'options'],
  // A browser's.
  'catch-page': [],
  'catch-api': ['catch', 'options'],
  'compat/shared': ['engine', 'options'],
  'compat/smtp-protocol': ['compat/shared', 'client', 'engine', 'options'],
  'compat/mail-io': ['compat/shared', 'client', 'files', 'engine', 'options'],
  'compat/smtp-server': ['compat/shared', 'compat/smtp-protocol', 'server', 'engine', 'options'],
  'compat/smtpjs': ['compat/shared', 'engine', 'options'],
  // Its console is smtpjs'.
  cli: ['compat/smtpjs', 'catch-api', 'catch', 'server', 'client', 'files', 'engine', 'options'],
};
const room = (/** @type {string} */ name) => `^src/js/${name}/`;

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Files that import each other can only be read, and tested, together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...Object.entries(ROOMS).map(([name, below]) => ({
      name: name.replace('/', '-'),
      comment: `${name} imports itself and what is below it: ${below.join(', ') || 'nothing'}.`,
      severity: 'error',
      from: { path: room(name) },
      to: { path: '^src/js/', pathNot: [BASE, room(name), ...below.map(room)] },
    })),
    {
      name: 'base',
      comment: 'What is in no room is below all of them.',
      severity: 'error',
      from: { path: BASE },
      to: { path: '^src/js/', pathNot: BASE },
    },
    {
      name: 'door',
      comment: 'index.js is above all; the command alone may name its types.',
      severity: 'error',
      from: { path: '^src/js/', pathNot: room('cli') },
      to: { path: '^index[.]' },
    },
    {
      name: 'door-of-cli',
      comment: 'The command imports what it needs from the rooms, not from the door.',
      severity: 'error',
      from: { path: room('cli') },
      to: { path: '^index[.]', dependencyTypesNot: ['jsdoc'] },
    },
    {
      name: 'known-room',
      comment: 'A file of src/js is in a room that these rules know.',
      severity: 'error',
      from: {
        path: '^src/js/',
        pathNot: [BASE, ...Object.keys(ROOMS).map(room)],
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'tsc',
    tsPreCompilationDeps: true,
    detectJSDocImports: true,
  },
};
