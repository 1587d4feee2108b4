'use strict';
// Programs that others wrote on smtp-server, and examples of its pages and of nodemailer's and mailparser's,
// in a project where the package stands under the name smtp-server.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { once } = require('node:events');
const zlib = require('node:zlib');
const { after, before, describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');
const {
  ADDON,
  INSTALL,
  MAIN,
  cleanUp,
  pack,
  project,
  run,
  succeed,
} = require('../support/package.js');
const { freePort } = require('../support/port.js');

const TSC = path.join(ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
/** What they are, as they were when this was written. */
const OTHERS = ['smtp-tester@2.1.0', 'test-smtp-server@0.9.10', '@maildev/smtp@3.0.0'];
const TAPE = ['tape@4.17.0', 'tape-promise@2.0.1'];

/** What a registry says of a package that is one tarball. */
function packument(/** @type {string} */ file, /** @type {string} */ url) {
  const manifest = JSON.parse(tarballManifest(file));
  const { name, version } = manifest;
  const dist = { tarball: `${url}/${path.basename(file)}` };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}

/** `package.json` of a tarball. */
function tarballManifest(/** @type {string} */ file) {
  const bytes = zlib.gunzipSync(fs.readFileSync(file));
  const at = bytes.indexOf('package/package.json\0');
  const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8);
  return bytes.toString('utf8', at + 512, at + 512 + size);
}

/** A registry that has ours, and sends on to npm's for the others. */
async function registry(/** @type {string} */ elsewhere) {
  const server = http.createServer((request, response) => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const url = `http://127.0.0.1:${port}`;
    const name = decodeURIComponent(request.url ?? '').slice(1);
    const own = [MAIN, ADDON].find((file) => path.basename(file) === name);
    if (own) return response.end(fs.readFileSync(own));
    const known = [MAIN, ADDON]
      .map((file) => packument(file, url))
      .find((each) => each.name === name);
    if (known) return response.end(JSON.stringify(known));
    if (name.startsWith('smtp-engine')) return response.writeHead(404).end('{}');
    response.writeHead(302, { location: new URL(request.url ?? '', elsewhere).href }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** What a program prints, once it has ended well. */
function output(/** @type {string} */ at, /** @type {string} */ file) {
  return printedBy(at, process.execPath, [file]);
}

/** What a command prints, once it has ended well. */
async function printedBy(
  /** @type {string} */ at,
  /** @type {string} */ command,
  /** @type {string[]} */ args,
) {
  const shell = process.platform === 'win32';
  const child = spawn(command, args, { cwd: at, shell, timeout: 120_000 });
  let [printed, errors] = ['', ''];
  child.stdout.on('data', (text) => {
    printed += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, printed + errors);
  return printed;
}

const SENDING = `
  import { createTransport } from 'nodemailer';
  const send = (port, more = {}) => createTransport({ host: '127.0.0.1', port, tls: { rejectUnauthorized: false }, ...more })
    .sendMail({ from: 'a@x.example', to: 'b@y.example', subject: 'Hello', text: 'Hello!', html: '<b>Hello!</b>',
      attachments: [{ filename: 'a.txt', content: 'attached' }] });
`;

/** Each call that its page and typings name. */
const TEST_SMTP_SERVER = (/** @type {number} */ port) => `${SENDING}
  import { testSmtpServer } from 'test-smtp-server';
  const lines = [];
  const server = new testSmtpServer({ smtpPort: ${port}, localhostOnly: true, debug: (line) => lines.push(line) });
  await server.startServer();
  const { messageId } = await send(server.getPort(), { secure: true });
  await send(server.getPort(), { secure: true, auth: { user: 'u', pass: 'p' } });
  const [mail, second] = server.getEmails();
  const parsed = await mail.getParsed();
  console.log(parsed.messageId === messageId, parsed.text.trim(), mail.envelope.mailFrom.address, mail.buffer.length > 0);
  console.log(second.envelope.rcptTo.map(({ address }) => address).join(), lines.length > 0);
  console.log(server.clearEmails(), server.getEmails().length);
  await server.stopServer();
`;

const MAILDEV = (/** @type {number} */ port, /** @type {number} */ relay) => `${SENDING}
  import fs from 'node:fs';
  import os from 'node:os';
  import path from 'node:path';
  import { once } from 'node:events';
  import { MemoryStorage } from '@maildev/core';
  import { createSMTPServer } from '@maildev/smtp';
  import { SMTPServer } from 'smtp-server';
  const mailDir = fs.mkdtempSync(path.join(os.tmpdir(), 'maildev-'));
  const options = { port: ${port}, host: '127.0.0.1', storage: new MemoryStorage(), mailDir, logger: false };
  const server = createSMTPServer({ ...options, auth: { user: 'u', pass: 'p' }, hideExtensions: ['STARTTLS'], maxMessageSize: 5000 });
  await server.start();
  console.log(server.getAddress().host, server.getPort() === ${port});
  await send(${port}, { auth: { user: 'u', pass: 'wrong' } }).catch((error) => console.log(error.code));
  const auth = { user: 'u', pass: 'p' };
  const saved = once(server, 'new');
  await send(${port}, { auth });
  await saved;
  const [{ id, subject }] = await server.getAllEmails();
  console.log(subject, (await server.getEmail(id)).text.trim(), (await server.getEmailHtml(id)).includes('<b>Hello!</b>'));
  const raw = await server.getRawEmail(id);
  let bytes = 0;
  for await (const piece of raw) bytes += piece.length;
  const [{ generatedFileName }] = (await server.getEmail(id)).attachments;
  const attached = await server.getEmailAttachment(id, generatedFileName);
  let text = '';
  for await (const piece of attached.stream) text += piece;
  console.log(bytes > 100, attached.contentType, text, Object.keys(await server.downloadEmail(id)).length > 0);
  const big = { from: 'a@x', to: 'b@y', text: 'x'.repeat(9000) };
  await createTransport({ host: '127.0.0.1', port: ${port}, auth }).sendMail(big).catch((error) => console.log(error.responseCode));
  let relayed;
  const target = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], onData(stream, session, done) {
    relayed = session.envelope.rcptTo[0].address;
    stream.resume().on('end', done);
  } });
  await target.listen(${relay}, '127.0.0.1');
  server.setupRelay({ host: '127.0.0.1', port: ${relay} });
  server.setAutoRelay({ enabled: true });
  console.log(server.isRelayEnabled(), server.getRelayHost(), server.isAutoRelayEnabled());
  await server.relayEmail(id);
  console.log(relayed, await server.markAllRead(), await server.pruneMailDir(1));
  await server.loadMailsFromDirectory();
  console.log(await server.deleteEmail(id), await server.deleteAllEmails(), (await server.getAllEmails()).length);
  await server.stop();
  await target.close();
  fs.rmSync(mailDir, { recursive: true });
`;

/** The examples of smtp-server's own page, and of nodemailer's and mailparser's pages with it. */
const EXAMPLES = `${SENDING}
  import { SMTPServer } from 'smtp-server';
  import { createRequire } from 'node:module';
  import { simpleParser } from 'mailparser';
  const required = createRequire(import.meta.url)('smtp-server');
  console.log(required.SMTPServer === SMTPServer);
  const serve = async (options) => {
    const server = new SMTPServer({ logger: false, authOptional: true, ...options });
    await server.listen(0, '127.0.0.1');
    return [server, server.server.address().port];
  };
  const told = (promise) => promise.then(({ response }) => response, ({ response }) => response);
  const take = async (options, more) => {
    const [server, port] = await serve(options);
    console.log(await told(send(port, more)));
    await server.close();
  };
  await take({ size: 100, onData(stream, session, callback) {
    stream.on('end', () => {
      if (!stream.sizeExceeded) return callback(null, 'OK');
      const err = new Error('Message too large');
      err.responseCode = 552;
      callback(err);
    });
    stream.resume();
  } });
  await take({ size: 100, rejectOversized: true, onData(stream, session, callback) {
    stream.resume();
    stream.on('end', () => callback(null, 'OK'));
  } });
  await take({ disabledCommands: ['AUTH'], onConnect(session, callback) {
    if (session.remoteAddress === '127.0.0.1') session.disabledCommands = [];
    callback();
  }, onAuth: (auth, session, callback) => callback(null, { user: auth.username }) }, { auth: { user: 'u', pass: 'p' } });
  await take({ useXClient: ['10.0.0.5', '10.0.0.6'], useXForward: ['10.0.0.5'], maxRecipients: 100 });
  await take({ onAuth(auth, session, callback) {
    if (auth.username !== 'abc' || auth.password !== 'def') return callback(new Error('Invalid username or password'));
    callback(null, { user: 123 });
  } }, { auth: { user: 'abc', pass: 'no' } });
  await take({ authMethods: ['XOAUTH2'], onAuth(auth, session, callback) {
    if (auth.method !== 'XOAUTH2') return callback(new Error('Expecting XOAUTH2'));
    if (auth.username === 'abc' && auth.accessToken === 'def') return callback(null, { user: 123 });
    callback(null, { data: { status: '401', schemes: 'bearer mac', scope: 'my_smtp_access_scope_name' } });
  } }, { auth: { type: 'OAuth2', user: 'abc', accessToken: 'def' } });
  await take({ onMailFrom(address, session, callback) {
    if (address.address !== 'allowed@example.com') return callback(new Error('Only allowed@example.com is allowed to send mail'));
    callback();
  } });
  await take({ onRcptTo(address, session, callback) {
    if (session.envelope.mailFrom.args.SIZE) return callback();
    callback(Object.assign(new Error('insufficient channel storage: ' + address.address), { responseCode: 452 }));
  } });
  await take({ secure: true, onSecure(socket, session, callback) {
    if (session.servername !== 'sni.example.com') return callback(new Error('Only connections for sni.example.com are allowed'));
    callback();
  } }, { secure: true, tls: { rejectUnauthorized: false, servername: 'sni.example.com' } });
  await take({ onData: (stream, session, callback) => {
    simpleParser(stream).then(
      (mail) => callback(null, [mail.subject, mail.text.trim(), mail.attachments[0].filename].join(' ')),
      callback,
    );
  } });
  await take({ async onData(stream) { return (await simpleParser(stream)).subject; } });
`;

describe('programs on smtp-server', { timeout: 300_000 }, () => {
  /** @type {string} */
  let at;
  let missing = '';

  before(() => {
    pack();
    at = project(
      { 'smtp-server': `file:${MAIN}` },
      { overrides: { 'smtp-server': '$smtp-server' } },
    );
    succeed(at, 'npm', [...INSTALL, ADDON]);
    const { status } = run(at, 'npm', [
      ...INSTALL,
      '--ignore-scripts',
      ...OTHERS,
      ...TAPE,
      'nodemailer@10',
      'mailparser@3',
    ]);
    if (status !== 0) missing = 'the packages could not be installed';
  });
  after(cleanUp);

  /** @param {string} name @param {string} text */
  const wrote = (name, text) => {
    const file = path.join(at, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };

  test('each of them has ours', (t) => {
    if (missing) return t.skip(missing);
    const files = fs.readdirSync(at, { recursive: true }).map(String);
    const named = files.filter((file) => /(^|[\\/])smtp-server[\\/]package\.json$/.test(file));
    const found = named.filter((file) => !file.includes('@types'));
    assert.deepEqual(found, [path.join('node_modules', 'smtp-server', 'package.json')]);
    assert.equal(JSON.parse(fs.readFileSync(path.join(at, found[0]), 'utf8')).name, 'smtp-engine');
  });

  test('smtp-tester’s own tests pass', async (t) => {
    if (missing) return t.skip(missing);
    const folder = path.join(at, 'node_modules', 'smtp-tester', 'test');
    const text = fs.readFileSync(path.join(folder, 'test.js'), 'utf8');
    assert.match(text, /= 4025;/);
    const file = path.join(folder, 'own-port.js');
    fs.writeFileSync(file, text.replace('= 4025;', `= ${await freePort()};`));
    const printed = await output(at, file);
    assert.match(printed, /\n# tests +\d{2}\n# pass +\d{2}\n+# ok/);
  });

  test('test-smtp-server: each call', async (t) => {
    if (missing) return t.skip(missing);
    const printed = await output(at, wrote('one.mjs', TEST_SMTP_SERVER(await freePort())));
    assert.equal(printed, 'true Hello! a@x.example true\nb@y.example true\n2 0\n');
  });

  test('MailDev: each call', async (t) => {
    if (missing) return t.skip(missing);
    const printed = await output(at, wrote('two.mjs', MAILDEV(await freePort(), await freePort())));
    assert.deepEqual(printed.trim().split('\n'), [
      '127.0.0.1 true',
      'EAUTH',
      'Hello Hello! true',
      'true text/plain attached true',
      '552',
      'true 127.0.0.1 true',
      'b@y.example 1 0',
      'true 0 0',
    ]);
  });

  test('the examples of smtp-server, nodemailer and mailparser', async (t) => {
    if (missing) return t.skip(missing);
    const printed = await output(at, wrote('three.mjs', EXAMPLES));
    assert.deepEqual(printed.trim().split('\n'), [
      'true',
      '552 Message too large',
      '552 Error: message exceeds fixed maximum message size 100',
      '250 OK: message queued',
      '250 OK: message queued',
      '535 Invalid username or password',
      '250 OK: message queued',
      '550 Only allowed@example.com is allowed to send mail',
      '452 insufficient channel storage: b@y.example',
      '250 OK: message queued',
      '250 Hello Hello! a.txt',
      '250 Hello',
    ]);
  });

  test('npm install smtp-server@npm:smtp-engine', async (t) => {
    if (missing) return t.skip(missing);
    const elsewhere = succeed(at, 'npm', ['config', 'get', 'registry']).trim();
    const server = await registry(elsewhere.endsWith('/') ? elsewhere : `${elsewhere}/`);
    t.after(() => server.close());
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const alias = project({});
    const from = `--registry=http://127.0.0.1:${port}/`;
    await printedBy(alias, 'npm', [...INSTALL, from, 'smtp-server@npm:smtp-engine']);
    const names = (/** @type {string} */ file) => path.join(alias, file);
    fs.writeFileSync(names('one.cjs'), "console.log(typeof require('smtp-server').SMTPServer)");
    fs.writeFileSync(
      names('two.mjs'),
      `import { SMTPServer } from 'smtp-server';
       import smtpServer from 'smtp-server';
       import { SMTPServer as Same } from 'smtp-server/smtp-server';
       console.log(SMTPServer === smtpServer.SMTPServer && SMTPServer === Same);`,
    );
    assert.equal(await output(alias, names('one.cjs')), 'function\n');
    assert.equal(await output(alias, names('two.mjs')), 'true\n');
  });

  for (const name of ['smtp-server-bundled.ts', 'smtp-server-definitely-typed.ts']) {
    test(`${name} compiles`, () => {
      const text = fs.readFileSync(path.join(ROOT, '__test__', 'types', name), 'utf8');
      const file = wrote(name, text);
      const modules = path.join(ROOT, 'node_modules', '@types');
      const flags = ['--noEmit', '--strict', '--target', 'es2023', '--ignoreConfig'];
      const types = ['--types', 'node', '--typeRoots', modules, '--skipLibCheck'];
      const resolution = ['--module', 'node16', '--moduleResolution', 'node16'];
      succeed(at, process.execPath, [TSC, ...flags, ...types, ...resolution, file]);
    });
  }
});
