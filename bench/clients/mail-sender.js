'use strict';
// Sends the mails of the catchers' rows by one connection, a command at a time as nodemailer does.

const { command, greeted, reply } = require('./connection.js');

/** @param {number} port @returns {Promise<(mail: import('../lib/test-mails.js').TestMail) => Promise<void>>} */
async function sender(port) {
  const socket = await greeted({ port, host: '127.0.0.1' });
  socket.setNoDelay();
  return async ({ recipient, raw }) => {
    await command(socket, 'MAIL FROM:<shop@example.com>');
    await command(socket, `RCPT TO:<${recipient}>`);
    socket.write('DATA\r\n');
    const go = await reply(socket);
    if (!go.startsWith('354')) throw new Error(`unexpected reply: ${go.trim()}`);
    // No line of it begins with a dot, and it ends with CRLF.
    await command(socket, `${raw}.`);
  };
}

module.exports = { sender };
