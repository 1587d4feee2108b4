'use strict';

const { Client } = require('./src/js/client.js');
const { Server } = require('./src/js/server.js');
const { SmtpError } = require('./src/js/errors.js');

module.exports = { Client, Server, SmtpError };
