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

/**
 * The ends of a connection as a trusted peer has told them, those of a proxy behind them unchanged.
 *
 * @param {ReturnType<typeof attributesOf>} client
 * @param {string[]} ends as they were: remote address and port, local address and port, then the proxy's
 */
function endsWith({ addr, port, destAddr, destPort }, ends) {
  const [remoteAddress, remotePort, localAddress, localPort, ...proxy] = ends;
  const said = (/** @type {string | null | undefined} */ value, /** @type {string} */ before) =>
    value === undefined ? before : (value ?? '');
  // The port that was there is of another address.
  const remote = [said(addr, remoteAddress), said(port, addr === undefined ? remotePort : '')];
  return [...remote, said(destAddr, localAddress), said(destPort, localPort), ...proxy];
}

module.exports = { attributesOf, endsWith };
