'use strict';
// The table of commands; what each does is compared with the original in differences.test.js.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { COMMANDS, isHttp, wordOf } = require('../../../src/js/compat/smtp-server/commands.js');

/** What a command replies in a session. */
function replied(verb, line, session = {}, options = {}) {
  const replies = [];
  COMMANDS[verb](
    { options, session, reply: (code, text) => replies.push(`${code} ${text}`) },
    line,
  );
  return replies;
}

test('no name of an object is a command', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.equal(COMMANDS[name], undefined, name);
  }
});

test('commands that need no transaction say what the original says', () => {
  assert.deepEqual(replied('NOOP', 'NOOP'), ['250 OK']);
  assert.deepEqual(replied('VRFY', 'VRFY'), ['501 Error: Syntax: VRFY address']);
  assert.deepEqual(replied('VRFY', 'VRFY a'), ['252 Try to send something. No promises though']);
  assert.deepEqual(replied('KILL', 'KILL'), ['500 Can not kill Mom']);
  assert.deepEqual(replied('QUIT', 'QUIT'), ['221 Bye']);
});

test('a wizard is known to SHELL, and to its own session alone', () => {
  const session = {};
  assert.deepEqual(replied('WIZ', 'WIZ', session), ['500 You are no wizard!']);
  assert.match(replied('SHELL', 'SHELL', session)[0], /^500 Mere mortals/);
  assert.deepEqual(replied('WIZ', 'WIZ x', session), ['200 Please pass, oh mighty wizard']);
  assert.match(replied('SHELL', 'SHELL', session)[0], /^500 Error: Invoking shell/);
  assert.match(replied('SHELL', 'SHELL', {})[0], /^500 Mere mortals/);
});

test('a message needs a recipient', () => {
  const session = { envelope: { rcptTo: [] } };
  assert.deepEqual(replied('DATA', 'DATA', session), ['503 Error: need RCPT command']);
});

test('the first word of a line is a verb, however it is written', () => {
  for (const [line, word] of [
    ['MAIL FROM:<a@b.c>', 'MAIL'],
    ['mail from:<a@b.c>', 'MAIL'],
    ['quit', 'QUIT'],
    ['QUIT', 'QUIT'],
    ['', ''],
    [' NOOP', ''],
    ['MAIL\tFROM:<a>', 'MAIL\tFROM:<A>'],
    ['__proto__ x', '__PROTO__'],
  ]) {
    assert.equal(wordOf(line), word, line);
  }
});

test('a request by HTTP is known', () => {
  for (const line of ['GET / HTTP/1.1', 'post /x HTTP/1.0', 'DELETE /a b HTTP/1.1']) {
    assert.ok(isHttp(wordOf(line), line), line);
  }
  for (const line of [
    'NOOP',
    'HELO / HTTP/1.1',
    'GET /',
    'GET x HTTP/1.1',
    'GET',
    'GET  / HTTP/1.1',
  ]) {
    assert.ok(!isHttp(wordOf(line), line), line);
  }
});
