'use strict';
// A request that is not carried out.

class Refused extends Error {
  status;

  /** @param {number} status of HTTP @param {string} text that the client is told */
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** Without saying what is not there, as Mailpit does. */
const notFound = () => new Refused(404, '404 page not found');

/** Where a request asks for whatever mail is there. */
const noMessage = () => new Refused(404, 'Message not found');

module.exports = { Refused, noMessage, notFound };
