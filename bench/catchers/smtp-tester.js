'use strict';
// smtp-tester, in the process of the test as its users have it: `captureOne`, which takes the mail out of
// what it keeps.

const { once } = require('node:events');
const { WAIT_MS } = require('./catcher.js');

/** @type {import('./catcher.js').Open} */
async function open() {
  const server = require('smtp-tester').init(0);
  await once(server.smtpServer.server, 'listening');
  return {
    port: server.smtpServer.server.address().port,
    async find({ recipient }) {
      const { email } = await server.captureOne(recipient, { wait: WAIT_MS });
      return { subject: email.headers.subject, text: email.body, html: email.html };
    },
  };
}

module.exports = { open };
