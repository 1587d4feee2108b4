'use strict';
// What differs between smtp-server of npm and ours: `npm run differences`, `npm run differences -- latest`
// or another version, and `-- write`, which keeps what was found in the committed file.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./run.js');

const PINNED = 'pinned';
const WRITE = 'write';
const FILE = path.join(ROOT, '__test__', 'compat', 'smtp-server', 'differences.json');
const UNEXPLAINED = '?';

/** The class of a version, which is fetched into a folder of its own. */
function fetched(version, folder) {
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `smtp-server@${version}`];
  const options = { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' };
  const { status, stderr } = spawnSync('npm', args, options);
  if (status !== 0) throw new Error(`smtp-server@${version} could not be fetched: ${stderr}`);
  const at = path.join(folder, 'node_modules', 'smtp-server');
  return { ...require(at), version: require(path.join(at, 'package.json')).version };
}

/** What differs, under the reasons of the file. */
function explained(reasons, found) {
  const all = {};
  for (const name of Object.keys(found).sort()) {
    const [reason = UNEXPLAINED] =
      Object.entries(reasons).find(([, cases]) => Object.hasOwn(cases, name)) ?? [];
    all[reason] = { ...all[reason], [name]: found[name] };
  }
  return all;
}

/** Scripts that are not as the file says, and what each has now. */
function news(reasons, found) {
  const known = Object.assign({}, ...Object.values(reasons));
  const isSame = (name) => JSON.stringify(known[name]) === JSON.stringify(found[name]);
  const names = Object.keys({ ...known, ...found }).filter((name) => !isSame(name));
  return names.sort().map((name) => [name, found[name] ?? ['no difference any more']]);
}

async function main([version = PINNED]) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-differences-'));
  try {
    const isPinned = version === PINNED || version === WRITE;
    const original = isPinned
      ? { ...require('smtp-server'), version: require('smtp-server/package.json').version }
      : fetched(version, folder);
    const { SMTPServer } = require('../src/js/compat/smtp-server/index.js');
    const { compare } = require('../__test__/compat/smtp-server/comparison/index.js');
    const { count, found } = await compare(original.SMTPServer, SMTPServer);
    const reasons = JSON.parse(fs.readFileSync(FILE, 'utf8'));
    console.log(`smtp-server ${original.version} and ours, ${count} scripts`);
    console.log('Each line: what the original says | what ours says');
    const others = news(reasons, found);
    for (const [name, lines] of others) console.log([`\n${name}`, ...lines].join('\n  '));
    const differ = Object.keys(found).length;
    console.log(
      `\n${differ} scripts differ; ${others.length} of all not as ${path.relative(ROOT, FILE)} says`,
    );
    if (version === WRITE) {
      fs.writeFileSync(FILE, `${JSON.stringify(explained(reasons, found), null, 2)}\n`);
    } else if (others.length > 0) {
      process.exitCode = 1;
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { explained, news };

if (require.main === module) main(process.argv.slice(2));
