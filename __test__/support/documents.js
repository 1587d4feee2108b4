'use strict';
// The documents of the project, and the blocks of code in them.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./child.js');

const FENCE = /^```(\w*)$/;
const DIRECTIVE = /^<!-- (goes on|not run: .+|client: \w+) -->$/;

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {string} text
 * @property {number} line of its beginning, from 1
 * @property {string[]} directives of the comments right before it
 */

/** The paths of all documents, from the root. */
function documents() {
  const inFolder = (/** @type {string} */ folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true })
      .map((name) => path.join(folder, String(name)))
      .filter((name) => name.endsWith('.md'));
  const top = fs.readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  return [...top, ...inFolder('docs'), 'bench/README.md', 'src/protocol/transcripts/README.md'];
}

function read(/** @type {string} */ document) {
  return fs.readFileSync(path.join(ROOT, document), 'utf8');
}

/** Everything of a document that is not in a block of code. */
function prose(/** @type {string} */ document) {
  let isCode = false;
  return read(document)
    .split('\n')
    .filter((line) => {
      const isFence = line.startsWith('```');
      if (isFence) isCode = !isCode;
      return !isFence && !isCode;
    });
}

/** @returns {Block[]} */
function blocks(/** @type {string} */ document) {
  /** @type {Block[]} */
  const found = [];
  /** @type {string[]} */
  let directives = [];
  /** @type {Block | undefined} */
  let open;
  for (const [index, line] of read(document).split('\n').entries()) {
    if (open) {
      if (line === '```') open = undefined;
      else open.text += `${line}\n`;
      continue;
    }
    const fence = FENCE.exec(line);
    const directive = DIRECTIVE.exec(line);
    if (fence) {
      open = { language: fence[1], text: '', line: index + 2, directives };
      found.push(open);
      directives = [];
    } else if (directive) directives.push(directive[1]);
    else if (line !== '') directives = [];
  }
  return found;
}

/**
 * The programs of a document: each block of JavaScript with those that it goes on from, and the
 * output that the block behind it, of the language `text`, says.
 */
function programs(/** @type {string} */ document) {
  /** @type {{ name: string, text: string, output?: string, client: string, skip: string | false }[]} */
  const found = [];
  const all = blocks(document);
  for (const [index, { language, text, line, directives }] of all.entries()) {
    if (language !== 'js') continue;
    const goesOn = directives.includes('goes on');
    const next = all[index + 1];
    found.push({
      name: `${document}:${line}`,
      text: goesOn ? `${found.at(-1)?.text}${text}` : text,
      output: next?.language === 'text' ? next.text : undefined,
      client: directives.find((each) => each.startsWith('client'))?.slice('client: '.length) ?? '',
      skip: directives.find((each) => each.startsWith('not run')) ?? false,
    });
  }
  return found;
}

module.exports = { blocks, documents, programs, prose, read };
