'use strict';
// The package under measure, by its public entries: of this tree, or of another commit's.

const { createRequire } = require('node:module');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/**
 * An entry of the package in `folder`, by what its package.json exports.
 *
 * @param {string} [folder]
 * @param {string} [subpath] such as `/mail-io`
 */
function load(folder = ROOT, subpath = '') {
  return createRequire(path.join(folder, 'package.json'))(`smtp-engine${subpath}`);
}

module.exports = { ROOT, load };
