'use strict';
// Extensions that a server lists by name: where each is listed, and that it works there alone.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { Log, serve } = require('../support/serve.js');

/** Lines of an EHLO reply behind the first. @param {import('../support/client.js').Client} client */
async function listed(client) {
  const { lines } = await client.command('EHLO client.example', 250);
  return lines.slice(1);
}

describe('extensions by name', { timeout: 60_000 }, () => {
  test('are listed where they are named alone', async (t) => {
    for (const extensions of [true, false, [], ['PIPELINING']]) {
      const { connect } = await serve(t, { extensions, maxMessages: 5 });
      const lines = await listed(await connect());
      assert.doesNotMatch(lines.join('\n'), /DSN|REQUIRETLS|LIMITS|BINARYMIME/);
    }
    const { connect } = await serve(t, { extensions: ['DSN'], size: 0 });
    assert.deepEqual(await listed(await connect()), ['HELP', 'DSN']);
  });

  test('LIMITS has the limits that there are', async (t) => {
    for (const [limits, line] of /** @type {[object, string[]][]} */ ([
      [{}, ['LIMITS RCPTMAX=1000']],
      [{ maxRecipients: 0 }, []],
      [{ maxRecipients: 7, maxMessages: 3 }, ['LIMITS RCPTMAX=7 MAILMAX=3']],
      [{ maxRecipients: 0, maxMessages: 2_000_000 }, ['LIMITS MAILMAX=999999']],
    ])) {
      const { connect } = await serve(t, { ...limits, extensions: ['LIMITS'], size: 0 });
      assert.deepEqual(await listed(await connect()), ['HELP', ...line]);
    }
  });

  test('REQUIRETLS is there under TLS, and its parameter with it', async (t) => {
    const log = new Log();
    const params = { tls: p256(), extensions: ['STARTTLS', 'REQUIRETLS'], size: 0 };
    const { connect } = await serve(t, params, log.listeners({}, ['mail']));
    const client = await connect();
    assert.deepEqual(await listed(client), ['HELP', 'STARTTLS']);
    await client.command('MAIL FROM:<a@x.test> REQUIRETLS', 555);
    await client.startTls({ rejectUnauthorized: false });
    assert.deepEqual(await listed(client), ['HELP', 'REQUIRETLS']);
    await client.command('MAIL FROM:<a@x.test> REQUIRETLS=1', 501);
    await client.command('MAIL FROM:<a@x.test> REQUIRETLS', 250);
    const mail = { from: 'a@x.test', size: undefined, requireTls: true };
    assert.deepEqual(log.values('mail'), [mail]);
  });

  test('BINARYMIME is no body where it is not listed', async (t) => {
    const { greeted } = await serve(t);
    const client = await greeted();
    await client.command('MAIL FROM:<a@x.test> BODY=BINARYMIME', 501);
    await client.command('MAIL FROM:<a@x.test> BODY=8BITMIME', 250);
  });
});
