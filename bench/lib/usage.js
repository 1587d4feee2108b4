'use strict';
// What a process has used, from Linux' /proc; elsewhere there are no such figures.

const fs = require('node:fs');
const { ask } = require('./processes.js');

const isKnown = process.platform === 'linux';
const ticksPerSecond = isKnown ? Number(ask('getconf', ['CLK_TCK']) ?? 100) : 100;

/** Clock ticks of a process in user and kernel mode; then those of its children that ended. */
function ticks(/** @type {number} */ pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the command, in parentheses, may hold anything. After it: state, ppid, ...
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map(Number);
}

/** Processor time of all threads in microseconds, NaN where it is not known. */
function cpuMicroseconds(/** @type {number} */ pid) {
  if (!isKnown) return Number.NaN;
  const [user, system] = ticks(pid);
  return ((user + system) / ticksPerSecond) * 1e6;
}

/**
 * Begins to watch what else keeps the machine busy: without that, figures cannot be trusted.
 *
 * @returns {() => { others: number, stolen: number }} the shares of all processor time since then
 *   that went to processes which are not the benchmark's, and to other guests of the host
 */
function watchOthers() {
  if (!isKnown) return () => ({ others: Number.NaN, stolen: Number.NaN });
  const look = () => {
    const line = fs.readFileSync('/proc/stat', 'utf8').split('\n', 1)[0];
    const all = line.trim().split(/\s+/).slice(1, 9).map(Number);
    const [user, nice, system, , , , , stolen] = all;
    const ours = ticks(process.pid).reduce((sum, count) => sum + count);
    return { total: all.reduce((sum, n) => sum + n), others: user + nice + system - ours, stolen };
  };
  const before = look();
  return () => {
    const after = look();
    const total = after.total - before.total;
    return {
      others: Math.max(0, (after.others - before.others) / total),
      stolen: (after.stolen - before.stolen) / total,
    };
  };
}

/** Resident memory in bytes, now and at its peak; NaN where it is not known. */
function memory(/** @type {number} */ pid) {
  if (!isKnown) return { residentBytes: Number.NaN, peakBytes: Number.NaN };
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (/** @type {string} */ name) =>
    Number(status.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))?.[1]) * 1024;
  return { residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

/** How many files a process may open, or Infinity where it is not known. */
function openFilesLimit(/** @type {number} */ pid) {
  if (!isKnown) return Number.POSITIVE_INFINITY;
  const limits = fs.readFileSync(`/proc/${pid}/limits`, 'utf8');
  return Number(limits.match(/^Max open files\s+(\d+)/m)?.[1] ?? Number.POSITIVE_INFINITY);
}

module.exports = { cpuMicroseconds, isKnown, memory, openFilesLimit, watchOthers };
