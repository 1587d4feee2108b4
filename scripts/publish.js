'use strict';
// Publishes a release from a folder of tarballs: the addon of every platform, then the package that
// needs them. `node scripts/publish.js FOLDER --tag vX.Y.Z [--dry-run]`. What has been published
// before is left out, so a release that was broken off can be taken up again.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { PLATFORMS } = require('../src/js/engine/platforms.js');
const { name, version } = require('../package.json');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { tag: { type: 'string' }, 'dry-run': { type: 'boolean' } },
});

function fail(message) {
  console.error(`smtp-engine: ${message}`);
  process.exit(1);
}

function npm(args) {
  const shell = process.platform === 'win32';
  return spawnSync('npm', args, { encoding: 'utf8', shell, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** What is to be published, in its order: the package comes when its addons are there. */
function packages() {
  const addons = PLATFORMS.map((platform) => `${name}-${platform}`);
  return [...addons, name].map((each) => ({
    id: `${each}@${version}`,
    file: `${each}-${version}.tgz`,
  }));
}

const [folder] = positionals;
if (folder === undefined) fail('say which folder has the tarballs');
if (values.tag !== `v${version}`) fail(`the tag is ${values.tag}, but this is version ${version}`);
const wanted = packages();
const missing = wanted.filter(({ file }) => !fs.existsSync(path.join(folder, file)));
if (missing.length > 0) fail(`${folder} lacks ${missing.map(({ file }) => file).join(', ')}`);

for (const { id, file } of wanted) {
  const command = ['publish', path.join(folder, file), '--provenance', '--access', 'public'];
  if (values['dry-run']) {
    console.log(`npm ${command.join(' ')}`);
  } else if (npm(['view', id, 'version']).stdout.trim() === version) {
    console.log(`${id} has been published before`);
  } else if (npm(command).status !== 0) {
    fail(`${id} could not be published; what came before it has been`);
  }
}
