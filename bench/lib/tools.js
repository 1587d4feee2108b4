'use strict';
// What a measure needs beside the engine: the peers from npm, postfix's tools, a sender, keys.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { ask, temporaryFolder } = require('./processes.js');

const BENCH = path.join(__dirname, '..');
/** What is built goes where cargo puts what it builds: git passes it over. */
const SENDER = path.join(BENCH, '..', 'target', 'bench', 'sender');
const SENDER_SOURCE = path.join(BENCH, 'clients', 'sender.rs');

/** Keys of the handshake rows, as openssl's arguments. */
const KEY_TYPES = {
  'P-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  'RSA-2048': ['-newkey', 'rsa:2048'],
};

/** @typedef {keyof typeof KEY_TYPES} KeyType */

const modified = (/** @type {string} */ file) =>
  fs.existsSync(file) ? fs.statSync(file).mtimeMs : Number.NEGATIVE_INFINITY;

/** Installs the peers from npm if they are not there or others than the lockfile says. */
function installPeers() {
  const installed = path.join(BENCH, 'node_modules', '.package-lock.json');
  if (modified(installed) >= modified(path.join(BENCH, 'package-lock.json'))) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: BENCH,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error("'npm ci' in bench/ failed");
  const now = new Date();
  fs.utimesSync(installed, now, now);
}

/** Where a program of postfix is, which may be outside of the PATH of a plain user. */
function findProgram(/** @type {string} */ name) {
  const folders = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
  ];
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
}

/** Compiles the sender of our own if that has not been done. */
function buildSender() {
  if (modified(SENDER) >= modified(SENDER_SOURCE)) return SENDER;
  fs.mkdirSync(path.dirname(SENDER), { recursive: true });
  const { error, status, stderr } = spawnSync(
    'rustc',
    ['--edition', '2021', '-O', '-o', SENDER, SENDER_SOURCE],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`rustc could not make the sender: ${error?.message ?? stderr}`);
  return SENDER;
}

/** @type {Map<KeyType, { key: string, cert: string }>} */
const keys = new Map();

/** The files of a key and its certificate, made by openssl for this run. */
function makeKeys(/** @type {KeyType} */ type) {
  const known = keys.get(type);
  if (known) return known;
  const folder = temporaryFolder();
  const files = { key: path.join(folder, 'key.pem'), cert: path.join(folder, 'cert.pem') };
  const request = ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const made = ask('openssl', [
    ...request,
    ...['-addext', 'subjectAltName=DNS:localhost'],
    ...KEY_TYPES[type],
    ...['-keyout', files.key, '-out', files.cert],
  ]);
  if (made === undefined) throw new Error('openssl is not installed or could not make a key');
  keys.set(type, files);
  return files;
}

/**
 * What there is, and what is to be said of what there is not.
 *
 * @param {{ ownSender: boolean }} options
 */
function findTools({ ownSender }) {
  installPeers();
  const [sink, source] = ['smtp-sink', 'smtp-source'].map(findProgram);
  const notes = [];
  const missing = [!sink && 'smtp-sink', !source && 'smtp-source'].filter(Boolean);
  if (missing.length > 0) {
    const instead = [
      !source && 'bench/clients/sender.rs makes the load',
      !sink && 'the comparisons with smtp-sink are left out',
    ].filter(Boolean);
    notes.push(`not installed: postfix's ${missing.join(' and ')}; ${instead.join(', ')}`);
  }
  const chromium = ['chromium', 'chromium-browser', 'google-chrome'].map(findProgram).find(Boolean);
  if (!chromium) notes.push('not installed: chromium; no page is painted');
  const isOwn = ownSender || !source;
  return {
    sink,
    chromium,
    sender: isOwn ? buildSender() : /** @type {string} */ (source),
    senderName: isOwn ? 'bench/clients/sender.rs' : 'smtp-source',
    notes,
  };
}

/** @typedef {ReturnType<typeof findTools>} Tools */

module.exports = { findTools, makeKeys };
