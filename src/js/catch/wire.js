'use strict';
// What a process and an inbox in another one tell each other, as values of JSON: what a mail has to be, a rule
// of failure, a mail, and which mails were given out.

const { types } = require('node:util');
const { Mail } = require('./mail.js');
const { read } = require('./reading.js');

/** @typedef {{ id: number, envelope: any, session: any, receivedAt: string }} MailHead */
/** Ids from the first to the last. @typedef {[number, number][]} Ranges */

/**
 * What can be said to another process of a match: strings and RegExps. A function cannot, so all mails are
 * asked for.
 *
 * @param {any} match that makes sense
 */
function matchToWire(match) {
  if (typeof match !== 'object' || match === null) return undefined;
  return mapped(match, (value, name) =>
    name === 'header' && value ? mapped(value, patternToWire) : patternToWire(value),
  );
}

/** @param {any} wire @throws {SyntaxError} for a RegExp that is none here */
function matchFromWire(wire) {
  if (typeof wire !== 'object' || wire === null) return wire ?? undefined;
  return mapped(wire, (value, name) =>
    name === 'header' && typeof value === 'object' && value !== null
      ? mapped(value, patternFromWire)
      : patternFromWire(value),
  );
}

/** @param {any} rule whose match is no function */
function ruleToWire({ match, times, ...rest }) {
  return {
    ...rest,
    ...(match === undefined ? {} : { match: patternToWire(match) }),
    ...(times === undefined ? {} : { times: times === Infinity ? 'Infinity' : times }),
  };
}

/** @param {any} wire @throws {SyntaxError} for a RegExp that is none here */
function ruleFromWire({ match, times, ...rest }) {
  return {
    ...rest,
    ...(match === undefined ? {} : { match: patternFromWire(match) }),
    ...(times === undefined ? {} : { times: times === 'Infinity' ? Infinity : times }),
  };
}

/** A mail but for its bytes. @param {InstanceType<typeof Mail>} mail @returns {MailHead} */
function mailToWire({ id, envelope, session, receivedAt }) {
  const { helo, user, tls, remoteAddress, transcript } = /** @type {any} */ (session);
  return {
    id,
    envelope,
    session: { helo, user, tls, remoteAddress, transcript },
    receivedAt: receivedAt.toISOString(),
  };
}

/** @param {MailHead} head @param {Buffer} raw */
async function mailFromWire({ id, envelope, session, receivedAt }, raw) {
  const come = { raw, envelope, session, receivedAt: new Date(receivedAt) };
  return new Mail(id, come, await read(raw));
}

/** @param {Iterable<number>} ids @returns {Ranges} */
function rangesOf(ids) {
  /** @type {Ranges} */
  const ranges = [];
  for (const id of [...ids].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last && id <= last[1] + 1) last[1] = id;
    else ranges.push([id, id]);
  }
  return ranges;
}

/** @param {Ranges} ranges in their order @param {number} id */
function isInRanges(ranges, id) {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle][1] < id) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low][0] <= id;
}

/** @param {any} value */
function patternToWire(value) {
  if (!types.isRegExp(value)) return value;
  return { source: value.source, flags: value.flags };
}

/** @param {any} value */
function patternFromWire(value) {
  const { source, flags } = value ?? {};
  const isPattern = typeof source === 'string' && typeof flags === 'string';
  return isPattern ? new RegExp(source, flags) : value;
}

/** @param {object} record @param {(value: any, name: string) => any} change */
function mapped(record, change) {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value, name)]),
  );
}

module.exports = {
  isInRanges,
  mailFromWire,
  mailToWire,
  matchFromWire,
  matchToWire,
  rangesOf,
  ruleFromWire,
  ruleToWire,
};
