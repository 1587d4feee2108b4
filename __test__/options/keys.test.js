'use strict';
// Private keys and certificates: kinds of keys, versions of certificates and forms of PEM, at each
// interface that takes them.

const assert = require('node:assert/strict');
const { generateKeyPairSync } = require('node:crypto');
const fs = require('node:fs/promises');
const { once } = require('node:events');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const { Client, Server } = require('../../index.js');
const mailIo = require('../../src/js/compat/mail-io/index.js');
const SmtpJs = require('../../src/js/compat/smtpjs/index.js');
const smtpProtocol = require('../../src/js/compat/smtp-protocol/index.js');
const transport = require('../../src/js/client/nodemailer.js');
const { authority, p256, rsa } = require('../support/certificates.js');
const { Client: Peer } = require('../support/client.js');
const { finished } = require('../support/command.js');
const { serve } = require('../support/serve.js');

const issuer = authority('Keys');
const make = (type, options) => generateKeyPairSync(type, options).privateKey;
/** A key with a certificate of somebody else's signature, so that it need not sign. */
const certified = (key, old = false) => issuer.issue({ old }, key);

const USABLE = {
  'RSA of 2048 bits': () => make('rsa', { modulusLength: 2_048 }),
  'RSA of 3072 bits': () => make('rsa', { modulusLength: 3_072 }),
  'P-256': () => make('ec', { namedCurve: 'prime256v1' }),
  'P-384': () => make('ec', { namedCurve: 'secp384r1' }),
  Ed25519: () => make('ed25519'),
};

const UNUSABLE = {
  'RSA of 1024 bits': () => make('rsa', { modulusLength: 1_024 }),
  'RSA of 4104 bits': () => make('rsa', { modulusLength: 4_104 }),
  'RSA with the exponent 3': () => make('rsa', { modulusLength: 2_048, publicExponent: 3 }),
  'RSA-PSS': () => make('rsa-pss', { modulusLength: 2_048 }),
  'EC P-521': () => make('ec', { namedCurve: 'secp521r1' }),
  'EC secp256k1': () => make('ec', { namedCurve: 'secp256k1' }),
  Ed448: () => make('ed448'),
};

/** Whoever takes keys: how they are given, and what they are called there. */
const INTERFACES = {
  'Server, params.tls': ['params.tls.key', (keys) => new Server({ port: 0, tls: keys })],
  'Server, sni': [
    "params.tls.sni['a.example'].key",
    (keys) => new Server({ port: 0, tls: { ...p256(), sni: { 'a.example': keys } } }),
  ],
  'Server, setTls': ['params.tls.key', (keys) => new Server({ port: 0, tls: p256() }).setTls(keys)],
  'smtp-protocol': ['options.key', (keys) => smtpProtocol.createServer({ ...keys, tls: true })],
  'smtp-protocol, sni': [
    "options.sni['a.example'].key",
    (keys) => smtpProtocol.createServer({ ...p256(), sni: { 'a.example': keys } }),
  ],
  'mail-io': [
    'config.tls.key',
    (keys) => mailIo.createServer({ tls: keys, logger: { verbosity: 0 } }),
  ],
  'Client.Pool': ['options.key', (keys) => new Client.Pool({ host: '127.0.0.1', ...keys }).close()],
  'the nodemailer transport': [
    'options.tls.key',
    (keys) => nodemailer.createTransport(transport({ host: '127.0.0.1', tls: keys })),
  ],
};

/** As given, without what only these tests know. */
const pem = ({ key, cert }) => ({ key, cert });

describe('kinds of keys', { timeout: 60_000 }, () => {
  for (const [name, key] of Object.entries(USABLE)) {
    for (const old of [false, true]) {
      test(`${name} serves, its certificate of version ${old ? 1 : 3}`, async (t) => {
        const keys = pem(certified(key(), old));
        const { connect } = await serve(t, { tls: keys, secure: true });
        for (const version of ['TLSv1.2', 'TLSv1.3']) {
          const versions = { minVersion: version, maxVersion: version };
          const client = await connect({ secure: { rejectUnauthorized: false, ...versions } });
          assert.equal(client.socket.getProtocol(), version);
          await client.quit();
        }
      });

      test(`${name} is shown by a client, its certificate of version ${old ? 1 : 3}`, async (t) => {
        const keys = pem(certified(key(), old));
        const params = { requestCert: true, rejectUnauthorized: false, ca: issuer.cert };
        const shown = [];
        const { target } = await serve(
          t,
          { tls: { ...pem(p256()), ...params }, secure: true },
          { secure: (socket) => shown.push(socket.getPeerCertificate().raw) },
        );
        const place = { host: '127.0.0.1', port: target, tls: 'implicit' };
        const pool = new Client.Pool({ ...place, rejectUnauthorized: false, ...keys });
        t.after(() => pool.close());
        await pool.verify();
        assert.equal(shown[0]?.length, raw(keys.cert).length);
      });
    }
  }

  for (const [name, key] of Object.entries(UNUSABLE)) {
    const keys = pem(certified(key()));
    for (const [where, [option, use]] of Object.entries(INTERFACES)) {
      test(`${where}: ${name} is said to be of no use, by the option's name`, () => {
        assert.throws(
          () => use(keys),
          (error) => {
            const start = `${option} is ${name}, which cannot be used: `;
            assert.ok(error instanceof TypeError, String(error));
            assert.ok(error.message.startsWith(start), error.message);
            assert.match(error.message, /RSA of 2048 to 4096 bits, P-256, P-384 and Ed25519 can/);
            return true;
          },
        );
      });
    }
  }

  test('the command: the option that names the file', async (t) => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smtp-engine-keys-'));
    t.after(() => fs.rm(folder, { recursive: true, force: true }));
    const keys = certified(UNUSABLE['EC P-521']());
    const files = { key: path.join(folder, 'key'), cert: path.join(folder, 'cert') };
    await fs.writeFile(files.key, keys.key);
    await fs.writeFile(files.cert, keys.cert);
    const args = ['--port', '0', '--tls-key', files.key, '--tls-cert', files.cert];
    const ended = await finished(t, ...args);
    assert.equal(ended.code, 1);
    assert.match(ended.errors, /--tls-key is EC P-521, which cannot be used/);
    assert.doesNotMatch(ended.errors, /params/);
  });

  test("smtpjs: the schema's", (t) => {
    const keys = certified(UNUSABLE.Ed448());
    const { NODE_ENV } = process.env;
    process.env.NODE_ENV = 'production';
    t.after(() => {
      if (NODE_ENV === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = NODE_ENV;
    });
    assert.throws(
      () => new SmtpJs({ config: { port: 0, ...pem(keys) } }),
      /^TypeError: schema\.config\.key is Ed448, which/,
    );
  });
});

