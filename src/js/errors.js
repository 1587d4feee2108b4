'use strict';
// The errors that the package raises.

const { getSystemErrorMap, getSystemErrorName, types } = require('node:util');

/**
 * An error of the package: `code` is stable, the system's name where there is one (EADDRINUSE),
 * else SMTP_ERR_...; `replyCode`, `enhancedStatus` and `command` where a reply is the cause.
 */
class SmtpError extends Error {
  #permanent;

  /**
   * @param {string} code
   * @param {string} message
   * @param {{ replyCode?: number, enhancedStatus?: string, command?: string, permanent?: boolean, cause?: unknown }} [details]
   *   `permanent`: it will fail again, though no reply says so
   */
  constructor(
    code,
    message,
    { replyCode, enhancedStatus, command, permanent = false, cause } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.#permanent = permanent;
    this.name = 'SmtpError';
    this.code = code;
    /** @type {number | undefined} */
    this.replyCode = replyCode;
    /** @type {string | undefined} */
    this.enhancedStatus = enhancedStatus;
    /** @type {string | undefined} */
    this.command = command;
  }

  /** Whether the same may succeed later: a 4yz reply (RFC 5321 section 4.2.1). */
  get transient() {
    return this.replyCode !== undefined && this.replyCode >= 400 && this.replyCode < 500;
  }

  /** Whether it will fail again: a 5yz reply, or what the engine knows to be in vain. */
  get permanent() {
    return this.#permanent || (this.replyCode !== undefined && this.replyCode >= 500);
  }
}

/**
 * What went wrong, of whatever was thrown: an error may be of another vm context, and need be none.
 *
 * @param {unknown} thrown
 */
function messageOf(thrown) {
  return types.isNativeError(thrown) ? thrown.message : String(thrown);
}

/**
 * What a listener threw, or its promise was rejected with; an error that says so where that is nothing.
 *
 * @param {unknown} thrown
 * @param {string} [who] has failed
 */
function errorOf(thrown, who = 'a listener') {
  return thrown ?? new Error(`${who} failed with ${thrown} in place of an error`);
}

/** What Windows' sockets report, by the names that Node has for it. @type {Record<number, string>} */
const WINSOCK = {
  10013: 'EACCES',
  10022: 'EINVAL',
  10024: 'EMFILE',
  10047: 'EAFNOSUPPORT',
  10048: 'EADDRINUSE',
  10049: 'EADDRNOTAVAIL',
  10050: 'ENETDOWN',
  10051: 'ENETUNREACH',
  10053: 'ECONNABORTED',
  10054: 'ECONNRESET',
  10055: 'ENOBUFS',
  10060: 'ETIMEDOUT',
  10061: 'ECONNREFUSED',
  10065: 'EHOSTUNREACH',
};

/**
 * Node's number of an error, below zero, for the system's; on Windows these have nothing in common.
 *
 * @param {number} number positive
 * @param {string} [platform]
 */
function errnoOf(number, platform = process.platform) {
  const name = platform === 'win32' ? WINSOCK[number] : undefined;
  const known = [...getSystemErrorMap()].find(([, [each]]) => each === name);
  return known ? known[0] : -number;
}

/**
 * The name of a system's error number.
 *
 * @param {number} number positive
 * @param {string} [platform]
 */
function systemCode(number, platform) {
  return getSystemErrorName(errnoOf(number, platform));
}

/**
 * An error of the operating system, as Node's own look.
 *
 * @param {string} syscall
 * @param {number} number the system's error number, positive
 * @param {Record<string, unknown>} details further properties; address and port go into the message
 */
function systemError(syscall, number, details = {}) {
  const errno = errnoOf(number);
  const code = getSystemErrorName(errno);
  const text = getSystemErrorMap().get(errno)?.[1] ?? 'unknown error';
  const { address, port } = details;
  const where = address === undefined ? '' : ` ${address}${port === undefined ? '' : `:${port}`}`;
  const error = new SmtpError(code, `${syscall} ${code}: ${text}${where}`);
  return Object.assign(error, { errno, syscall }, details);
}

module.exports = { SmtpError, errorOf, messageOf, systemCode, systemError };
