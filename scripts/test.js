'use strict';
// Every test, Rust's and JavaScript's; the addon has been built before.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, run } = require('./run.js');

const folder = path.join(ROOT, '__test__');
const files = fs.readdirSync(folder).filter((name) => name.endsWith('.test.js'));
const paths = files.map((name) => path.join('__test__', name));

run(['cargo', 'test', '--no-default-features', '--quiet']);
run([process.execPath, '--test', ...paths]);
