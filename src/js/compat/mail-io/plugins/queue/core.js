'use strict';
// A message that is whole: `req.file` is its path, `req.mail` what it says. Neither is made for
// nobody: the file when somebody asks for it, `req.mail` where a handler of the program's will run.

const { parse } = require('../../parsed-mail.js');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the event queue',
  async handler(req, res) {
    const { command, session } = req;
    Object.defineProperty(req, 'file', { get: () => command.data, configurable: true });
    const isRead = session
      .handlersOf('queue')
      .some((/** @type {any} */ { isBuiltIn }) => !isBuiltIn);
    if (!isRead || !command.message) return res.accept();
    try {
      req.mail = await parse(command.message);
    } catch (error) {
      res.log.warn('Failed to parse email: ', error);
      return res.reject(451, 'Error while parsing the mail');
    }
    res.accept();
  },
};
