'use strict';
// A server that lists limits (RFC 9422), holds its clients to them, knows for whom it took which
// message, and fails in one transaction if it is to.

const assert = require('node:assert/strict');
const { scripted } = require('./scripted-server.js');

/**
 * @typedef {object} Fault
 * @property {'mail' | 'rcpt' | 'data' | 'message' | 'dot'} step at the first recipient, within the message, and at
 *   the first verdict of LMTP
 * @property {'close' | 'reset' | 'silence' | '421' | '451' | '550' | 'surplus'} what
 * @property {number} transaction of each connection, from 1
 * @property {boolean} [always] each connection fails, and not the first alone
 */

/** One conversation; the reply is what the step is owed. */
class LimitedServer {
  #c;
  #options;
  #fault;
  #transactions = 0;
  #asked = 0;
  /** @type {string[]} */
  #to = [];
  #isOpen = false;
  #over = false;
  /** @type {Buffer[]} */
  #chunks = [];

  /** @param {any} c @param {any} options @param {Fault | undefined} fault */
  constructor(c, options, fault) {
    this.#c = c;
    this.#options = options;
    this.#fault = fault;
  }

  async run() {
    this.#c.say('220 limited.example');
    while (!this.#over) {
      const line = await this.#c.line();
      if (line === '') return;
      await this.#command(line);
    }
  }

