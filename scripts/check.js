'use strict';
// Formatters, linters and type checks; `--fix` mends what can be mended by itself.

const path = require('node:path');
const { run } = require('./run.js');

const fix = process.argv.includes('--fix');

run(['cargo', 'fmt', '--all', ...(fix ? [] : ['--check'])]);
const colors = process.stdout.isTTY ? [] : ['--colors=off'];
run(['npx', 'biome', ...(fix ? ['check', '--write'] : ['ci']), ...colors, '.']);
const everything = ['--workspace', '--all-targets'];
for (const features of [[], ['--no-default-features']]) {
  run(['cargo', 'clippy', '--quiet', ...everything, ...features, '--', '-D', 'warnings']);
}
run(['cargo', 'doc', '--quiet', '--no-deps', '--document-private-items'], {
  RUSTDOCFLAGS: '-D warnings',
});
run([process.execPath, path.join('scripts', 'layers.js')]);
run([process.execPath, path.join('scripts', 'sizes.js')]);
run(['npx', 'depcruise', '--config', path.join('scripts', 'rooms.js'), 'src/js', 'index.js']);
run(['npx', 'tsc', '-p', '.']);
run(['npx', 'tsc', '-p', path.join('src', 'js', 'catch-page')]);
run(['npx', 'tsc', '-p', '__test__/types']);
run([process.execPath, path.join('scripts', 'supply-chain.js')]);