const raw = (cert) => Buffer.from(cert.replace(/-----.*-----/g, ''), 'base64');

describe("smtp-server's own certificate, of version 1", { timeout: 30_000 }, () => {
  const keys = builtIn();

  test('serves with STARTTLS and from the first byte', async (t) => {
    for (const secure of [false, true]) {
      const { connect, greeted } = await serve(t, { tls: keys, secure });
      const client = secure
        ? await connect({ secure: { rejectUnauthorized: false } })
        : await greeted();
      if (!secure) await client.startTls({ rejectUnauthorized: false });
      assert.equal(client.socket.getPeerCertificate().raw.length, raw(keys.cert).length);
      await client.quit();
    }
  });

  test('is taken by a client that rejects none', async (t) => {
    const { target } = await serve(t, { tls: keys });
    const place = { host: '127.0.0.1', port: target, tls: 'required' };
    const pool = new Client.Pool({ ...place, rejectUnauthorized: false });
    t.after(() => pool.close());
    assert.equal(await pool.verify(), true);
    const strict = new Client.Pool({ ...place, ca: keys.cert });
    t.after(() => strict.close());
    await assert.rejects(strict.verify(), /X\.509 version 1/);
  });

  test('of a key that is not its own is refused', () => {
    const { key } = rsa();
    assert.throws(() => new Server({ tls: { ...keys, key } }), /does not belong/);
  });
});

/** The key and certificate that smtp-server uses where it is given none. */
function builtIn() {
  const { key, cert } = require('smtp-server/lib/tls-options.js')();
  return { key, cert };
}

describe('PEM', { timeout: 30_000 }, () => {
  const keys = pem(p256());
  const bytes = (text) => new Uint8Array(Buffer.from(text));
  /** A view of a larger buffer, with something else around it. */
  const within = (text) => {
    const all = Buffer.from(`xx${text}yy`);
    return new Uint8Array(all.buffer, all.byteOffset + 2, all.length - 4);
  };
  const FORMS = {
    string: String,
    Buffer: (text) => Buffer.from(text),
    Uint8Array: bytes,
    view: within,
  };
  for (const [form, of] of Object.entries(FORMS)) {
    const given = { key: of(keys.key), cert: of(keys.cert), ca: [of(keys.cert), of(issuer.cert)] };
    for (const [where, [, use]] of Object.entries(INTERFACES)) {
      test(`${where} takes a ${form}`, () => {
        use(given);
      });
    }

    test(`${form}: what is given is what is served`, async (t) => {
      const server = smtpProtocol.createServer({ ...given, tls: true });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => new Promise((resolve) => server.close(resolve)));
      const socket = tls.connect({ port: server.address().port, host: '127.0.0.1', ca: keys.cert });
      await once(socket, 'secureConnect');
      assert.ok(socket.authorized);
      const client = new Peer(socket);
      await client.expect(220);
      client.destroy();
    });

    test(`${form}: roots are`, async (t) => {
      const { target } = await serve(t, { tls: keys, secure: true });
      const place = { host: 'localhost', port: target, tls: 'implicit' };
      for (const ca of [of(keys.cert), [of(issuer.cert), of(keys.cert)]]) {
        const pool = new Client.Pool({ ...place, ca });
        t.after(() => pool.close());
        assert.equal(await pool.verify(), true);
      }
    });
  }

  for (const wrong of [5, {}, null, new Uint16Array(4), new ArrayBuffer(4), ['x']]) {
    test(`${typeof wrong} ${wrong?.constructor?.name} is none`, () => {
      assert.throws(() => new Server({ tls: { ...keys, key: wrong } }), {
        name: 'TypeError',
        message: /params\.tls\.key must be PEM, a string, a Buffer or a Uint8Array, not /,
      });
    });
  }
});
