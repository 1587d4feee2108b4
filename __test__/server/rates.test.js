'use strict';
// What the clients of one address and of one network may do in a minute. That a minute's worth
// comes back evenly is tested beside the engine, under virtual time.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Log, serve, within } = require('../support/serve.js');

const MAIL = 'MAIL FROM:<a@client.example>';
const RCPT = 'RCPT TO:<b@example.domain>';

/** Repeats until the reply is the wanted one; each reply is waited for. */
async function until(client, line, wanted) {
  const tries = async () => {
    while ((await client.command(line)).code !== wanted);
  };
  await within(tries(), `${wanted} to '${line}'`);
}

describe('rates', { timeout: 60_000 }, () => {
  const linux = process.platform !== 'linux' && 'one loopback address alone here';

  test('sessions: 421 and close, and no listener hears of it', async (t) => {
    const log = new Log();
    const rates = { address: { sessions: 3 } };
    const { server, connect } = await serve(t, { rates }, log.listeners({}, ['connect']));
    for (let n = 0; n < 3; n += 1) await (await connect()).quit();
    const late = await connect({ greeting: false });
    await late.expect(/^421 example\.domain got too many connections from your side/);
    assert.equal(await late.ended(), '');
    assert.equal(log.all('connect').length, 3);
    assert.deepEqual(server.stats().refusals, { sessionRate: 1 });
    assert.equal(server.stats().sessions.total, 3);
  });

  test('sessions come back', async (t) => {
    const { connect } = await serve(t, { rates: { address: { sessions: 120 } } });
    const meets = async (wanted) => {
      for (;;) {
        const client = await connect({ greeting: false });
        const { code } = await client.reply();
        client.destroy();
        if (code === wanted) return;
      }
    };
    await within(meets(421), 'a session too many');
    await within(meets(220), 'a session again');
  });

  test('messages: 451 at MAIL, no listener hears of it, and they come back', async (t) => {
    const log = new Log();
    const rates = { address: { messages: 600 } };
    const { server, greeted } = await serve(t, { rates }, log.listeners({}, ['mail']));
    const client = await greeted();
    client.write(`${MAIL}\r\n`.repeat(1500));
    const codes = [];
    for (let n = 0; n < 1500; n += 1) codes.push((await client.reply()).code);
    assert.deepEqual([...new Set(codes.slice(0, 600))], [250]);
    assert.ok(codes.includes(451));
    assert.equal(log.all('mail').length, codes.filter((code) => code === 250).length);
    assert.equal(server.stats().refusals.messageRate, codes.filter((code) => code === 451).length);
    await until(client, MAIL, 250);
    await client.command(RCPT, 250);
    await client.message('text\r\n');
  });

  test('recipients: 451 at RCPT; sessions of one address share them', async (t) => {
    const rates = { address: { recipients: 2 } };
    const { greeted } = await serve(t, { rates, enhancedStatusCodes: true });
    const [one, two] = [await greeted(), await greeted()];
    await one.command(MAIL, 250);
    await two.command(MAIL, 250);
    await one.command(RCPT, 250);
    await two.command(RCPT, 250);
    const over = '451 4.7.1 Too many recipients in a short time. Try again later';
    await one.command(RCPT, over);
    await two.command(RCPT, over);
    await one.message('text\r\n');
  });

  test('what a listener refuses is not counted', async (t) => {
    const rcpt = function rcpt(address) {
      if (address.startsWith('no')) this.failure(550, 'no');
      return Promise.resolve();
    };
    const { greeted } = await serve(t, { rates: { address: { recipients: 1 } } }, { rcpt });
    const client = await greeted();
    await client.command(MAIL, 250);
    for (let n = 0; n < 5; n += 1) await client.command('RCPT TO:<no@example.domain>', '550 no');
    await client.command(RCPT, 250);
    await client.command(RCPT, 451);
  });

  test('two servers count by themselves', async (t) => {
    const rates = { address: { sessions: 1 }, network: { messages: 1 } };
    for (const { greeted, connect } of [await serve(t, { rates }), await serve(t, { rates })]) {
      const client = await greeted();
      await (await connect({ greeting: false })).expect(421);
      await client.command(MAIL, 250);
      await client.command(MAIL, 451);
    }
  });

  test('an address by itself, and a network together', { skip: linux }, async (t) => {
    for (const [scope, second] of [
      ['address', 220],
      ['network', 421],
    ]) {
      const { connect } = await serve(t, { rates: { [scope]: { sessions: 1 } } });
      await connect({ localAddress: '127.0.0.1' });
      await (await connect({ localAddress: '127.0.0.1', greeting: false })).expect(421);
      await (await connect({ localAddress: '127.0.0.2', greeting: false })).expect(second);
      await connect({ localAddress: '127.0.1.1' });
    }
  });

  const windows = process.platform === 'win32' && 'no unix sockets here';
  test('clients of a unix socket have none', { skip: windows }, async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const one = { sessions: 1, messages: 1, recipients: 1 };
    const rates = { address: one, network: one };
    const { greeted } = await serve(t, { path: path.join(folder, 'socket'), rates });
    for (let n = 0; n < 3; n += 1) await (await greeted()).transaction();
  });
});
