'use strict';
// Packs what is published into `dist/`: the main package, which has every platform's addon as an
// optional dependency, and the addon for this platform. `addon/` has been built before.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PLATFORMS } = require('../src/js/engine/platforms.js');
const { ROOT } = require('./run.js');

const DIST = path.join(ROOT, 'dist');
const ADDON = path.join(ROOT, 'addon');
const MAX_ADDON_BYTES = 5_000_000;
/** What somebody who installs the package has no use for. */
const OURS = ['devDependencies', 'napi', 'overrides', 'scripts'];
/** A link of a page to another file: its text, the file, and the place in it. */
const LINK = /\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]+)?\)/g;

function fail(message) {
  console.error(`smtp-engine: ${message}`);
  process.exit(1);
}

function read(...file) {
  return fs.readFileSync(path.join(...file), 'utf8');
}

/** Where the sources are, which a release with provenance has to name. */
function repository() {
  const name = process.env.GITHUB_REPOSITORY;
  return name && { repository: { type: 'git', url: `git+https://github.com/${name}.git` } };
}

/** Packs a folder that has the files of a package, but for its package.json. */
function pack(folder, manifest) {
  const text = JSON.stringify({ ...manifest, ...repository() }, null, 2);
  fs.writeFileSync(path.join(folder, 'package.json'), `${text}\n`);
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', DIST];
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) fail(`'npm pack' failed in ${folder}: ${stderr}`);
  const [{ filename, size, unpackedSize }] = JSON.parse(stdout);
  console.log(`dist/${filename}  ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`);
}

function kilobytes(bytes) {
  return `${(bytes / 1_000).toLocaleString('en', { maximumFractionDigits: 0 })} kB`;
}

/** A folder to pack from, with files of another. */
function stage(name, from, files) {
  const folder = path.join(DIST, 'stage', name);
  for (const file of files) {
    fs.cpSync(path.join(from, file), path.join(folder, file), { recursive: true });
  }
  fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
  return folder;
}

/** Every page in a folder. */
function pages(folder) {
  const names = fs.readdirSync(folder, { recursive: true }).map(String);
  return names.filter((name) => name.endsWith('.md'));
}

/**
 * Makes the links of packed pages lead somewhere. One to a file that is not packed leads to the
 * repository in a release, and is left out, but for its text, where no repository is known.
 */
function mendLinks(folder, repo = process.env.GITHUB_REPOSITORY) {
  for (const page of pages(folder)) {
    const mended = read(folder, page).replaceAll(LINK, (link, text, to, id = '') => {
      if (fs.existsSync(path.join(folder, path.dirname(page), to))) return link;
      const target = path.posix.join(path.dirname(page).replaceAll('\\', '/'), to);
      return repo ? `[${text}](https://github.com/${repo}/blob/main/${target}${id})` : text;
    });
    fs.writeFileSync(path.join(folder, page), mended);
  }
}

function packMain(manifest) {
  const files = manifest.files.filter((file) => !file.startsWith('!') && file !== 'addon');
  const folder = stage(manifest.name, ROOT, [...files, 'README.md']);
  mendLinks(folder);
  const packed = Object.fromEntries(
    Object.entries(manifest).filter(([key]) => !OURS.includes(key)),
  );
  packed.files = manifest.files.filter((file) => file !== 'addon');
  packed.optionalDependencies = Object.fromEntries(
    PLATFORMS.map((platform) => [`${manifest.name}-${platform}`, manifest.version]),
  );
  pack(folder, packed);
}

function packAddon({ name, version }) {
  const addon = JSON.parse(read(ADDON, 'package.json'));
  if (addon.version !== version) fail(`addon/ is of version ${addon.version}, not ${version}`);
  if (addon.size > MAX_ADDON_BYTES) {
    fail(`${addon.main} has ${addon.size} bytes, more than ${MAX_ADDON_BYTES}: is it stripped?`);
  }
  const folder = stage(addon.name, ADDON, [addon.main]);
  const about = `# ${addon.name}\n\n${addon.description}. Installing ${name} installs it.\n`;
  fs.writeFileSync(path.join(folder, 'README.md'), about);
  pack(folder, addon);
}

function main() {
  const manifest = JSON.parse(read(ROOT, 'package.json'));
  fs.rmSync(DIST, { recursive: true, force: true });
  packMain(manifest);
  packAddon(manifest);
  fs.rmSync(path.join(DIST, 'stage'), { recursive: true });
}

if (require.main === module) main();

module.exports = { mendLinks };
