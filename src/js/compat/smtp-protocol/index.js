'use strict';
// smtp-protocol's exports.

const { connect, server } = require('./client.js');
const { client, createServer } = require('./server.js');

module.exports = { connect, createServer, protocol: { client, server } };
