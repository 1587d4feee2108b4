'use strict';
// Stands before a program from the documents: its servers listen on free ports of loopback, whatever
// port they name, and its clients reach those, or else the server of the test. It tells the test
// where servers listen, and ends when it is told to.

const net = require('node:net');
const addon = require('../../src/js/engine/addon.js').addon();

const TARGET = Number(process.env.DOCUMENT_TARGET);
/** Where servers of this process listen in truth, by the port that they name. @type {Map<unknown, number>} */
const ports = new Map();
const INBOX = Number(process.env.DOCUMENT_INBOX);
ports.set(INBOX, INBOX);

const { NativeClient, NativeServer } = addon;
const { listen } = NativeServer.prototype;
const { connect } = net;

/** @this {InstanceType<typeof NativeServer>} */
NativeServer.prototype.listen = function (address, port) {
  if (port === undefined || port === null) return listen.call(this, address, port);
  const failure = listen.call(this, '127.0.0.1', 0);
  const bound = this.address()?.port;
  // Programs that were told the true one mean it.
  if (bound) ports.set(port, bound).set(bound, bound);
  process.send?.({ port: bound });
  return failure;
};

const here = (/** @type {unknown} */ port) => ports.get(port) ?? TARGET;

Object.defineProperty(addon, 'NativeClient', {
  value: class extends NativeClient {
    /** @param {any} border @param {any} settings */
    constructor(border, settings) {
      const { port, tls } = settings;
      super(border, {
        ...settings,
        host: '127.0.0.1',
        port: here(port),
        exchanges: false,
        tls: tls === 'none' ? 'none' : 'opportunistic',
        ca: undefined,
        rejectUnauthorized: false,
      });
    }
  },
});

net.connect = /** @type {any} */ (
  (/** @type {any} */ options, /** @type {any[]} */ ...rest) =>
    typeof options === 'object' && options.port !== undefined
      ? connect({ ...options, host: '127.0.0.1', port: here(options.port) }, ...rest)
      : connect(options, ...rest)
);

process.on('message', () => process.exit());
process.channel?.unref();
