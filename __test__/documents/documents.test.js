'use strict';
// README and docs: every program in them runs, every link leads somewhere, and everything public is
// described.

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { openApi } = require('../../src/js/catch-api/api.js');
const { catchMail } = require('../../src/js/catch/index.js');
const { createServer } = require('../../src/js/compat/mail-io/index.js');
const { PLATFORMS } = require('../../src/js/engine/platforms.js');
const { p256 } = require('../support/certificates.js');
const { ROOT } = require('../support/child.js');
const { Client } = require('../support/client.js');
const { blocks, documents, programs, prose, read } = require('../support/documents.js');
const { Waiters } = require('../support/wait.js');

const PRELOAD = path.join(ROOT, '__test__', 'support', 'document-preload.js');
const SILENT = Object.fromEntries(
  ['debug', 'verbose', 'info', 'warn', 'error', 'protocol'].map((level) => [level, () => {}]),
);

/** What programs of the documents find in their environment. */
const SETTINGS = { SMTP_PASSWORD: 'secret' };

/** What a client does to a server of a document. @type {Record<string, (client: Client) => Promise<unknown>>} */
const CLIENTS = {
  async ''(client) {
    await client.command('EHLO client.example.net', /./);
    await transaction(client);
  },
  async starttls(client) {
    await client.command('EHLO client.example.net', 250);
    await client.startTls({ rejectUnauthorized: false, servername: 'mx.example.com' });
    await client.command('EHLO client.example.net', 250);
    await transaction(client);
  },
  async login(client) {
    await client.command('EHLO client.example.net', 250);
    const response = Buffer.from('\0tim\0tanstaaftanstaaf').toString('base64');
    await client.command(`AUTH PLAIN ${response}`, 235);
    await transaction(client);
  },
  async parameters(client) {
    await client.command('EHLO client.example.net', 250);
    const mail = 'MAIL FROM:<me@example.net> BODY=8BITMIME RET=HDRS ENVID=a+2Bb AUTH=<>';
    await client.command(mail, 250);
    const original = 'ORCPT=rfc822;b+2Bc@example.com';
    await client.command(`RCPT TO:<you@example.com> NOTIFY=SUCCESS,FAILURE ${original}`, 250);
    await client.command('DATA', 354);
    client.write('Subject: Hello\r\n\r\nHello!\r\n.\r\n');
    await client.reply();
    await client.command('QUIT', 221);
  },
  async inquiries(client) {
    await client.command('EHLO client.example.net', 250);
    for (const verb of ['VRFY tim', 'VRFY nobody', 'EXPN staff', 'EXPN nothing']) {
      await client.command(verb, /./);
    }
    await client.command('ETRN branch.example.net', /./);
    await client.command('ETRN elsewhere.example.net', /./);
    await client.command('QUIT', 221);
  },
  async lmtp(client) {
    await client.command('LHLO mx.example.net', 250);
    await client.command('MAIL FROM:<me@example.net>', 250);
    for (const user of ['you', 'nobody'])
      await client.command(`RCPT TO:<${user}@example.com>`, 250);
    await client.command('DATA', 354);
    client.write('Subject: Hello\r\n\r\nHello!\r\n.\r\n');
    for (let replies = 0; replies < 2; replies++) await client.reply();
    await client.command('QUIT', 221);
  },
  idle: (client) => client.ended(),
};

async function transaction(/** @type {Client} */ client) {
  await client.command('MAIL FROM:<me@example.net>', /./);
  await client.command('RCPT TO:<you@example.com>', /./);
  await client.command('RCPT TO:<nobody@example.com>', /./);
  client.write('DATA\r\n');
  const { code } = await client.reply();
  if (code === 354) {
    client.write('Subject: Hello\r\n\r\nHello!\r\n.\r\n');
    await client.reply();
  }
  await client.command('QUIT', 221);
}

