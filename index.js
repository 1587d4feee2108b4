'use strict';

require('./src/js/node-version.js');

const { Client } = require('./src/js/client/index.js');
const { Server } = require('./src/js/server/server.js');
const { SmtpError } = require('./src/js/errors.js');
const { connect, createServer, protocol } = require('./src/js/compat/smtp-protocol/index.js');

module.exports = { Client, Server, SmtpError, connect, createServer, protocol };
