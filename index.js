'use strict';

const { Server } = require('./src/js/server.js');
const { SmtpError } = require('./src/js/errors.js');

module.exports = { Server, SmtpError };
