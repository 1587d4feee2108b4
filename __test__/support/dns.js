'use strict';
// A DNS server on loopback for one test: it answers what it is told to.

const dgram = require('node:dgram');
const { once } = require('node:events');
const packet = require('dns-packet');
const { Waiters } = require('./wait.js');

const NXDOMAIN = 3;

/** The name under which an IPv4 address has its names. @param {string} address */
const reverse = (address) => `${address.split('.').reverse().join('.')}.in-addr.arpa`;

class DnsServer {
  #waiters = new Waiters();
  #socket = dgram.createSocket('udp4');
  /** Questions so far, as 'PTR 1.0.0.127.in-addr.arpa'. @type {string[]} */
  questions = [];

  /**
   * @param {import('node:test').TestContext} t
   * @param {(question: string, query: any) => any} answer the data of the
   * answers, none for NXDOMAIN; bytes are sent as they are, undefined is silence
   */
  static async start(t, answer) {
    const server = new DnsServer();
    server.#socket.on('message', async (bytes, { port, address }) => {
      const query = packet.decode(bytes);
      const [{ type, name }] = query.questions ?? [];
      const question = `${type} ${name.toLowerCase()}`;
      server.questions.push(question);
      server.#waiters.wake();
      const data = await answer(question, query);
      if (data === undefined) return;
      const reply = Buffer.isBuffer(data) ? data : server.#encode(query, data);
      server.#socket.send(reply, port, address);
    });
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    t.after(() => server.#socket.close());
    return server;
  }

  #encode(query, data) {
    const [{ type, name }] = query.questions;
    return packet.encode({
      type: 'response',
      id: query.id,
      flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (data.length ? 0 : NXDOMAIN),
      questions: query.questions,
      answers: data.map((text) => ({ type, name, class: 'IN', ttl: 60, data: text })),
    });
  }

  get address() {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** Resolves when so many questions were asked. @param {number} count */
  asked(count) {
    return this.#waiters.until(
      () => this.questions.length >= count,
      () => `${count} questions (so far: ${this.questions.join(', ')})`,
    );
  }
}

module.exports = { DnsServer, reverse };
