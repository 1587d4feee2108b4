'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { commandOf, parser } = require('../../../src/js/compat/smtpjs/parser.js');

describe('the parser of programs', () => {
  for (const [line, action, params] of [
    ['HELO x', 'HELO', 'x'],
    ['MAIL FROM:<a@x>', 'MAIL FROM', '<a@x>'],
    ['MAIL FROM: <a@x>', 'MAIL FROM', '<a@x>'],
    ['RCPT TO:<b@y>', 'RCPT TO', '<b@y>'],
    ['DATA', 'DATA', ''],
    ['mail from:<a@x>', '', ''],
    ['what', '', ''],
  ]) {
    test(`${line}`, () => {
      const full = action === '' ? '' : line;
      assert.deepEqual(parser(line), { full, action, params });
    });
  }

  test('of nothing is nothing', () => {
    assert.deepEqual(parser(), { full: '', action: '', params: '' });
  });
});

describe('commands of clients', () => {
  for (const [line, action, params] of [
    ['mail from:<A@x>', 'MAIL FROM', '<A@x>'],
    ['Rcpt To: <b@y>', 'RCPT TO', '<b@y>'],
    ['quit', 'QUIT', ''],
    ['what', '', ''],
    // Nothing behind a line break of any kind is lost.
    ['MAIL FROM:<a@x>\r', 'MAIL FROM', '<a@x>\r'],
    ['HELO x\u2028y', 'HELO', 'x\u2028y'],
  ]) {
    test(`${JSON.stringify(line)} has no case`, () =>
      assert.deepEqual(commandOf(line), { action, params }));
  }
});
