'use strict';
// A session of the engine behind a stream of the program's: bytes are carried both ways.

const { Buffer } = require('node:buffer');
const { hold, release } = require('../../engine/border.js');

/**
 * Serves the client behind `stream`, and keeps the process alive while something is under way; all
 * other times are the stream's own.
 *
 * @param {InstanceType<typeof import('../../engine/engine-server.js').EngineServer>} engine
 * @param {any} stream
 */
function carry(engine, stream) {
  let isHolding = true;
  let isPaused = false;
  let isOver = false;
  let isFull = false;
  const pipe = engine.adopt(run);
  hold();

  function run() {
    // What is not taken brakes the session.
    if (isFull) return;
    const { bytes, hasRoom, idle, closed } = pipe.take();
    // Before the write: the client may answer it at once, and then this is true no more.
    if (idle) rest();
    if (hasRoom && isPaused) {
      isPaused = false;
      stream.resume?.();
    }
    if (bytes && stream.writable !== false && stream.write(bytes) === false) {
      isFull = true;
      stream.once('drain', drained);
    }
    if (closed && !isOver) {
      isOver = true;
      stream.end?.();
    }
  }

  function drained() {
    isFull = false;
    run();
  }

  function rest() {
    if (isHolding) release();
    isHolding = false;
  }

  stream.on('data', (/** @type {any} */ chunk) => {
    if (isOver) return;
    if (!isHolding) hold();
    isHolding = true;
    if (pipe.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)) return;
    isPaused = true;
    stream.pause?.();
  });
  stream.on('end', () => pipe.end());
  const gone = () => {
    isFull = false;
    pipe.destroy();
    run();
  };
  stream.on('close', gone);
  stream.on('error', gone);
  if (stream.destroyed) process.nextTick(gone);
}

module.exports = { carry };
