'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');
const { ROOT } = require('../../support/child.js');

/** What is painted where standard output is a terminal, or not. @param {boolean} isTTY @param {Record<string, string>} env */
function painted(isTTY, env) {
  const script = `
    Object.defineProperty(process.stdout, 'isTTY', { value: ${isTTY} });
    const { isColoured, paint } = require('./src/js/compat/shared/colours.js');
    process.stdout.write(JSON.stringify([isColoured(), paint('red', 5)]));`;
  const { NO_COLOR: _, FORCE_COLOR: _force, NODE_DISABLE_COLORS: _disabled, ...rest } = process.env;
  const options = { cwd: ROOT, encoding: /** @type {const} */ ('utf8'), env: { ...rest, ...env } };
  return JSON.parse(spawnSync(process.execPath, ['-e', script], options).stdout);
}

test('colours are for terminals, unless NO_COLOR is set', () => {
  assert.deepEqual(painted(false, {}), [false, '5']);
  assert.deepEqual(painted(true, { NO_COLOR: '1' }), [false, '5']);
  const [isColoured, text] = painted(true, { FORCE_COLOR: '1' });
  assert.equal(isColoured, true);
  assert.equal(text, '\u001b[31m5\u001b[39m');
});
