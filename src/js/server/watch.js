'use strict';
// A listener that returns nothing and never decides stalls its client until `listenerTimeout`: the
// process is told once for each event. One question of an event is watched at a time, so that
// listeners that decide by a callback cost no timer each.

const { setTimeout } = require('node:timers');

const PATIENCE_MS = 5_000;

/** Events of which one is watched, or that were told of. @type {Set<string>} */
const watched = new Set();

/** Watches a question whose listener has returned a falsy value. */
function watch(/** @type {InstanceType<typeof import('./question.js').Question>} */ question) {
  const { event } = question;
  if (watched.has(event) || event === 'timeout') return;
  watched.add(event);
  const look = () => {
    if (question.is(event)) warn(event);
    else watched.delete(event);
  };
  setTimeout(look, PATIENCE_MS).unref();
}

function warn(/** @type {string} */ event) {
  const seconds = PATIENCE_MS / 1_000;
  process.emitWarning(
    `the listener of '${event}' has given no verdict for ${seconds} s, and its client waits: ` +
      'return true or a promise, or call session.success(), ok() or failure()',
    { type: 'SmtpEngineWarning', code: 'SMTP_WARN_NO_VERDICT' },
  );
}

module.exports = { watch };
