'use strict';
// The numbers that the engine and its JavaScript share, written down for JavaScript. They come from
// the tables in Rust, by way of the addon.

const fs = require('node:fs');
const path = require('node:path');

const FILE = path.join(__dirname, '..', 'src', 'js', 'engine', 'constants.js');

const HEAD = `'use strict';
// Numbers that the engine knows, too. The build writes them from its tables (src/node/constants.rs
// names each): change those, and build.
`;

/**
 * @typedef {object} Group
 * @property {string} name
 * @property {string} about in a sentence
 * @property {{ name: string, value: number }[]} constants
 */

/** The file, formatted as the formatter has it. @param {Group[]} groups */
function render(groups) {
  const objects = groups.map(({ name, about, constants }) => {
    const lines = constants.map((constant) => `  ${constant.name}: ${constant.value},\n`);
    return `/** ${about} */\nconst ${name} = Object.freeze({\n${lines.join('')}});\n`;
  });
  const names = groups.map(({ name }) => `  ${name},\n`).sort();
  return [HEAD, ...objects, `module.exports = {\n${names.join('')}};\n`].join('\n');
}

/** Writes the file if it says something else. @param {Group[]} groups */
function write(groups) {
  const text = render(groups);
  if (!fs.existsSync(FILE) || fs.readFileSync(FILE, 'utf8') !== text) fs.writeFileSync(FILE, text);
}

module.exports = { FILE, render, write };
