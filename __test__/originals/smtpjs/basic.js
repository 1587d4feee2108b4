const Server = require('smtp-engine/smtpjs');
const server = new Server();
