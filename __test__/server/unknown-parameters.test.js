'use strict';
// Parameters of MAIL and RCPT that no extension has which is offered: parameter x command x setting.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { receiving } = require('../support/command.js');
const { Client, serve } = require('../support/serve.js');

/** What clients send whatever EHLO said, and what others do; and whether RFC 5321 has it so. */
const MAIL = {
  unasked: [
    'SIZE=5',
    'AUTH=<>',
    'BODY=7BIT',
    'BODY=8BITMIME',
    'RET=HDRS',
    'ENVID=x',
    'auth=a+2Bb@c',
  ],
  unknown: [
    'X=1',
    'XSHADOW=a',
    'SMTPUTF8x',
    'BY=1;R',
    'MT-PRIORITY=3',
    'X_Y',
    'NOTIFY=NEVER',
    'X=',
  ],
  malformed: ['<b@c>', 'b@c', '=1', 'SIZE=x', 'SIZE=1 SIZE=1', 'BODY=x', 'RET=x', 'X=1 <b@c>'],
};
const RCPT = {
  unasked: ['NOTIFY=NEVER', 'NOTIFY=SUCCESS,DELAY', 'ORCPT=rfc822;b@c'],
  unknown: ['X=1', 'SIZE=5', 'RRVS=2014-04-03T23:01:00Z', 'X'],
  malformed: ['<b@c>', '<>', 'b@c', '=1', 'NOTIFY=x', 'ORCPT=x', 'X=1 <b@c>'],
};

/** How a server is made, and what it answers to what it does not know. @type {[string, any, number][]} */
const SETTINGS = [
  ['by default', {}, 555],
  ["with 'refuse'", { unknownParameters: 'refuse' }, 555],
  ["with 'ignore'", { unknownParameters: 'ignore' }, 250],
  ["with 'ignore' and no extensions", { unknownParameters: 'ignore', extensions: false }, 250],
];

/** Tries all of them; none is an offence of the client's. @param {Client} client @param {number} unknown */
async function tryAll(client, unknown) {
  const codes = { unasked: 250, unknown, malformed: 501 };
  await client.command('EHLO x', 250);
  for (const [kind, code] of Object.entries(codes)) {
    for (const parameters of MAIL[/** @type {keyof typeof MAIL} */ (kind)]) {
      await client.command(`MAIL FROM:<a@b.example> ${parameters}`, code);
      await client.command('RSET', 250);
    }
    await client.command('MAIL FROM:<a@b.example>', 250);
    for (const parameters of RCPT[/** @type {keyof typeof RCPT} */ (kind)]) {
      await client.command(`RCPT TO:<c@d.example> ${parameters}`, code);
    }
    // One that is good is taken all the same.
    await client.command('RCPT TO:<c@d.example>', 250);
    await client.message('x\r\n', 250);
  }
}

describe('parameters that are not offered', { timeout: 60_000 }, () => {
  for (const [how, params, unknown] of SETTINGS) {
    test(how, async (t) => {
      const { connect } = await serve(t, params);
      const client = await connect();
      await tryAll(client, unknown);
      await client.quit();
    });
  }

  test('are no offence, however many', async (t) => {
    const { connect } = await serve(t, {});
    const client = await connect();
    await client.command('EHLO x', 250);
    for (let count = 0; count < 50; count += 1) {
      await client.command('MAIL FROM:<a@b.example> X=1', 555);
    }
    await client.command('MAIL FROM:<a@b.example>', 250);
  });

  test('are all taken by the command', async (t) => {
    const { port } = await receiving(t);
    const client = await Client.connect(port);
    t.after(() => client.destroy());
    await tryAll(client, 250);
  });
});

test('the setting is one of two words', () => {
  for (const unknownParameters of ['', 'take', true, 1]) {
    const { Server } = require('../../index.js');
    assert.throws(() => new Server({ unknownParameters }), /unknownParameters/);
  }
});

describe('the reply names the parameter', { timeout: 60_000 }, () => {
  const CASES = /** @type {const} */ ([
    ['SIZE=x', '501 Malformed parameter: SIZE'],
    ['X=1', '555 Parameter not recognized: X'],
    ['RET=HDRS ret=FULL', '501 Malformed parameter: ret'],
    [`${'Y'.repeat(21)}=1`, `555 Parameter not recognized: ${'Y'.repeat(20)}...`],
    // What could be anything is not said again.
    ['<b@c>', '501 Malformed parameter'],
    ['X\x1b[2J=1', '501 Malformed parameter'],
    ['X=\x07', '501 Malformed parameter'],
  ]);
  for (const listens of [false, true]) {
    test(listens ? 'to listeners of lines, too' : 'to the client', async (t) => {
      /** @type {string[]} */
      const replies = [];
      const listeners = {
        message: () => true,
        response: (/** @type {string} */ line) => replies.push(line),
      };
      const { server, greeted } = await serve(t, {}, listens ? listeners : {});
      const client = await greeted();
      for (const [parameters, reply] of CASES) {
        await client.command(`MAIL FROM:<a@b.example> ${parameters}`, reply);
      }
      await client.command('MAIL FROM:<a@b.example>', 250);
      await client.command('RCPT TO:<c@d.example> NOTIFY=x', '501 Malformed parameter: NOTIFY');
      await client.command('RCPT TO:<c@d.example> ZZ', '555 Parameter not recognized: ZZ');
      const { badParameter, unknownParameter } = server.stats().refusals;
      assert.deepEqual([badParameter, unknownParameter], [6, 3]);
      if (!listens) return;
      for (const [, reply] of CASES) assert.ok(replies.includes(reply), reply);
    });
  }

  test('with an enhanced status code before it', async (t) => {
    const { greeted } = await serve(t, { enhancedStatusCodes: true });
    const client = await greeted();
    await client.command('MAIL FROM:<a@b> SIZE=x', '501 5.5.4 Malformed parameter: SIZE');
    await client.command('MAIL FROM:<a@b> X', '555 5.5.4 Parameter not recognized: X');
  });
});
