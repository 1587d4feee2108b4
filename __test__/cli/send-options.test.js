'use strict';
// The command line of `send` as an object; what makes no sense is in arguments.test.js.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { UsageError } = require('../../src/js/cli/arguments.js');
const { parseSend } = require('../../src/js/cli/send-options.js');

const FROM_TO = ['--from', 'a@x.example', '--to', 'b@y.example'];
const parse = (/** @type {string[]} */ argv, env = {}) => parseSend([...FROM_TO, ...argv], env);

describe('where mail goes', () => {
  for (const [host, place] of /** @type {[string, any][]} */ ([
    ['mx.example', { host: 'mx.example' }],
    ['mx.example:2525', { host: 'mx.example', port: '2525' }],
    ['127.0.0.1:25', { host: '127.0.0.1', port: '25' }],
    ['::1', { host: '::1' }],
    ['[::1]:25', { host: '::1', port: '25' }],
    ['./socket', { path: './socket' }],
    ['/run/smtp', { path: '/run/smtp' }],
  ])) {
    test(host, () => {
      const { host: name, port, path } = parse(['--host', host]).options;
      const given = Object.entries({ host: name, port, path }).filter(([, value]) => value);
      assert.deepEqual(Object.fromEntries(given), place);
    });
  }

  test('to exchanges, or to a host, and not both', () => {
    assert.equal(parse(['--mx']).options.mx, true);
    assert.throws(() => parse([]), UsageError);
    assert.throws(() => parse(['--mx', '--host', 'x']), UsageError);
  });
});

test('the envelope, the files, and how', () => {
  const argv = ['--host', 'x', '--to', 'c@z.example', '--lmtp', '--json', '--keep-bcc', 'one', '-'];
  const { envelope, files, json, keepBcc, options } = parse(argv);
  assert.deepEqual(envelope, { from: 'a@x.example', to: ['b@y.example', 'c@z.example'] });
  assert.deepEqual([files, json, keepBcc, options.lmtp], [['one', '-'], true, true, true]);
  assert.deepEqual(parse(['--host', 'x']).files, ['-']);
  const nobody = parseSend(['--from', '', '--to', 'b@y.example', '--host', 'x'], {});
  assert.equal(nobody.envelope.from, '');
});

test('a login takes its password from the environment', () => {
  const argv = ['--host', 'x', '--user', 'tim'];
  assert.throws(() => parse(argv), /SMTP_ENGINE_PASSWORD/);
  const { options } = parse(argv, { SMTP_ENGINE_PASSWORD: 'secret' });
  assert.deepEqual(options.auth, { user: 'tim', password: 'secret' });
});

test("what a client's options say is said in the words of the command line", () => {
  for (const [argv, message] of /** @type {[string[], RegExp][]} */ ([
    [['--host', 'x:99999'], /^the port of --host must be/],
    [['--host', 'x', '--tls', 'foo'], /^--tls must be 'none' or/],
    [['--host', 'x', '--dns', 'here'], /^--dns must be/],
    [['--host', 'x', '--name', 'a b'], /^--name must be/],
  ])) {
    assert.throws(
      () => parse(argv),
      (/** @type {Error} */ error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test('help needs nothing else', () => {
  assert.equal(parseSend(['--help'], {}).help, true);
});
