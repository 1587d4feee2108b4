'use strict';
// Each file of src/js has its tests beside it: the same path below __test__.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const JS = path.join(__dirname, '..', 'src', 'js');
const FILES = fs
  .readdirSync(JS, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.js'));

for (const file of FILES) {
  test(`${file.split(path.sep).join('/')} has its tests`, () => {
    const beside = path.join(__dirname, file.replace(/\.js$/, '.test.js'));
    assert.ok(fs.existsSync(beside), `${path.relative(__dirname, beside)} is missing`);
    assert.match(fs.readFileSync(beside, 'utf8'), /\btest\(/);
  });
}

test('the files are found', () => assert.ok(FILES.length > 100, String(FILES.length)));
