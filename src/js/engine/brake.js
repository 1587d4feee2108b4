'use strict';
// The brake of a message that a program reads as it comes: while it is on, nothing more of the message
// is taken from the client.

/** Bytes that wait for a reader before the client is braked. */
const HIGH_WATER_MARK = 256 * 1_024;

class Brake {
  #isOn = false;
  #pause;

  /** @param {(on: boolean) => void} pause tells the engine */
  constructor(pause) {
    this.#pause = pause;
  }

  /** Pulls the brake or lets it go. The engine hears of changes alone. @param {boolean} on */
  set(on) {
    if (this.#isOn === on) return;
    this.#isOn = on;
    this.#pause(on);
  }
}

module.exports = { Brake, HIGH_WATER_MARK };
