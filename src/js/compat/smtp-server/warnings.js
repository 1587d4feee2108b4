'use strict';
// What options cannot do here: the process is warned of each once.

/** @type {Set<string>} */
const warned = new Set();

/** @param {string} name of the option, which tells warnings apart @param {string} text */
function warn(name, text) {
  if (warned.has(name)) return;
  warned.add(name);
  process.emitWarning(text, 'SmtpEngineWarning');
}

module.exports = { warn };
