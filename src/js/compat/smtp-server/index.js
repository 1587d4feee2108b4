'use strict';
// smtp-server's exports.

require('../../node-version.js');
const { SMTPServer } = require('./server.js');

// A name alone, which Node finds for `import`, too.
module.exports = { SMTPServer };
