'use strict';
// Holds the sources to their sizes: `node scripts/sizes.js [FOLDER]`. A file has at most 450 lines,
// the page's script more, and a session of the server is a state machine, no heap of fields and flags. The lines of a
// function are clippy's and biome's to count.

const fs = require('node:fs');
const path = require('node:path');

const MAX_LINES = 450;
/** A browser fetches one script for the page, and nothing is built, so it is one file. */
const PAGE = { name: path.join('js', 'catch-page', 'page.js'), maxLines: 1_050 };
/** The state of a session, and the room in which its structs are. */
const SESSION = { struct: 'ServerSession', room: path.join('protocol', 'server') };
const MAX_FIELDS = 15;
const MAX_BOOLEANS = 2;

/** Where a field keeps what it owns. What is shared, by Arc, is nobody's state. */
const HOLDERS = /^(?:Option|Box|Vec|VecDeque|\[)\b/;

/** The sources of a folder, by their paths in it. @param {string} folder */
function sourcesOf(folder) {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:rs|js)$/.test(name))
    .sort()
    .map((name) => ({ name, text: fs.readFileSync(path.join(folder, name), 'utf8') }));
}

/**
 * The structs of a Rust source and the types of their fields.
 * @param {string} text
 * @returns {[string, string[]][]}
 */
function structsOf(text) {
  const code = text.replace(/\/\/[^\n]*/g, '').replace(/#\[[^\]]*\]/g, '');
  const structs = code.matchAll(/\bstruct (\w+)(?:<[^>]*>)?\s*(?:\{([^}]*)\}|\(([^;]*)\);)/g);
  return [...structs].map(([, name, named = '', positional = '']) => {
    const types = [...named.matchAll(/\b\w+\s*:\s*([^\n]+?),?\s*(?:\n|$)/g)].map(
      ([, type]) => type,
    );
    return [name, [...types, ...positional.split(',')].filter((type) => type.trim())];
  });
}

/**
 * The booleans of a type, those in the structs that it owns included.
 * @param {Map<string, string[]>} structs
 * @param {string} type
 * @returns {number}
 */
function booleans(structs, type) {
  const owned = type.replace(/\bpub(?:\([^)]*\))?\s+/, '').trim();
  if (owned === 'bool') return 1;
  const inner = HOLDERS.test(owned) && /[<[](.*?)(?:;[^;]*)?[>\]]$/.exec(owned);
  if (inner) return booleans(structs, inner[1]);
  const fields = structs.get(owned) ?? [];
  return fields.reduce((sum, field) => sum + booleans(structs, field), 0);
}

/** What is wrong with the session of the server. @param {{ name: string, text: string }[]} sources */
function sessionFaults(sources) {
  const room = sources.filter(({ name }) => name.startsWith(SESSION.room));
  const structs = new Map(room.flatMap(({ text }) => structsOf(text)));
  const fields = structs.get(SESSION.struct);
  if (!fields) return [`${SESSION.room} has no ${SESSION.struct}`];
  const flags = booleans(structs, SESSION.struct);
  return [
    ...(fields.length > MAX_FIELDS
      ? [`${SESSION.struct} has ${fields.length} fields, more than ${MAX_FIELDS}`]
      : []),
    ...(flags > MAX_BOOLEANS
      ? [`${SESSION.struct} has ${flags} booleans, more than ${MAX_BOOLEANS}`]
      : []),
  ];
}

/** How many lines a file may have. @param {string} name */
function maxOf(name) {
  return name === PAGE.name ? PAGE.maxLines : MAX_LINES;
}

/**
 * What is wrong with the sources of a folder, a line for each.
 * @param {string} folder
 */
function faults(folder) {
  const sources = sourcesOf(folder);
  const long = sources
    .map(({ name, text }) => ({ name, lines: text.split('\n').length - 1, max: maxOf(name) }))
    .filter(({ lines, max }) => lines > max)
    .map(({ name, lines, max }) => `${name} has ${lines} lines, more than ${max}`);
  return [...long, ...sessionFaults(sources)];
}

if (require.main === module) {
  const found = faults(process.argv[2] ?? path.join(__dirname, '..', 'src'));
  for (const fault of found) console.error(fault);
  process.exitCode = found.length > 0 ? 1 : 0;
}

module.exports = { faults };
