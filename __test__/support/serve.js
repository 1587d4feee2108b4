'use strict';
// A server for one test, its clients, and a record of what it raised. All of it is gone when the
// test has ended.

const { Client } = require('./client.js');
const { Waiters, within } = require('./wait.js');
const { Server } = require('../../index.js');

const SERVER_EVENTS = ['start', 'stop', 'error'];
const SESSION_EVENTS = [
  'secure',
  'connect',
  'disconnect',
  'timeout',
  'message',
  'response',
  'helo',
  'mail',
  'rcpt',
  'dataStart',
  'dataChunk',
  'data',
];

/**
 * A server that does not listen yet.
 *
 * @param {import('node:test').TestContext} t
 * @param {any} [params]
 * @param {any} [listeners]
 */
function make(t, params, listeners) {
  const server = new Server(params, listeners);
  t.after(() =>
    within(
      server.close({ grace: 1 }).catch(() => {}),
      'the end of the server',
    ),
  );
  return server;
}

/**
 * A server that listens at a free port of 127.0.0.1.
 *
 * @param {import('node:test').TestContext} t
 * @param {any} [params]
 * @param {any} [listeners]
 */
async function serve(t, params = {}, listeners = {}) {
  const where = params.path === undefined ? { port: 0, host: '127.0.0.1' } : {};
  const server = new Server({ ...where, ...params }, listeners);
  /** @type {Client[]} */
  const clients = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await within(server.close({ grace: 1 }), 'the end of the server');
  });
  await within(server.listen(), 'the start of the server');
  const target = params.path ?? server.address().port;
  /** @param {Parameters<typeof Client.connect>[1]} [options] */
  const connect = async (options) => {
    const client = await Client.connect(target, options);
    clients.push(client);
    return client;
  };
  /** Connects and greets. @param {Parameters<typeof Client.connect>[1]} [options] */
  const greeted = async (options) => {
    const client = await connect(options);
    await client.command('EHLO client.example', 250);
    return client;
  };
  return { server, connect, greeted, target };
}

/** What a server raised, in its order. */
class Log {
  #waiters = new Waiters();
  /** @type {{ name: string, self: any, args: any[] }[]} */
  entries = [];

  /**
   * @param {string} name
   * @param {any} self
   * @param {any[]} args
   */
  add(name, self, args) {
    this.entries.push({ name, self, args });
    this.#waiters.wake();
  }

  /**
   * Listeners for all events: each is recorded, then answered by its function here, else by true.
   *
   * @param {Record<string, (this: any, ...args: any[]) => any>} [answers]
   * @param {string[]} [names]
   */
  listeners(answers = {}, names = [...SERVER_EVENTS, ...SESSION_EVENTS]) {
    /** @type {Record<string, any>} */
    const listeners = {};
    const log = this;
    for (const name of new Set([...names, ...Object.keys(answers)])) {
      listeners[name] = function (/** @type {any[]} */ ...args) {
        log.add(name, this, args);
        return answers[name] ? answers[name].apply(this, args) : true;
      };
    }
    return listeners;
  }

  /** Names in order. @param {...string} only */
  names(...only) {
    const names = this.entries.map(({ name }) => name);
    return only.length ? names.filter((name) => only.includes(name)) : names;
  }

  /** The entries of one event. @param {string} name */
  all(name) {
    return this.entries.filter((entry) => entry.name === name);
  }

  /** The first arguments of one event. @param {string} name */
  values(name) {
    return this.all(name).map(({ args }) => args[0]);
  }

  /** Resolves with the n-th entry of an event. @param {string} name @param {number} [n] */
  when(name, n = 1) {
    return this.#waiters.until(
      () => this.all(name)[n - 1],
      () => `event '${name}' number ${n} (so far: ${this.names().join(' ')})`,
    );
  }
}

/** A promise and what settles it. */
function deferred() {
  /** @type {(value?: any) => void} */
  let resolve = () => {};
  /** @type {(error: any) => void} */
  let reject = () => {};
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

module.exports = { Client, Log, SESSION_EVENTS, Server, deferred, make, serve, within };
