'use strict';
// A server that takes every message, but for one fault at one step of its first connection.

/** What a server does wrong: what it says, if anything, and how it goes on. @type {Record<string, (c: any, due: string) => 'on' | 'over'>} */
const FAULTS = {
  close: (c) => {
    c.end();
    return 'over';
  },
  reset: (c) => {
    c.reset();
    return 'over';
  },
  silence: () => 'over',
  421: (c) => {
    c.say('421 4.3.2 bye');
    return 'over';
  },
  451: (c) => {
    c.say('451 4.3.0 later');
    return 'on';
  },
  550: (c) => {
    c.say('550 5.7.1 no');
    return 'on';
  },
  334: (c) => {
    c.say('334 go on');
    return 'on';
  },
  garbage: (c) => {
    c.say('HTTP/1.1 400 Bad Request');
    return 'over';
  },
  endless: (c) => {
    c.send('250-x\r\n'.repeat(10_000));
    return 'over';
  },
  'cut acceptance': (c) => {
    c.socket.end('250 O');
    return 'over';
  },
  'cut refusal': (c) => {
    c.socket.end('454 4.3.0 Try again la');
    return 'over';
  },
  surplus: (c, due) => {
    c.say(...due.split('\r\n'), '250 more');
    return 'on';
  },
};

/** One conversation. */
class FailingServer {
  #c;
  #step;
  #fault;
  #offers;
  #keys;
  #lmtp;
  /** Whether the fault is still to come, and from which message on. */
  #armed;
  #from;
  #messages = 0;
  #asked = 0;
  #accepted = 0;
  #chunks = 0;
  #isOpen = false;
  #over = false;
  #greeted = false;

  /**
   * @param {any} c the conversation
   * @param {{ step: string, fault: string, armed: boolean, from: number, offers: string[], lmtp: boolean, keys: any }} cell
   *   `from`: the message that it fails with, from 1
   */
  constructor(c, { step, fault, armed, from, offers, lmtp, keys }) {
    this.#c = c;
    this.#step = step;
    this.#fault = fault;
    this.#armed = armed;
    this.#from = from;
    this.#offers = offers;
    this.#lmtp = lmtp;
    this.#keys = keys;
  }

  async run() {
    this.#reply('greeting', '220 failing.example');
    while (!this.#over) {
      const line = await this.#c.line();
      if (line === '') return;
      await this.#command(line);
    }
  }

  async #command(/** @type {string} */ line) {
    const verb = line.split(' ', 1)[0];
    if (verb === 'EHLO' || verb === 'LHLO') this.#greet();
    else if (verb === 'HELO') this.#c.say('250 failing.example');
    else if (verb === 'STARTTLS') await this.#startTls();
    else if (verb === 'MAIL') {
      this.#messages += 1;
      this.#asked = this.#accepted = this.#chunks = 0;
      this.#isOpen = true;
      this.#reply('mail', '250 OK');
    } else if (verb === 'RCPT') this.#recipient();
    else if (verb === 'DATA') await this.#data();
    else if (verb === 'BDAT') await this.#chunk(line);
    else if (verb === 'RSET') {
      this.#isOpen = false;
      this.#reply('rset', '250 OK');
    } else if (verb === 'QUIT') {
      this.#reply('quit', '221 bye');
      this.#over = true;
    } else this.#reply('auth', '235 in');
  }

  #greet() {
    const lines = ['failing.example', ...this.#offers];
    const last = lines.length - 1;
    const due = lines.map((line, at) => `250${at === last ? ' ' : '-'}${line}`).join('\r\n');
    if (this.#greeted) this.#c.say(due);
    else this.#reply('ehlo', due);
    this.#greeted = true;
  }

  async #startTls() {
    this.#reply('starttls', '220 go on');
    if (this.#over || (this.#step === 'starttls' && /^\d/.test(this.#fault))) return;
    if (this.#step !== 'handshake') await this.#c.secure(this.#keys);
    else this.#reply('handshake', '');
    if (this.#c.isTls) this.#offers = this.#offers.filter((keyword) => keyword !== 'STARTTLS');
  }

  #recipient() {
    this.#asked += 1;
    const refusesAll = this.#step === 'rset' && this.#armed && this.#messages < this.#from;
    if (!this.#isOpen || refusesAll) return this.#c.say('550 nobody');
    if (this.#reply(`rcpt ${this.#asked}`, '250 OK')) this.#accepted += 1;
  }

  async #data() {
    if (!this.#isOpen || this.#accepted === 0) return this.#c.say('554 nobody');
    if (!this.#reply('data', '354 go')) return;
    if (this.#over) return;
    if (this.#isDue('message')) {
      await this.#c.bytes(1);
      return this.#reply('message', '');
    }
    await this.#c.message();
    for (let at = 1; at <= (this.#lmtp ? this.#accepted : 1); at += 1) {
      this.#reply(`dot ${at}`, '250 taken');
    }
    this.#isOpen = false;
  }

  async #chunk(/** @type {string} */ line) {
    await this.#c.bytes(Number(line.split(' ')[1]));
    this.#chunks += 1;
    if (!this.#isOpen) return this.#c.say('503 not now');
    this.#isOpen = this.#reply(`bdat ${this.#chunks}`, '250 OK') && !line.endsWith('LAST');
  }

  #isDue(/** @type {string} */ step) {
    // RSET comes before MAIL.
    const messages = step === 'rset' ? this.#messages + 1 : this.#messages;
    return this.#armed && step === this.#step && (messages === 0 || messages >= this.#from);
  }

  /** Says what is due, or what is wrong; whether it was accepted. */
  #reply(/** @type {string} */ step, /** @type {string} */ due) {
    if (this.#over) return false;
    if (!this.#isDue(step)) {
      this.#c.say(due);
      return true;
    }
    this.#armed = false;
    this.#over = FAULTS[this.#fault](this.#c, due) === 'over';
    if (this.#step === 'message' && this.#fault === 'silence') this.#c.socket.pause();
    return !/^[45]/.test(this.#fault);
  }
}

module.exports = { FailingServer, FAULTS };
