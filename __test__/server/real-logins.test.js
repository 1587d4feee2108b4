'use strict';
// Clients that others wrote log in: each by each mechanism, under STARTTLS and under TLS from the first
// byte. docs/server.md has the table.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { authority, p256 } = require('../support/certificates.js');
const { read } = require('../support/documents.js');
const { LOGIN_CLIENTS } = require('../support/login-clients.js');
const { serve, within } = require('../support/serve.js');

const MECHANISMS = /** @type {const} */ ([
  'PLAIN',
  'LOGIN',
  'CRAM-MD5',
  'SCRAM-SHA-256',
  'SCRAM-SHA-256-PLUS',
  'XOAUTH2',
  'OAUTHBEARER',
  'EXTERNAL',
]);
const MODES = /** @type {const} */ (['STARTTLS', 'implicit']);
const USER = 'tim';
const SECRET = 'tanstaaftanstaaf';

/** A server with this mechanism alone, and a folder with what its clients need. */
async function offering(t, mechanism, mode) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-login-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const { key, cert } = p256();
  fs.writeFileSync(path.join(folder, 'ca.pem'), cert);
  const tls = { key, cert };
  if (mechanism === 'EXTERNAL') {
    const root = authority('an authority of clients');
    const client = root.issue({ name: USER });
    fs.writeFileSync(path.join(folder, 'client.pem'), client.cert);
    fs.writeFileSync(path.join(folder, 'client.key'), client.key, { mode: 0o600 });
    Object.assign(tls, { requestCert: true, ca: root.cert });
  }
  const logins = [];
  const mails = [];
  const listeners = {
    async auth(login) {
      logins.push([login.mechanism, login.username]);
      if (login.certificate) return login.certificate.subject.includes(`CN=${USER}`);
      if (login.token) return login.token === SECRET;
      return login.verify(login.username === USER ? SECRET : null);
    },
    data() {
      mails.push(this.user);
      return true;
    },
  };
  const params = {
    tls,
    secure: mode === 'implicit',
    authMechanisms: [mechanism],
    requireAuth: true,
  };
  const { target } = await serve(t, params, listeners);
  return { folder, logins, mails, port: target };
}

for (const client of LOGIN_CLIENTS) {
  const { name, offers, onlyStartTls, sendsNothing, send } = client;
  const missing = client.missing();
  describe(`${name} logs in`, { timeout: 120_000, skip: missing ?? false }, () => {
    for (const mode of MODES) {
      const reason = mode === 'implicit' ? onlyStartTls : undefined;
      for (const mechanism of MECHANISMS.filter((each) => offers.includes(each))) {
        test(`by ${mechanism}, ${mode}`, { skip: reason ?? false }, async (t) => {
          const { folder, logins, mails, port } = await offering(t, mechanism, mode);
          const job = { t, port, mode, mechanism, user: USER, secret: SECRET, folder };
          await within(send(job), 'the end of the client');
          assert.deepEqual(logins, [[mechanism, USER]]);
          assert.deepEqual(mails, sendsNothing ? [] : [USER]);
        });
      }
    }

    test('and not with another password', async (t) => {
      const { folder, mails, port } = await offering(t, 'PLAIN', 'STARTTLS');
      const mechanism = 'PLAIN';
      const job = { t, port, mode: 'STARTTLS', mechanism, user: USER, secret: 'other', folder };
      await assert.rejects(within(send(job), 'the end of the client'));
      assert.deepEqual(mails, []);
    });
  });
}

test('the table of docs/server.md is the one that is tested', () => {
  const cell = ({ offers, onlyStartTls }, mechanism) => {
    if (!offers.includes(mechanism)) return 'not offered';
    return onlyStartTls ? 'STARTTLS' : 'works';
  };
  const rows = LOGIN_CLIENTS.map((client) => {
    const cells = MECHANISMS.map((mechanism) => cell(client, mechanism));
    return `| ${client.name} | ${cells.join(' | ')} |`;
  });
  const table = [
    `| client | ${MECHANISMS.join(' | ')} |`,
    `| --- |${' --- |'.repeat(MECHANISMS.length)}`,
    ...rows,
  ].join('\n');
  assert.ok(read('docs/server.md').includes(table), table);
});
