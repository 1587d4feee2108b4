'use strict';
// The colours of lines that are logged to a terminal.

const util = require('node:util');

// Missing in the first releases of Node 20.
const styleText = /** @type {any} */ (util).styleText;
/** @type {boolean | undefined} */
let coloured;

/** Whether standard output is a terminal, and NO_COLOR is not set. Asked when the first line is. */
function isColoured() {
  coloured ??= Boolean(process.stdout.isTTY && styleText && !process.env.NO_COLOR);
  return coloured;
}

/** The text in that style of `util.styleText`, or as it is. @param {string} style @param {unknown} text */
function paint(style, text) {
  return isColoured() ? styleText(style, String(text)) : String(text);
}

module.exports = { isColoured, paint };
