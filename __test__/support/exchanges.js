'use strict';
// The mail exchanges of a domain for one test, each a server that fails at one step of its own.

const { DnsServer } = require('./dns.js');
const { scripted } = require('./scripted-server.js');
const { deferred } = require('./serve.js');

/** All listen at one port, each at an address of its own. */
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

/**
 * @typedef {object} Fault
 * @property {string} step 'lookup', 'connect', 'greeting', 'EHLO', 'STARTTLS', 'MAIL', 'RCPT to@a.example', 'DATA', 'message',
 *   'BDAT' or 'end', in LMTP 'end to@a.example'
 * @property {number | 'close' | 'reset' | 'silence'} what
 */

/**
 * Takes one client.
 *
 * @param {import('./scripted-server.js').Conversation} conversation
 * @param {any} exchange
 */
async function take(conversation, { faults, keywords, keys, lmtp, mails, hit }) {
  // What was said has left.
  conversation.socket.setNoDelay(true);
  /** Whether the conversation goes on. @param {string} step @param {...string} lines */
  const answer = async (step, ...lines) => {
    const fault = faults.find((/** @type {Fault} */ { step: at }) => at === step);
    if (fault === undefined) {
      conversation.say(...lines);
      return true;
    }
    const { what } = fault;
    if (what === 'reset') conversation.reset();
    else if (what === 'close' || what === 421) {
      await new Promise((resolve) => {
        conversation.socket.end(what === 421 ? '421 fault\r\n' : '', () => resolve(undefined));
      });
    } else if (typeof what === 'number') {
      await new Promise((resolve) => conversation.socket.write(`${what} fault\r\n`, resolve));
    }
    hit.resolve();
    if (what === 'silence') await conversation.gone();
    return typeof what === 'number' && what !== 421;
  };
  /** Whether the last reply was this one of a fault. @param {string} step */
  const failed = (step) => faults.some((/** @type {Fault} */ { step: at }) => at === step);
  /** @type {string[]} */
  let to = [];
  let isOpen = false;
  /** @type {Buffer[]} */
  let chunks = [];
  let goesOn = await answer('greeting', '220 mx.example');
  while (goesOn) {
    const line = await conversation.line();
    const verb = line.split(/[ :]/)[0].toUpperCase();
    if (verb === '' || verb === 'QUIT') {
      conversation.say('221 bye');
      conversation.end();
      return;
    }
    if (/^(EHLO|LHLO|HELO)$/.test(verb)) {
      const offered = ['mx.example', ...keywords];
      const last = offered.length - 1;
      goesOn = await answer(
        'EHLO',
        ...offered.map((word, at) => `250${at < last ? '-' : ' '}${word}`),
      );
    } else if (verb === 'STARTTLS') {
      goesOn = await answer('STARTTLS', '220 go');
      if (goesOn && !failed('STARTTLS')) await conversation.secure(keys);
    } else if (verb === 'MAIL') {
      goesOn = await answer('MAIL', '250 OK');
      isOpen = !failed('MAIL');
      to = [];
      chunks = [];
    } else if (verb === 'RCPT') {
      const [, address] = /** @type {RegExpExecArray} */ (/<(.*)>/.exec(line));
      if (!isOpen) conversation.say('503 no sender');
      else {
        goesOn = await answer(`RCPT ${address}`, '250 OK');
        if (!failed(`RCPT ${address}`)) to.push(address);
      }
    } else if (verb === 'DATA') {
      if (to.length === 0) conversation.say('554 no recipients');
      else {
        goesOn = await answer('DATA', '354 go');
        if (!goesOn || failed('DATA')) continue;
        if (failed('message')) {
          await conversation.bytes(1);
          await answer('message');
          return conversation.gone();
        }
        const message = await conversation.message();
        const text = `${message}`.slice(0, -3).trimEnd();
        isOpen = false;
        if (!lmtp) {
          goesOn = await answer('end', '250 taken');
          if (!failed('end')) mails.push({ to, text });
          continue;
        }
        const taken = [];
        for (const address of to) {
          goesOn = await answer(`end ${address}`, '250 taken');
          if (!goesOn) break;
          if (!failed(`end ${address}`)) taken.push(address);
        }
        mails.push({ to: taken, text });
      }
    } else if (verb === 'BDAT') {
      const [, length, last] = /** @type {RegExpExecArray} */ (/^BDAT (\d+)( LAST)?$/.exec(line));
      chunks.push(await conversation.bytes(Number(length)));
      const step = last ? 'end' : 'BDAT';
      if (failed('BDAT') && last) conversation.say('503 a chunk is missing');
      else goesOn = await answer(step, '250 OK');
      if (last && !failed('BDAT') && !failed('end')) {
        mails.push({ to, text: Buffer.concat(chunks).toString().trimEnd() });
      }
    } else {
      isOpen = false;
      conversation.say('250 OK');
    }
  }
}

/**
 * Exchanges of a.example, by preference.
 *
 * @param {import('node:test').TestContext} t
 * @param {Fault[][]} faults of each; one that fails at 'connect' does not listen, one that fails at 'lookup'
 *   has no address
 * @param {{ keywords?: string[], keys?: { key: string, cert: string }, lmtp?: boolean, domain?: string, port?: number, first?: number }} [options]
 *   `first` is the index of the first address
 */
async function exchanges(
  t,
  faults,
  { keywords = [], keys, lmtp = false, domain = 'a.example', port = 0, first = 0 } = {},
) {
  const hit = deferred();
  /** @type {Record<string, any[]>} */
  const zone = { [`MX ${domain}`]: [] };
  const mails = [];
  const conversations = [];
  /** @type {unknown[][]} */
  const errors = [];
  for (const [at, own] of faults.entries()) {
    const name = `mx${at + 1}.${domain}`;
    const host = ADDRESSES[first + at];
    zone[`MX ${domain}`].unshift({ preference: 10 * (at + 1), exchange: name });
    if (!own.some(({ step }) => step === 'lookup')) zone[`A ${name}`] = [host];
    /** @type {{ to: string[], text: string }[]} */
    const taken = [];
    mails.push(taken);
    if (own.some(({ step }) => step === 'connect')) {
      conversations.push([]);
      continue;
    }
    const exchange = { faults: own, keywords, keys, lmtp, mails: taken, hit };
    const server = await scripted(t, (conversation) => take(conversation, exchange), {
      host,
      port,
    });
    port = server.port;
    conversations.push(server.conversations);
    errors.push(server.errors);
  }
  /** Resolves when so many clients have left. @param {number} count */
  const done = async (count) => {
    while (conversations.flat().length < count) await new Promise(setImmediate);
    await Promise.all(conversations.flat().map((each) => each.gone()));
  };
  return { port, zone, mails, conversations, errors, hit: hit.promise, done };
}

/** A DNS server of these zones, as clients are told of it. @param {import('node:test').TestContext} t @param {...Record<string, any[]>} zones */
async function dnsOf(t, ...zones) {
  const zone = Object.assign({}, ...zones);
  const server = await DnsServer.start(t, (question) => zone[question] ?? []);
  return [server.address];
}

module.exports = { dnsOf, exchanges };
