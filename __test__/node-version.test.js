'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const vm = require('node:vm');
const fs = require('node:fs');
const { ROOT } = require('./support/child.js');
const { engines } = require('../package.json');

const SOURCE = fs.readFileSync(path.join(ROOT, 'src', 'js', 'node-version.js'), 'utf8');

/** What it throws under a version of Node. @param {string} node */
function thrown(node) {
  try {
    vm.runInNewContext(SOURCE, { process: { versions: { node } } });
    return undefined;
  } catch (/** @type {any} */ error) {
    return error;
  }
}

test('a Node that is too old is refused, and any other is not', () => {
  for (const version of ['20.0.0', '20.20.2', '22.1.0', '100.0.0']) {
    assert.equal(thrown(version), undefined, version);
  }
  for (const version of ['0.10.48', '8.17.0', '18.20.8', '19.9.0']) {
    assert.equal(thrown(version).code, 'SMTP_ERR_NODE');
    assert.ok(thrown(version).message.endsWith(`and this is Node ${version}.`));
  }
});

test('the oldest is that of package.json', () => {
  const [, oldest] = /^>=(\d+)$/.exec(engines.node) ?? [];
  assert.equal(thrown(`${oldest}.0.0`), undefined);
  assert.equal(thrown(`${Number(oldest) - 1}.9.9`).code, 'SMTP_ERR_NODE');
});

test('an old Node can read it', () => {
  // Nothing newer than ES2015, less its classes and modules.
  assert.doesNotMatch(SOURCE, /\?\?|\?\.|=>|\basync\b|\bclass\b|#\w/);
});
