'use strict';
// Who means another protocol is sent away before a greeting: first bytes x interface.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { INTERFACES } = require('../../support/interfaces.js');

const SMTP = '\r\nEHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n';
const METHODS = 'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PRI'.split(' ');

/** @type {(string | Buffer)[]} */
const STRANGERS = [
  ...METHODS.flatMap((method) => [
    `${method} /x HTTP/1.1`,
    `${method} / HTTP/2.0`,
    `${method} / HTTP`,
    `${method} /x`,
    method,
    `${method.toLowerCase()} /x`,
  ]),
  'PROPFIND /x HTTP/1.1',
  'FOO http://x/ HTTP/1.0',
  'M-SEARCH * HTTP/1.1',
  'POST /with a space HTTP/1.1',
  'EHLO /x HTTP/1.1',
  '\r\nPOST /x HTTP/1.1',
  ...['OPTIONS', 'REGISTER', 'INVITE', 'MESSAGE'].map((method) => `${method} sip:x SIP/2.0`),
  ...['OPTIONS *', 'DESCRIBE rtsp://x/y', 'SETUP rtsp://x/y'].map((head) => `${head} RTSP/1.0`),
  'RESPMOD icap://x/y ICAP/1.0',
  'x'.repeat(3_000),
  // A header of the PROXY protocol in binary, which is one thing and not four lines.
  Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000201c6336407c7380019', 'hex'),
  Buffer.from('16030102000100', 'hex'),
  Buffer.from('802e0100020015000000100100800200', 'hex'),
  Buffer.from('806701030100004e000000100000040', 'hex'),
];

/** What programs may have commands for, and SMTP has. */
const FRIENDS = [
  ...['NOOP', 'RSET', 'VRFY x', 'HELP', 'AUTH PLAIN AGFi/12', 'XCLIENT NAME=x ADDR=192.0.2.1'],
  ...['WHAT /x', 'GETTER /x', 'X-MINE first NAME/1', 'x-mine', 'POSTPONE 1'],
];

describe('before a greeting', { timeout: 120_000 }, () => {
  for (const [name, serve] of Object.entries(INTERFACES)) {
    test(`${name} takes no request of another protocol`, async (t) => {
      const { connect, heard } = await serve(t);
      for (const stranger of STRANGERS) {
        const what = JSON.stringify(stranger.toString('latin1'));
        const client = await connect();
        client.write(Buffer.concat([Buffer.from(stranger), Buffer.from(SMTP)]));
        let reply = await client.expect(/^[45]/, what);
        // An empty line is a command of its own.
        const isLine = typeof stranger === 'string' && stranger.startsWith('\r\n');
        if (isLine) reply = await client.expect(421, what);
        assert.equal(reply.code, 421, what);
        assert.equal(await client.ended(), '', what);
        assert.deepEqual(heard, [], what);
      }
    });

    test(`${name} takes commands that only look like one`, async (t) => {
      const { connect } = await serve(t);
      for (const friend of FRIENDS) {
        const client = await connect();
        const { code } = await client.command(friend);
        assert.notEqual(code, 421, friend);
        await client.command('EHLO x', 250);
        client.destroy();
      }
    });
  }
});
