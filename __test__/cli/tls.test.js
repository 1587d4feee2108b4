'use strict';
// STARTTLS of the command: keys that it is given, and certificates that it makes.

const assert = require('node:assert/strict');
const { createPrivateKey, generateKeyPairSync } = require('node:crypto');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { connectInbox } = require('../../src/js/catch/index.js');
const { Client } = require('../support/client.js');
const { command, finished, receiving } = require('../support/command.js');

/** A folder for one test. @param {import('node:test').TestContext} t */
async function folderOf(t) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smtp-engine-tls-'));
  t.after(() => fs.rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Greets and begins TLS, with a certificate that must come from `ca`. @param {number} port @param {string} ca */
async function trusting(port, ca) {
  const client = await Client.connect(port);
  await client.command('EHLO client.example', 250);
  await client.startTls({ ca, rejectUnauthorized: true, servername: 'localhost' });
  await client.command('EHLO client.example', 250);
  client.destroy();
}

describe('STARTTLS of the command', { timeout: 60_000 }, () => {
  test('--tls-out has the certificate that clients are to trust', async (t) => {
    const file = path.join(await folderOf(t), 'cert.pem');
    const { port } = await receiving(t, '--tls-self-signed', '--tls-out', file);
    const pem = await fs.readFile(file, 'utf8');
    assert.match(pem, /^-----BEGIN CERTIFICATE-----/);
    assert.ok(!pem.includes('PRIVATE'));
    await trusting(port, pem);
    const from = ['--from', 'a@b', '--to', 'c@d', '--host', `localhost:${port}`];
    const sent = await finished(t, 'send', ...from, '--tls', 'required', '--ca', file);
    assert.deepEqual([sent.code, sent.errors], [0, '']);
  });

  test('a test of another process learns which certificate to trust', async (t) => {
    const args = ['--port', '0', '--page-port', '0', '--json', '--tls-self-signed'];
    const { port, page } = JSON.parse(await command(t, ...args).line());
    const inbox = await connectInbox(page);
    t.after(() => inbox.close());
    await trusting(port, String(inbox.ca));
  });

  test('--tls-out that cannot be written ends with 1', async (t) => {
    const file = path.join(await folderOf(t), 'no', 'cert.pem');
    const ended = await finished(t, '--port', '0', '--tls-self-signed', '--tls-out', file);
    assert.deepEqual([ended.code, ended.output], [1, '']);
    assert.match(ended.errors, /ENOENT/);
  });

  test('an encrypted key needs --tls-passphrase-file, which may end its line', async (t) => {
    const folder = await folderOf(t);
    const { key, cert } = p256();
    const encrypted = createPrivateKey(key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: ' secret ',
    });
    const [keyFile, certFile, file] = ['key', 'cert', 'pass'].map((name) =>
      path.join(folder, name),
    );
    await fs.writeFile(keyFile, encrypted);
    await fs.writeFile(certFile, cert);
    const keys = ['--tls-key', keyFile, '--tls-cert', certFile];
    for (const line of [' secret ', ' secret \n', ' secret \r\n']) {
      await fs.writeFile(file, line);
      const { port } = await receiving(t, ...keys, '--tls-passphrase-file', file);
      await trusting(port, cert);
    }
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    for (const [
      content,
      passphrase,
      said,
    ] of /** @type {[string, string | undefined, RegExp][]} */ ([
      [String(encrypted), undefined, /--tls-key .*--tls-passphrase-file/],
      [String(encrypted), 'wrong', /--tls-key cannot be read/],
      [
        String(other.export({ type: 'pkcs8', format: 'pem' })),
        undefined,
        /--tls-key does not belong to --tls-cert/,
      ],
      ['no key', undefined, /--tls-key cannot be read/],
    ])) {
      await fs.writeFile(keyFile, content);
      if (passphrase !== undefined) await fs.writeFile(file, passphrase);
      const args = passphrase === undefined ? [] : ['--tls-passphrase-file', file];
      const { code, errors } = await finished(t, '--port', '0', ...keys, ...args);
      assert.equal(code, 1, errors);
      assert.match(errors, said);
      assert.doesNotMatch(errors, /params\./);
      assert.equal(errors.split('\n').length, 2, errors);
    }
  });
});
