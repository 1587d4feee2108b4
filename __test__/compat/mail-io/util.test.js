'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { Util } = require('../../../src/js/compat/mail-io/util.js');
const { within } = require('../../support/wait.js');

describe('a queue', () => {
  /** One that is finished by hand, and what it runs. @param {number} [concurrency] */
  function queue(concurrency) {
    /** @type {any[]} */
    const running = [];
    /** @type {(() => void)[]} */
    const done = [];
    const made = Util.queue({ concurrency }, (task, finish) => {
      running.push(task);
      done.push(() => finish());
    });
    return { queue: made, running, done };
  }

  test('runs so many at once, in their order', () => {
    const { queue: made, running, done } = queue(2);
    for (const task of [1, 2, 3, 4]) made.schedule(0, task);
    assert.deepEqual(running, [1, 2]);
    done[0]();
    done[0]();
    assert.deepEqual(running, [1, 2, 3]);
    done[1]();
    assert.deepEqual(running, [1, 2, 3, 4]);
    assert.deepEqual([made.tasks.length, made.running.length], [0, 2]);
  });

  test('runs a task when its time has come, and not before', async (t) => {
    const held = setInterval(() => {}, 1_000);
    t.after(() => clearInterval(held));
    const ran = new Promise((resolve) => {
      const made = Util.queue({}, (task) => resolve([task, Date.now()]));
      made.schedule(30, 'late');
      assert.equal(made.tasks.length, 1);
    });
    const before = Date.now();
    const [task, at] = await within(ran, 'the task');
    assert.equal(task, 'late');
    assert.ok(at - before >= 29);
  });

  test('that is killed runs nothing more', async () => {
    const { queue: made, running } = queue();
    made.schedule(1, 'x');
    made.kill();
    made.schedule(0, 'y');
    await turn();
    assert.deepEqual([running, made.tasks], [[], []]);
  });
});

test('files are read, written, listed and removed', async (t) => {
  const at = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-util-'));
  t.after(() => fs.rmSync(at, { recursive: true, force: true }));
  const folder = path.join(at, 'a', 'b');
  const file = path.join(folder, 'file');
  await Util.mkdirp(folder);
  await Util.writeFile(file, 'ü');
  assert.deepEqual([await Util.readFile(file), await Util.readDir(folder)], ['ü', ['file']]);
  assert.equal(await Util.exists(file), true);
  await Util.unlink(file);
  assert.equal(await Util.exists(file), false);
});

test('names are looked up', async (t) => {
  const dns = require('node:dns');
  t.mock.method(dns.promises, 'resolve', async (/** @type {any[]} */ ...args) => args);
  assert.deepEqual(await Util.resolveDNS('x.example', 'MX'), ['x.example', 'MX']);
});
