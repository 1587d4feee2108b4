'use strict';
// Holds the Rust sources to their layers: `node scripts/layers.js [FOLDER]`. A lower layer names no
// higher one, and neither modules nor the rooms that they are in import each other in a circle.

const fs = require('node:fs');
const path = require('node:path');

/** From the lowest room up; each may name those before it. */
const LAYERS = ['protocol', 'net', 'node'];

/** What says nothing of imports: comments, strings, characters. */
const BLIND =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\bb?r(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\(?:u\{\w+\}|x\w\w|.)|[^'\\\n])'/g;

/**
 * A module: its name as `net::tls::sni`, its source without what is blind, where its inline
 * modules begin and end, which modules it has in files of their own, and which of them are tests.
 * @typedef {{ name: string, text: string, inline: { start: number, end: number,
 *   isTest: boolean }[], children: string[],
 *   tests: string[] }} Module
 */

/** An import: from where, of which module, by which words. @typedef {[string, string, string]} Import */

/** Before a module that is only there for tests. */
const TEST = String.raw`#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*`;

/** The modules of a folder, by their names. @param {string} folder */
function modulesOf(folder) {
  /** @type {Map<string, Module>} */
  const modules = new Map();
  const entries = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const entry of entries.filter((name) => name.endsWith('.rs')).sort()) {
    const words = entry.slice(0, -'.rs'.length).split(path.sep);
    if (!LAYERS.includes(words[0])) continue;
    if (words.at(-1) === 'mod') words.pop();
    const source = fs.readFileSync(path.join(folder, entry), 'utf8');
    const text = source.replace(BLIND, (blind) => ' '.repeat(blind.length));
    const children = [...text.matchAll(/\bmod (\w+);/g)].map(([, child]) => child);
    const tests = [
      ...text.matchAll(new RegExp(`${TEST}(?:pub(?:\\([^)]*\\))? )?mod (\\w+);`, 'g')),
    ].map(([, test]) => test);
    const name = words.join('::');
    modules.set(name, { name, text, inline: inlineModules(text), children, tests });
  }
  return modules;
}

/** Where `mod name { ... }` begin and end, and which are tests. @param {string} text */
function inlineModules(text) {
  return [...text.matchAll(new RegExp(`(${TEST})?\\bmod \\w+ *\\{`, 'g'))].map((match) => {
    let end = match.index + match[0].length;
    for (let depth = 1; depth > 0 && end < text.length; end++) {
      if (text[end] === '{') depth++;
      if (text[end] === '}') depth--;
    }
    return { start: match.index, end, isTest: match[1] !== undefined };
  });
}

/**
 * The paths of a use declaration: `a::{b, c::d as e}` are `a::b` and `a::c::d`.
 * @param {string} tree
 * @returns {string[]}
 */
function paths(tree) {
  const brace = tree.indexOf('{');
  if (brace < 0) return [tree.replace(/\bas\b.*/s, '').replace(/\s/g, '')];
  const prefix = tree.slice(0, brace).replace(/\s/g, '');
  const inner = tree.slice(brace + 1, tree.lastIndexOf('}'));
  let depth = 0;
  const parts = [''];
  for (const letter of inner) {
    if (letter === '{') depth++;
    if (letter === '}') depth--;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts
    .filter((part) => part.trim())
    .flatMap((part) => paths(part))
    .map((part) => prefix + part);
}

/** The inline modules around a place. @param {Module} module @param {number} at */
function within({ inline }, at) {
  return inline.filter(({ start, end }) => start < at && at < end);
}

/** What a module names, each path and where it stands. @param {Module} module */
function* named({ text, children }) {
  const uses = /\buse ([^;]+);/g;
  for (const match of text.matchAll(uses)) {
    for (const words of paths(match[1])) yield { words, at: match.index };
  }
  const code = text.replace(uses, (use) => ' '.repeat(use.length));
  const first = ['crate', 'super', 'self', ...children].join('|');
  for (const match of code.matchAll(new RegExp(`(?<!:: *)\\b(?:${first})(?:::\\w+)+`, 'g'))) {
    // `pub(in crate::net)` says who may see, and imports nothing.
    if (/\bin\s+$/.test(code.slice(0, match.index))) continue;
    yield { words: match[0], at: match.index };
  }
}

/**
 * The module that a path leads to, or undefined for another crate's.
 * @param {Map<string, Module>} modules
 * @param {Module} module
 * @param {string[]} words of the path
 * @param {number} at
 */
function target(modules, module, words, at) {
  const rest = [...words];
  const here = module.name.split('::');
  let depth = within(module, at).length;
  if (rest[0] === 'crate') {
    here.length = 0;
    rest.shift();
  } else if (rest[0] === 'self') {
    rest.shift();
  } else if (rest[0] === 'super') {
    for (; rest[0] === 'super'; rest.shift()) {
      if (depth > 0) depth--;
      else here.pop();
    }
  } else if (!module.children.includes(rest[0])) {
    return undefined;
  }
  let found = here.join('::');
  for (const word of rest) {
    const deeper = [...here, word].join('::');
    if (!modules.has(deeper)) break;
    here.push(word);
    found = deeper;
  }
  return modules.get(found);
}

/** Whether a module is only there for tests. @param {Map<string, Module>} modules @param {string} name */
function isTest(modules, name) {
  const words = name.split('::');
  return words.some((word, at) => {
    const parent = modules.get(words.slice(0, at).join('::'));
    return parent?.tests.includes(word);
  });
}

/**
 * The imports of the product, and those of its tests.
 * @param {Map<string, Module>} modules
 */
function importsOf(modules) {
  /** @type {{ product: Import[], tests: Import[] }} */
  const imports = { product: [], tests: [] };
  for (const module of modules.values()) {
    for (const { words, at } of named(module)) {
      const found = target(modules, module, words.split('::'), at);
      if (!found || found === module) continue;
      const inTest = within(module, at).some(({ isTest }) => isTest);
      const forTests = inTest || isTest(modules, module.name);
      imports[forTests ? 'tests' : 'product'].push([module.name, found.name, words]);
    }
  }
  return imports;
}

/**
 * For each name that is in a circle of imports the shortest, each told once.
 * @param {Import[]} imports
 */
function circles(imports) {
  /** @type {Map<string, Map<string, string>>} */
  const edges = new Map();
  for (const [from, to, words] of imports.filter(([from, to]) => from !== to)) {
    const known = edges.get(from) ?? new Map();
    edges.set(from, known.set(to, words));
  }
  /** @type {Map<string, string>} */
  const told = new Map();
  for (const start of edges.keys()) {
    const circle = wayBack(edges, start);
    const key = [...circle].sort().join();
    if (circle.length === 0 || told.has(key)) continue;
    const steps = circle.map((name, at) => {
      const next = circle[(at + 1) % circle.length];
      return `${name} imports ${next} (${edges.get(name)?.get(next)})`;
    });
    told.set(key, `a circle: ${steps.join(', ')}`);
  }
  return [...told.values()];
}

/**
 * The shortest way from a name back to itself, without its end; empty if there is none.
 * @param {Map<string, Map<string, string>>} edges
 * @param {string} start
 */
function wayBack(edges, start) {
  const ways = [[start]];
  const seen = new Set();
  for (const way of ways) {
    for (const next of edges.get(way.at(-1) ?? '')?.keys() ?? []) {
      if (next === start) return way;
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return [];
}

/** The room of a module: `net::tls` of `net::tls::sni`. @param {string} name */
function room(name) {
  return name.split('::').slice(0, 2).join('::');
}

/**
 * What is wrong with the sources of a folder, a line for each.
 * @param {string} folder
 */
function faults(folder) {
  const { product, tests } = importsOf(modulesOf(folder));
  const layer = (/** @type {string} */ name) => LAYERS.indexOf(name.split('::')[0]);
  const climbing = [...product, ...tests]
    .filter(([from, to]) => layer(from) < layer(to))
    .map(
      ([from, to, words]) => `a lower layer names a higher one: ${from} imports ${to} (${words})`,
    );
  // What tests import is no part of the building.
  const rooms = product
    .filter(([from, to]) => from.includes('::') && to.includes('::'))
    .map(([from, to, words]) => /** @type {Import} */ ([room(from), room(to), words]));
  return [...new Set([...climbing, ...circles(product), ...circles(rooms)])];
}

if (require.main === module) {
  const found = faults(process.argv[2] ?? path.join(__dirname, '..', 'src'));
  for (const fault of found) console.error(fault);
  process.exitCode = found.length > 0 ? 1 : 0;
}

module.exports = { faults };
