'use strict';
// What sends mail: `Client.send` and `Client.Pool`, and mbr-smtp's `Client.Session`.

const { Session } = require('./classic-session.js');
const { Pool } = require('./pool.js');
const { prepare } = require('./prepared.js');
const { send } = require('./send.js');

module.exports = { Client: { Pool, Session, prepare, send } };
