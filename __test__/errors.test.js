'use strict';
// The names of the operating system's errors.

const assert = require('node:assert/strict');
const os = require('node:os');
const { describe, test } = require('node:test');
const { systemCode } = require('../src/js/errors.js');

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
