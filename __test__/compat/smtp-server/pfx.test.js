'use strict';
// PFX files as openssl 3 makes them: those of today, those of `-legacy`, and others. pfx.json has them.

const assert = require('node:assert/strict');
const { createPrivateKey, X509Certificate } = require('node:crypto');
const { describe, test } = require('node:test');
const { readPfx } = require('../../../src/js/compat/smtp-server/pfx.js');
const files = require('./pfx.json');

const bytesOf = (/** @type {string} */ name) => Buffer.from(files[name].file, 'base64');
const secret = 'secret';

/** Files that are read: their passphrase, the kind of their key, and how many issuers they have. */
const GOOD = {
  'modern-ec': ['ec', 1],
  'modern-rsa': ['rsa', 1],
  'modern-ed25519': ['ed25519', 0],
  'legacy-ec': ['ec', 1],
  'legacy-rsa': ['rsa', 0],
  'des3-ec': ['ec', 0],
  'letters-ec': ['ec', 0],
  'empty-ec': ['ec', 0],
  'open-ec': ['ec', 0],
};

describe('a PFX file is read', () => {
  for (const [name, [kind, issuers]] of Object.entries(GOOD)) {
    test(name, () => {
      const { key, cert, ca } = readPfx(bytesOf(name), files[name].passphrase, 'options.pfx');
      const own = createPrivateKey(key);
      assert.equal(own.asymmetricKeyType, kind);
      const leaf = new X509Certificate(cert);
      assert.ok(leaf.checkPrivateKey(own));
      assert.equal(leaf.checkHost('mx.example'), 'mx.example');
      assert.equal(ca.length, issuers);
      for (const each of ca) assert.ok(leaf.verify(new X509Certificate(each).publicKey));
    });
  }

  test('in each form of node:tls', () => {
    const file = bytesOf('modern-ec');
    const wanted = readPfx(file, secret, 'options.pfx');
    for (const given of [
      new Uint8Array(file),
      file.toString('latin1'),
      [file],
      [{ buf: file }],
      [{ buf: file, passphrase: secret }],
      { buf: file, passphrase: secret },
    ]) {
      const own = given.passphrase ?? given[0]?.passphrase;
      assert.deepEqual(readPfx(given, own ? 'another' : secret, 'options.pfx'), wanted);
    }
  });
});

describe('a PFX file that cannot be used is named, and nothing of it shown', () => {
  const file = bytesOf('modern-ec');
  /** What is given, its passphrase, and what is said. @type {Record<string, [any, any, RegExp]>} */
  const BAD = {
    'no passphrase': [file, undefined, /^options.pfx cannot be read: it needs a passphrase$/],
    'an empty one': [file, '', /^options.pfx cannot be read: it needs a passphrase$/],
    'a wrong one': [file, 'wrong', /^options.pfx cannot be read: its passphrase is another$/],
    'one that is no string': [file, 5, /^the passphrase of options.pfx must be a string, not num/],
    'no key': [bytesOf('keyless'), secret, /^options.pfx holds no private key$/],
    'no certificate': [
      bytesOf('certless'),
      secret,
      /^options.pfx holds no certificate of its key$/,
    ],
    'cut off': [file.subarray(0, 700), secret, /^options.pfx cannot be read: /],
    'no PFX': [Buffer.from('hello'), secret, /^options.pfx cannot be read: /],
    empty: [Buffer.alloc(0), secret, /^options.pfx cannot be read: /],
    'a number': [5, secret, /^options.pfx must be a Buffer, a Uint8Array or a string, not 5$/],
    'an object': [{ file }, secret, /^options.pfx must be .*, not an object$/],
    'an empty array': [[], secret, /^options.pfx must be .*, not undefined$/],
  };
  for (const [what, [given, passphrase, text]] of Object.entries(BAD)) {
    test(what, () => {
      assert.throws(
        () => readPfx(given, passphrase, 'options.pfx'),
        (error) => error instanceof TypeError && text.test(error.message),
      );
    });
  }

  test('whichever byte is another', () => {
    for (let at = 0; at < file.length; at += 7) {
      const other = Buffer.from(file);
      other[at] ^= 0x55;
      try {
        const { key, cert } = readPfx(other, secret, 'options.pfx');
        assert.ok(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)), `byte ${at}`);
      } catch (error) {
        assert.match(error.message, /^options\.pfx /, `byte ${at}`);
      }
    }
  });
});
