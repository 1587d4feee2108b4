'use strict';
// What `scripts/layers.js` says of made-up trees of Rust sources.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { faults } = require('../../scripts/layers.js');
const { ROOT } = require('../support/child.js');

/** What is wrong with these files, by their paths. */
function check(t, files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-layers-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  for (const [file, source] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), source);
  }
  return faults(folder);
}

const CLEAN = {
  'lib.rs': 'mod net; mod node; mod protocol;',
  'protocol/mod.rs': 'pub mod line;\npub mod reply;',
  'protocol/line.rs': 'use super::reply::Reply;\npub struct Line(Reply);',
  'protocol/reply.rs': 'pub struct Reply;',
  'net/mod.rs': 'pub mod server;\npub mod tls;',
  'net/tls/mod.rs': 'mod keys;\npub use keys::Keys;',
  'net/tls/keys.rs': 'pub struct Keys;',
  'net/server/mod.rs': 'mod listener;\nuse crate::net::tls::Keys;\npub struct Server(Keys);',
  'net/server/listener.rs': 'use super::Server;\nuse crate::protocol::line::Line;',
  'node/mod.rs': 'use crate::{net::server::Server, protocol::{line::Line, reply::Reply}};',
};

test('a tree in layers, whose children import their parents', (t) => {
  assert.deepEqual(check(t, CLEAN), []);
});

describe('a lower layer that names a higher one', () => {
  for (const [file, source] of [
    ['protocol/reply.rs', 'use crate::net::server::Server;'],
    ['protocol/reply.rs', 'fn f() { crate::net::server::serve(); }'],
    ['protocol/reply.rs', 'use super::super::net::tls::{self, Keys};'],
    [
      'net/tls/keys.rs',
      'use std::io;\npub(crate) use crate::{\n  node,\n  protocol::line::Line,\n};',
    ],
    ['net/mod.rs', 'pub mod server;\n#[cfg(test)]\nmod tests { use super::super::node::Border; }'],
  ]) {
    test(`${file}: ${source.replace(/\s+/g, ' ')}`, (t) => {
      const found = check(t, { ...CLEAN, [file]: source });
      assert.match(found[0], /^a lower layer names a higher one: /);
      const [layer] = file.split('/');
      assert.match(found[0], new RegExp(`: ${layer}[\\w:]* imports (net|node)`));
    });
  }
});

describe('modules in a circle', () => {
  for (const [name, files, modules] of [
    [
      'a parent and its child',
      { 'net/server/mod.rs': 'mod listener;\nuse listener::Listener;' },
      ['net::server', 'net::server::listener'],
    ],
    [
      'a path in code in place of a use',
      { 'net/server/mod.rs': 'mod listener;\nfn f() { listener::listen(); }' },
      ['net::server', 'net::server::listener'],
    ],
    [
      'three siblings',
      {
        'protocol/mod.rs': 'mod a; mod b; mod c;',
        'protocol/a.rs': 'use super::b::B;',
        'protocol/b.rs': 'use crate::protocol::c::*;',
        'protocol/c.rs': 'fn f(a: super::a::A) {}',
      },
      ['protocol::a', 'protocol::b', 'protocol::c'],
    ],
    [
      'a use of several, renamed, over lines',
      {
        'protocol/line.rs': 'use super::{\n  // why\n  reply::{Code as C, Reply},\n};',
        'protocol/reply.rs': 'use crate::protocol::line as l;',
      },
      ['protocol::line', 'protocol::reply'],
    ],
    [
      'an inline module, whose super is the file',
      {
        'protocol/line.rs': 'use super::reply::Reply;',
        'protocol/reply.rs': 'mod inner { use super::super::line::Line; }',
      },
      ['protocol::line', 'protocol::reply'],
    ],
  ]) {
    test(name, (t) => {
      const found = check(t, { ...CLEAN, ...files });
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0], /^a circle: /);
      for (const module of modules) assert.ok(found[0].includes(`${module} imports `), found[0]);
    });
  }

  test('two of them are both told', (t) => {
    const found = check(t, {
      ...CLEAN,
      'net/server/mod.rs': 'mod listener;\nuse listener::Listener;',
      'protocol/reply.rs': 'use super::line::Line;',
    });
    assert.equal(found.length, 2, found.join('\n'));
  });
});

test('rooms in a circle, although none of their modules is', (t) => {
  const found = check(t, {
    ...CLEAN,
    'net/server/mod.rs': 'mod listener;\npub mod rates;\nuse crate::net::tls::Keys;',
    'net/server/rates.rs': 'pub struct Rates;',
    'net/tls/keys.rs': 'use crate::net::server::rates::Rates;',
  });
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0], /net::server imports net::tls .*net::tls imports net::server/);
});

test('what imports nothing: comments, strings, characters, who may see', (t) => {
  const reply = [
    '//! See [`crate::net`] and use super::line::Line;',
    '/* use super::line::Line; */',
    "pub(in crate::net) struct Reply<'a>(&'a str, char);",
    'const A: [&str; 2] = ["use super::line::Line;", r#"" super::line::Line "#];',
    "const B: char = '\"'; const C: char = '\\''; const D: &str = \"\\\" crate::net::x \";",
    'mod tests { use super::Reply; }',
  ].join('\n');
  assert.deepEqual(check(t, { ...CLEAN, 'protocol/reply.rs': reply }), []);
});

test('tests import what they like, but no higher layer', (t) => {
  const reply = [
    'pub struct Reply;',
    '#[cfg(test)]',
    '#[allow(clippy::unwrap_used)]',
    'mod tests { use super::super::line::Line; }',
  ].join('\n');
  const files = {
    'protocol/mod.rs': 'pub mod line;\npub mod reply;\n#[cfg(test)]\npub mod testing;',
    'protocol/line.rs': 'use super::reply::Reply;\n#[cfg(test)]\nmod tests;',
    'protocol/line/tests/mod.rs': 'mod more;',
    'protocol/line/tests/more.rs': 'use crate::protocol::testing::line;',
    'protocol/reply.rs': reply,
    'protocol/testing.rs': 'use super::line::Line;',
  };
  assert.deepEqual(check(t, { ...CLEAN, ...files }), []);
  const climbs = { ...files, 'protocol/line/tests/more.rs': 'use crate::net::server::Server;' };
  assert.equal(check(t, { ...CLEAN, ...climbs }).length, 1);
  const product = { ...files, 'protocol/reply.rs': reply.replace('#[cfg(test)]', '') };
  assert.match(check(t, { ...CLEAN, ...product }).join(), /^a circle: /);
});

test('our own sources', () => {
  assert.deepEqual(faults(path.join(ROOT, 'src')), []);
});
