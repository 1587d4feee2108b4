'use strict';
// All waits on an inbox in another process, which end together.

const { RemoteWait } = require('./remote-wait.js');
const { closed } = require('./waiting.js');

class RemoteWaits {
  link;
  /** Milliseconds that the inbox may be gone for those who have no time of their own. */
  patience;
  #isClosed = false;
  /** @type {Set<InstanceType<typeof RemoteWait<any>>>} */
  #open = new Set();

  /** @param {InstanceType<typeof import('./remote-link.js').Link>} link that has met the inbox @param {number} patience */
  constructor(link, patience) {
    this.link = link;
    this.patience = patience;
  }

  /** How many there are. */
  get count() {
    return this.#open.size;
  }

  /**
   * @template T
   * @param {(instance?: string) => object} request
   * @param {import('./remote-wait.js').Look<T>} look
   * @param {import('./remote-wait.js').Limits} limits
   * @param {import('./remote-wait.js').Cursor} [cursor]
   * @returns {InstanceType<typeof RemoteWait<T>>}
   * @throws {Error} an AbortError once they have been ended
   */
  begin(request, look, limits, cursor) {
    if (this.#isClosed) throw closed();
    const start = cursor ?? { after: 0, instance: this.link.hello.instance };
    /** @type {InstanceType<typeof RemoteWait<T>>} */
    const wait = new RemoteWait(this.link, request, look, limits, start);
    this.#open.add(wait);
    const end = () => this.#open.delete(wait);
    wait.result.then(end, end);
    return wait;
  }

  /** Ends all of them. */
  close() {
    this.#isClosed = true;
    for (const wait of this.#open) wait.fail(closed());
  }
}

module.exports = { RemoteWaits };
