'use strict';
// What `npm run pack` makes, installed into empty projects as a stranger would: without cargo,
// under the originals' names, for TypeScript, in a bundle; and an installation from the source.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');
const {
  ADDON,
  INSTALL,
  MAIN,
  cleanUp,
  pack,
  project,
  run,
  succeed,
  withoutCargo,
} = require('../support/package.js');
const { platform } = require('../../src/js/engine/platforms.js');

const { name: NAME, version: VERSION } = require('../../package.json');

const MAX_ADDON_BYTES = 5_000_000;
const MAX_INSTALL_MS = 5_000;
const TSC = path.join(ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc');

const ROUND_TRIP = `
  const server = new Server({ host: '127.0.0.1', port: 0 }, {
    async start() {
      const { port } = server.address();
      const message = 'Subject: x\\r\\n\\r\\nHello\\r\\n';
      const { response } = await Client.send({ host: '127.0.0.1', port }, { from: 'a@x', to: 'b@x' }, message);
      console.log(response);
      server.stop();
    },
    data(text) { console.log(JSON.stringify(text)); return true; },
  });
  server.start();
`;
const RECEIVED = /^"Subject: x\\r\\n\\r\\nHello\\r\\n"\n250 .*\n$/;

before(pack);
after(cleanUp);

describe('the tarballs', { timeout: 300_000 }, () => {
  /** @type {string} */
  let installed;
  /** @type {string} */
  let PATH;

  before(() => {
    PATH = withoutCargo();
    // What the package depends on is fetched before, so that its own files are timed.
    installed = project({ ...require('../../package.json').dependencies });
    succeed(installed, 'npm', INSTALL, { PATH });
  });

  test('are installed without cargo, without a script, in less than five seconds', () => {
    assert.notEqual(run(installed, 'cargo', ['--version'], { PATH }).status, 0);
    const start = performance.now();
    const output = succeed(installed, 'npm', [...INSTALL, '--foreground-scripts', MAIN, ADDON], {
      PATH,
    });
    assert.ok(performance.now() - start < MAX_INSTALL_MS, `${performance.now() - start} ms`);
    assert.doesNotMatch(output, /> .*install/);
    for (const name of [NAME, `${NAME}-${platform()}`]) {
      const file = path.join(installed, 'node_modules', name, 'package.json');
      assert.equal(JSON.parse(fs.readFileSync(file, 'utf8')).scripts, undefined);
    }
  });

  test('have what is published, and nothing else', () => {
    const at = path.join(installed, 'node_modules', NAME);
    const files = fs.readdirSync(at).sort();
    const code = ['index.d.ts', 'index.js', 'package.json', 'src', 'types'];
    const pages = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'docs', 'examples'];
    assert.deepEqual(files, [...pages, ...code].sort());
    assert.deepEqual(fs.readdirSync(path.join(at, 'src')), ['js']);
    assert.deepEqual(fs.readdirSync(path.join(at, 'src', 'js', 'catch-page')).sort(), [
      'index.html',
      'page.css',
      'page.js',
    ]);
    assert.deepEqual(
      fs.readdirSync(at, { recursive: true }).filter((name) => /\.node$|native/.test(String(name))),
      [],
    );
    const manifest = JSON.parse(fs.readFileSync(path.join(at, 'package.json'), 'utf8'));
    assert.equal(Object.keys(manifest.optionalDependencies).length, 7);
    for (const version of Object.values(manifest.optionalDependencies))
      assert.equal(version, VERSION);
    for (const key of ['devDependencies', 'scripts', 'napi']) assert.ok(!(key in manifest), key);
  });

  test('have pages whose links lead somewhere', () => {
    const at = path.join(installed, 'node_modules', NAME);
    const names = fs.readdirSync(at, { recursive: true }).map(String);
    const pages = names.filter((name) => name.endsWith('.md'));
    assert.ok(pages.length > 10);
    let links = 0;
    for (const page of pages) {
      const text = fs.readFileSync(path.join(at, page), 'utf8');
      for (const [, to] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)\s]+)?\)/g)) {
        links += 1;
        assert.ok(fs.existsSync(path.join(at, path.dirname(page), to)), `${to} in ${page}`);
      }
    }
    assert.ok(links > 50, `${links} links`);
  });

  test('have an addon that is stripped and small', () => {
    const at = path.join(installed, 'node_modules', `${NAME}-${platform()}`);
    const { main, size, os, cpu } = JSON.parse(
      fs.readFileSync(path.join(at, 'package.json'), 'utf8'),
    );
    const bytes = fs.readFileSync(path.join(at, main));
    assert.equal(bytes.length, size);
    assert.ok(size < MAX_ADDON_BYTES, `${size} bytes`);
    assert.deepEqual([os, cpu], [[process.platform], [process.arch]]);
    assert.ok(!bytes.includes('.symtab') || process.platform !== 'linux');
    assert.ok(!bytes.includes(ROOT), 'it has paths of the machine that built it');
  });

  test('work by require', () => {
    const script = `const { Client, Server } = require('smtp-engine'); ${ROUND_TRIP}`;
    assert.match(succeed(installed, process.execPath, ['-e', script], { PATH }), RECEIVED);
  });

  test('work by import', () => {
    const file = path.join(installed, 'program.mjs');
    fs.writeFileSync(file, `import { Client, Server } from 'smtp-engine'; ${ROUND_TRIP}`);
    assert.match(succeed(installed, process.execPath, [file], { PATH }), RECEIVED);
    for (const subpath of [...SUBPATHS, `${NAME}/package.json`]) {
      const script = `if (!require('${subpath}')) process.exit(1)`;
      succeed(installed, process.execPath, ['-e', script], { PATH });
    }
  });

  test('load what only one interface needs with that interface alone', () => {
    const heavy = [
      'mailparser',
      'he',
      'libmime',
      'libqp',
      'nodemailer',
      'cli-progress',
      'node-forge',
    ];
    const loaded = (/** @type {string} */ subpath) => {
      const script = `require('${subpath}'); console.log(Object.keys(require.cache).join('\\n'))`;
      const files = succeed(installed, process.execPath, ['-e', script], { PATH }).split('\n');
      const of = (/** @type {string} */ name) => path.join('node_modules', name) + path.sep;
      return heavy.filter((name) => files.some((file) => file.includes(of(name))));
    };
    for (const subpath of SUBPATHS) {
      assert.deepEqual(loaded(subpath), [], subpath);
    }
  });

  test('have the command', () => {
    const output = succeed(
      installed,
      'npm',
      ['exec', '--offline', 'smtp-engine', '--', '--version'],
      { PATH },
    );
    assert.equal(output.trim(), VERSION);
  });

  test('are bundled by esbuild, with the addon outside', () => {
    const entry = path.join(installed, 'bundled.mjs');
    fs.writeFileSync(entry, `import { Client, Server } from 'smtp-engine'; ${ROUND_TRIP}`);
    const outfile = path.join(installed, 'out', 'bundle.cjs');
    const { buildSync } = require('esbuild');
    const { warnings } = buildSync({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      external: [`${NAME}-*`],
      outfile,
      logLevel: 'silent',
    });
    assert.deepEqual(warnings, []);
    fs.renameSync(path.join(installed, 'node_modules', NAME), path.join(installed, 'away'));
    const output = succeed(installed, process.execPath, [outfile], { PATH });
    fs.renameSync(path.join(installed, 'away'), path.join(installed, 'node_modules', NAME));
    assert.match(output, RECEIVED);
  });

  for (const [moduleResolution, module] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ]) {
    for (const extension of ['ts', 'mts', 'cts']) {
      test(`have types for .${extension} under moduleResolution ${moduleResolution}`, (t) => {
        if (moduleResolution === 'bundler' && extension === 'cts') return t.skip('no such modules');
        const file = `types.${extension}`;
        fs.writeFileSync(path.join(installed, file), TYPED);
        const modules = path.join(ROOT, 'node_modules', '@types');
        const flags = ['--noEmit', '--strict', '--target', 'es2023', '--ignoreConfig'];
        const types = ['--types', 'node', '--typeRoots', modules];
        const resolution = ['--module', module, '--moduleResolution', moduleResolution];
        succeed(installed, process.execPath, [TSC, ...flags, ...types, ...resolution, file]);
      });
    }
  }

  test('have types for an older TypeScript, the oldest types of Node, and strict options', (t) => {
    const at = project({});
    succeed(at, 'npm', [...INSTALL, MAIN, ADDON]);
    const others = ['typescript@5.4', '@types/node@20.11.30', '@types/nodemailer@8'];
    if (run(at, 'npm', [...INSTALL, '--save-exact', ...others]).status !== 0) {
      return t.skip('an older TypeScript could not be installed');
    }
    fs.writeFileSync(path.join(at, 'types.ts'), TYPED + TRANSPORT);
    const strict = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--skipLibCheck',
      'false',
    ];
    const esnext = ['--target', 'es2022', '--lib', 'es2023,esnext.disposable', '--esModuleInterop'];
    for (const resolution of [
      ['--module', 'commonjs', '--moduleResolution', 'node10'],
      ['--module', 'node16', '--moduleResolution', 'node16'],
    ]) {
      const { stdout } = run(at, 'npx', ['tsc', ...strict, ...esnext, ...resolution, 'types.ts']);
      // What others' typings say of each other is theirs.
      const ours = stdout.split('\n').filter((line) => /^types|smtp-engine/.test(line));
      assert.deepEqual(ours, [], resolution.join(' '));
    }
  });

  test('export by import what they export by require', async () => {
    const script = `
      (async () => {
        for (const entry of ${JSON.stringify(SUBPATHS)}) {
          const required = require(entry);
          const imported = await import(entry);
          const names = typeof required === 'function' ? [] : Object.keys(required);
          console.log(entry, names.filter((name) => !(name in imported)).join() || 'all');
        }
      })();
    `;
    const output = succeed(installed, process.execPath, ['-e', script], { PATH });
    assert.equal(output, SUBPATHS.map((entry) => `${entry} all\n`).join(''));
  });

  test('are what publint asks of packages', async () => {
    const { publint } = await import('publint');
    const { formatMessage } = await import('publint/utils');
    const { messages, pkg } = await publint({
      pkgDir: path.join(installed, 'node_modules', NAME),
      strict: true,
    });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg ?? {})),
      [],
    );
  });
});

