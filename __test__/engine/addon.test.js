'use strict';
// What `require` says where the addon cannot be used, and where else it has to work.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');

const { PLATFORMS, platform } = require('../../src/js/engine/platforms.js');

const HERE = platform();
const MANIFEST = JSON.parse(fs.readFileSync(path.join(ROOT, 'addon', 'package.json'), 'utf8'));
const ENTRIES = Object.values(require('../../package.json').exports)
  .map((entry) => typeof entry === 'object' && entry.default)
  .filter((entry) => entry !== false);

/** The permission model, by its name of today or the one before. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Receives a mail from itself and prints how many bytes it had. */
const ROUND_TRIP = `
  const server = new Server({ host: '127.0.0.1', port: 0 }, {
    start() {
      const { port } = server.address();
      Client.send({ host: '127.0.0.1', port }, { from: 'a@x', to: 'b@x' }, Buffer.from('Subject: x\\r\\n\\r\\nHello\\r\\n'))
        .then(() => server.stop());
    },
    data(text) { console.log('bytes', text.length); return true; },
  });
  server.start();
`;

/** An installed package, and its addon in the package of its own. */
function install(/** @type {import('node:test').TestContext} */ t, name = 'project') {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-addon-'));
  t.after(() => fs.rmSync(parent, { recursive: true, force: true }));
  const folder = path.join(parent, name);
  const modules = path.join(folder, 'node_modules');
  const main = path.join(modules, 'smtp-engine');
  const addon = path.join(modules, MANIFEST.name);
  for (const file of ['index.js', 'package.json', 'src/js']) {
    fs.cpSync(path.join(ROOT, file), path.join(main, file), { recursive: true });
  }
  fs.cpSync(path.join(ROOT, 'addon'), addon, { recursive: true });
  return { folder, main, addon, file: path.join(addon, MANIFEST.main) };
}

function change(/** @type {string} */ file, /** @type {Record<string, unknown>} */ properties) {
  const manifest = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(file, JSON.stringify({ ...manifest, ...properties }));
}

function run(
  /** @type {string} */ cwd,
  /** @type {string} */ script,
  { flags = /** @type {string[]} */ ([]), ...options } = {},
) {
  const args = [...flags, '-e', script];
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8', timeout: 30_000, ...options });
}

