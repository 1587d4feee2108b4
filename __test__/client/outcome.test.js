'use strict';
// The engine's texts of what became of a message, as programs are told.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { failureOf, outcomeOf } = require('../../src/js/client/outcome.js');

const TO = ['a@x', 'b@x', 'c@x'];
const OK = '250\n2.0.0 queued\nas 5';
const NO = '550\n5.1.1 no such user';

describe('a result', () => {
  test('of all recipients', () => {
    for (const tls of [false, true]) {
      assert.deepEqual(outcomeOf(['', OK, tls ? '1' : '', ''], TO), {
        response: '250-2.0.0 queued\r\n250 as 5',
        accepted: TO,
        rejected: [],
        tls,
      });
    }
  });

  test('of some of them', () => {
    const { accepted, rejected, response } = outcomeOf(['', OK, '', '', '1', 'RCPT', NO], TO);
    assert.deepEqual([accepted, response], [['a@x', 'c@x'], '250-2.0.0 queued\r\n250 as 5']);
    assert.deepEqual(rejected, [
      {
        ...{ address: 'b@x', replyCode: 550, enhancedStatus: '5.1.1' },
        ...{ reply: '550 5.1.1 no such user', command: 'RCPT' },
      },
    ]);
  });

  test('has what it took where that is told', () => {
    const { details } = outcomeOf(['', OK, '', '12\n345\nPIPELINING\nSIZE 100'], TO);
    assert.deepEqual(details, {
      ...{ envelopeTime: 12, messageTime: 345 },
      ehlo: ['PIPELINING', 'SIZE 100'],
    });
  });

  test('of none is an error, which has each', () => {
    const texts = ['', '', '', '', ...['0', '1', '2'].flatMap((at) => [at, 'the message', NO])];
    const error = outcomeOf(texts, TO);
    assert.deepEqual(
      [error.code, error.replyCode, error.enhancedStatus, error.command, error.rejected.length],
      ['SMTP_ERR_REJECTED', 550, '5.1.1', 'DATA', 3],
    );
    assert.equal(error.message, 'DATA was refused for a@x and 2 more: 550 5.1.1 no such user');
  });
});

describe('a failure', () => {
  test('has the reply that is its cause', () => {
    const error = failureOf(['SMTP_ERR_AUTH', 'refused', '', 'AUTH', '535\n5.7.8 wrong', '', '1']);
    assert.deepEqual(
      [error.code, error.command, error.replyCode, error.enhancedStatus],
      ['SMTP_ERR_AUTH', 'AUTH', 535, '5.7.8'],
    );
    assert.equal(/** @type {any} */ (error).response, '535 5.7.8 wrong');
  });

  test("has the system's code where there is one, and what it was at", {
    skip: process.platform !== 'linux' && 'numbers of another system',
  }, () => {
    const texts = ['SMTP_ERR_CONNECTION', 'refused', '111', 'the connection', '', '1', ''];
    const error = /** @type {any} */ (failureOf(texts));
    assert.deepEqual(
      [error.code, error.command, error.replyCode, error.uncertain],
      ['ECONNREFUSED', 'CONNECT', undefined, true],
    );
  });
});
