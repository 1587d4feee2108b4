'use strict';
// What SpamAssassin's daemon thinks of a message; it always accepts. Configuration: `host`
// (127.0.0.1), `port` (783), `timeout` in milliseconds (10,000), `maxSize` in bytes (512,000; longer
// messages are not shown to it) and `baseScore` (5). `res.get('queue/spamd')` has `{ spam, score,
// baseScore, symbols, err }`.

const net = require('node:net');
const { clearTimeout, setTimeout } = require('node:timers');

const MAX_SIZE = 512_000;
/** More than any report has. */
const MAX_ANSWER = 1_024 * 1_024;
const STATUS = /^SPAMD\/[\d.]+ (\d+) (\S+)/;
const VERDICT = /^Spam:\s*(?:True|False|Yes|No)\s*;\s*(-?[\d.]+)\s*\/\s*(-?[\d.]+)/im;
const RULE = /^\s*\*?\s*-?\d+(?:\.\d+)?\s+([A-Z][A-Z0-9_]+)\b/gm;

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'scores by SpamAssassin',
  after: ['core'],
  async handler(req, res) {
    const { host = '127.0.0.1', port = 783, timeout = 10_000, maxSize = MAX_SIZE } = req.config;
    const baseScore = req.config.baseScore || 5;
    const { message } = req.command;
    /** @type {any} */
    const result = { spam: false, score: 0, baseScore, symbols: [], err: null };
    try {
      if (message && message.length <= maxSize) {
        Object.assign(result, await report(await message.bytes(), { host, port, timeout }));
      }
    } catch (/** @type {any} */ error) {
      result.err = error;
      if (error.code === 'ECONNREFUSED') res.log.verbose(`There is no spamd on port ${port}`);
      else res.log.warn('spamd encountered an error: ', error);
    }
    result.spam = result.score >= baseScore;
    res.set(result);
    res.log.verbose(`${result.spam ? 'spam!' : 'no spam!'} (${result.score}/${baseScore})`);
    res.accept();
  },
};

/** Asks the daemon for a report: its score, and the rules that matched. @param {Buffer} message @param {any} settings */
function report(message, { host, port, timeout }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const fail = (/** @type {string} */ text) => socket.destroy(new Error(text));
    const timer = setTimeout(() => fail(`spamd did not answer within ${timeout} ms`), timeout);
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      answer += text;
      if (answer.length > MAX_ANSWER) fail('spamd does not stop to answer');
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      const [, code, status] = STATUS.exec(answer) ?? [];
      const [, score] = VERDICT.exec(answer) ?? [];
      if (score === undefined || code !== '0') {
        return reject(new Error(`spamd did not say what it thinks: ${status ?? 'no status'}`));
      }
      const symbols = [...answer.matchAll(RULE)].map(([, name]) => name);
      resolve({ score: Number(score), symbols: [...new Set(symbols)] });
    });
    socket.end(
      Buffer.concat([
        Buffer.from(`REPORT SPAMC/1.5\r\nContent-length: ${message.length}\r\n\r\n`),
        message,
      ]),
    );
  });
}
