'use strict';
// Installs and builds what is missing or out of date, and nothing else: `npm start`, `npm test`,
// `npm run check` and `npm run bench` begin here, on a fresh clone as on any other day, and so does
// an installation from the source (npm's `prepare`).
//
// The addon is built into `addon/`, which is the very package that `npm run pack` packs; the numbers
// that it shares with JavaScript are written to `src/js/engine/constants.js`.

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const OUTPUT = 'addon';
/** What it was built from. */
const STAMP = path.join(ROOT, OUTPUT, '.stamp');
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
function sources({ version }) {
  const hash = createHash('sha256').update(process.platform + process.arch + version);
  const inputs = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src', 'package-lock.json'];
  for (const file of inputs.flatMap((input) => files(path.join(ROOT, input)))) {
    if (/\.(js|ts)$/.test(file)) continue;
    hash.update(path.relative(ROOT, file)).update('\0').update(fs.readFileSync(file));
  }
  return hash.digest('hex');
}

function isBuilt(hash) {
  return fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === hash;
}

function isInstalled() {
  const installed = path.join(ROOT, 'node_modules', '.package-lock.json');
  const wanted = path.join(ROOT, 'package-lock.json');
  return fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(wanted).mtimeMs;
}

function install() {
  // Without scripts: no dependency needs one, and this package's own is this program.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['ci', ...quiet]);
  const now = new Date();
  fs.utimesSync(path.join(ROOT, 'node_modules', '.package-lock.json'), now, now);
}

function build(manifest) {
  const { binaryName } = manifest.napi;
  fs.rmSync(path.join(ROOT, OUTPUT), { recursive: true, force: true });
  const output = [
    '--output-dir',
    OUTPUT,
    '--no-js',
    '--dts',
    path.join('..', 'src', 'js', 'native.d.ts'),
  ];
  run('npx', ['napi', 'build', '--platform', '--release', ...output]);
  const file = fs.readdirSync(path.join(ROOT, OUTPUT)).find((name) => name.endsWith('.node'));
  const platform = file.slice(binaryName.length + 1, -'.node'.length);
  writeManifest(manifest, platform, file);
  // A clone without them says first what it lacks.
  const { write } = require('./constants.js');
  write(require(path.join(ROOT, OUTPUT, file)).constants());
}

/** The package of the addon for one platform; `size` is what `src/js/engine/addon.js` expects of its file. */
function writeManifest({ name, version, license, engines }, platform, file) {
  const [os, cpu, abi] = platform.split('-');
  const addon = {
    name: `${name}-${platform}`,
    version,
    description: `The addon of ${name} for ${platform}`,
    license,
    engines,
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' && { libc: [abi === 'gnu' ? 'glibc' : 'musl'] }),
    main: file,
    files: [file],
    size: fs.statSync(path.join(ROOT, OUTPUT, file)).size,
  };
  const text = `${JSON.stringify(addon, null, 2)}\n`;
  fs.writeFileSync(path.join(ROOT, OUTPUT, 'package.json'), text);
}

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR) {
  fail(`Node ${NODE_MAJOR} or newer is needed, this is ${process.version}`);
}
const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const hash = sources(manifest);
const isWanted = process.argv.includes('--force') || !isBuilt(hash);
if (isWanted && spawnSync('cargo', ['--version']).status !== 0) {
  fail('a Rust toolchain is needed to build, and cargo was not found: see https://rustup.rs');
}
if (!isInstalled()) install();
if (isWanted) {
  build(manifest);
  fs.writeFileSync(STAMP, hash);
}
