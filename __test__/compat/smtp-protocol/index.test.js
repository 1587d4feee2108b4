'use strict';
// smtp-protocol's own tests, as they come from npm, against this package. Only the keys of
// `start_tls` are others: 1,024 bits are too few for today's TLS.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { p256 } = require('../../support/certificates.js');

const ROOT = path.join(__dirname, '..', '..', '..');
const TESTS = path.join(path.dirname(require.resolve('smtp-protocol/package.json')), 'test');

/** Where the tests find their `../`, and the modules they were written with. */
function furnish(/** @type {string} */ folder) {
  const require = (/** @type {string} */ target) =>
    `module.exports = require(${JSON.stringify(target)});\n`;
  fs.writeFileSync(path.join(folder, 'index.js'), require(ROOT));
  fs.mkdirSync(path.join(folder, 'node_modules'));
  const tap = require(path.join(ROOT, '__test__', 'support', 'tap.js'));
  fs.writeFileSync(path.join(folder, 'node_modules', 'tap.js'), tap);
  fs.cpSync(TESTS, path.join(folder, 'test'), { recursive: true });
  const { key, cert } = p256();
  for (const [name, pem] of Object.entries({ key, cert, ca: cert })) {
    fs.writeFileSync(path.join(folder, 'test', 'keys', `${name}.pem`), pem);
  }
}

describe('the tests of smtp-protocol', { timeout: 120_000 }, () => {
  /** @type {string} */
  let folder;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-protocol-'));
    furnish(folder);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  for (const name of ['client', 'client_server', 'sequence', 'server', 'start_tls']) {
    test(name, async (t) => {
      const script = path.join(folder, 'test', `${name}.js`);
      let outcome = await run(t, script);
      // They take a port by chance, which somebody may have.
      for (let tries = 1; tries < 4 && /EADDRINUSE/.test(outcome.complaints); tries += 1) {
        outcome = await run(t, script);
      }
      assert.equal(outcome.code, 0, outcome.complaints);
    });
  }
});

/** @param {import('node:test').TestContext} t @param {string} script */
async function run(t, script) {
  const child = spawn(process.execPath, ['--no-deprecation', script], {
    env: { ...process.env, NODE_PATH: path.join(ROOT, 'node_modules') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => child.kill());
  let complaints = '';
  child.stderr.on('data', (bytes) => {
    complaints += bytes;
  });
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(60_000) });
  return { code, complaints };
}
