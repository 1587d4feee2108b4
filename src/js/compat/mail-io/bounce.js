'use strict';
// A delivery status notification (RFC 3464) in the form of RFC 6522.

const { Buffer } = require('node:buffer');
const { utf8Address } = require('../../client/dsn.js');

/** Bytes of the message that its report gives back. */
const MAX_HEADER = 64 * 1_024;
const END_OF_HEADER = '\r\n\r\n';
/** Characters of a line, if its words let it (RFC 5322 section 2.1.1). */
const LINE = 76;
/** A line has room for so much of a word, and for a name (RFC 5322 section 2.1.1: 998 characters). */
const WORD = 900;
const LINE_WORDS = new RegExp(`[!-~]{1,${WORD}}`, 'g');

/**
 * The report on a message that was not delivered, with its header.
 *
 * @param {import('../../files/queue-folder.js').Mail} mail
 * @param {string} hostname of the reporting server
 * @param {import('node:stream').Readable} message
 * @returns {Promise<Buffer>}
 */
async function bounceOf(mail, hostname, message) {
  const MimeNode = /** @type {any} */ (require('nodemailer/lib/mime-node'));
  const { from, to } = mail.envelope;
  const reason = mail.failures.at(-1)?.err.msg ?? 'it could not be delivered in time';
  const report = new MimeNode('multipart/report; report-type=delivery-status');
  report.setHeader({
    From: `Mail Delivery System <MAILER-DAEMON@${hostname}>`,
    // No line has room for more, and a mailbox is not to be folded.
    To: from.length <= WORD ? from : 'undisclosed-recipients:;',
    Subject: 'Undelivered Mail Returned to Sender',
    'Auto-Submitted': 'auto-replied',
  });
  report
    .createChild('text/plain; charset=utf-8')
    .setContent(
      `This is the mail system at ${hostname}.\r\n\r\n` +
        `Your message could not be delivered to ${to}, and will not be tried again:\r\n\r\n` +
        `${reason}\r\n`,
    );
  const [status] = /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(reason) ?? ['5.0.0'];
  report.createChild('message/delivery-status').setContent(
    fields([
      ['Reporting-MTA', `dns; ${hostname}`],
      ['Arrival-Date', new Date(mail.created).toUTCString().replace('GMT', '+0000')],
    ]) +
      '\r\n' +
      fields([
        ['Final-Recipient', typedAddress(to)],
        ['Action', 'failed'],
        ['Status', status.replace(/^4/, '5')],
        ['Diagnostic-Code', `smtp; ${reason}`],
      ]),
  );
  report.createChild('text/rfc822-headers').setContent(await headerOf(message));
  return new Promise((resolve, reject) => {
    report.build((/** @type {Error | null} */ error, /** @type {Buffer} */ bytes) =>
      error ? reject(error) : resolve(bytes),
    );
  });
}

/** Fields of a header in ASCII, folded between words (RFC 5322 section 2.2.3). */
const fields = (/** @type {string[][]} */ list) =>
  list.map(([name, value]) => `${folded(`${name}:`, wordsOf(value)).join('\r\n')}\r\n`).join('');

/** Words of a text, none of them longer than a line. @param {string} text */
const wordsOf = (text) => text.match(LINE_WORDS) ?? [];

/** @param {string} name the first line begins with it and a word @param {string[]} words */
function folded(name, [first = '', ...words]) {
  const lines = [`${name} ${first}`];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= LINE) lines.splice(-1, 1, line);
    else lines.push(` ${word}`);
  }
  return lines;
}

/** An address as reports have it (RFC 3464 section 2.3.2, RFC 6533 section 3). @param {string} address */
function typedAddress(address) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  return /^[\x00-\x7f]*$/.test(address) ? `rfc822; ${address}` : `utf-8; ${utf8Address(address)}`;
}

async function headerOf(/** @type {AsyncIterable<Buffer>} */ message) {
  let head = Buffer.alloc(0);
  for await (const piece of message) {
    head = Buffer.concat([head, piece]);
    const end = head.indexOf(END_OF_HEADER);
    if (end >= 0) return head.subarray(0, end + 2);
    if (head.length > MAX_HEADER) break;
  }
  return head.subarray(0, MAX_HEADER);
}

module.exports = { bounceOf };
