'use strict';
// What parameters of MAIL and RCPT may say (RFC 1870, RFC 3461, RFC 6152, RFC 6531, RFC 8689).

/** @typedef {import('./address.js').Address} Address */
/** @typedef {{ code: number, text: string, status?: string }} Fault */

const MAIL_VALUES = ['BODY', 'SIZE', 'RET', 'ENVID'];
const RCPT_VALUES = ['NOTIFY', 'ORCPT'];
const BODIES = ['7BIT', '8BITMIME'];
const RETURNS = ['FULL', 'HDRS'];
const NOTICES = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'];
const SIZE = /^\d{1,20}$/;
const ORCPT = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+;./i;

const fault = (/** @type {string} */ text) => ({ code: 501, text });

/**
 * What is wrong with the parameters as such.
 *
 * @param {Address} parsed @param {string | undefined} duplicate @param {'MAIL' | 'RCPT'} verb
 * @returns {Fault | undefined}
 */
function malformed({ args }, duplicate, verb) {
  if (duplicate) return fault(`Error: duplicate ${duplicate} parameter`);
  const keys = verb === 'MAIL' ? MAIL_VALUES : RCPT_VALUES;
  const bare = args && keys.find((key) => args[key] === true);
  return bare ? fault(`Error: ${bare} parameter requires a value`) : undefined;
}

/**
 * What is wrong with those of MAIL.
 *
 * @param {any} args @param {any} options the server's @param {boolean} isSecure
 * @param {boolean} takesChunks without which there is no BINARYMIME (RFC 3030 section 3)
 * @returns {Fault | undefined}
 */
function mailFault(args, options, isSecure, takesChunks) {
  const { SIZE: size, BODY, SMTPUTF8, REQUIRETLS, RET } = args;
  if (size && !SIZE.test(size)) return fault('Error: Bad message size syntax');
  if (size && !options.hideSize && options.size && Number(size) > options.size) {
    return tooBig(options);
  }
  const bodies = takesChunks ? [...BODIES, 'BINARYMIME'] : BODIES;
  if (BODY && !bodies.includes(BODY.toUpperCase())) {
    const others = bodies.slice(0, -1).join(', ');
    return fault(`Invalid BODY parameter value. Must be ${others} or ${bodies.at(-1)}`);
  }
  if (SMTPUTF8 !== undefined && SMTPUTF8 !== true) {
    return fault('Invalid SMTPUTF8 parameter. This flag does not accept a value');
  }
  if (REQUIRETLS !== undefined && !isSecure) {
    return { code: 530, text: 'REQUIRETLS not permitted on non-TLS connections' };
  }
  if (REQUIRETLS !== undefined && REQUIRETLS !== true) {
    return fault('Invalid REQUIRETLS parameter. This flag does not accept a value');
  }
  if (!options.hideDSN && RET && !RETURNS.includes(RET.toUpperCase())) {
    return fault('Invalid RET parameter value. Must be FULL or HDRS');
  }
  return undefined;
}

/** Puts those of MAIL into the envelope. @param {any} args @param {any} envelope */
function applyMail(args, envelope) {
  if (args.BODY) envelope.bodyType = args.BODY.toLowerCase();
  if (args.SMTPUTF8) envelope.smtpUtf8 = true;
  if (args.REQUIRETLS) envelope.requireTLS = true;
  if (!envelope.dsn) return;
  if (args.RET) envelope.dsn.ret = args.RET.toUpperCase();
  if (args.ENVID) envelope.dsn.envid = args.ENVID;
}

/**
 * Reads those of RCPT into `parsed.dsn`.
 *
 * @param {Address} parsed
 * @returns {Fault | undefined}
 */
function readRcpt(parsed) {
  const { NOTIFY, ORCPT: orcpt } = /** @type {Record<string, string>} */ (parsed.args || {});
  if (NOTIFY) {
    const notify = NOTIFY.toUpperCase().split(',');
    if (!notify.every((word) => NOTICES.includes(word))) {
      return fault('Error: NOTIFY parameter must be NEVER, SUCCESS, FAILURE, or DELAY');
    }
    if (notify.includes('NEVER') && notify.length > 1) {
      return fault('Error: NOTIFY=NEVER cannot be combined with other values');
    }
    parsed.dsn = { notify };
  }
  if (orcpt && !ORCPT.test(orcpt)) return fault('Error: Bad ORCPT parameter syntax');
  if (orcpt) parsed.dsn = { ...parsed.dsn, orcpt };
  return undefined;
}

/** @returns {Fault} */
const tooBig = (/** @type {any} */ { size }) => ({
  code: 552,
  text: `Error: message exceeds fixed maximum message size ${size}`,
  status: '5.3.4',
});

module.exports = { applyMail, mailFault, malformed, readRcpt, tooBig };
