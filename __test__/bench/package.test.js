'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, load } = require('../../bench/lib/package.js');

/** Another tree with the package, laid out in its own way. */
function otherTree(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-tree-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const entries = { '.': { default: './door.js' }, './mail-io': { default: './in/there.js' } };
  const manifest = { name: 'smtp-engine', exports: entries };
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  fs.writeFileSync(path.join(folder, 'door.js'), "module.exports = { Server: 'another' };");
  fs.mkdirSync(path.join(folder, 'in'));
  fs.writeFileSync(path.join(folder, 'in', 'there.js'), "module.exports = 'mail-io of another';");
  return folder;
}

test('of this tree', () => {
  assert.equal(load(), require('../../index.js'));
  assert.equal(load(ROOT), load());
  assert.equal(typeof load(ROOT, '/mail-io').createServer, 'function');
});

test('of another tree, wherever its files are', (t) => {
  const folder = otherTree(t);
  assert.equal(load(folder).Server, 'another');
  assert.equal(load(folder, '/mail-io'), 'mail-io of another');
});

test('what is not public is out of reach', () => {
  assert.throws(() => load(ROOT, '/src/js/errors.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
});

test('servers and clients of the benchmark know no file of the package', () => {
  const folder = path.join(ROOT, 'bench');
  const files = ['servers', 'clients'].flatMap((name) =>
    fs.readdirSync(path.join(folder, name)).map((file) => path.join(folder, name, file)),
  );
  assert.ok(files.length > 10);
  for (const file of files.filter((name) => name.endsWith('.js'))) {
    assert.doesNotMatch(fs.readFileSync(file, 'utf8'), /src\/js|index\.js['"]/, file);
  }
});
