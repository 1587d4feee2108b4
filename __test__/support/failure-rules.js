'use strict';
// What is right of each cell of step, fault and way: on a page. docs/client.md has the same in words,
// src/protocol/client/tests/table/rules.rs the same of the machine alone.

const LOST = /^(SMTP_ERR_CLOSED|ECONNRESET|EPIPE)$/;
const LATE = /^ETIMEDOUT$/;
const BROKEN = /^SMTP_ERR_PROTOCOL$/;
const REFUSED = /^SMTP_ERR_REJECTED$/;
/** What refuses a session, by its step. @type {Record<string, RegExp>} */
const OPENING = {
  greeting: /^SMTP_ERR_REFUSED$/,
  ehlo: /^SMTP_ERR_REFUSED$/,
  starttls: /^SMTP_ERR_NO_TLS$/,
  handshake: /^SMTP_ERR_TLS$/,
  auth: /^SMTP_ERR_AUTH$/,
};
const RECIPIENTS = 3;

/** @typedef {{ pipelining: boolean, chunking: boolean, lmtp: boolean, tls: boolean, pool: boolean }} Way */
/** @typedef {{ step: string, fault: string, way: Way }} Cell */
/** @typedef {'taken' | 'lost' | 'uncertain' | number} Told a number: refused with this code */

/** The steps that there are in this way. @param {Way} way */
function stepsOf({ chunking, lmtp, tls, pool }) {
  const opening = pool ? [] : ['greeting', 'ehlo', 'auth'];
  const plain = pool || tls ? [] : ['starttls', 'handshake'];
  const rcpt = [1, 2, 3].map((at) => `rcpt ${at}`);
  const dots = lmtp ? ['dot 1', 'dot 2', 'dot 3'] : ['dot 1'];
  const message = chunking && !lmtp ? ['bdat 1', 'bdat 2', 'bdat 3'] : ['data', 'message', ...dots];
  return [...opening, ...plain, 'mail', ...rcpt, ...message, ...(pool ? ['rset'] : []), 'quit'];
}

/**
 * What the fault comes to at this step: `refusal` with its code, `code` of the error where there is no
 * reply that says it, or neither where nothing is wrong.
 *
 * @param {Cell} cell
 * @returns {{ refusal?: number, code?: RegExp, ends?: boolean }}
 */
function meaning({ step, fault, way }) {
  if (step === 'quit') return {};
  if (step === 'handshake') return { code: fault === 'silence' ? LATE : handshakeCode(fault) };
  // 3yz asks for more, where there is more.
  if (fault === '334' && (step === 'data' || step === 'auth')) return {};
  // A server that does not know EHLO is said HELO; LMTP has nothing else.
  if (fault === '550' && step === 'ehlo' && !way.lmtp) return {};
  // RSET is no matter of the next message: only that the session ends is.
  if (step === 'rset' && ['451', '550'].includes(fault)) return {};
  if (step === 'rset' && fault === 'cut refusal') return { code: LOST };
  // Nothing is owed within a message: what begins is a reply too many, or a refusal.
  if (step === 'message' && fault === 'cut acceptance')
    return { code: /^SMTP_ERR_(PROTOCOL|CLOSED)$/ };
  if (fault === 'surplus') {
    // What came with the reply to STARTTLS is anybody's; the verdict is in, and both say the same.
    if (step === 'starttls') return {};
    return isLast(step) || step.startsWith('dot') ? { ends: true } : { code: BROKEN };
  }
  if (fault === 'close' || fault === 'reset' || fault === 'cut acceptance') return { code: LOST };
  if (fault === 'silence') return { code: LATE };
  if (fault === 'garbage' || fault === 'endless' || fault === '334') return { code: BROKEN };
  if (fault === 'cut refusal') return { refusal: 454, ends: true };
  return { refusal: Number(fault), ends: fault === '421' || step === 'message' };
}

function handshakeCode(/** @type {string} */ fault) {
  return fault === 'reset' ? /^(SMTP_ERR_TLS|ECONNRESET)$/ : OPENING.handshake;
}

