'use strict';
// Installs and builds what is missing or out of date, and nothing else: `npm start`, `npm test`,
// `npm run check` and `npm run bench` begin here, on a fresh clone as on any other day.

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const STAMP = path.join(ROOT, 'target', 'addon.stamp');
const OUTPUT = path.join('src', 'js');
const NODE_MAJOR = 20;

function fail(message) {
  console.error(`smtp-engine: ${message}`);
  process.exit(1);
}

function run(command, args) {
  const shell = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', shell });
  if (error || status !== 0) {
    fail(`'${command} ${args.join(' ')}' failed${error ? `: ${error.message}` : ''}`);
  }
}

/** The files below `folder`, or `folder` itself if it is one. */
function files(folder) {
  if (!fs.statSync(folder).isDirectory()) return [folder];
  return fs
    .readdirSync(folder)
    .sort()
    .flatMap((name) => files(path.join(folder, name)));
}

/** A hash of everything that the addon is made of. */
function sources() {
  const hash = createHash('sha256').update(process.platform + process.arch);
  const inputs = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src', 'package-lock.json'];
  for (const file of inputs.flatMap((input) => files(path.join(ROOT, input)))) {
    if (/\.(js|ts|node)$/.test(file)) continue;
    hash.update(path.relative(ROOT, file)).update('\0').update(fs.readFileSync(file));
  }
  return hash.digest('hex');
}

function isBuilt(hash) {
  const built = fs.readdirSync(path.join(ROOT, OUTPUT));
  return (
    built.some((name) => name.endsWith('.node')) &&
    built.includes('native.js') &&
    fs.existsSync(STAMP) &&
    fs.readFileSync(STAMP, 'utf8') === hash
  );
}

function isInstalled() {
  const installed = path.join(ROOT, 'node_modules', '.package-lock.json');
  const wanted = path.join(ROOT, 'package-lock.json');
  return fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(wanted).mtimeMs;
}

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR) {
  fail(`Node ${NODE_MAJOR} or newer is needed, this is ${process.version}`);
}
const force = process.argv.includes('--force');
const hash = sources();
const build = force || !isBuilt(hash);
if (build && spawnSync('cargo', ['--version']).status !== 0) {
  fail('a Rust toolchain is needed to build, and cargo was not found: see https://rustup.rs');
}
if (!isInstalled()) {
  // Not `npm ci`: it wants optional packages of other platforms, which a registry may not have.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  const now = new Date();
  fs.utimesSync(path.join(ROOT, 'node_modules', '.package-lock.json'), now, now);
}
if (build) {
  const output = ['--output-dir', OUTPUT, '--js', 'native.js', '--dts', 'native.d.ts'];
  run('npx', ['napi', 'build', '--platform', '--release', ...output]);
  fs.writeFileSync(STAMP, hash);
}
