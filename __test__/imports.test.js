'use strict';
// What `require` of a file does: it builds nothing, and needs no other file to have been loaded first.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, runNode } = require('./support/child.js');

const JS = path.join(ROOT, 'src', 'js');
/** What runs in a browser. */
const PAGE = path.join(JS, 'catch-page');
const FILES = fs
  .readdirSync(JS, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.js'))
  .map((name) => path.join(JS, name))
  .filter((file) => path.dirname(file) !== PAGE);

/** Has addons refused, then prints what there is once a file has been required. */
const SCRIPT = `
  process.dlopen = () => { throw new Error('an addon is loaded'); };
  const made = [];
  for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
    const timer = globalThis[name];
    globalThis[name] = (...args) => { made.push(name); return timer(...args); };
  }
  // Node's own opens standard input.
  require('node:repl');
  const before = process.getActiveResourcesInfo().length;
  for (const file of process.argv.slice(1)) {
    require(file);
    const left = process.getActiveResourcesInfo().length - before;
    if (made.length > 0 || left > 0) console.log(file, made.splice(0), left);
  }
  console.log('all', process.argv.length - 1);
`;

test('every file of src/js is imported where no addon can be loaded, and starts nothing', async (t) => {
  assert.ok(FILES.length > 80, 'the files are found');
  const child = runNode(t, SCRIPT, ...FILES);
  assert.equal(await child.line(), `all ${FILES.length}`);
  assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
});

test('no file asks the globals for time when it is called: fake timers of a test may stand there', () => {
  const names = /(?<![.\w#])(?:setTimeout|setInterval|setImmediate|queueMicrotask)(?=\()/g;
  const late = FILES.flatMap((file) => {
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    const code = lines.filter((line) => !/^ *(?:\/\/|\/?\*)/.test(line)).join('\n');
    // Of node:timers, or of a file of ours that took them there.
    const own = [...code.matchAll(/^const \{([^}]*)\} = require\('(?:node:timers|\.[^']*)'\);/gm)];
    const taken = own.flatMap(([, list]) => list.split(',').map((name) => name.trim()));
    const methods = [...code.matchAll(/^ +(\w+)\(.*\) \{$/gm)].map(([, name]) => name);
    const called = [...code.matchAll(names)].map(([name]) => name);
    const ticks = code.match(/\bprocess\.nextTick\b/g) ?? [];
    const asked = called.filter((name) => !taken.includes(name) && !methods.includes(name));
    return [...asked, ...ticks].map((name) => `${name} in ${path.relative(JS, file)}`);
  });
  assert.deepEqual(late, []);
});

test('whoever starts something at once is found', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'imports-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const timer = path.join(folder, 'timer.js');
  fs.writeFileSync(timer, 'setInterval(() => {}, 1000).unref();');
  assert.match(await runNode(t, SCRIPT, timer).line(), /timer\.js.*setInterval/);
  const native = path.join(folder, 'native.js');
  fs.writeFileSync(native, "process.dlopen({ exports: {} }, 'x.node');");
  const { code, errors } = await runNode(t, SCRIPT, native).ended();
  assert.deepEqual([code, /an addon is loaded/.test(errors)], [1, true]);
});
