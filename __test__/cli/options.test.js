'use strict';
// The command line as an object; what makes no sense is in arguments.test.js.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { UsageError, hostOf, portOf } = require('../../src/js/cli/arguments.js');
const { HELP, parseCommandLine } = require('../../src/js/cli/options.js');

describe('a command line', () => {
  test('of nothing has defaults', () => {
    const { port, host, json, print, maildir, tls, isSelfSigned } = parseCommandLine([]);
    assert.deepEqual(
      [port, host, json, print, maildir, tls, isSelfSigned],
      [2525, '127.0.0.1', false, false, undefined, undefined, false],
    );
  });

  test('has keys together', () => {
    const keys = ['--tls-key', 'k', '--tls-cert', 'c'];
    assert.deepEqual(parseCommandLine(keys).tls, {
      key: 'k',
      cert: 'c',
      passphraseFile: undefined,
    });
    const { tls } = parseCommandLine([...keys, '--tls-passphrase-file', 'p']);
    assert.equal(tls?.passphraseFile, 'p');
    const own = parseCommandLine(['--tls-self-signed', '--tls-out', 'o']);
    assert.deepEqual([own.isSelfSigned, own.certificateFile, own.tls], [true, 'o', undefined]);
  });

  test('demands a login whose password is in the environment', () => {
    const env = { SMTP_ENGINE_PASSWORD: 'secret' };
    assert.deepEqual(parseCommandLine(['--auth', 'tim'], env).requiredLogin, {
      user: 'tim',
      password: 'secret',
    });
    assert.equal(parseCommandLine([], env).requiredLogin, undefined);
    assert.throws(() => parseCommandLine(['--auth', 'tim'], {}), /SMTP_ENGINE_PASSWORD/);
    assert.throws(() => parseCommandLine(['--auth='], env), UsageError);
  });

  test('that makes no sense is told so in one line', () => {
    for (const argv of [['--prot', '5'], ['file'], ['--port'], ['--tls-key', 'k'], ['--json=5']]) {
      assert.throws(
        () => parseCommandLine(argv),
        (/** @type {Error} */ error) =>
          error instanceof UsageError && !error.message.includes('\n'),
        argv.join(' '),
      );
    }
  });

  test('is described: every option is in the help', () => {
    for (const name of Object.keys(parseCommandLine([])).filter((name) => /^[a-z-]+$/.test(name))) {
      if (name !== 'tls') assert.ok(HELP.includes(`--${name}`), name);
    }
  });
});

test('a port is a number that there is', () => {
  assert.deepEqual(['0', '25', '65535', '0025'].map(portOf), [0, 25, 65_535, 25]);
  for (const text of ['', '65536', '-1', '1e3', '0x19', ' 25']) {
    assert.throws(() => portOf(text), UsageError, text);
  }
});

test('a host is an address, in brackets or not, or a name', () => {
  for (const [text, host] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['localhost', 'localhost'],
    ['mail.example', 'mail.example'],
  ]) {
    assert.equal(hostOf(text), host);
  }
  for (const text of ['', '1.2.3', '999.1.1.1', '[192.0.2.1]', 'a b', 'http://x']) {
    assert.throws(() => hostOf(text), UsageError, text);
  }
});
