'use strict';
// smtp-protocol's exports.

require('../../node-version.js');
const { connect, server } = require('./client.js');
const { client, createServer } = require('./server.js');

/** Both ends over streams of the program's. */
const protocol = { client, server };

// Names alone, which Node finds for `import`, too.
module.exports = { connect, createServer, protocol };
