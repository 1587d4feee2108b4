'use strict';
// Errors as nodemailer's look; the engine's are their causes.

/** Codes of `SmtpError` by nodemailer's. @type {Record<string, string[]>} */
const CODES = {
  ETIMEDOUT: ['ETIMEDOUT'],
  EDNS: ['ENOTFOUND', 'EAI_AGAIN', 'ENODATA', 'SMTP_ERR_NULL_MX'],
  EAUTH: ['SMTP_ERR_AUTH', 'SMTP_ERR_NO_MECHANISM'],
  ETLS: ['SMTP_ERR_NO_TLS', 'SMTP_ERR_TLS'],
  EENVELOPE: ['SMTP_ERR_ARGUMENT', 'SMTP_ERR_EXTENSION'],
  EMESSAGE: ['SMTP_ERR_SIZE', 'SMTP_ERR_STARVED'],
  EPROTOCOL: ['SMTP_ERR_PROTOCOL', 'SMTP_ERR_REFUSED'],
  ECONNECTION: ['SMTP_ERR_CLOSED', 'SMTP_ERR_CLIENT_CLOSED'],
};
/** @type {Record<string, string>} */
const COMMANDS = { CONNECT: 'CONN', MAIL: 'MAIL FROM', RCPT: 'RCPT TO' };
/** What happens to a connection, whatever the command. */
const CONNECTIONS = ['ECONNECTION', 'EDNS', 'ESOCKET', 'ETIMEDOUT'];
/** A command came out of its order: the message itself may be sent another time. */
const BAD_SEQUENCE = 503;

/** An error of nodemailer's. @param {string} message @param {string} code @param {object} [details] */
function mailerError(message, code, details = {}) {
  return Object.assign(new Error(message), { code, ...details });
}

/** What is wrong with an envelope. @param {string} message @param {unknown} [cause] */
function envelopeError(message, cause) {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code: 'EENVELOPE', command: 'API' });
}

/** A message's own stream failed: its error is the one that is told. @param {any} error */
function streamError(error) {
  const originalCode = error.originalCode ?? error.code;
  return Object.assign(error, {
    code: 'ESTREAM',
    command: 'API',
    ...(originalCode === undefined ? {} : { originalCode }),
  });
}

/** A signal gave a message up. @param {AbortSignal} signal @param {unknown} error what came of it */
function abortError(signal, error) {
  const isUncertain = /** @type {any} */ (error)?.uncertain === true;
  const cause = isUncertain ? error : signal.reason;
  const made = new Error('Message sending aborted', { cause });
  return Object.assign(made, { name: 'AbortError', code: 'EABORT' });
}

/** What errors tell to use, in nodemailer's words. */
const SECURE = [
  ["tls: 'required'", 'secure: false'],
  ["tls: 'implicit'", 'secure: true'],
];

/** Any other error. @param {any} error */
function nodemailerError(error) {
  if (error?.name !== 'SmtpError') return error;
  const { replyCode: responseCode, response, rejected } = error;
  const code = codeOf(error);
  const isClosed = error.code === 'SMTP_ERR_CLIENT_CLOSED';
  const text = SECURE.reduce((line, [ours, theirs]) => line.replace(ours, theirs), error.message);
  const message = isClosed ? 'Connection pool was closed' : text;
  const made = Object.assign(new Error(message, { cause: error }), {
    code,
    command: isClosed ? undefined : commandOf(error, code),
    response,
    responseCode,
    ...(responseCode === undefined ? {} : { permanent: isPermanent(responseCode) }),
    ...(code === error.code || /^SMTP_ERR_/.test(error.code) ? {} : { originalCode: error.code }),
    ...(code === 'ETIMEDOUT' ? { timeoutType: timeoutTypeOf(error) } : {}),
  });
  if (error.code !== 'SMTP_ERR_REJECTED') return made;
  return Object.assign(made, {
    rejected: rejected.map((/** @type {any} */ { address }) => address),
    rejectedErrors: rejected.map(rejectedError),
  });
}

/** Which of nodemailer's timeouts it was. @param {any} error */
function timeoutTypeOf({ command, message }) {
  if (/greeting line/.test(message)) return 'GREETING_TIMEOUT';
  if (/TLS handshake/.test(message) && command === 'STARTTLS') return 'UPGRADE_TIMEOUT';
  const isLater = command !== undefined && command !== 'CONNECT';
  return isLater || /took no data/.test(message) ? 'SOCKET_TIMEOUT' : 'CONNECT_TIMEOUT';
}

/** What was refused, in nodemailer's words. @param {any} error @param {string} [code] */
function commandOf({ command }, code) {
  if (code === 'EREQUIRETLS') return 'MAIL FROM';
  if (code === 'ETLS') return command ?? 'STARTTLS';
  if (command === undefined) return CONNECTIONS.includes(String(code)) ? 'CONN' : undefined;
  return COMMANDS[command] ?? command;
}

function codeOf(/** @type {any} */ { code, command, message }) {
  if (code === 'SMTP_ERR_REJECTED')
    return command === 'DATA' || command === 'BDAT' ? 'EMESSAGE' : 'EENVELOPE';
  if (code === 'SMTP_ERR_EXTENSION' && /REQUIRETLS/.test(message)) return 'EREQUIRETLS';
  const known = Object.entries(CODES).find(([, codes]) => codes.includes(code));
  if (known) return known[0];
  return /^(CERT_|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED|ERR_TLS)/.test(code) ? 'ETLS' : 'ESOCKET';
}

/** A recipient that was refused. @param {any} rejected */
function rejectedError(rejected) {
  const { address, reply, replyCode, uncertain, error } = rejected;
  return mailerError(`Can't send mail to ${address}: ${reply}`, 'EENVELOPE', {
    recipient: address,
    response: reply,
    responseCode: replyCode,
    permanent: isPermanent(replyCode),
    command: commandOf(rejected),
    ...(error === undefined ? {} : { cause: error }),
    ...(uncertain === true ? { uncertain } : {}),
  });
}

function isPermanent(/** @type {number | undefined} */ code) {
  return code !== undefined && code >= 500 && code < 600 && code !== BAD_SEQUENCE;
}

module.exports = {
  abortError,
  envelopeError,
  mailerError,
  nodemailerError,
  rejectedError,
  streamError,
};
