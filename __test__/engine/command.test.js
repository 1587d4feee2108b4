'use strict';
// What a command's record says; that of a session is read with it in engine-session.test.js.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { ring } = require('../support/fake-engine.js');
const { onRecord } = require('../../src/js/engine/border.js');
const { Command, sizeOf } = require('../../src/js/engine/command.js');
const { FLAG, KIND } = require('../../src/js/engine/constants.js');

const NOTHING = {
  ...{ kind: 0, line: null, argument: undefined, path: '', size: undefined, ext: undefined },
  ...{ isExtended: false, isChunked: false, drops: false, dropsGreeting: false },
};

test('one command is filled anew by each record, and keeps nothing of the last', () => {
  const command = new Command();
  assert.deepEqual({ ...command }, NOTHING);
  /** @type {object[]} */
  const seen = [];
  onRecord((kind, head) => {
    command.read(kind, head);
    seen.push({ ...command });
  });
  ring(
    { kind: KIND.HELO, line: 'EHLO x', own: ['x'], flags: FLAG.EXTENDED },
    { kind: KIND.MAIL, own: ['a@x\nRET=FULL', '7'], ext: 'RET=FULL' },
    { kind: KIND.DATA_START, flags: FLAG.CHUNKS },
    { kind: KIND.COMMAND, flags: FLAG.DROPS | FLAG.DROPS_GREETING },
  );
  const mail = { argument: 'a@x', path: 'a@x\nRET=FULL', size: 7, ext: 'RET=FULL' };
  assert.deepEqual(seen, [
    {
      ...{ ...NOTHING, kind: KIND.HELO, line: 'EHLO x', argument: 'x', path: 'x' },
      isExtended: true,
    },
    { ...NOTHING, kind: KIND.MAIL, ...mail },
    { ...NOTHING, kind: KIND.DATA_START, isChunked: true },
    { ...NOTHING, kind: KIND.COMMAND, drops: true, dropsGreeting: true },
  ]);
});

test('a size is a number where it is given', () => {
  assert.deepEqual(['', '0', '12'].map(sizeOf), [undefined, 0, 12]);
});
