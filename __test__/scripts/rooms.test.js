'use strict';
// Who may import whom in src/js: the rules find what breaks them, and nothing else.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const rules = require('../../scripts/rooms.js');
const { ROOT } = require('../support/child.js');

/** The names of the rules that sources break. @param {string} folder */
async function broken(folder) {
  const { cruise } = await import('dependency-cruiser');
  const { forbidden, options } = rules;
  const cruised = await cruise(['src/js', 'index.js'], {
    .../** @type {any} */ (options),
    ...{ ruleSet: { forbidden }, validate: true, baseDir: folder },
  });
  const { summary } = /** @type {any} */ (cruised.output);
  assert.notEqual(summary.totalCruised, 0, 'sources are found');
  return [...new Set(summary.violations.map((/** @type {any} */ { rule }) => rule.name))].sort();
}

/** A source that imports each of these, `type:` by a type in a comment. */
function source(/** @type {string} */ file, /** @type {string[]} */ imports) {
  const lines = imports.map((name, at) => {
    const [target, isType] = name.startsWith('type:') ? [name.slice(5), true] : [name, false];
    const relative = path.posix.relative(path.posix.dirname(file), target);
    const from = relative.startsWith('.') ? relative : `./${relative}`;
    return isType ? `/** @typedef {import('${from}').Thing} T${at} */` : `require('${from}');`;
  });
  return `${lines.join('\n')}\nmodule.exports = {};\n`;
}

/** A project of these files. @param {import('node:test').TestContext} t @param {Record<string, string[]>} files */
function project(t, files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-rooms-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const all = { 'index.js': [], ...files };
  for (const imports of Object.values(files)) {
    for (const name of imports) /** @type {any} */ (all)[name.replace('type:', '')] ??= [];
  }
  for (const [file, imports] of Object.entries(all)) {
    fs.mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), source(file, imports));
  }
  return folder;
}

const js = (/** @type {string} */ name) =>
  name.startsWith('type:') ? `type:src/js/${name.slice(5)}` : `src/js/${name}`;

/** Importer, imported, and the rule that this breaks. @type {[string, string, string][]} */
const WRONG = [
  ['errors.js', 'options/a.js', 'base'],
  ['node-version.js', 'type:engine/a.js', 'base'],
  ['options/a.js', 'engine/b.js', 'options'],
  ['options/a.js', 'type:engine/b.js', 'options'],
  ['engine/a.js', 'type:server/b.js', 'engine'],
  ['engine/a.js', 'client/b.js', 'engine'],
  ['server/a.js', 'client/b.js', 'server'],
  ['server/a.js', 'type:compat/shared/b.js', 'server'],
  ['client/a.js', 'files/b.js', 'client'],
  ['files/a.js', 'type:compat/mail-io/b.js', 'files'],
  ['files/a.js', 'cli/b.js', 'files'],
  ['compat/shared/a.js', 'type:compat/smtpjs/b.js', 'compat-shared'],
  ['compat/mail-io/a.js', 'compat/smtp-protocol/b.js', 'compat-mail-io'],
  ['compat/mail-io/deep/a.js', 'compat/smtpjs/b.js', 'compat-mail-io'],
  ['compat/smtpjs/a.js', 'cli/b.js', 'compat-smtpjs'],
  ['compat/smtp-protocol/a.js', 'server/b.js', 'compat-smtp-protocol'],
  ['catch/a.js', 'files/b.js', 'catch'],
  ['server/a.js', 'type:catch/b.js', 'server'],
  ['attic/a.js', 'errors.js', 'known-room'],
];

/** @type {[string, string][]} */
const RIGHT = [
  ['options/a.js', 'errors.js'],
  ['options/a.js', 'type:native.js'],
  ['engine/a.js', 'options/b.js'],
  ['engine/a.js', 'engine/b.js'],
  ['server/a.js', 'type:engine/b.js'],
  ['client/a.js', 'options/b.js'],
  ['compat/mail-io/a.js', 'files/b.js'],
  ['compat/smtpjs/a.js', 'compat/shared/b.js'],
  ['catch/a.js', 'server/b.js'],
  ['cli/a.js', 'server/b.js'],
  ['cli/a.js', 'compat/smtpjs/b.js'],
];

describe('the rules about rooms', { timeout: 120_000 }, () => {
  for (const [from, to, rule] of WRONG) {
    test(`${from} may not import ${to}`, async (t) => {
      assert.deepEqual(await broken(project(t, { [js(from)]: [js(to)] })), [rule]);
    });
  }

  for (const [from, to] of RIGHT) {
    test(`${from} may import ${to}`, async (t) => {
      assert.deepEqual(await broken(project(t, { [js(from)]: [js(to)] })), []);
    });
  }

  test('find circles, those that types close as well', async (t) => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => js(`server/${name}.js`));
    const circles = [
      { [a]: [b], [b]: [a] },
      { [a]: [b], [b]: [c], [c]: [`type:${a}`] },
    ];
    for (const files of circles) {
      assert.deepEqual(await broken(project(t, files)), ['no-circle']);
    }
  });

  test('keep index.js above all, whose types the command alone may name', async (t) => {
    const door = (/** @type {string} */ file, /** @type {string} */ name) =>
      broken(project(t, { [js(file)]: [name] }));
    assert.deepEqual(await door('server/a.js', 'type:index.js'), ['door']);
    assert.deepEqual(await door('compat/mail-io/a.js', 'index.js'), ['door']);
    assert.deepEqual(await door('cli/a.js', 'index.js'), ['door-of-cli']);
    assert.deepEqual(await door('cli/a.js', 'type:index.js'), []);
  });

  test('are kept by what is there', async () => {
    assert.deepEqual(await broken(ROOT), []);
  });
});
