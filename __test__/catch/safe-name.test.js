'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { safeName } = require('../../src/js/catch/safe-name.js');

test('a name is one of a file, whatever the mail says', () => {
  for (const [name, safe] of [
    ['invoice.pdf', 'invoice.pdf'],
    ['Rechnung März 2026.pdf', 'Rechnung März 2026.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['/etc/shadow', 'shadow'],
    ['C:\\temp\\x.txt', 'x.txt'],
    ['a/', 'attachment'],
    ['..', 'attachment'],
    ['. .', 'attachment'],
    ['', 'attachment'],
    [undefined, 'attachment'],
    [false, 'attachment'],
    ['evil\0.txt', 'evil.txt'],
    ['a\r\nb.txt', 'ab.txt'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['\u200e\u2066x\u2069', 'x'],
    ['.htaccess', '.htaccess'],
  ]) {
    assert.equal(safeName(name), safe, String(name));
  }
  assert.equal(safeName('x'.repeat(1_000)).length, 255);
});
