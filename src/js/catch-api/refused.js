'use strict';
// A request that is not carried out.

class Refused extends Error {
  status;
  /** Beside those that each answer has. @type {Record<string, string>} */
  headers;

  /**
   * @param {number} status of HTTP
   * @param {string} text that the client is told
   * @param {Record<string, string>} [headers]
   */
  constructor(status, text, headers = {}) {
    super(text);
    this.status = status;
    this.headers = headers;
  }
}

/** Without saying what is not there, as Mailpit does. */
const notFound = () => new Refused(404, '404 page not found');

/** Where a request asks for whatever mail is there. */
const noMessage = () => new Refused(404, 'Message not found');

module.exports = { Refused, noMessage, notFound };
