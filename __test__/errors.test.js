'use strict';
// The names of the operating system's errors.

const assert = require('node:assert/strict');
const os = require('node:os');
const { describe, test } = require('node:test');
const { SmtpError, systemCode } = require('../src/js/errors.js');

describe('the errors of the operating system', () => {
  test("have Node's names", {
    skip: process.platform === 'win32' && "its numbers are Winsock's",
  }, () => {
    const { EADDRINUSE, ECONNRESET, EPIPE } = os.constants.errno;
    assert.deepEqual(
      [EADDRINUSE, ECONNRESET, EPIPE].map((number) => systemCode(number)),
      ['EADDRINUSE', 'ECONNRESET', 'EPIPE'],
    );
  });

  test('have them on Windows, where sockets have numbers of their own', () => {
    const numbers = {
      10013: 'EACCES',
      10048: 'EADDRINUSE',
      10054: 'ECONNRESET',
      10061: 'ECONNREFUSED',
    };
    for (const [number, name] of Object.entries(numbers))
      assert.equal(systemCode(Number(number), 'win32'), name);
    assert.match(systemCode(1_000_000, 'win32'), /1000000/);
  });

  test('are not taken for those of Windows elsewhere', () => {
    assert.match(systemCode(10048, 'linux'), /10048/);
  });
});

describe('an error', () => {
  for (const [details, transient, permanent] of /** @type {const} */ ([
    [{}, false, false],
    [{ replyCode: 250 }, false, false],
    [{ replyCode: 354 }, false, false],
    [{ replyCode: 421 }, true, false],
    [{ replyCode: 450 }, true, false],
    [{ replyCode: 500 }, false, true],
    [{ replyCode: 554 }, false, true],
    [{ permanent: true }, false, true],
    [{ permanent: false, replyCode: 554 }, false, true],
  ])) {
    test(`of ${JSON.stringify(details)} tells whether to try again`, () => {
      const error = new SmtpError('SMTP_ERR_TEST', 'x', details);
      assert.deepEqual([error.transient, error.permanent], [transient, permanent]);
    });
  }
});
