'use strict';
// smtp-protocol's server, on the engine: `createServer`, and `client` over a stream of the
// program's.

const os = require('node:os');
const { inspect } = require('node:util');
const { EngineServer } = require('../../engine/engine-server.js');
const { ENGINE_PARAMS, merge } = require('../../options/server.js');
const { NetServer } = require('../shared/net-server.js');
const { Conversation, WANTED } = require('./conversation.js');
const { carry } = require('./stream-bridge.js');

/** What the original leaves without a limit, stays so; the engine's defaults have the rest. */
const DEFAULTS = {
  size: 0,
  maxRecipients: 0,
  maxBadCommands: 0,
  lineFeeds: true,
  extensions: ['STARTTLS'],
};
const TLS_OPTIONS = ['ca', 'passphrase', 'requestCert', 'rejectUnauthorized', 'sni'];
const TLS_VERSIONS = ['minVersion', 'maxVersion'];

/**
 * A server with the interface of `net.Server`.
 *
 * @param {any} [domain] what it calls itself, or options
 * @param {(request: any) => void} [callback] is called with each client
 * @returns {InstanceType<typeof NetServer>}
 * @throws {TypeError | RangeError} naming the option and its value
 */
function createServer(domain, callback) {
  const isCallback = typeof domain === 'function';
  const options = optionsOf(isCallback ? undefined : domain);
  const connected = isCallback ? domain : callback;
  if (connected !== undefined && typeof connected !== 'function') {
    throw new TypeError(`createServer takes a function as its last, not ${inspect(connected)}`);
  }
  const config = configOf(options);
  const server = new NetServer(config, 'smtp-protocol', WANTED, (slot, ends) => {
    const conversation = new Conversation({
      isSecure: config.secure,
      replies: server.replies,
      connected: (/** @type {any} */ request) => {
        if (server.admits(request.socket)) connected?.(request);
      },
    });
    conversation.attach(slot, ends);
    return conversation;
  });
  return server;
}

/**
 * The server's side of a stream that is connected.
 *
 * @param {any} options as those of `createServer`; they may be left out
 * @param {import('node:stream').Duplex} [stream]
 * @returns {any} the client, as `createServer` gives it
 */
function client(options, stream) {
  const [given, socket] = stream === undefined ? [undefined, options] : [options, stream];
  if (typeof socket?.on !== 'function' || typeof socket.write !== 'function') {
    throw new TypeError(`protocol.client takes a stream, not ${inspect(socket)}`);
  }
  const config = configOf(optionsOf(given));
  /** @type {InstanceType<typeof Conversation>} */
  let conversation;
  const engine = new EngineServer(config, 'smtp-protocol', {
    open: (slot, ends) => {
      conversation.attach(slot, ends);
      return conversation;
    },
    stopped: () => {},
    failed: () => {},
  });
  conversation = new Conversation({
    isSecure: config.secure,
    replies: engine.replies,
    connected: () => {},
    socket,
  });
  engine.setInterest(WANTED);
  carry(engine, socket);
  return conversation.request;
}

function optionsOf(/** @type {any} */ given) {
  if (given === undefined || given === null) return {};
  if (typeof given === 'string') return { domain: given };
  if (typeof given === 'object') return given;
  throw new TypeError(`a server takes a domain or options, not ${inspect(given)}`);
}

/** The engine's parameters. */
function configOf(/** @type {any} */ options) {
  if (options.tls && !(options.key && options.cert)) {
    throw new TypeError('options.tls needs options.key and options.cert');
  }
  if (options.pfx || options.SNICallback) {
    throw new TypeError('options.pfx and options.SNICallback are not supported: see key and sni');
  }
  const own = ENGINE_PARAMS.filter((name) => options[name] !== undefined);
  return merge(
    {
      ...DEFAULTS,
      ...Object.fromEntries(own.map((name) => [name, options[name]])),
      name: options.domain || os.hostname(),
      tls: options.key && options.cert ? keysOf(options) : undefined,
      secure: Boolean(options.tls),
    },
    'options',
  );
}

function keysOf(/** @type {any} */ options) {
  const given = TLS_OPTIONS.filter((name) => options[name] !== undefined);
  const versions = TLS_VERSIONS.filter((name) => options[name]);
  return {
    ...Object.fromEntries([...given, ...versions].map((name) => [name, options[name]])),
    // Those of tls.createServer may stand in arrays.
    key: [options.key].flat()[0],
    cert: [options.cert].flat()[0],
  };
}

module.exports = { client, createServer };
