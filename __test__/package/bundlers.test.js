'use strict';
// Bundlers and tracers of files take the addon along (docs/bundlers.md), and what they make runs
// where nothing is installed.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { after, before, describe, test } = require('node:test');
const {
  ADDON,
  INSTALL,
  MAIN,
  cleanUp,
  folder,
  pack,
  project,
  run,
  succeed,
} = require('../support/package.js');
const { freePort } = require('../support/port.js');
const { within } = require('../support/wait.js');

const PROGRAM = `
  const { Client, Server } = require('smtp-engine');
  const server = new Server({ host: '127.0.0.1', port: 0 }, {
    start() {
      const { port } = server.address();
      const message = Buffer.from('Subject: x\\r\\n\\r\\nHello\\r\\n');
      Client.send({ host: '127.0.0.1', port }, { from: 'a@x', to: 'b@x' }, message).then(() => server.stop());
    },
    data(text) { console.log('bytes', text.length); return true; },
  });
  server.start();
`;
/** A file of the program's own that looks like one of ours. */
const DECOYS = { 'Cargo.toml': '', 'addon/package.json': '{ "main": "x.node", "size": 1 }' };

const ROUTE = `
  import { Client } from 'smtp-engine';
  export const dynamic = 'force-dynamic';
  export async function GET() { return Response.json({ pool: typeof Client.Pool }); }
`;
const LAYOUT = 'export default ({ children }) => <html><body>{children}</body></html>;';

function write(/** @type {string} */ at, /** @type {Record<string, string>} */ files) {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(at, name)), { recursive: true });
    fs.writeFileSync(path.join(at, name), text);
  }
}

/** What a program prints in a folder that has nothing but it, beside files that look like ours. */
function runAway(/** @type {string} */ built, /** @type {string} */ program) {
  const at = path.join(folder(), 'a', 'b');
  fs.cpSync(built, at, { recursive: true });
  for (const parent of [at, path.join(at, '..'), path.join(at, '..', '..')]) write(parent, DECOYS);
  return succeed(at, process.execPath, [program]);
}

describe('what bundlers make of the package', { timeout: 600_000 }, () => {
  /** @type {string} */
  let installed;
  /** @type {string | false} */
  let missing = false;

  before(() => {
    pack();
    installed = project({});
    succeed(installed, 'npm', [...INSTALL, MAIN, ADDON]);
    const tools = ['@vercel/ncc@0.45', '@vercel/nft@1', 'next@16', 'react@19', 'react-dom@19'];
    const { status } = run(installed, 'npm', [...INSTALL, ...tools]);
    if (status !== 0) missing = 'ncc, nft and next could not be installed';
    write(installed, { 'program.js': PROGRAM });
  });
  after(cleanUp);

  test('esbuild, copying the addon', () => {
    const { buildSync } = require('esbuild');
    const { warnings } = buildSync({
      absWorkingDir: installed,
      entryPoints: ['program.js'],
      bundle: true,
      platform: 'node',
      loader: { '.node': 'copy' },
      outfile: 'esbuild/program.js',
      logLevel: 'silent',
    });
    assert.deepEqual(warnings, []);
    assert.equal(runAway(path.join(installed, 'esbuild'), 'program.js'), 'bytes 21\n');
  });

  test('esbuild, without the addon: the error speaks of bundlers', () => {
    const { buildSync } = require('esbuild');
    buildSync({
      absWorkingDir: installed,
      entryPoints: ['program.js'],
      bundle: true,
      platform: 'node',
      external: ['smtp-engine-*'],
      outfile: 'alone/program.js',
    });
    const at = folder();
    fs.cpSync(path.join(installed, 'alone'), at, { recursive: true });
    const { status, stderr } = run(at, process.execPath, ['program.js']);
    assert.equal(status, 1);
    assert.match(stderr, /SMTP_ERR_ADDON/);
    assert.match(stderr, /have the bundler copy \.node files \(docs\/bundlers\.md\)/);
  });

  test('ncc', (t) => {
    if (missing) return t.skip(missing);
    succeed(installed, 'npx', ['ncc', 'build', 'program.js', '-o', 'ncc']);
    assert.equal(runAway(path.join(installed, 'ncc'), 'index.js'), 'bytes 21\n');
  });

  test("Vercel's tracer", (t) => {
    if (missing) return t.skip(missing);
    const script = `require('@vercel/nft').nodeFileTrace(['program.js'])
      .then(({ fileList }) => console.log([...fileList].join('\\n')))`;
    const files = succeed(installed, process.execPath, ['-e', script]).trim().split('\n');
    const at = folder();
    for (const file of files) {
      fs.cpSync(path.join(installed, file), path.join(at, file), { recursive: true });
    }
    assert.equal(succeed(at, process.execPath, ['program.js']), 'bytes 21\n');
  });

  test("Next's standalone output", async (t) => {
    if (missing) return t.skip(missing);
    write(installed, {
      'app/api/mail/route.js': ROUTE,
      'app/layout.jsx': LAYOUT,
      'app/page.jsx': 'export default () => <p>Hi</p>;',
      'next.config.js': `module.exports = { output: 'standalone', serverExternalPackages: ['smtp-engine'], outputFileTracingRoot: __dirname };`,
    });
    const settings = { NEXT_TELEMETRY_DISABLED: '1' };
    succeed(installed, 'npx', ['next', 'build'], settings);
    const at = folder();
    fs.cpSync(path.join(installed, '.next', 'standalone'), at, { recursive: true });
    const port = String(await freePort());
    const env = { ...process.env, ...settings, PORT: port, HOSTNAME: '127.0.0.1' };
    const child = spawn(process.execPath, ['server.js'], { cwd: at, env });
    t.after(() => child.kill());
    const ready = (async () => {
      for await (const line of createInterface({ input: child.stdout })) {
        if (line.includes('Ready')) return;
      }
    })();
    await within(ready, "Next's server", 60_000);
    const response = await fetch(`http://127.0.0.1:${port}/api/mail`);
    assert.deepEqual(await response.json(), { pool: 'function' });
  });
});
