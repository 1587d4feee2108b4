'use strict';
// A secret that is held against what a client shows at a login, or has proved: the verdict on the login
// waits for that.

class Proof {
  #handle;
  /** What `verify` waits for, if it does. @type {{ promise: Promise<boolean>, resolve: (isRight: boolean) => void } | undefined} */
  #verifying;
  /** A verdict that waits for it. @type {(() => void) | undefined} */
  #held;
  /** Whether a verdict was given. */
  #isOver = false;
  /** Whether a secret was given at all. */
  wasTried = false;
  /** Whether the last one was the client's. */
  isRight = false;

  /** @param {{ verify(password?: string, keys?: any): void }} handle the session's */
  constructor(handle) {
    this.#handle = handle;
  }

  /**
   * Has the engine hold a secret against it, one at a time.
   *
   * @param {ReturnType<typeof import('./secrets.js').secretOf>} secret
   * @returns {Promise<boolean>} false where a verdict was given before
   */
  async verify({ password, keys }) {
    while (this.#verifying) await this.#verifying.promise;
    if (this.#isOver || this.#held) return false;
    this.wasTried = true;
    let resolve = (/** @type {boolean} */ _isRight) => {};
    const promise = new Promise((/** @type {typeof resolve} */ done) => {
      resolve = done;
    });
    this.#verifying = { promise, resolve };
    this.#handle.verify(password, keys);
    return promise;
  }

  /** The engine says what came of it, and asks again. @param {boolean} isRight */
  proved(isRight) {
    this.isRight = isRight;
    this.#settle(isRight);
    const held = this.#held;
    this.#held = undefined;
    if (held) this.give(held);
  }

  /** Nothing comes of it any more. */
  end() {
    this.#isOver = true;
    this.#held = undefined;
    this.#settle(false);
  }

  #settle(/** @type {boolean} */ isRight) {
    const verifying = this.#verifying;
    this.#verifying = undefined;
    verifying?.resolve(isRight);
  }

  /** Gives a verdict, once the engine asks for it. */
  give(/** @type {() => void} */ verdict) {
    if (this.#verifying) {
      this.#held = verdict;
      return;
    }
    this.#isOver = true;
    verdict();
  }
}

module.exports = { Proof };
