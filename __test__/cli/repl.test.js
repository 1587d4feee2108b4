'use strict';
// How the console of smtpjs ends, and what keeps it from starting.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client } = require('../support/client.js');
const { command, finished, portOf } = require('../support/command.js');
const { serve } = require('../support/serve.js');

const POSIX = process.platform !== 'win32';

describe('smtp-engine repl', { timeout: 60_000 }, () => {
  /** Ways out, each with a client that is connected. @type {[string, (child: import('../support/child.js').Child['process']) => unknown][]} */
  const ways = [
    ['exit', ({ stdin }) => stdin.write('exit\n')],
    ['.exit', ({ stdin }) => stdin.write('.exit\n')],
    ['the end of its input', ({ stdin }) => stdin.end()],
    ['SIGINT', (child) => child.kill('SIGINT')],
    ['SIGTERM', (child) => child.kill('SIGTERM')],
    ['SIGHUP', (child) => child.kill('SIGHUP')],
  ];
  for (const [name, leave] of ways) {
    test(`${name} ends it with 0`, { skip: name.startsWith('SIG') && !POSIX }, async (t) => {
      const child = command(t, 'repl', '--port', '0');
      const client = await Client.connect(await portOf(child));
      t.after(() => client.destroy());
      leave(child.process);
      assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
      await client.ended();
    });
  }

  test('a port that is in use ends it with 1', async (t) => {
    const { target } = await serve(t);
    const { code, errors } = await finished(t, 'repl', '--port', String(target));
    assert.equal(code, 1);
    assert.match(errors, /^smtp-engine: [^\n]*EADDRINUSE[^\n]*\n$/);
  });
});
