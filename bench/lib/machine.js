'use strict';
// Where the figures come from, and the two cores that the targets are meant for.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./package.js');
const { ask } = require('./processes.js');

const CORES = 2;
/** Looks and touches nothing, not even the index. */
const QUIET_GIT = ['-C', ROOT, '--no-optional-locks'];

/** Versions and hardware, to be kept with the figures. */
function describe() {
  const { version } = require('smtp-server/package.json');
  const { version: protocol } = require('smtp-protocol/package.json');
  const { version: tester } = require('smtp-tester/package.json');
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: ask('git', [...QUIET_GIT, 'describe', '--always', '--dirty']) ?? 'unknown',
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: Math.min(os.availableParallelism(), CORES),
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    'smtp-server': version,
    'smtp-protocol': protocol,
    'smtp-tester': tester,
    maildev: versionIn('maildev'),
    postfix: ask('postconf', ['-d', '-h', 'mail_version']) ?? 'not installed',
  };
}

/** For packages whose package.json cannot be required. @param {string} name */
function versionIn(name) {
  const file = path.join(__dirname, '..', 'node_modules', name, 'package.json');
  return JSON.parse(fs.readFileSync(file, 'utf8')).version;
}

/**
 * Keeps this process, and so all that it starts, on two cores.
 *
 * @returns {string | undefined} what to say if there are more and that was not possible
 */
function useTwoCores() {
  if (os.availableParallelism() <= CORES) return undefined;
  const cores = process.platform === 'linux' ? allowedCores().slice(0, CORES).join(',') : '';
  if (cores && ask('taskset', ['-a', '-c', '-p', cores, String(process.pid)]) !== undefined) {
    return `everything runs on the cores ${cores}, as the targets are for two`;
  }
  return `the targets are for ${CORES} cores; all ${os.availableParallelism()} are in use here`;
}

/** Numbers of the cores that this process may use, from a list such as `0-3,8`. */
function allowedCores() {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  const list = status.match(/^Cpus_allowed_list:\s*(\S+)/m)?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

module.exports = { describe, useTwoCores };
