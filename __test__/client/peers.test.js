'use strict';
// Servers that others wrote take our mail, and what arrives is what was sent, byte for byte.

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const transport = require('../../src/js/client/nodemailer.js');
const { p256 } = require('../support/certificates.js');
const { PEERS } = require('../support/peers.js');

const ENVELOPE = { from: 'from@example.org', to: 'to@example.com' };
const HEADER = [
  'Date: Mon, 23 Nov 2026 12:00:00 +0000',
  'From: <from@example.org>',
  'To: <to@example.com>',
  'Message-ID: <1@example.org>',
  'Subject: A message',
].join('\r\n');

/** Everything that a line can begin and end with. */
const TRICKY = [
  '.',
  '..',
  '.dot',
  'a.',
  '',
  ' space',
  'space ',
  '\ttab',
  'From the start',
  'x'.repeat(990),
  'Gr\u00fc\u00dfe \u20ac',
  '',
].join('\r\n');

/** What a server stored ends in what was sent, behind the lines that it adds. */
function assertArrived(/** @type {Buffer} */ stored, /** @type {string | Buffer} */ sent) {
  const bytes = Buffer.from(sent);
  const tail = stored.subarray(Math.max(0, stored.length - bytes.length));
  assert.ok(
    tail.equals(bytes),
    `stored:\n${stored.subarray(0, 3_000)}\nsent:\n${bytes.subarray(0, 3_000)}`,
  );
  assert.match(stored.toString('latin1', 0, stored.length - bytes.length), /^$|\r\n$/);
}

for (const [name, peer] of Object.entries(PEERS)) {
  const missing = peer.missing();
  describe(name, { timeout: 120_000, skip: missing }, () => {
    test('takes mail as it is, whole and in pieces, over one connection and many', async (t) => {
      const { port, message } = await peer.start(t);
      const place = { host: '127.0.0.1', port };
      const text = `${HEADER}\r\n\r\n${TRICKY}\r\n`;
      await Client.send(place, ENVELOPE, text);
      assertArrived(await message(), text);
      await Client.send(
        { ...place, tls: 'none' },
        ENVELOPE,
        Readable.from(text.match(/.{1,7}/gs) ?? []),
      );
      assertArrived(await message(), text);
      const long = `${HEADER}\r\n\r\n${`${'0123456789'.repeat(7)}\r\n.\r\n`.repeat(40_000)}`;
      await Client.send(place, ENVELOPE, long);
      assertArrived(await message(), long);
      const pool = new Client.Pool({ ...place, maxConnections: 3 });
      t.after(() => pool.close());
      const results = await Promise.all(
        Array.from({ length: 30 }, () => pool.send(ENVELOPE, text)),
      );
      assert.ok(results.every(({ accepted }) => accepted.length === 1));
      for (const _ of results) assertArrived(await message(), text);
      // Some servers wait for their clients before they end.
      await pool.close();
    });

    test('takes it under TLS, from one who logs in', async (t) => {
      const { port, message, auth, noTls } = await peer.start(t);
      if (noTls) return t.skip(noTls);
      const options = { host: 'localhost', port, tls: 'required', ca: p256().cert };
      const text = `${HEADER}\r\n\r\n${TRICKY}\r\n`;
      await Client.send(options, ENVELOPE, text);
      assertArrived(await message(), text);
      await assert.rejects(
        Client.send({ ...options, servername: 'other.example' }, ENVELOPE, text),
        {
          code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        },
      );
      if (!auth) return;
      await Client.send({ ...options, auth }, ENVELOPE, text);
      assertArrived(await message(), text);
      const wrong = { ...auth, password: 'wrong' };
      await assert.rejects(Client.send({ ...options, auth: wrong }, ENVELOPE, text), {
        code: 'SMTP_ERR_AUTH',
      });
    });

    test('lets in by each of its mechanisms who knows the password', async (t) => {
      const { port, message, auth, methods = [] } = await peer.start(t);
      if (!auth || methods.length === 0) return t.skip('it is asked for none by name');
      const text = `${HEADER}\r\n\r\n${TRICKY}\r\n`;
      for (const tls of /** @type {const} */ (['none', 'required'])) {
        const options = { host: 'localhost', port, tls, ca: p256().cert };
        for (const method of methods) {
          await Client.send({ ...options, auth: { ...auth, method } }, ENVELOPE, text);
          assertArrived(await message(), text);
          const wrong = { ...auth, password: 'wrong', method };
          await assert.rejects(
            Client.send({ ...options, auth: wrong }, ENVELOPE, text),
            { code: 'SMTP_ERR_AUTH', replyCode: 535, command: 'AUTH' },
            method,
          );
        }
      }
    });

    test('takes what nodemailer makes, by our transport', async (t) => {
      const { port, message } = await peer.start(t);
      const tls = { rejectUnauthorized: false };
      const mailer = nodemailer.createTransport(transport({ host: '127.0.0.1', port, tls }));
      const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7) & 255));
      const mail = {
        ...ENVELOPE,
        subject: 'Gr\u00fc\u00dfe',
        text: '.x',
        attachments: [{ content }],
      };
      const info = await mailer.sendMail(mail);
      assert.deepEqual(info.accepted, [ENVELOPE.to]);
      const stored = String(await message());
      assert.match(stored, /Subject: =\?UTF-8\?/);
      const encoded = stored.replace(/\r\n/g, '');
      assert.ok(encoded.includes(content.toString('base64').slice(0, 100_000)));
    });

    test('is asked whether it is there', async (t) => {
      const { port } = await peer.start(t);
      const pool = new Client.Pool({ host: '127.0.0.1', port });
      assert.equal(await pool.verify(), true);
      await pool.close();
    });
  });
}
