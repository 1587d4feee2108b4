'use strict';
// Names that a program gives and nobody reads: it is told so, with the name that it may have meant.

const { addon } = require('./addon.js');

/** Those it was told of, once in a process. @type {Set<string>} */
const told = new Set();

/**
 * Warns of names that are none.
 *
 * @param {string} where they are, such as 'params.tls'
 * @param {string[]} names that were given
 * @param {readonly string[]} known that there are
 * @param {Readonly<Record<string, string>>} [synonyms] what other packages call them
 */
function warnOfUnknown(where, names, known, synonyms = {}) {
  for (const name of names) {
    const full = `${where}.${name}`;
    if (known.includes(name) || told.has(full)) continue;
    told.add(full);
    const meant = Object.hasOwn(synonyms, name) ? synonyms[name] : undefined;
    const hint = meant === undefined ? hintAt(name, known) : `did you mean ${meant}?`;
    process.emitWarning(`${full} is ignored, as there is no such name: ${hint}`, {
      type: 'SmtpEngineWarning',
      code: 'SMTP_WARN_UNKNOWN_NAME',
    });
  }
}

/** What may have been meant. @param {string} name @param {readonly string[]} known */
function hintAt(name, known) {
  const meant = addon().nearestName(name, [...known]) ?? undefined;
  return meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`;
}

module.exports = { hintAt, warnOfUnknown };