/** The error of `require`, which has to be one. */
function refusal(
  /** @type {string} */ cwd,
  { before = '', entry = 'smtp-engine', flags = /** @type {string[]} */ ([]) } = {},
) {
  const load = `try { require('${entry}') } catch ({ code, message, cause }) {
    console.log(JSON.stringify({ code, message, cause: cause?.code })) }`;
  const { status, stdout, stderr } = run(cwd, `${before};${load}`, { flags });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

const elsewhere = (/** @type {string} */ os, arch = process.arch) =>
  `Object.defineProperties(process, { platform: { value: '${os}' }, arch: { value: '${arch}' } })`;

describe('an addon that cannot be used', { timeout: 120_000 }, () => {
  test('is not installed', (t) => {
    const { folder, addon } = install(t);
    fs.rmSync(addon, { recursive: true });
    const { code, message } = refusal(folder);
    assert.equal(code, 'SMTP_ERR_ADDON');
    assert.ok(message.includes(`the package smtp-engine-${HERE} is not installed`), message);
    assert.match(message, /npm install --include=optional/);
  });

  test('does not exist for the platform', (t) => {
    const { folder } = install(t);
    const { code, message } = refusal(folder, { before: elsewhere('freebsd') });
    assert.equal(code, 'SMTP_ERR_ADDON');
    assert.ok(message.includes(`there is none for freebsd-${process.arch}, only for`), message);
    for (const name of PLATFORMS) assert.ok(message.includes(name), name);
    assert.match(message, /install Rust \(https:\/\/rustup\.rs\) and run 'npm install'/);
  });

  test('was installed for another platform', (t) => {
    const { folder } = install(t);
    const { message } = refusal(folder, { before: elsewhere('darwin', 'arm64') });
    assert.match(message, /the package smtp-engine-darwin-arm64 is not installed.*on the platform/);
  });

  test('has not been built', (t) => {
    const { folder, main, addon } = install(t);
    fs.rmSync(addon, { recursive: true });
    fs.writeFileSync(path.join(main, 'Cargo.toml'), '');
    const { message } = refusal(folder);
    assert.match(message, /a checkout of its source that has not been built.*'npm install'/);
  });

  test('lacks its file', (t) => {
    const { folder, file } = install(t);
    fs.rmSync(file);
    const { code, message } = refusal(folder);
    assert.equal(code, 'SMTP_ERR_ADDON');
    assert.ok(message.includes(`${file} is missing`), message);
  });

  // Loaded, it would end the process by SIGBUS.
  for (const part of [0, 0.5, 0.999]) {
    test(`is truncated to ${part}`, (t) => {
      const { folder, file } = install(t);
      const bytes = Math.floor(MANIFEST.size * part);
      fs.truncateSync(file, bytes);
      const { code, message } = refusal(folder);
      assert.equal(code, 'SMTP_ERR_ADDON');
      assert.ok(message.includes(`${file} has ${bytes} bytes of ${MANIFEST.size}`), message);
      assert.match(message, /Install it again: remove node_modules/);
    });
  }

  test('has a package.json that cannot be read', (t) => {
    const { folder, addon } = install(t);
    fs.writeFileSync(path.join(addon, 'package.json'), '{');
    const { code, message } = refusal(folder);
    // Node itself may refuse to resolve it.
    assert.equal(code, 'SMTP_ERR_ADDON');
    assert.match(message, /cannot be read|is not installed/);
  });

  test('is a file for another platform', (t) => {
    const { folder, file } = install(t);
    // The head of a Mach-O file.
    const handle = fs.openSync(file, 'r+');
    fs.writeSync(handle, Buffer.from('cffaedfe0c00000100000000', 'hex'), 0, 12, 0);
    fs.closeSync(handle);
    const { code, message, cause } = refusal(folder);
    assert.equal(code, 'SMTP_ERR_ADDON');
    assert.equal(cause, 'ERR_DLOPEN_FAILED');
    assert.ok(message.includes(`(this is ${HERE})`), message);
    assert.ok(message.includes(path.basename(file)), message);
  });

  test('is of another version', (t) => {
    const { folder, addon } = install(t);
    change(path.join(addon, 'package.json'), { version: '0.0.9' });
    const { code, message } = refusal(folder);
    assert.equal(code, 'SMTP_ERR_ADDON');
    assert.ok(message.includes(`is of version 0.0.9, this is ${MANIFEST.version}`), message);
  });

  test('may not be loaded', (t) => {
    const { folder } = install(t);
    const { code, message, cause } = refusal(folder, { flags: ['--no-addons'] });
    assert.equal(code, 'SMTP_ERR_ADDON');
    assert.equal(cause, 'ERR_DLOPEN_DISABLED');
    assert.match(message, /--allow-addons/);
  });

  test('is installed for two C libraries', {
    skip: process.platform !== 'linux' && 'one everywhere but on Linux',
  }, (t) => {
    const { folder, addon } = install(t);
    const [ours, theirs] = HERE.endsWith('gnu') ? ['gnu', 'musl'] : ['musl', 'gnu'];
    const other = addon.replace(ours, theirs);
    fs.cpSync(addon, other, { recursive: true });
    fs.writeFileSync(path.join(other, MANIFEST.main), '');
    const { status, stdout } = run(
      folder,
      `const { Client, Server } = require('smtp-engine'); ${ROUND_TRIP}`,
    );
    assert.deepEqual([status, stdout], [0, 'bytes 21\n']);
  });
});

test('a Node that is too old is told so by every entry', (t) => {
  const { folder, main } = install(t);
  const before = "Object.defineProperty(process.versions, 'node', { value: '18.20.8' })";
  assert.ok(ENTRIES.length >= 5);
  for (const entry of [...ENTRIES, './src/js/cli/main.js']) {
    const { code, message } = refusal(folder, { before, entry: path.join(main, entry) });
    assert.equal(code, 'SMTP_ERR_NODE', entry);
    assert.equal(message, 'smtp-engine needs Node 20 or newer, and this is Node 18.20.8.');
  }
});

describe('the package works', { timeout: 120_000 }, () => {
  const load = `const { Buffer } = require('node:buffer');
    const { Client, Server } = require('smtp-engine');`;
  const works = (/** @type {ReturnType<typeof run>} */ { status, stdout, stderr }) =>
    assert.deepEqual([status, stdout], [0, 'bytes 21\n'], stderr);

  test('in a path with spaces and letters of any kind', (t) => {
    works(run(install(t, 'Mühle & Söhne – почта 郵便').folder, load + ROUND_TRIP));
  });

  test('after process.chdir', (t) => {
    const { folder } = install(t);
    works(run(folder, `${load} process.chdir('/'); ${ROUND_TRIP}`));
    works(
      run(
        folder,
        `const from = process.cwd(); process.chdir('/');
      const { Client, Server } = require(from + '/node_modules/smtp-engine'); ${ROUND_TRIP}`,
      ),
    );
  });

  test('twice in one process, in two versions', (t) => {
    const { folder, main } = install(t);
    const other = install(t);
    change(path.join(other.main, 'package.json'), { version: '99.0.0' });
    change(path.join(other.addon, 'package.json'), { version: '99.0.0' });
    works(
      run(
        folder,
        `const { Server } = require(${JSON.stringify(main)});
      const { Client } = require(${JSON.stringify(other.main)}); ${ROUND_TRIP}`,
      ),
    );
    works(
      run(
        folder,
        `const { Client } = require(${JSON.stringify(main)});
      const { Server } = require(${JSON.stringify(other.main)}); ${ROUND_TRIP}`,
      ),
    );
  });

  test('in worker threads, and only there', (t) => {
    const script = JSON.stringify(load + ROUND_TRIP);
    const { status, stdout, stderr } = run(
      install(t).folder,
      `const { Worker } = require('worker_threads');
      for (let i = 0; i < 3; i++) new Worker(${script}, { eval: true });`,
    );
    assert.deepEqual([status, stdout], [0, 'bytes 21\n'.repeat(3)], stderr);
  });

  test('for a program in a vm context', (t) => {
    const script = JSON.stringify(`(require, console) => { ${load} ${ROUND_TRIP} }`);
    works(run(install(t).folder, `require('vm').runInNewContext(${script})(require, console)`));
  });

  test('when all of it is in a vm context, as test runners have it', (t) => {
    const loader = path.join(ROOT, '__test__', 'support', 'vm-loader.js');
    const script = JSON.stringify(load + ROUND_TRIP);
    works(run(install(t).folder, `require(${JSON.stringify(loader)})(${script})`));
  });

  test('under the permission model, where addons are allowed', (t) => {
    const flags = [PERMISSION, '--allow-fs-read=*', '--allow-addons', '--no-warnings'];
    works(run(install(t).folder, load + ROUND_TRIP, { flags }));
  });

  test('under the permission model it says what is missing', (t) => {
    const flags = [PERMISSION, '--allow-fs-read=*', '--no-warnings'];
    const { code, message } = refusal(install(t).folder, { flags });
    assert.equal(code, 'SMTP_ERR_ADDON');
    assert.match(message, /--allow-addons/);
  });

  test('without write access to node_modules', {
    skip: process.getuid?.() !== 0 && process.platform === 'win32',
  }, (t) => {
    const { folder } = install(t);
    const parent = path.dirname(folder);
    spawnSync('chmod', ['-R', 'a=rX', parent]);
    // Permissions do not bind root.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    works(run(folder, load + ROUND_TRIP, nobody));
    spawnSync('chmod', ['-R', 'u+w', parent]);
  });
});