/** Whether output is as the document says, where `...` stands for anything. */
function isLike(/** @type {string} */ output, /** @type {string} */ wanted) {
  const pieces = wanted
    .trimEnd()
    .split('...')
    .map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${pieces.join('[^]*')}$`).test(output.replaceAll('\r\n', '\n').trimEnd());
}

describe('the programs of the documents', { timeout: 300_000, concurrency: 4 }, () => {
  /** @type {string} */
  let folder;
  /** @type {any} */
  let target;
  /** An inbox in another process than the programs. @type {any} */
  let inbox;
  /** @type {any} */
  let page;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-documents-'));
    fs.mkdirSync(path.join(folder, 'node_modules'));
    for (const name of fs.readdirSync(path.join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.'))
        link(path.join('node_modules', name), path.join('node_modules', name));
    }
    for (const alias of ['smtp-engine', 'mbr-smtp', 'smtp-protocol'])
      link('.', path.join('node_modules', alias));
    const { key, cert } = p256();
    fs.writeFileSync(path.join(folder, 'key.pem'), key);
    fs.writeFileSync(path.join(folder, 'cert.pem'), cert);
    fs.writeFileSync(path.join(folder, 'message.eml'), 'Subject: Hello\r\n\r\nHello!\r\n');
    target = createServer({
      tls: { key, cert },
      logger: SILENT,
      plugins: Object.fromEntries(
        ['rcpt/relay', 'rcpt/dnsbl', 'queue/spamd', 'queue/maildir', 'queue/relay'].map((name) => [
          name,
          false,
        ]),
      ),
    });
    target.addHandler('auth', { name: 'anybody', handler: (_req, res) => res.accept() });
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    inbox = await catchMail();
    page = await openApi(inbox);
  });
  after(async () => {
    await page.close();
    await inbox.close();
    target.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function link(/** @type {string} */ from, /** @type {string} */ to) {
    if (fs.existsSync(path.join(folder, to))) fs.rmSync(path.join(folder, to));
    fs.symlinkSync(path.join(ROOT, from), path.join(folder, to), 'junction');
  }

  for (const document of documents()) {
    for (const { name, text, output: wanted, client, skip } of programs(document)) {
      test(name, { skip }, async (t) => {
        const isModule =
          /^import /m.test(text) || /^(const .* = )?await |^for await|^await using/m.test(text);
        const file = path.join(
          folder,
          `${name.replaceAll(/\W/g, '-')}.${isModule ? 'mjs' : 'cjs'}`,
        );
        // A module has no `require`, but what is awaited at the top is easier to read.
        const prelude =
          isModule && /\brequire\(/.test(text)
            ? "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n"
            : '';
        fs.writeFileSync(file, prelude + text);
        const { NODE_ENV, ...env } = {
          ...process.env,
          ...SETTINGS,
          MAIL_PAGE: page.url,
          DOCUMENT_INBOX: inbox.port,
          DOCUMENT_TARGET: target.port,
        };
        const child = fork(file, [], {
          cwd: folder,
          execArgv: ['--require', PRELOAD],
          env,
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        });
        const waiters = new Waiters();
        let [printed, errors, isOver, port] = ['', '', false, 0];
        t.after(() => child.kill('SIGKILL'));
        child.stdout?.on('data', (chunk) => {
          printed += chunk;
          waiters.wake();
        });
        child.stderr?.on('data', (chunk) => {
          errors += chunk;
        });
        child.on('message', (/** @type {any} */ message) => {
          port = message.port;
          waiters.wake();
        });
        const end = once(child, 'close').then(([code]) => {
          isOver = true;
          waiters.wake();
          return code;
        });
        await waiters.until(
          () => port > 0 || isOver,
          () => `a server, or its end: ${errors}`,
        );
        if (!isOver && client !== 'none') {
          const secure = /secure: true/.test(text) ? { rejectUnauthorized: false } : undefined;
          const connection = await Client.connect(port, { secure });
          t.after(() => connection.destroy());
          await CLIENTS[client](connection);
        }
        if (wanted !== undefined) {
          const said = () => `the output '${wanted}', but '${printed}' ${errors}`;
          await waiters.until(() => isLike(printed, wanted), said);
        }
        if (!isOver && port > 0 && client !== 'none') child.send('end');
        assert.equal(await end, 0, errors);
        assert.equal(errors, '');
      });
    }
  }
});

/** The ids that a document has: of headings, as they are made on the web, and of anchors. */
function anchors(/** @type {string} */ document) {
  const ids = prose(document).flatMap((line) => {
    const [, heading] = /^#+ (.*)$/.exec(line) ?? [];
    const named = [...line.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id);
    if (heading === undefined) return named;
    const id = heading
      .replaceAll(/<[^>]*>/g, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    return [id, ...named];
  });
  return ids;
}

describe('the documents', () => {
  for (const document of documents()) {
    test(`${document}: its links lead somewhere`, () => {
      const links = [
        ...prose(document)
          .join('\n')
          .matchAll(/\]\(([^)\s]+)\)/g),
      ].map(([, to]) => to);
      for (const link of links.filter((each) => !/^https?:/.test(each))) {
        const [file, id] = link.split('#');
        const to = file === '' ? document : path.join(path.dirname(document), file);
        assert.ok(fs.existsSync(path.join(ROOT, to)), link);
        if (id !== undefined) assert.ok(anchors(to).includes(id), link);
      }
    });

    test(`${document}: each anchor is one`, () => {
      const ids = anchors(document);
      assert.deepEqual([...new Set(ids)], ids);
    });
  }
});

/** Interfaces of the typings, the page that describes each, and what its anchors begin with. */
const DESCRIBED = [
  ['index.d.ts', 'ServerParams', 'docs/server.md', 'option-'],
  ['index.d.ts', 'Limits', 'docs/server.md', 'option-'],
  ['index.d.ts', 'Control', 'docs/server.md', 'option-'],
  ['types/auth.d.ts', 'AuthParams', 'docs/server.md', 'option-'],
  ['types/auth.d.ts', 'Login', 'docs/server.md', 'login-'],
  ['index.d.ts', 'TlsKeys', 'docs/server.md', 'tls-'],
  ['index.d.ts', 'TlsParams', 'docs/server.md', 'tls-'],
  ['index.d.ts', 'ResolveParams', 'docs/server.md', 'resolve-'],
  ['index.d.ts', 'Listeners', 'docs/server.md', 'event-'],
  ['index.d.ts', 'Server', 'docs/server.md', 'server-'],
  ['index.d.ts', 'Session', 'docs/server.md', 'session-'],
  ['types/client.d.ts', 'ClientPlace', 'docs/client.md', 'option-'],
  ['types/client.d.ts', 'ClientOptions', 'docs/client.md', 'option-'],
  ['types/client.d.ts', 'PoolOptions', 'docs/client.md', 'option-'],
  ['types/client.d.ts', 'Envelope', 'docs/client.md', 'envelope-'],
  ['types/client.d.ts', 'Pool', 'docs/client.md', 'pool-'],
  ['types/nodemailer.d.ts', 'Options', 'docs/client.md', 'nodemailer-'],
  ['types/smtp-protocol.d.ts', 'ServerOptions', 'docs/smtp-protocol.md', 'option-'],
  ['types/smtp-protocol.d.ts', 'Request', 'docs/smtp-protocol.md', 'req-'],
  ['types/smtp-protocol.d.ts', 'RequestEvents', 'docs/smtp-protocol.md', 'event-'],
  ['types/smtp-protocol.d.ts', 'Client', 'docs/smtp-protocol.md', 'client-'],
  ['types/mail-io.d.ts', 'Config', 'docs/mail-io.md', 'config-'],
  ['types/mail-io.d.ts', 'RelayConfig', 'docs/mail-io.md', 'config-relay.'],
  ['types/mail-io.d.ts', 'Request', 'docs/mail-io.md', 'req-'],
  ['types/mail-io.d.ts', 'Response', 'docs/mail-io.md', 'res-'],
  ['types/smtp-server.d.ts', 'SMTPServerOptions', 'docs/smtp-server.md', ''],
  ['types/smtpjs.d.ts', 'Config', 'docs/smtpjs.md', 'config-'],
  ['types/catch.d.ts', 'CatchOptions', 'docs/catch.md', 'option-'],
  ['types/catch.d.ts', 'FailureRule', 'docs/catch.md', 'rule-'],
  ['types/catch.d.ts', 'Mail', 'docs/catch.md', 'mail-'],
  ['types/catch.d.ts', 'MatchObject', 'docs/catch.md', 'match-'],
  ['types/catch.d.ts', 'WaitOptions', 'docs/catch.md', 'wait-'],
  ['types/catch.d.ts', 'NoneOptions', 'docs/catch.md', 'wait-'],
  ['types/catch.d.ts', 'Waiting', 'docs/catch.md', 'mails-'],
  ['types/catch.d.ts', 'Mails', 'docs/catch.md', 'mails-'],
  ['types/catch.d.ts', 'Inbox', 'docs/catch.md', 'inbox-'],
  ['types/catch.d.ts', 'ConnectOptions', 'docs/catch.md', 'connect-'],
  ['types/catch.d.ts', 'RemoteMails', 'docs/catch.md', 'remote-'],
  ['types/catch.d.ts', 'RemoteFailure', 'docs/catch.md', 'remote-'],
  ['types/catch.d.ts', 'RemoteInbox', 'docs/catch.md', 'remote-'],
];

/** The names of the members of an interface, as the typings have them. */
function members(/** @type {string} */ file, /** @type {string} */ name) {
  const lines = read(file).split('\n');
  const isHead = (/** @type {string} */ line) =>
    new RegExp(`^ *(export )?interface ${name}\\b`).test(line);
  const at = lines.findIndex(isHead);
  assert.ok(at >= 0, `${name} in ${file}`);
  const [indent] = /** @type {RegExpExecArray} */ (/^ */.exec(lines[at]));
  const end = lines.indexOf(`${indent}}`, at);
  return lines.slice(at + 1, end).flatMap((line) => {
    const [, found] = new RegExp(`^${indent}  (?:readonly )?([a-zA-Z]+)[?]?[:(<]`).exec(line) ?? [];
    return found ?? [];
  });
}

describe('what is public is described', () => {
  for (const [file, name, page, prefix] of DESCRIBED) {
    test(`${name} of ${file}`, () => {
      const wanted = members(file, name).map((member) => `${prefix}${member}`);
      assert.ok(wanted.length > 0);
      const ids = new Set(anchors(page));
      // What is an object itself may have an entry for each of its members.
      const isThere = (/** @type {string} */ id) =>
        [...ids].some((each) => each === id || each.startsWith(`${id}.`));
      assert.deepEqual(
        wanted.filter((id) => !isThere(id)),
        [],
      );
    });
  }

  test('every code of an error', () => {
    const sources = fs.readdirSync(path.join(ROOT, 'src'), { recursive: true }).map(String);
    const code = sources.filter((name) => /\.(js|rs)$/.test(name));
    const codes = code.flatMap(
      (name) => read(path.join('src', name)).match(/SMTP_ERR_[A-Z_]+/g) ?? [],
    );
    const ids = new Set(documents().flatMap(anchors));
    assert.deepEqual(
      [...new Set(codes)].filter((each) => !ids.has(`error-${each}`)),
      [],
    );
  });

  test('every direct dependency, in the README', () => {
    const manifest = JSON.parse(read('package.json'));
    const cargo = read('Cargo.toml');
    const crates = ['dependencies', 'dev-dependencies', 'build-dependencies'].flatMap((table) => {
      const [body] = cargo.split(`\n[${table}]\n`)[1].split('\n[');
      return [...body.matchAll(/^([\w-]+) = /gm)].map(([, crate]) => crate);
    });
    assert.ok(crates.length > 5);
    const [, chapter] = read('README.md').split('## What it depends on');
    const named = chapter.split('\n## ')[0];
    const { dependencies, devDependencies } = manifest;
    for (const name of [...Object.keys({ ...dependencies, ...devDependencies }), ...crates]) {
      assert.match(named, new RegExp(`[[, ]${name}[\\], ]`), name);
    }
  });

  test('commands are there', () => {
    const { scripts, name } = JSON.parse(read('package.json'));
    const lines = documents().flatMap((document) =>
      blocks(document)
        .filter(({ language }) => language === 'sh')
        .flatMap(({ text }) => text.trim().split('\n')),
    );
    assert.ok(lines.length > 10);
    for (const line of lines) {
      const [program, first, second] = line.split(/ +/);
      if (program === 'npm' && first === 'run') assert.ok(scripts[second], line);
      else if (program === 'npm' && first === 'install') assert.ok(line.includes(name), line);
      else if (program === 'npm') assert.ok(scripts[first], line);
      else assert.ok(fs.existsSync(path.join(ROOT, program === 'node' ? first : program)), line);
    }
  });

  test('the files that pages name as tests or sources are there', () => {
    const all = ['__test__', 'src', 'scripts'].flatMap((folder) =>
      fs
        .readdirSync(path.join(ROOT, folder), { recursive: true })
        .map((name) => path.join(folder, String(name))),
    );
    for (const page of ['docs/safety.md', 'docs/standards.md', 'docs/how-it-works.md']) {
      const named =
        prose(page)
          .join('\n')
          .match(/`[\w/*.-]+\.(?:js|rs|smtp)`/g) ?? [];
      assert.ok(named.length > 0);
      for (const name of named.map((each) => each.slice(1, -1))) {
        const pattern = new RegExp(`(^|/)${name.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
        assert.ok(
          all.some((file) => pattern.test(file)),
          `${name} in ${page}`,
        );
      }
    }
  });
});

test('the map of the sources has every file', () => {
  const map = prose('docs/how-it-works.md').join('\n');
  const files = fs
    .readdirSync(path.join(ROOT, 'src'), { recursive: true })
    .map((name) => String(name).replaceAll('\\', '/'))
    .filter((name) => /\.(js|rs)$/.test(name) && !/(^|\/)tests?(\/|\.rs$)/.test(name));
  assert.ok(files.length > 200);
  // A folder stands for its `mod.rs` or `index.js`, and one of plugins for all of them.
  const isNamed = (/** @type {string} */ file) => {
    const [name = '', folder = ''] = file.split('/').reverse();
    if (['mod.rs', 'index.js'].includes(name)) return map.includes(`${folder}/`);
    return file.includes('/plugins/') ? map.includes('`plugins/`') : map.includes(name);
  };
  assert.deepEqual(
    files.filter((file) => !isNamed(file)),
    [],
  );
});

