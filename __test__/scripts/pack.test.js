'use strict';
// Links of packed pages: to files that are packed as they are, to all others in the repository.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');
const { mendLinks } = require('../../scripts/pack.js');

const BLOB = 'https://github.com/owner/name/blob/main';
/** A link, the page that it is on, and what it is where the repository is known, and where not. */
const LINKS = [
  ['[a](docs/a.md)', 'README.md', '[a](docs/a.md)', '[a](docs/a.md)'],
  ['[a](docs/a.md#there)', 'README.md', '[a](docs/a.md#there)', '[a](docs/a.md#there)'],
  ['[up](../README.md)', 'docs/a.md', '[up](../README.md)', '[up](../README.md)'],
  ['[here](#there)', 'README.md', '[here](#there)', '[here](#there)'],
  [
    '[out](https://x.example/y.md)',
    'README.md',
    '[out](https://x.example/y.md)',
    '[out](https://x.example/y.md)',
  ],
  ['[c](CONTRIBUTING.md)', 'README.md', `[c](${BLOB}/CONTRIBUTING.md)`, 'c'],
  ['[c](CONTRIBUTING.md#build)', 'README.md', `[c](${BLOB}/CONTRIBUTING.md#build)`, 'c'],
  ['[s](../src/lib.rs)', 'docs/a.md', `[s](${BLOB}/src/lib.rs)`, 's'],
  ['[b](b.md)', 'docs/a.md', `[b](${BLOB}/docs/b.md)`, 'b'],
];

/** A folder with a page that has `text`, mended by `mend`: what it has then. */
function mended(page, text, mend) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-links-'));
  try {
    fs.mkdirSync(path.join(folder, 'docs'));
    for (const each of ['README.md', 'docs/a.md']) fs.writeFileSync(path.join(folder, each), '');
    fs.writeFileSync(path.join(folder, page), text);
    mend(folder);
    return fs.readFileSync(path.join(folder, page), 'utf8');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

describe('the links of packed pages', () => {
  for (const [link, page, known, unknown] of LINKS) {
    test(`${link} in ${page}`, () => {
      const text = (/** @type {string} */ it) => `See ${it}, and ${it}.\n`;
      const inRelease = mended(page, text(link), (folder) => mendLinks(folder, 'owner/name'));
      assert.equal(inRelease, text(known));
      assert.equal(
        mended(page, text(link), (folder) => mendLinks(folder, '')),
        text(unknown),
      );
    });
  }

  test('lead to the repository that GITHUB_REPOSITORY names', () => {
    const script = `require('./scripts/pack.js').mendLinks(process.argv[1])`;
    const [link, page, known] = LINKS[5];
    const inRelease = mended(page, link, (folder) => {
      const env = { ...process.env, GITHUB_REPOSITORY: 'owner/name' };
      const { status, stderr } = spawnSync(process.execPath, ['-e', script, folder], {
        cwd: ROOT,
        env,
      });
      assert.equal(status, 0, String(stderr));
    });
    assert.equal(inRelease, known);
  });
});
