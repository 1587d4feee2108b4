'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { getHandlers } = require('../../../../src/js/compat/mail-io/plugins/index.js');
const { ROOT } = require('../../../support/child.js');

const FOLDER = path.join(ROOT, 'src', 'js', 'compat', 'mail-io', 'plugins');
const names = (/** @type {any} */ handlers) =>
  Object.entries(handlers).flatMap(([command, list]) =>
    list.map((/** @type {any} */ { name }) => `${command}/${name}`),
  );

test('every file of a plugin is one', () => {
  const files = fs.readdirSync(FOLDER, { recursive: true }).map(String);
  const plugins = files
    .filter((file) => file.endsWith('.js') && file !== 'index.js')
    .map((file) => file.slice(0, -'.js'.length).split(path.sep).join('/'));
  const handlers = getHandlers({}, {});
  assert.deepEqual(names(handlers).sort(), plugins.sort());
  for (const list of Object.values(handlers)) {
    for (const { isBuiltIn, handler } of list) {
      assert.deepEqual([isBuiltIn, typeof handler], [true, 'function']);
    }
  }
});

test('one that is switched off is not there', () => {
  const without = getHandlers({}, { plugins: { 'rcpt/dnsbl': false, 'queue/spamd': {} } });
  assert.ok(!names(without).includes('rcpt/dnsbl'));
  assert.ok(names(without).includes('queue/spamd'));
});

test("a program's own are among them, 'core' before all", () => {
  const handler = () => {};
  const own = {
    rcpt: [{ name: 'own', handler, before: 'relay' }],
    xfoo: [{ name: 'foo', handler }],
  };
  const handlers = getHandlers(own, {});
  const order = handlers.rcpt.map(({ name }) => name);
  assert.equal(order[0], 'core');
  assert.ok(order.indexOf('own') < order.indexOf('relay'), String(order));
  assert.equal(handlers.xfoo.length, 1);
  assert.throws(() => getHandlers({ rcpt: [{ name: 'core', handler }] }, {}), /already/);
});