/** Every subpath and its main types; what must not compile is said so. */
const TYPED = `
import { Client, Server, SmtpError, createServer, type Session } from 'smtp-engine';
import { createServer as mailIo } from 'smtp-engine/mail-io';
import * as smtpProtocol from 'smtp-engine/smtp-protocol';

const server = new Server({ port: 0 }, {
  async rcpt(this: Session, address: string) {
    if (!address.includes('@')) this.failure(550, 'no');
  },
});
server.on({ data(text) { const length: number = text.length; return length > 0; } });
export const sent: Promise<{ response: string }> = Client.send({ host: 'x' }, { from: 'a@x', to: 'b@x' }, 'text');
export const error = new SmtpError('SMTP_ERR_X', 'x');
export const servers = [createServer(() => {}), mailIo({}), smtpProtocol.createServer(() => {})];
export const session: Client.Session = new Client.Session();
export const pool: Client.Pool = new Client.Pool({ host: 'x' });
export const text: string = Client.prepare('.');
server.on({ error(error) { console.log(error.code?.length, error.message); } });
new Server({ port: 0, tls: { key: new Uint8Array(), cert: 'x' } });
// @ts-expect-error
new Server({ port: true });
`;

/** nodemailer's own types know what our transport returns. */
const TRANSPORT = `
import nodemailer from 'nodemailer';
import transport from 'smtp-engine/nodemailer';
nodemailer.createTransport(transport({ host: 'x' })).sendMail({ to: 'a@x' }).then((info) => {
  const accepted: string[] = info.accepted;
  const response: string = info.response;
  return [accepted, response];
});
`;

const SUBPATHS = Object.keys(require('../../package.json').exports)
  .filter((name) => name !== './package.json')
  .map((name) => name.replace('.', NAME));
