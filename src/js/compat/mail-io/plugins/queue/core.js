'use strict';
// A message that is whole: `req.file` is its path, `req.mail` what it says. Neither is made for
// nobody: the file when somebody asks for it, `req.mail` where a handler of the program's will run
// that does not say `mail: false`.

const { readMail } = require('../../mail-reader.js');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the event queue',
  async handler(req, res) {
    const { command, session } = req;
    Object.defineProperty(req, 'file', { get: () => command.data, configurable: true });
    const isRead = session
      .handlersOf('queue')
      .some((/** @type {any} */ { isBuiltIn, mail }) => !isBuiltIn && mail !== false);
    if (isRead && command.message) {
      req.mail = await readMail(command.message);
      const { problem } = req.mail;
      if (problem) res.log.warn(`The mail could not be read as a whole: ${problem}`);
    }
    res.accept();
  },
};
