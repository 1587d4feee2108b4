'use strict';
// smtp-protocol's exports.

require('../../node-version.js');
const { connect, server } = require('./client.js');
const { client, createServer } = require('./server.js');

module.exports = { connect, createServer, protocol: { client, server } };
