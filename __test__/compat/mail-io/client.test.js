'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client, bare } = require('../../../src/js/compat/mail-io/client.js');
const { Log, serve } = require('../../support/serve.js');

const HOST = { host: '127.0.0.1', name: 'client.example' };

test('the null reverse-path has three forms', () => {
  assert.deepEqual(
    [false, '', '<>', 'a@x'].map((from) => bare(/** @type {any} */ (from))),
    ['', '', '', 'a@x'],
  );
});

describe('a message', { timeout: 30_000 }, () => {
  test('is sent to all', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    await new Client({ ...HOST, port: target }).send({ from: '<>', to: ['a@x', 'b@x'] }, 'x\r\n');
    const [{ self }] = log.all('data');
    assert.deepEqual([self.data.from, self.data.recipients], ['', ['a@x', 'b@x']]);
    assert.deepEqual(log.values('helo'), ['client.example']);
  });

  test('that is refused for one is an error, and logged', async (t) => {
    const { target } = await serve(
      t,
      {},
      {
        /** @this {any} */
        rcpt(/** @type {string} */ address) {
          if (address === 'b@x') this.failure(550, 'no such user');
          return address !== 'b@x';
        },
      },
    );
    /** @type {string[]} */
    const lines = [];
    const logger = { warn: (/** @type {string} */ line) => lines.push(line) };
    const client = new Client({ ...HOST, port: target, logger, identity: 'relay' });
    await assert.rejects(client.send({ from: 'a@x', to: ['a@x', 'b@x'] }, 'x\r\n'), {
      response: '550 no such user',
      responseCode: 550,
    });
    assert.match(lines[0], /relay\/error .*Failed to deliver message for a@x, b@x/);
  });
});
