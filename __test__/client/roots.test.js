'use strict';
// Whose certificates a client trusts where it is not told: in processes of their own, whose system
// has no roots, or others.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { describe, test } = require('node:test');
const { moreRoots } = require('../../src/js/client/roots.js');
const { authority } = require('../support/certificates.js');
const { Child } = require('../support/child.js');
const { serve } = require('../support/serve.js');

const ROOT = authority('Root');
const OTHER = authority('Other');
const KEYS = ROOT.issue({ name: 'localhost' });
const CERTIFICATES = /-----BEGIN CERTIFICATE-----/g;

/** @param {import('node:test').TestContext} t @param {Record<string, string>} files */
function folder(t, files = {}) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-roots-'));
  t.after(() => fs.rmSync(made, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(made, name), text);
  return (/** @type {string} */ name) => path.join(made, name);
}

const count = (/** @type {Uint8Array} */ pem) => String(pem).match(CERTIFICATES)?.length ?? 0;

describe('more roots', () => {
  test("are Node's where the system has none, and those of the file", (t) => {
    const at = folder(t, {
      one: ROOT.cert,
      'two with words': `# Root\n${ROOT.cert}\n# Other\n${OTHER.cert}`,
      openssl: OTHER.cert.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'),
      empty: '',
    });
    const own = tls.rootCertificates.length;
    for (const [name, found] of /** @type {[string, number][]} */ ([
      ['one', 1],
      ['two with words', 2],
      ['openssl', 1],
      ['empty', 0],
    ])) {
      const env = { NODE_EXTRA_CA_CERTS: at(name) };
      assert.deepEqual(
        [count(moreRoots(false, env)), count(moreRoots(true, env))],
        [found, own + found],
      );
    }
    assert.equal(count(moreRoots(false, {})), 0);
    assert.equal(count(moreRoots(true, { NODE_EXTRA_CA_CERTS: '' })), own);
  });
});

/** Sends to a port, once for each of some ways; says what came of each. */
const SENDER = `
  const [port, secure, roots] = process.argv.slice(1);
  if (roots) {
    const { Module } = require('node:module');
    const load = Module._load;
    const tls = { ...require('node:tls'), rootCertificates: [roots] };
    Module._load = (name, ...rest) => (name === 'node:tls' ? tls : load(name, ...rest));
  }
  const { Client } = require('./index.js');
  const nodemailer = require('nodemailer');
  const transport = require('./src/js/client/nodemailer.js');
  const place = { host: 'localhost', port };
  const envelope = { from: 'a@b.example', to: 'c@d.example' };
  const pools = [1, 2].map(() =>
    new Client.Pool({ ...place, tls: secure === 'none' ? 'opportunistic' : 'required', rejectUnauthorized: true }));
  const mailer = nodemailer.createTransport(transport(place));
  const ways = [
    ...pools.map((pool) => () => pool.send(envelope, 'x')),
    () => mailer.sendMail({ ...envelope, text: 'x' }),
  ];
  process.on('warning', ({ message }) => console.log('warning', message));
  (async () => {
    const said = await Promise.all(ways.map((way) => way().then(
      ({ tls }) => (tls ? 'TLS' : 'plain'),
      ({ code, cause, message }) => cause?.code ?? code ?? message)));
    console.log(said.join(' '));
    for (const pool of pools) await pool.close();
    mailer.close();
  })();
`;

/**
 * What a process says.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} env
 * @param {(string | number)[]} args
 */
async function said(t, env, ...args) {
  const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const node = [process.execPath, '-e', SENDER, '--', ...args.map(String)];
  // Those of whoever runs the tests are not meant.
  const without = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => [
    '-u',
    name,
  ]);
  const child = new Child(t, 'env', [...without, ...given, ...node]);
  const lines = [];
  let line = await child.line();
  while (!/^(TLS|plain|[A-Z_]+)( |$)/.test(line)) {
    lines.push(line);
    line = await child.line();
  }
  const { code } = await child.ended();
  assert.equal(code, 0, child.errors);
  return { result: line, warnings: lines };
}

