'use strict';
// `smtp-engine/catch`: the mail that a test sent.

require('../node-version.js');

const { catchMail } = require('./inbox.js');

module.exports = { catchMail };
