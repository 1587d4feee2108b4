'use strict';

require('./src/js/node-version.js');

// What keeps the addon from being loaded is said here, and not by the first server.
require('./src/js/engine/addon.js').addon();

const { Client } = require('./src/js/client/index.js');
const { Server } = require('./src/js/server/server.js');
const { scramKeys } = require('./src/js/server/secrets.js');
const { SmtpError } = require('./src/js/errors.js');
const { connect, createServer, protocol } = require('./src/js/compat/smtp-protocol/index.js');
const { SMTPServer } = require('./src/js/compat/smtp-server/index.js');

module.exports = {
  Client,
  SMTPServer,
  Server,
  SmtpError,
  connect,
  createServer,
  protocol,
  scramKeys,
};
