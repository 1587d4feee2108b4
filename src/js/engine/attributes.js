'use strict';
// What a trusted peer says of its client (XCLIENT, XFORWARD), as programs see it.

/** What programs call the attributes of XCLIENT and XFORWARD. */
const ATTRIBUTES = {
  ADDR: 'addr',
  PORT: 'port',
  NAME: 'name',
  HELO: 'helo',
  LOGIN: 'login',
  PROTO: 'proto',
  DESTADDR: 'destAddr',
  DESTPORT: 'destPort',
  IDENT: 'ident',
  SOURCE: 'source',
};

/**
 * Attributes of XCLIENT or XFORWARD; null is a value that the peer does not have.
 *
 * @param {string} text a line for each
 * @returns {Partial<Record<typeof ATTRIBUTES[keyof typeof ATTRIBUTES], string | null>>}
 */
function attributesOf(text) {
  const entries = text.split('\n').map((line) => {
    const at = line.indexOf('=');
    const name = /** @type {keyof typeof ATTRIBUTES} */ (at < 0 ? line : line.slice(0, at));
    return [ATTRIBUTES[name], at < 0 ? null : line.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}

module.exports = { attributesOf };
