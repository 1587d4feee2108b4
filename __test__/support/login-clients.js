'use strict';
// Clients that others wrote, as they log in: each sends one mail by a mechanism, under STARTTLS or under
// TLS from the first byte. Those that are not installed say so.

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');

const HOST = 'localhost';
const FROM = 'sender@client.example';
const TO = 'rcpt@example.domain';
const MAIL = 'Subject: a login\r\n\r\ntext\r\n';
const SHOWN = ['PLAIN', 'LOGIN', 'CRAM-MD5'];

/**
 * @typedef {object} Job
 * @property {number} port
 * @property {'STARTTLS' | 'implicit'} mode
 * @property {string} mechanism
 * @property {string} user
 * @property {string} secret
 * @property {string} folder which has `ca.pem`, and `client.key` and `client.pem` where they are wanted
 * @property {import('node:test').TestContext} t
 */

/**
 * @typedef {object} LoginClient
 * @property {string} name
 * @property {string[]} offers the mechanisms that it has
 * @property {string} [onlyStartTls] why it is not tried with TLS from the first byte
 * @property {true} [sendsNothing] it logs in and leaves
 * @property {() => string | undefined} missing why it cannot be tried here
 * @property {(job: Job) => Promise<unknown>} send rejects if it was refused
 */

const isToken = (/** @type {string} */ mechanism) => mechanism.includes('OAUTH');

/** Runs a program to its end; what it wrote is in the error if it failed. */
async function run(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  input = '',
) {
  const child = spawn(command, args);
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${path.basename(command)} ended with ${code}: ${output}`);
  return output;
}

/** Whether a program runs. @param {string} command @param {string[]} args */
const runs = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const installed = (/** @type {string} */ command) => () =>
  runs(command, ['--version']) ? undefined : `${command} is not installed`;
const python = () => process.env.SMTP_ENGINE_PYTHON || 'python3';
const inPython = (/** @type {string} */ name) => () =>
  runs(python(), ['-c', `import ${name}`])
    ? undefined
    : `${name} is not installed (SMTP_ENGINE_PYTHON)`;

const SMTPLIB = `
import smtplib, ssl, sys
port, mode, mechanism, user, secret, ca, sender, to = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
if mode == 'implicit':
    client = smtplib.SMTP_SSL('localhost', int(port), context=context)
else:
    client = smtplib.SMTP('localhost', int(port))
    client.starttls(context=context)
client.ehlo()
client.user, client.password = user, secret
client.auth(mechanism, getattr(client, 'auth_' + mechanism.lower().replace('-', '_')))
client.sendmail(sender, [to], sys.stdin.read())
client.quit()
`;

const AIOSMTPLIB = `
import aiosmtplib, asyncio, ssl, sys
port, mode, mechanism, user, secret, ca, sender, to = sys.argv[1:]
async def main():
    client = aiosmtplib.SMTP(hostname='localhost', port=int(port), use_tls=mode == 'implicit',
        start_tls=mode != 'implicit', tls_context=ssl.create_default_context(cafile=ca))
    await client.connect()
    await client.ehlo()
    name = mechanism.lower().replace('cram-md5', 'crammd5')
    await getattr(client, 'auth_' + name)(user, secret)
    await client.sendmail(sender, [to], sys.stdin.read())
    await client.quit()
asyncio.run(main())
`;

const script = (/** @type {string} */ text) => (/** @type {Job} */ job) => {
  const { t, port, mode, mechanism, user, secret, folder } = job;
  const ca = path.join(folder, 'ca.pem');
  const args = [String(port), mode, mechanism, user, secret, ca, FROM, TO];
  return run(t, python(), ['-c', text, ...args], MAIL);
};

/** @param {Job} job */
function byNodemailer({ t, port, mode, mechanism, user, secret, folder }) {
  const auth = isToken(mechanism)
    ? { type: 'OAuth2', user, accessToken: secret }
    : { user, pass: secret };
  const transport = nodemailer.createTransport(
    /** @type {any} */ ({
      ...{ host: HOST, port, secure: mode === 'implicit', requireTLS: true },
      ...{ tls: { ca: fs.readFileSync(path.join(folder, 'ca.pem')) }, auth },
      authMethod: mechanism,
    }),
  );
  t.after(() => transport.close());
  return transport.sendMail({ envelope: { from: FROM, to: [TO] }, raw: MAIL });
}

/** @param {Job} job */
async function byEmailjs({ port, mode, mechanism, user, secret, folder }) {
  const { SMTPClient } = await import('emailjs');
  const tls = { ca: fs.readFileSync(path.join(folder, 'ca.pem')) };
  const client = new SMTPClient({
    ...{ host: HOST, port, user, password: secret, timeout: 20_000 },
    ...(mode === 'implicit' ? { ssl: tls } : { tls }),
    authentication: /** @type {any} */ ([mechanism]),
  });
  const message = { from: FROM, to: TO, subject: 'a login', text: 'text' };
  try {
    return await client.sendAsync(/** @type {any} */ (message));
  } finally {
    client.smtp.close();
  }
}

/** @param {Job} job */
function byCurl({ t, port, mode, mechanism, user, secret, folder }) {
  const scheme = mode === 'implicit' ? 'smtps' : 'smtp';
  const file = (/** @type {string} */ name) => path.join(folder, name);
  const certificate = ['--cert', file('client.pem'), '--key', file('client.key')];
  const who = isToken(mechanism)
    ? ['--user', user, '--oauth2-bearer', secret]
    : // It has EXTERNAL for those without a password.
      ['--user', `${user}:${mechanism === 'EXTERNAL' ? '' : secret}`];
  return run(
    t,
    'curl',
    [
      ...['--silent', '--show-error', '--ssl-reqd', '--cacert', file('ca.pem')],
      ...['--url', `${scheme}://${HOST}:${port}`, '--login-options', `AUTH=${mechanism}`, ...who],
      ...(mechanism === 'EXTERNAL' ? certificate : []),
      ...['--mail-from', FROM, '--mail-rcpt', TO, '--upload-file', '-'],
    ],
    MAIL,
  );
}

