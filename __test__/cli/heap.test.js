'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

const FILE = path.join(__dirname, '..', '..', 'src', 'js', 'cli', 'heap.js');
/** Makes much that is soon gone, and something that stays, and prints how much room the heap has. */
const WORK = `
  const kept = [];
  for (let count = 0; count < 3_000_000; count++) {
    const made = { count, list: [count, count], text: 'x' + count };
    if (count % 30 === 0) kept.push(made);
  }
  const { heapTotal } = process.memoryUsage();
  console.log(heapTotal / 2 ** 20, kept.length);
`;

/** MiB of the heap after that work. @param {string} before */
function heapOf(before) {
  const output = execFileSync(process.execPath, ['-e', before + WORK], { encoding: 'utf8' });
  return Number.parseFloat(output);
}

test('the heap of the command stays small, and V8 knows how', () => {
  const [usual, small] = [heapOf(''), heapOf(`require(${JSON.stringify(FILE)}).keepHeapSmall();`)];
  assert.ok(small < usual - 15, `${small} of ${usual} MiB`);
});
