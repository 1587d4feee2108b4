'use strict';
// The way to an inbox in another process: its HTTP API, at a URL that may have a login, which no error shows.

const { Buffer } = require('node:buffer');
const http = require('node:http');
const { SmtpError, messageOf } = require('../errors.js');
const { FrameReader, TYPE } = require('./frames.js');

/** @typedef {import('./frames.js').Frame} Frame */

const PATH = '/api/v1/wait';
/** Characters of an answer. */
const MAX_ANSWER = 1_024 * 1_024;
/** Characters of one that an error shows. */
const MAX_SHOWN = 200;
/** Milliseconds that an answer may take to come. */
const ANSWER_MS = 10_000;
/** Milliseconds without any sign of life of a wait; there is one each 15 seconds. */
const SILENCE_MS = 60_000;

class Link {
  /** Without its login. */
  url;
  /** What the inbox said of itself last. @type {any} */
  hello;
  #place;
  #authorization;

  /** @param {unknown} url @throws {TypeError} for what is no such URL */
  constructor(url) {
    const parsed = urlOf(url);
    this.url = parsed.origin;
    this.#place = { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: parsed.port || 80 };
    this.#authorization = loginOf(parsed);
  }

  /** Its host, without brackets. */
  get host() {
    return this.#place.host;
  }

  /**
   * Asks for something that is answered at once.
   *
   * @param {string} method
   * @param {string} [path] behind that of all
   * @param {object} [body]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} the answer, if it is JSON
   * @throws {SmtpError} SMTP_ERR_NO_INBOX
   */
  async ask(method, path = '', body = undefined, signal = undefined) {
    const response = await this.#request({ method, path, body, silence: ANSWER_MS, signal });
    const answer = await this.#textOf(response);
    if (response.headers['content-type'] !== 'application/json') return undefined;
    try {
      return JSON.parse(answer);
    } catch {
      throw this.#stranger('its answer is no JSON');
    }
  }

  /** Asks the inbox who it is. @param {AbortSignal} [signal] @throws {SmtpError} SMTP_ERR_NO_INBOX */
  async meet(signal) {
    const hello = await this.ask('GET', '', undefined, signal);
    const isIt = hello?.name === 'smtp-engine' && typeof hello.instance === 'string';
    if (!isIt) throw this.#stranger('it is called something else');
    this.hello = hello;
  }

  /**
   * Asks for something that is answered by and by.
   *
   * @param {object} body
   * @param {AbortSignal} signal ends it
   * @returns {AsyncGenerator<Frame, undefined>}
   * @throws {SmtpError} SMTP_ERR_NO_INBOX
   */
  async *frames(body, signal) {
    const response = await this.#request({
      method: 'POST',
      path: '',
      body,
      silence: SILENCE_MS,
      signal,
    });
    if (response.headers['content-type'] !== TYPE) {
      response.destroy();
      throw this.#stranger('its answer is of another kind');
    }
    const reader = new FrameReader();
    for await (const piece of this.#piecesOf(response)) {
      let frames;
      try {
        frames = reader.read(piece);
      } catch (error) {
        throw this.#stranger(messageOf(error));
      }
      yield* frames;
    }
  }

  /**
   * @param {{ method: string, path: string, body?: object, silence: number, signal?: AbortSignal }} asked
   * @returns {Promise<http.IncomingMessage>} that is one of success
   */
  async #request({ method, path, body, silence, signal }) {
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': bytes.length,
      ...(this.#authorization ? { Authorization: this.#authorization } : {}),
    };
    const options = { ...this.#place, method, path: PATH + path, headers, agent: false, signal };
    const response = await new Promise((resolve, reject) => {
      const request = http.request(/** @type {any} */ (options), resolve);
      request.on('error', (error) => reject(this.#gone(error)));
      request.setTimeout(silence, () =>
        request.destroy(new Error(`there was no answer for ${silence} ms`)),
      );
      request.end(bytes);
    });
    if (response.statusCode === 200) return response;
    throw this.#refused(response.statusCode, await this.#textOf(response));
  }

  /** @param {http.IncomingMessage} response */
  async #textOf(response) {
    let text = '';
    for await (const piece of this.#piecesOf(response)) {
      text += piece.toString();
      if (text.length > MAX_ANSWER) throw this.#stranger('its answer is too long');
    }
    return text;
  }

  /** @param {http.IncomingMessage} response @returns {AsyncGenerator<Buffer, undefined>} */
  async *#piecesOf(response) {
    try {
      for await (const piece of response) yield piece;
    } catch (error) {
      throw this.#gone(error);
    }
  }

  /** It may be back, if it was one. @param {any} cause */
  #gone(cause) {
    // What the parser of HTTP says.
    if (String(cause?.code).startsWith('HPE_')) return this.#stranger(messageOf(cause));
    return noInbox(`the inbox at ${this.url} cannot be reached: ${messageOf(cause)}`, { cause });
  }

  /** @param {number} status @param {string} text */
  #refused(status, text) {
    const said = text.slice(0, MAX_SHOWN);
    if (status === 401) {
      const why = this.#authorization
        ? 'does not take the user and the password of its URL'
        : 'needs a login, which its URL can have: http://user:password@host:port';
      return noInbox(`the inbox at ${this.url} ${why}`, { permanent: true });
    }
    if (status === 503) return noInbox(`the inbox at ${this.url} cannot answer: ${said}`);
    // An inbox says 403 to a name of its host that it does not know.
    if ([400, 403, 410].includes(status)) {
      return noInbox(`the inbox at ${this.url} says: ${said}`, { permanent: true });
    }
    return this.#stranger(`it answers ${status}: ${said}`);
  }

  /** @param {string} why */
  #stranger(why) {
    return noInbox(`what is at ${this.url} is no inbox of smtp-engine: ${why}`, {
      permanent: true,
    });
  }
}

/** @param {string} text @param {{ permanent?: boolean, cause?: unknown }} [details] */
function noInbox(text, details) {
  return new SmtpError('SMTP_ERR_NO_INBOX', text, details);
}

/** @param {unknown} given @throws {TypeError} that does not show it: it may have a password */
function urlOf(given) {
  const wanted = 'url must be the http: URL of the page of an inbox, such as http://127.0.0.1:8025';
  if (typeof given !== 'string' && !(given instanceof URL)) {
    throw new TypeError(`${wanted}, and it is no string`);
  }
  if (!URL.canParse(String(given))) throw new TypeError(`${wanted}, and it is no URL`);
  const url = new URL(given);
  if (url.protocol !== 'http:') throw new TypeError(`${wanted}, not one of ${url.protocol}`);
  const hasMore = url.pathname !== '/' || url.search !== '' || url.hash !== '';
  if (hasMore) throw new TypeError(`${wanted}, and nothing behind its port`);
  return url;
}

/** @param {URL} url @throws {TypeError} */
function loginOf({ username, password }) {
  if (username === '' && password === '') return undefined;
  try {
    const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(login).toString('base64')}`;
  } catch {
    throw new TypeError('the login of url must be percent-encoded');
  }
}

module.exports = { Link, noInbox };