/** @param {Job} job */
function bySwaks({ t, port, mode, mechanism, user, secret, folder }) {
  const file = path.join(folder, 'mail');
  fs.writeFileSync(file, MAIL);
  return run(t, 'swaks', [
    ...['--server', HOST, '--port', String(port), mode === 'implicit' ? '-tlsc' : '-tls'],
    ...['--auth', mechanism, '--auth-user', user, '--auth-password', secret],
    ...['--from', FROM, '--to', TO, '--data', file],
  ]);
}

/** @param {Job} job */
function byMsmtp({ t, port, mode, mechanism, user, secret, folder }) {
  const settings = {
    ...{ host: HOST, port, auth: mechanism.toLowerCase(), user, password: secret, from: FROM },
    ...{ tls: 'on', tls_starttls: mode === 'implicit' ? 'off' : 'on' },
    tls_trust_file: path.join(folder, 'ca.pem'),
    ...(mechanism === 'EXTERNAL' && {
      tls_cert_file: path.join(folder, 'client.pem'),
      tls_key_file: path.join(folder, 'client.key'),
    }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  const file = path.join(folder, 'msmtprc');
  fs.writeFileSync(file, `account default\n${lines.join('')}`, { mode: 0o600 });
  return run(t, 'msmtp', ['--file', file, TO], MAIL);
}

/** @param {Job} job */
function byGsasl({ t, port, mechanism, user, secret, folder }) {
  return run(t, 'gsasl', [
    ...['--smtp', '--starttls', '--connect', `${HOST}:${port}`, '--mechanism', mechanism],
    ...['--authentication-id', user, '--authorization-id', '', '--password', secret],
    ...['--x509-ca-file', path.join(folder, 'ca.pem'), '--no-client-first'],
    // It has no login without binding on a connection that could be bound to.
    ...(mechanism === 'SCRAM-SHA-256' ? ['--no-cb'] : []),
  ]);
}

/** @param {Job} job */
function byOurs({ port, mode, mechanism, user, secret, folder }) {
  const kind = isToken(mechanism) ? 'token' : 'password';
  return Client.send(
    /** @type {any} */ ({
      ...{ host: HOST, port, tls: mode === 'implicit' ? 'implicit' : 'required' },
      ca: fs.readFileSync(path.join(folder, 'ca.pem')),
      auth: { user, [kind]: secret, method: mechanism },
    }),
    { from: FROM, to: TO },
    MAIL,
  );
}

const NEVER = () => undefined;

/** @type {LoginClient[]} */
const LOGIN_CLIENTS = [
  {
    name: 'smtp-engine',
    offers: [...SHOWN, 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'XOAUTH2', 'OAUTHBEARER'],
    missing: NEVER,
    send: byOurs,
  },
  { name: 'nodemailer', offers: [...SHOWN, 'XOAUTH2'], missing: NEVER, send: byNodemailer },
  { name: 'emailjs', offers: [...SHOWN, 'XOAUTH2'], missing: NEVER, send: byEmailjs },
  { name: 'smtplib', offers: SHOWN, missing: inPython('smtplib'), send: script(SMTPLIB) },
  {
    name: 'aiosmtplib',
    offers: [...SHOWN, 'XOAUTH2'],
    missing: inPython('aiosmtplib'),
    send: script(AIOSMTPLIB),
  },
  {
    name: 'curl',
    offers: [...SHOWN, 'XOAUTH2', 'OAUTHBEARER', 'EXTERNAL'],
    missing: installed('curl'),
    send: byCurl,
  },
  { name: 'swaks', offers: SHOWN, missing: installed('swaks'), send: bySwaks },
  {
    name: 'msmtp',
    offers: [...SHOWN, 'SCRAM-SHA-256', 'XOAUTH2', 'OAUTHBEARER', 'EXTERNAL'],
    missing: installed('msmtp'),
    send: byMsmtp,
  },
  {
    name: 'gsasl',
    offers: [...SHOWN, 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'],
    onlyStartTls: 'has no TLS from the first byte',
    sendsNothing: true,
    missing: installed('gsasl'),
    send: byGsasl,
  },
];

module.exports = { LOGIN_CLIENTS };
