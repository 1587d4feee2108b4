'use strict';
// What sends mail: `Client.send`, `Client.Pool`.

const { Pool } = require('./pool.js');
const { send } = require('./send.js');

module.exports = { Client: { Pool, send } };