  async #command(/** @type {string} */ line) {
    const [verb, ...words] = line.split(/[ :]/);
    if (/^[EL]HLO$/.test(verb)) {
      const lines = ['limited.example', ...this.#options.keywords, 'HELP'];
      this.#c.say(...lines.map((text, at) => `250${at < lines.length - 1 ? '-' : ' '}${text}`));
    } else if (verb === 'MAIL') {
      this.#transactions += 1;
      this.#asked = 0;
      this.#to = [];
      this.#chunks = [];
      if (this.#transactions > this.#options.mailMax) throw new Error(`MAIL ${this.#transactions}`);
      this.#isOpen = this.#reply('mail', '250 OK');
    } else if (!this.#isOpen && /^(RCPT|DATA|BDAT)$/.test(verb)) {
      if (verb === 'BDAT') await this.#c.bytes(Number(words[0]));
      this.#c.say('503 MAIL first');
    } else if (verb === 'RCPT') {
      this.#asked += 1;
      if (this.#asked > this.#options.rcptMax) throw new Error(`RCPT ${this.#asked}`);
      const step = this.#asked === 1 ? 'rcpt' : '';
      const [, address] = /** @type {RegExpExecArray} */ (/<(.*)>/.exec(line));
      if (this.#options.refused.includes(address)) this.#c.say('550 no');
      else if (this.#reply(step, '250 OK')) this.#to.push(address);
    } else if (verb === 'DATA') {
      if (this.#to.length === 0) this.#c.say('554 nobody');
      else if (this.#reply('data', '354 go') && !this.#over) {
        if (this.#isDue('message')) {
          await this.#c.bytes(1);
          this.#reply('message', '');
          return;
        }
        this.#take(`${await this.#c.message()}`.slice(0, -3));
      }
    } else if (verb === 'BDAT') {
      this.#chunks.push(await this.#c.bytes(Number(words[0])));
      if (words[1] === 'LAST') this.#take(`${Buffer.concat(this.#chunks)}`);
      else this.#c.say('250 OK');
    } else if (verb === 'QUIT') {
      this.#options.quits.count += 1;
      this.#c.say('221 bye');
      this.#over = true;
    } else this.#c.say('250 OK');
  }

  #take(/** @type {string} */ text) {
    this.#isOpen = false;
    const verdicts = this.#options.lmtp ? this.#to.map((address) => [address]) : [this.#to];
    for (const [at, to] of verdicts.entries()) {
      if (this.#over) return;
      if (this.#reply(at === 0 ? 'dot' : '', '250 taken')) this.#options.taken.push({ to, text });
    }
  }

  #isDue(/** @type {string} */ step) {
    return step === this.#fault?.step && this.#transactions === this.#fault.transaction;
  }

  /** Says what is due, or what is wrong; whether it was accepted. */
  #reply(/** @type {string} */ step, /** @type {string} */ due) {
    if (this.#over) return false;
    if (!this.#isDue(step)) {
      this.#c.say(due);
      return true;
    }
    const { what } = /** @type {Fault} */ (this.#fault);
    if (/^\d/.test(what)) this.#c.say(`${what} no`);
    else if (what === 'surplus') this.#c.say(due, '250 more');
    else if (what === 'close') this.#c.end();
    else if (what === 'reset') this.#c.reset();
    this.#over = !/^(451|550|surplus)$/.test(what);
    if (what === '421') this.#c.end();
    // It may have taken a message that it says nothing of.
    return !/^\d/.test(what);
  }
}

/**
 * The server, for whom it took a message (`taken`), and how many clients said QUIT (`quits`).
 *
 * @param {import('node:test').TestContext} t
 * @param {{ rcptMax?: number, mailMax?: number, keywords?: string[], lmtp?: boolean, fault?: Fault, refused?: string[] }} [options]
 *   `refused`: whom it does not take a message for
 */
async function limited(
  t,
  { rcptMax = Infinity, mailMax = Infinity, keywords = [], lmtp = false, fault, refused = [] } = {},
) {
  /** @type {{ to: string[], text: string }[]} */
  const taken = [];
  const quits = { count: 0 };
  const limits = Object.entries({ RCPTMAX: rcptMax, MAILMAX: mailMax })
    .filter(([, limit]) => limit !== Infinity)
    .map(([name, limit]) => `${name}=${limit}`);
  const options = {
    ...{ rcptMax, mailMax, lmtp, taken, quits, refused },
    keywords: [...keywords, ['LIMITS', ...limits].join(' ')],
  };
  const { port, conversations, errors } = await scripted(t, (c, number) => {
    const fails = fault?.always || number === 1;
    return new LimitedServer(c, options, fails ? fault : undefined).run();
  });
  return { port, conversations, errors, taken, quits };
}

const TEXT = 'Subject: x\r\n\r\nx\r\n';

const people = (/** @type {number} */ count) =>
  Array.from({ length: count }, (_, at) => `r${at}@a.example`);

/** Pieces that can be read once. */
async function* pieces() {
  for (const piece of TEXT.match(/.{1,4}/gs) ?? []) yield piece;
}

/** What is told of each, against for whom the server took the message. */
function assertTrue(
  /** @type {any} */ result,
  /** @type {string[]} */ to,
  /** @type {{ to: string[] }[]} */ taken,
) {
  const all = taken.flatMap((one) => one.to);
  const { accepted = [], rejected } = result;
  assert.equal(accepted.length + (rejected?.length ?? to.length), to.length);
  for (const address of to) {
    const times = all.filter((each) => each === address).length;
    if (accepted.includes(address)) {
      assert.equal(times, 1, `${address} is accepted`);
      continue;
    }
    const one = rejected?.find((/** @type {any} */ each) => each.address === address) ?? result;
    assert.ok(one.uncertain ? times <= 1 : times === 0, `${address}: ${times}, ${one.uncertain}`);
    assert.ok(
      one.replyCode !== undefined || one.error || one === result,
      `${address} has a reason`,
    );
  }
}

/** Pieces of a message that no connection has room for at once, and all of it. */
const LONG = Array.from({ length: 40 }, (_, at) => `${at}:`.padEnd(65_534, 'x'));
async function* longPieces() {
  for (const part of LONG) {
    await new Promise(setImmediate);
    yield `${part}\r\n`;
  }
}
const LONG_TEXT = `${LONG.join('\r\n')}\r\n`;

module.exports = { LONG_TEXT, TEXT, assertTrue, limited, longPieces, people, pieces };
