'use strict';
// smtpjs' `Server`, on the engine: a schema of events, and replies that are always the same.

require('../../node-version.js');
const { inspect } = require('node:util');
const { merge } = require('../../options/server.js');
const { NetServer } = require('../shared/net-server.js');
const { Connection, WANTED } = require('./connection.js');
const { Logger } = require('./logger.js');
const { parser } = require('./parser.js');

const IP = '127.0.0.1';
const PORT = 1337;

class Server {
  /** Clients that are connected, by id. @type {Record<string, InstanceType<typeof Connection>>} */
  connections = {};
  #server;

  /**
   * A server that listens at once.
   *
   * @param {any} [schema] `{ config: { ip, port, key, cert }, data(), events, logger: { level } }`
   * @param {{ logger?: any }} [dependencies]
   * @throws {TypeError | RangeError} naming what cannot be used
   */
  constructor(schema = {}, dependencies = {}) {
    if (typeof schema !== 'object' || schema === null) {
      throw new TypeError(`schema must be an object, not ${inspect(schema)}`);
    }
    const { ip = IP, port = PORT, ...config } = schema.config ?? {};
    this.schema = schema;
    this.logger = dependencies.logger ?? new Logger(schema.logger);
    this.#server = new NetServer(engineConfig(config), 'mail-io', WANTED, (slot, ends) => {
      const connection = new Connection(this.#context(), slot, ends);
      this.connections[connection.id] = connection;
      connection.socket?.once('close', () => delete this.connections[connection.id]);
      return connection;
    });
    this.#server.listen(port, ip);
    this.logger.log(`Server start on ip: ${ip} port: ${port}`);
  }

  /** @param {any} [schema] @param {{ logger?: any }} [dependencies] */
  static factory(schema, dependencies) {
    return new Server(schema, dependencies);
  }

  /** Reads a line: `{ full, action, params }`. */
  static parser = parser;

  /** The server, with the interface of net.Server. */
  getServer() {
    return this.#server;
  }

  /** Ids of the clients that are connected. */
  list() {
    return Object.keys(this.connections);
  }

  /** What a client has sent. @param {string} id */
  getMail(id) {
    return this.#connection(id)?.getMail();
  }

  /** Takes a line as if a client had sent it. @param {string} id @param {string} line */
  send(id, line) {
    const connection = this.#connection(id);
    if (!connection)
      throw new RangeError(
        `no client has the id ${inspect(id)}: list() has those that are connected`,
      );
    connection.parse(line);
  }

  /** @returns {Promise<number>} */
  getConnectionCount() {
    return new Promise((resolve) => this.#server.getConnections((_, count) => resolve(count)));
  }

  /** @param {string} id */
  removeId(id) {
    delete this.connections[id];
  }

  #connection(/** @type {string} */ id) {
    return Object.hasOwn(this.connections, id) ? this.connections[id] : undefined;
  }

  /** `this` of the events of one client. */
  #context() {
    const { config, data, events } = this.schema;
    return {
      logger: this.logger,
      ...structuredClone(plain(config)),
      ...data?.call(this.schema),
      ...events,
    };
  }
}

/** Without what cannot be cloned. */
const plain = (/** @type {any} */ config = {}) =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => typeof value !== 'function'));

/** TLS from the first byte unless it is for development. */
function engineConfig(/** @type {any} */ { key, cert, lineFeeds }) {
  const NODE_ENV = process.env.NODE_ENV || 'development';
  const limits = { maxRecipients: 0, maxBadCommands: 0, lineFeeds };
  if (NODE_ENV === 'development') return merge({ ...limits, name: 'localhost' });
  if (!key || !cert) {
    throw new TypeError(
      `with NODE_ENV=${NODE_ENV} the server speaks TLS: schema.config needs key and cert in PEM`,
    );
  }
  return merge({ ...limits, name: 'localhost', secure: true, tls: { key, cert } }, 'schema.config');
}

module.exports = Server;
