'use strict';
// What every session of another package's interface has of the engine: its link, its socket, and what
// that tells of TLS.

const { Link } = require('./session-handle.js');
const { Secure } = require('./tls-state.js');
const { ClientSocket } = require('./client-socket.js');

class ClientEnd {
  /** Recipients, as the engine counts them. */
  envelope = { count: 0 };
  link = new Link(-1, this.envelope);
  /** @type {InstanceType<typeof ClientSocket> | undefined} */
  socket;
  #isTls = false;
  /** @type {InstanceType<typeof Secure> | undefined} */
  #secure;

  /** The engine tells of it for the first time. @param {number} slot @param {string[]} ends */
  attach(slot, ends) {
    this.link = new Link(slot, this.envelope);
    this.socket = new ClientSocket(this, ends);
  }

  // What its socket asks for.

  end() {
    this.link.end();
  }

  destroy() {
    this.link.destroy();
  }

  write(/** @type {string} */ text) {
    this.link.write(text);
  }

  setIdle(/** @type {number} */ milliseconds) {
    this.link.setIdle(milliseconds);
  }

  isTls() {
    return this.#isTls;
  }

  secure() {
    if (this.#isTls && this.#secure === undefined) {
      const state = this.link.secureState();
      if (state) this.#secure = new Secure(state);
    }
    return this.#secure;
  }

  hostname() {
    return this.link.isAlive ? this.link.hostname() : undefined;
  }

  // For the interface.

  set isSecure(/** @type {boolean} */ isSecure) {
    this.#isTls = isSecure;
  }

  /**
   * What a record brings. `head` holds its flags, `at` is where it stands, `index` its place in
   * the batch.
   */
  receive(
    /** @type {number} */ kind,
    /** @type {number} */ head,
    /** @type {number} */ at,
    /** @type {number} */ index,
  ) {
    this.link.begin(index);
    try {
      this.handle(kind, head, at);
    } catch (error) {
      this.threw(error);
    } finally {
      this.link.finish();
    }
  }

  /** The interface's own. @param {number} _kind @param {number} _head @param {number} _at */
  handle(_kind, _head, _at) {}

  /** A listener threw: the program hears of it, as from any emitter. @param {unknown} error */
  threw(error) {
    process.nextTick(() => {
      throw error;
    });
  }

  /** The session is over; the engine forgets it with this record. */
  over() {
    this.secure();
    this.link.isAlive = false;
  }
}

module.exports = { ClientEnd };
