'use strict';
// What sends mail: `Client.send` and `Client.Pool`, and mbr-smtp's `Client.Session`.

const { Session, prepare } = require('./classic-session.js');
const { Pool } = require('./pool.js');
const { send } = require('./send.js');

module.exports = { Client: { Pool, Session, prepare, send } };
