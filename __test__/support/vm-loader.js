'use strict';
// Runs a script in a vm context of its own, with every module that it requires in that context too,
// but for Node's own modules and addons: what Jest and others do.

const fs = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const SHARED = ['Buffer', 'process', 'console', 'setTimeout', 'clearTimeout', 'setInterval'];
const ALSO = ['clearInterval', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'performance'];
const WEB = ['AbortController', 'AbortSignal', 'URL', 'TextDecoder', 'TextEncoder'];

module.exports = (/** @type {string} */ script) => {
  const names = /** @type {(keyof typeof globalThis)[]} */ ([...SHARED, ...ALSO, ...WEB]);
  const context = vm.createContext(
    Object.fromEntries(names.map((name) => [name, globalThis[name]])),
  );
  /** @type {Map<string, { exports: unknown }>} */
  const modules = new Map();

  function load(/** @type {string} */ file) {
    const known = modules.get(file);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(file, module);
    const text = fs.readFileSync(file, 'utf8');
    if (file.endsWith('.json')) module.exports = vm.runInContext(`(${text})`, context);
    else evaluate(text.replace(/^#!.*/, ''), file, module);
    return module.exports;
  }

  function evaluate(
    /** @type {string} */ text,
    /** @type {string} */ file,
    /** @type {{ exports: unknown }} */ module,
  ) {
    const wrapped = `(function (exports, require, module, __filename, __dirname) { ${text}\n})`;
    const run = vm.runInContext(wrapped, context, { filename: file });
    run(module.exports, requireFrom(file), module, file, path.dirname(file));
  }

  function requireFrom(/** @type {string} */ file) {
    const real = createRequire(file);
    const replaced = (/** @type {string} */ request) => {
      if (isBuiltin(request)) return withRequire(real(request));
      const target = real.resolve(request);
      return target.endsWith('.node') ? real(target) : load(target);
    };
    return Object.assign(replaced, { resolve: real.resolve });
  }

  /** `node:module` gives modules of the context as well. */
  function withRequire(/** @type {any} */ builtin) {
    return builtin.createRequire ? { ...builtin, createRequire: requireFrom } : builtin;
  }

  evaluate(script, path.join(process.cwd(), 'script.js'), { exports: {} });
};
