'use strict';
// What each interface takes for the name of a client: name x verb x interface.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { INTERFACES } = require('../../support/interfaces.js');

const MAX_DOMAIN = 255;
/** A reply line has so many bytes at most (RFC 5321 section 4.5.3.1.5). */
const MAX_REPLY = 512;

const NAMES = ['client.example', 'exämple.de', '[192.0.2.7]', 'x'.repeat(MAX_DOMAIN), 'two words'];
const NONE = [
  'x'.repeat(MAX_DOMAIN + 1),
  'x'.repeat(1_500),
  'ü'.repeat(MAX_DOMAIN / 2 + 1),
  ...['a\0', '\x01a', 'a\tb', 'a\x1b[1m', 'a\x7f', 'a\u0085b', 'a\u009b', 'a\rb', 'a\ufffd'],
  Buffer.from('a\xff', 'latin1'),
  Buffer.from('\xfea', 'latin1'),
  Buffer.from('a\xc3', 'latin1'),
];

describe('the name of a client', { timeout: 60_000 }, () => {
  for (const [name, serve] of Object.entries(INTERFACES)) {
    for (const verb of ['HELO', 'EHLO']) {
      test(`behind ${verb} on ${name}`, async (t) => {
        const { connect } = await serve(t);
        const client = await connect();
        for (const [names, code] of /** @type {const} */ ([
          // A NUL before a greeting is another protocol's, and ends the session.
          [NONE.filter((given) => !given.includes('\0')), 501],
          [NAMES, 250],
          [NONE, 501],
        ])) {
          for (const given of names) {
            client.write(
              Buffer.concat([`${verb} `, given, '\r\n'].map((part) => Buffer.from(part))),
            );
            const { text } = await client.expect(code, JSON.stringify(String(given)).slice(0, 40));
            for (const line of text.split('\r\n')) assert.ok(line.length + 2 <= MAX_REPLY);
          }
        }
      });
    }
  }
});
