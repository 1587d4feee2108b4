'use strict';
// mail-io's exports.

require('../../node-version.js');
const { Client } = require('./client.js');
const { Logger } = require('./logger.js');
const { Relay } = require('./relay.js');
const { Server } = require('./server.js');
const { Session } = require('./session.js');
const { Stream } = require('./stream.js');
const { Util } = require('./util.js');

/** A server. @param {any} [config] @param {(session: any) => void} [onSession] */
const createServer = (config, onSession) => new Server(config, onSession);

module.exports = { Client, Logger, Relay, Server, Session, Stream, Util, createServer };