/** Whether the last reply to the message is due. */
function isLast(/** @type {string} */ step) {
  return step === 'bdat 3';
}

/**
 * @param {Cell} cell
 * @returns {{ told: Told[], code?: RegExp, replyCode?: number, kept: boolean }[]} one of them, as it is
 *   about time for some
 */
function expected(cell) {
  const { step, way } = cell;
  const { refusal, code, ends = code !== undefined } = meaning(cell);
  if (refusal === undefined && code === undefined) {
    return [{ told: Array(RECIPIENTS).fill('taken'), kept: !ends }];
  }
  if (OPENING[step]) {
    // A reply too many is found when MAIL is to be sent.
    const told = Array(RECIPIENTS).fill('lost');
    return [{ told, code: code ?? OPENING[step], replyCode: refusal, kept: false }];
  }
  const hasEnded = isLast(step) || step.startsWith('dot');
  if (mayBeLate(cell)) {
    const late = [outcome(false), outcome(true)];
    const taken = { told: Array(RECIPIENTS).fill('taken') };
    // It is one of the replies that the chunks are owed.
    const all = cell.fault === 'surplus' ? [...late, taken] : late;
    return all.map((each) => ({ ...each, kept: false }));
  }
  if (cell.fault === 'reset' && step.startsWith('dot') && way.lmtp) {
    // What the system has not handed on by then is lost with the connection.
    const heard = Number(step.slice(-1)) - 1;
    return Array.from({ length: heard + 1 }, (_, count) => {
      const told = Array.from({ length: RECIPIENTS }, (_, at) =>
        at < count ? 'taken' : 'uncertain',
      );
      return { told, ...(count > 0 ? {} : { code: LOST }), kept: false };
    });
  }
  return [{ ...outcome(hasEnded), kept: !ends }];

  function outcome(/** @type {boolean} */ isSent) {
    const unknown = isSent ? 'uncertain' : 'lost';
    const at = Number(
      /^(?:rcpt|dot) (\d)$/.exec(way.lmtp || step.startsWith('rcpt') ? step : '')?.[1],
    );
    const told = Array.from({ length: RECIPIENTS }, (_, index) => {
      const isVerdict = step.startsWith('dot') && way.lmtp;
      if (isVerdict && index + 1 < at) return 'taken';
      if (refusal === undefined) return unknown;
      if (Number.isNaN(at) || index + 1 === at) return refusal;
      // 421 is for all that is not answered, but each of LMTP's verdicts is for one.
      if (refusal === 421 && !isVerdict) return refusal;
      return refusal === 454 || refusal === 421 ? unknown : 'taken';
    });
    if (way.pool && isSentAgain(cell, told, isSent)) {
      return { told: told.map(() => 'taken') };
    }
    if (told.includes('taken')) return { told };
    const isTold = told.some((each) => typeof each === 'number');
    return { told, code: isTold ? REFUSED : (code ?? LOST), replyCode: refusal };
  }
}

/** Whether the last chunk may have left by the time that the fault of an earlier one is noticed. */
function mayBeLate(/** @type {Cell} */ { step, fault, way }) {
  if (step === 'bdat 1' && way.pipelining && fault === 'surplus') return true;
  const isTold = ['421', '451', '550', 'cut refusal'].includes(fault);
  return step === 'bdat 2' && way.pipelining && !isTold;
}

/** A pool sends a message again if it certainly was not taken, for what has nothing to do with it. */
function isSentAgain(
  /** @type {Cell} */ { step, fault, way },
  /** @type {Told[]} */ told,
  /** @type {boolean} */ isSent,
) {
  // Its source was read.
  if (isSent || step === 'message') return false;
  if (fault === '421') return !step.startsWith('bdat');
  // The refusal was for all of them.
  if (fault === 'cut refusal' && step !== 'rset') return told.includes('lost');
  if (['close', 'reset', 'cut acceptance', 'cut refusal'].includes(fault)) return true;
  if (fault === 'silence') return step === 'mail' || step === 'rset';
  // MAIL goes with RSET where that is possible.
  return step === 'rset' && !way.pipelining;
}

module.exports = { expected, mayBeLate, stepsOf };