test('the tarballs that pages name are those that npm run pack makes', () => {
  const { name: main, version } = require('../../package.json');
  const made = ['', ...PLATFORMS.map((platform) => `-${platform}`)].map(
    (suffix) => `${main}${suffix}-${version}.tgz`,
  );
  const pages = documents().map((page) => [page, read(page).match(/[\w.-]+\.tgz/g) ?? []]);
  for (const [page, names] of pages)
    for (const name of names) assert.ok(made.includes(name), `${name} in ${page}`);
  const [, inReadme = []] = pages.find(([page]) => page === 'README.md') ?? [];
  assert.equal(inReadme.length, 2);
  for (const [platform] of read('README.md').matchAll(/(?:linux|darwin|win32)-[\w-]+(?=`)/g))
    assert.ok(PLATFORMS.includes(platform), platform);
});

test('the files that comments of the sources name are there', () => {
  const all = ['src', '__test__', 'bench', 'docs', 'examples', 'scripts', 'types'].flatMap(
    (folder) =>
      fs
        .readdirSync(path.join(ROOT, folder), { recursive: true })
        .map((name) => path.join(folder, String(name)).replaceAll('\\', '/')),
  );
  const known = [...all, ...fs.readdirSync(ROOT)];
  const isThere = (/** @type {string} */ name) =>
    known.some((file) => file === name || file.endsWith(`/${name}`));
  const sources = all.filter((file) => /^src\/.*\.(js|rs)$/.test(file));
  assert.ok(sources.length > 100);
  const missing = sources.flatMap((file) => {
    const comments = read(file)
      .split('\n')
      .filter((line) => /^\s*(\/\/|\*|\/\*)/.test(line));
    const named = comments.join('\n').match(/(?<![\w/.-])[\w-]+(?:\/[\w-]+)*\.(?:js|rs)\b/g) ?? [];
    return named.filter((name) => !isThere(name)).map((name) => `${name} in ${file}`);
  });
  assert.deepEqual(missing, []);
});