const UNKNOWN = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
const thrice = (/** @type {string} */ word) => [word, word, word].join(' ');

describe('a process', {
  timeout: 120_000,
  skip: process.platform !== 'linux' && 'its roots are in no file',
}, () => {
  const FILES = {
    root: ROOT.cert,
    other: OTHER.cert,
    empty: '',
    garbage: 'no certificate',
    cut: `${ROOT.cert}${OTHER.cert.slice(0, 200)}`,
    malformed: OTHER.cert.replace(/\n.{40}/, '\nAAAA'),
  };
  /** Names of files in the environment, Node's roots, and what comes of it. @type {[string, Record<string, string>, string, string, RegExp?][]} */
  const CASES = [
    ['no roots at all', { SSL_CERT_FILE: 'empty' }, '', UNKNOWN],
    ['no folder of roots', { SSL_CERT_DIR: 'nowhere' }, '', UNKNOWN],
    ['neither file nor folder', { SSL_CERT_FILE: 'no', SSL_CERT_DIR: 'nowhere' }, '', UNKNOWN],
    ['roots in SSL_CERT_FILE', { SSL_CERT_FILE: 'root' }, '', 'TLS'],
    ["no roots, and Node's", { SSL_CERT_FILE: 'empty' }, ROOT.cert, 'TLS'],
    ["other roots, and Node's", { SSL_CERT_FILE: 'other' }, ROOT.cert, UNKNOWN],
    [
      'no roots, and more',
      { SSL_CERT_FILE: 'empty', NODE_EXTRA_CA_CERTS: 'root' },
      OTHER.cert,
      'TLS',
    ],
    ['other roots, and more', { SSL_CERT_FILE: 'other', NODE_EXTRA_CA_CERTS: 'root' }, '', 'TLS'],
    ["the system's, and more", { NODE_EXTRA_CA_CERTS: 'root' }, '', 'TLS'],
    [
      'more that is cut off behind a whole one',
      { SSL_CERT_FILE: 'other', NODE_EXTRA_CA_CERTS: 'cut' },
      '',
      'TLS',
      /Ignoring extra certs from .*cut.*: a certificate is cut off or malformed/,
    ],
    [
      'more that is malformed',
      { SSL_CERT_FILE: 'root', NODE_EXTRA_CA_CERTS: 'malformed' },
      '',
      'TLS',
      /Ignoring extra certs from .*malformed/,
    ],
    [
      'more that is none',
      { SSL_CERT_FILE: 'empty', NODE_EXTRA_CA_CERTS: 'garbage' },
      '',
      UNKNOWN,
      /Ignoring extra certs from .*garbage.*: it holds no PEM certificate/,
    ],
    [
      'more that is not there',
      { SSL_CERT_FILE: 'root', NODE_EXTRA_CA_CERTS: 'missing' },
      '',
      'TLS',
      /Ignoring extra certs from .*missing.*ENOENT/,
    ],
  ];
  for (const [what, names, own, result, warning] of CASES) {
    test(`with ${what}: ${result}`, async (t) => {
      const at = folder(t, FILES);
      const { target } = await serve(t, { tls: KEYS });
      const env = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, at(name)]));
      const heard = await said(t, env, target, 'required', own);
      assert.equal(heard.result, thrice(result));
      assert.equal(heard.warnings.length, warning ? 1 : 0, String(heard.warnings));
      if (warning) assert.match(heard.warnings[0], warning);
    });
  }

  test('that needs no roots reads none, and sends where there are none', async (t) => {
    const at = folder(t, FILES);
    const { target } = await serve(t);
    const env = { SSL_CERT_FILE: at('empty'), NODE_EXTRA_CA_CERTS: at('garbage') };
    const heard = await said(t, env, target, 'none');
    assert.deepEqual(heard, { result: thrice('plain'), warnings: [] });
  });
});
