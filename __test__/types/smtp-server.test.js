'use strict';
// The typings of smtp-server's interface have each name that smtp-server's own export, and each member.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT } = require('../support/child.js');

const THEIRS = path.join(ROOT, 'node_modules', 'smtp-server', 'dist', 'cjs');
const read = (/** @type {string[]} */ ...names) => fs.readFileSync(path.join(...names), 'utf8');

/** Members of a file's exported interfaces and classes, by name. */
function exported(/** @type {string} */ text) {
  /** @type {Record<string, string[]>} */
  const found = {};
  for (const [, name, body] of text.matchAll(
    /^export (?:declare )?(?:interface|class) (\w+)[^{]*\{\n(.*?)^\}/gms,
  )) {
    const [indent] = /^ +/m.exec(body) ?? [''];
    const members = body.matchAll(new RegExp(`^${indent}(?:readonly )?(\\w+)\\??[:(<]`, 'gm'));
    found[name] = [...(found[name] ?? []), ...[...members].map(([, member]) => member)];
  }
  for (const [, name] of text.matchAll(/^export type (\w+)/gm)) found[name] ??= [];
  return found;
}

const theirs = exported(read(THEIRS, 'types.d.ts') + read(THEIRS, 'smtp-server.d.ts'));
const ours = exported(read(ROOT, 'types', 'smtp-server.d.ts'));
/** What a program is not to use, and methods that EventEmitter has for all its events. */
const LEFT = /^(_|constructor$|secureContext$|on$|once$|off$|emit$|\w+Listener$)/;

for (const [name, members] of Object.entries(theirs)) {
  test(name, () => {
    assert.ok(ours[name], `${name} is not exported`);
    const missing = members.filter((member) => !LEFT.test(member) && !ours[name].includes(member));
    assert.deepEqual(missing, []);
  });
}

test('members are found', () => {
  assert.ok(theirs.SMTPServerOptions.length > 40 && ours.SMTPServerOptions.length > 40);
  assert.ok(theirs.SMTPServer.includes('onRcptTo') && ours.SMTPServer.includes('onRcptTo'));
});

test('each member has a comment, or a name that says it', () => {
  const lines = read(ROOT, 'types', 'smtp-server.d.ts').split('\n');
  const start = lines.findIndex((line) => line.startsWith('export interface SMTPServerOptions'));
  const LISTENERS = /^ {2}(on|once|off|emit|\w+Listener)[<(]/;
  const members = lines.flatMap((line, at) =>
    at > start && !LISTENERS.test(line) && /^ {2}\w+\??[:(]/.test(line) ? [at] : [],
  );
  const silent = members.filter((at) => !/\*\/$/.test(lines[at - 1])).map((at) => lines[at].trim());
  const clear = ['authMethods', 'constructor', 'disabledCommands', 'listening'];
  assert.deepEqual(silent.map((line) => /^\w+/.exec(line)?.[0]).sort(), clear);
});
