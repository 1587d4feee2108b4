'use strict';
// A client of a comparison: says what a script has, one step after the answer to the one before, and keeps
// what it heard.

const { once } = require('node:events');
const net = require('node:net');
const { clearTimeout, setTimeout } = require('node:timers');
const tls = require('node:tls');

const REPLY = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/;
/** Challenges of CRAM-MD5 are random. */
const CHALLENGE = /^334 P[DG][\w+/=]{20,}/;
const SHOWN = 60;
const SHOWN_MADE = '(made of the answer)';
/** How long a server may take to close behind a client. */
const LEAVE_MS = 300;
/** What OpenSSL chooses and rustls has, so that both servers come to the same. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256';

/**
 * A step of a script: a line to say, what makes a line of the last answer, or one of these.
 *
 * @typedef {string | ((answer: string) => string) | {
 *   raw?: string | Buffer, replies?: number,
 *   tls?: tls.ConnectionOptions,
 *   hear?: true,
 *   close?: true,
 *   end?: true,
 * }} Step
 */

class Conversation {
  /** @type {string[]} */
  said = [];
  port = 0;
  #socket;
  #rest = '';
  /** The last one as it came. */
  #answer = '';
  #isOver = false;
  #wake = () => {};

  /** @param {number} port @param {Buffer | string} [before] what a proxy says first */
  constructor(port, before) {
    this.#socket = this.#listen(net.connect(port, '127.0.0.1'));
    if (before !== undefined) this.#socket.write(before);
  }

  /** @template {net.Socket} T @param {T} socket @returns {T} */
  #listen(socket) {
    socket.setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('data', (text) => {
      this.#rest += text;
      this.#wake();
    });
    socket.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
    socket.on('connect', () => {
      this.port = socket.localPort ?? 0;
    });
    return socket;
  }

  /** The next reply, or 'closed' behind what is no reply. @returns {Promise<string>} */
  async reply() {
    for (;;) {
      const [match] = REPLY.exec(this.#rest) ?? [];
      if (match !== undefined) {
        this.#rest = this.#rest.slice(match.length);
        this.#answer = match;
        return match.replace(CHALLENGE, '334 (challenge)');
      }
      if (this.#isOver) {
        const rest = this.#rest;
        this.#rest = '';
        return rest === '' ? 'closed' : `closed behind ${JSON.stringify(rest)}`;
      }
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
    }
  }

  /** Shakes hands, and notes what came of it. @param {tls.ConnectionOptions} options */
  async secure(options) {
    const plain = this.#socket;
    plain.removeAllListeners('data').removeAllListeners('close');
    const upgraded = tls.connect({
      socket: plain,
      rejectUnauthorized: false,
      ciphers: CIPHERS,
      ...options,
    });
    this.#socket = this.#listen(upgraded);
    const [event, error] = await Promise.race([
      once(upgraded, 'secureConnect').then(
        () => ['secure'],
        (failed) => ['failed', failed],
      ),
      once(upgraded, 'close').then(() => ['failed', { code: 'closed' }]),
    ]);
    if (event === 'failed') {
      this.#isOver = true;
      this.said.push(
        `TLS > failed${error.code === 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' ? ` ${error.code}` : ''}`,
      );
      return;
    }
    const { name } = upgraded.getCipher();
    const { subject } = upgraded.getPeerCertificate();
    const alpn = upgraded.alpnProtocol || 'none';
    this.said.push(`TLS > ${upgraded.getProtocol()} ${name} ${subject?.CN} ${alpn}`);
  }

  /** @param {Step} step @param {() => void} close of the server */
  async take(step, close) {
    if (typeof step === 'function') return this.#say(step(this.#answer), SHOWN_MADE);
    if (typeof step === 'string') return this.#say(step);
    if (step.tls) return this.secure(step.tls);
    if (step.close) close();
    if (step.end) this.#socket.end();
    if (step.raw !== undefined) this.#socket.write(step.raw);
    const shown = step.raw === undefined ? Object.keys(step)[0] : String(step.raw).slice(0, SHOWN);
    for (let count = step.replies ?? (step.close ? 0 : 1); count > 0; count--) {
      this.said.push(`${shown} > ${await this.reply()}`);
    }
  }

  async #say(/** @type {string} */ line, shown = line.slice(0, SHOWN)) {
    this.#socket.write(`${line}\r\n`);
    const answer = await this.reply();
    this.said.push(`${shown} > ${answer}`);
    if (/^421/.test(answer)) this.said.push(await this.reply());
  }

  get isOver() {
    return / ?closed/.test(this.said.at(-1) ?? '') || this.said.at(-1)?.startsWith('TLS > failed');
  }

  /** Ends, and hears the rest: what is not read would reset the connection. */
  async leave() {
    const socket = this.#socket;
    if (this.#isOver || socket.destroyed) return socket.destroy();
    const timer = setTimeout(() => socket.destroy(), LEAVE_MS);
    socket.end();
    await once(socket, 'close');
    clearTimeout(timer);
  }
}

module.exports = { Conversation };
