'use strict';
// Real servers that others wrote, each a process on loopback with a folder of its own and without
// an init system. Those that are not installed say so.

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { SMTPServer } = require('smtp-server');
const { p256 } = require('./certificates.js');
const { NOBODY, eximConfig } = require('./exim.js');
const { find } = require('./daemons.js');
const { freePort } = require('./port.js');
const { PATIENCE_MS } = require('./wait.js');
const { Server } = require('../../index.js');

const HOST = '127.0.0.1';
const USER = 'tim';
const PASSWORD = 'secret';
const REALM = 'mx.example.com';
const LOOK_MS = 20;

/**
 * @typedef {object} Peer
 * @property {number} port
 * @property {() => Promise<Buffer>} message the next that arrived, as it was stored, lines in CRLF
 * @property {{ user: string, password: string } | undefined} auth
 * @property {string} [noTls] why it is not spoken to under TLS
 * @property {string[]} [methods] those of AUTH that it must offer; the default is whatever it has
 * @property {string} [log] the file that it tells of deliveries in
 */

/** A folder that others may enter, and that is gone when the test has ended. */
function folder(/** @type {import('node:test').TestContext} */ t) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-peer-'));
  fs.chmodSync(made, 0o755);
  t.after(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Looks again until there is something. @template T @param {() => T | Promise<T>} look @param {() => string} what */
async function until(look, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what()} did not come within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const greets = (/** @type {number} */ port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, HOST);
    socket.once('data', () => {
      socket.end('QUIT\r\n');
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.on('end', () => socket.destroy());
  });

/** Starts a server and waits until it greets. */
async function start(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  /** @type {number} */ port,
) {
  const child = spawn(command, args, { detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  child.on('error', (error) => {
    output += error.message;
  });
  t.after(async () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    // It is the leader of a group: its own processes end with it.
    process.kill(-child.pid, 'SIGTERM');
    await Promise.race([once(child, 'close'), new Promise((r) => setTimeout(r, 2_000))]);
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  await until(
    () => greets(port),
    () => `the greeting of ${path.basename(command)} (${output})`,
  );
  return child;
}

/** Messages in a maildir, each once. @param {string} maildir */
function maildirReader(maildir) {
  const seen = new Set();
  const look = () => {
    const news = path.join(maildir, 'new');
    if (!fs.existsSync(news)) return undefined;
    const name = fs.readdirSync(news).find((each) => !seen.has(each));
    if (name === undefined) return undefined;
    seen.add(name);
    const text = fs.readFileSync(path.join(news, name), 'latin1');
    return Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'latin1');
  };
  return () => until(look, () => `a message in ${maildir}`);
}

function writeKeys(/** @type {string} */ at, /** @type {number} */ owner) {
  const { key, cert } = p256();
  const files = { key: path.join(at, 'key.pem'), cert: path.join(at, 'cert.pem') };
  fs.writeFileSync(files.key, key);
  fs.writeFileSync(files.cert, cert);
  for (const file of Object.values(files)) fs.chownSync(file, owner, owner);
  return files;
}

/**
 * Passwords for postfix in Cyrus' own database, which asks no daemon; the mechanisms that it gives,
 * or undefined where its tools are not installed.
 */
function postfixLogins(/** @type {string} */ at) {
  const command = find('saslpasswd2');
  if (!command) return undefined;
  const methods = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256'];
  // Debian's looks there, others where they are told to.
  const folder = path.join(at, 'etc', 'sasl');
  const database = path.join(folder, 'sasldb2');
  fs.mkdirSync(folder);
  const settings = `pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: ${database}
mech_list: ${methods.join(' ')}
`;
  fs.writeFileSync(path.join(folder, 'smtpd.conf'), settings);
  const { status, stderr } = spawnSync(command, ['-p', '-c', '-f', database, '-u', REALM, USER], {
    input: PASSWORD,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`saslpasswd2: ${stderr}`);
  spawnSync('chown', ['postfix', database]);
  return methods;
}

const isRoot = () => process.getuid?.() === 0;

/** @type {Record<string, { missing: () => string | undefined, start: (t: import('node:test').TestContext, settings?: string) => Promise<Peer> }>} `settings` are more of its own */
const PEERS = {
  'smtp-server': {
    missing: () => undefined,
    async start(t) {
      /** @type {Buffer[]} */
      const messages = [];
      const { key, cert } = p256();
      const server = new SMTPServer({
        ...{ key, cert, size: 50_000_000, authOptional: true },
        onAuth: ({ username, password }, _session, callback) =>
          callback(username === USER && password === PASSWORD ? null : new Error('no'), {
            user: USER,
          }),
        onData(stream, _session, callback) {
          /** @type {Buffer[]} */
          const pieces = [];
          stream.on('data', (piece) => pieces.push(piece));
          stream.on('end', () => {
            messages.push(Buffer.concat(pieces));
            callback(null);
          });
        },
      });
      // It tells of each client that rejects its certificate.
      server.on('error', () => {});
      server.listen(0, HOST);
      await once(server.server, 'listening');
      t.after(() => new Promise((resolve) => server.close(() => resolve(undefined))));
      const { port } = /** @type {any} */ (server.server.address());
      const message = () =>
        until(
          () => messages.shift(),
          () => 'a message',
        );
      return { port, message, auth: { user: USER, password: PASSWORD } };
    },
  },

  postfix: {
    missing() {
      if (!find('postfix')) return 'postfix is not installed';
      return isRoot() ? undefined : 'postfix has to be started by root';
    },
    async start(t, settings = '') {
      const at = folder(t);
      const port = await freePort();
      for (const name of ['etc', 'spool', 'data', 'mail']) fs.mkdirSync(path.join(at, name));
      fs.chownSync(path.join(at, 'mail'), NOBODY, NOBODY);
      spawnSync('chown', ['postfix', path.join(at, 'data')]);
      const { key, cert } = writeKeys(at, 0);
      const methods = postfixLogins(at);
      const setting = (/** @type {string} */ name) =>
        spawnSync('postconf', ['-d', '-h', name], { encoding: 'utf8' }).stdout.trim();
      fs.writeFileSync(
        path.join(at, 'etc', 'main.cf'),
        `compatibility_level = 3.6
queue_directory = ${at}/spool
data_directory = ${at}/data
command_directory = ${setting('command_directory')}
daemon_directory = ${setting('daemon_directory')}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = ${HOST}
inet_protocols = ipv4
myhostname = mx.example.com
mydestination =
alias_maps =
local_header_rewrite_clients =
virtual_mailbox_domains = example.com
virtual_mailbox_base = ${at}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:${NOBODY}
virtual_gid_maps = static:${NOBODY}
virtual_mailbox_limit = 0
message_size_limit = 50000000
smtputf8_enable = yes
smtpd_tls_security_level = may
smtpd_tls_key_file = ${key}
smtpd_tls_cert_file = ${cert}
smtpd_sasl_auth_enable = ${methods ? 'yes' : 'no'}
smtpd_sasl_local_domain = ${REALM}
cyrus_sasl_config_path = ${at}/etc/sasl
maillog_file = ${at}/log
maillog_file_prefixes = ${os.tmpdir()}
${settings}`,
      );
      const services = `${HOST}:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
error unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
`;
      fs.writeFileSync(path.join(at, 'etc', 'master.cf'), services);
      const command = /** @type {string} */ (find('postfix'));
      const config = ['-c', path.join(at, 'etc')];
      await start(t, command, [...config, 'start-fg'], port);
      // Its master leaves the group, and may listen before it has written who it is.
      const file = path.join(at, 'spool', 'pid', 'master.pid');
      const pid = await until(
        () => fs.existsSync(file) && Number(fs.readFileSync(file, 'utf8')),
        () => file,
      );
      t.after(() => process.kill(pid, 'SIGTERM'));
      const message = maildirReader(path.join(at, 'mail', 'inbox'));
      const auth = methods && { user: USER, password: PASSWORD };
      return { port, message, auth, methods, log: path.join(at, 'log') };
    },
  },

  exim4: {
    missing() {
      if (!eximPath()) return 'exim4 is not installed (SMTP_ENGINE_EXIM)';
      return isRoot() ? undefined : 'exim4 has to be started by root';
    },
    async start(t) {
      const at = folder(t);
      const port = await freePort();
      fs.mkdirSync(path.join(at, 'mail'));
      const { key, cert } = writeKeys(at, NOBODY);
      const command = /** @type {string} */ (eximPath());
      const config = eximConfig(
        command,
        at,
        `pid_file_path = ${at}/pid
primary_hostname = mx.example.com
tls_advertise_hosts = *
tls_certificate = ${cert}
tls_privatekey = ${key}
smtputf8_advertise_hosts = *
chunking_advertise_hosts = *
acl_smtp_rcpt = take
acl_smtp_data = take
message_size_limit = 50M
smtp_accept_queue_per_connection = 0
begin acl
take:
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = ${at}/mail
  maildir_format
  user = ${NOBODY}
  group = ${NOBODY}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{${USER}}}{eq{$auth3}{${PASSWORD}}}}}
  server_set_id = $auth2
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${PASSWORD}
  server_set_id = $auth1
`,
      );
      await start(t, command, ['-C', config, '-bdf', '-oX', `${HOST}.${port}`], port);
      const message = maildirReader(path.join(at, 'mail'));
      const auth = { user: USER, password: PASSWORD };
      return { port, message, auth, methods: ['PLAIN', 'CRAM-MD5'] };
    },
  },

  opensmtpd: {
    missing() {
      if (!opensmtpdPath()) return 'opensmtpd is not installed (SMTP_ENGINE_OPENSMTPD)';
      return isRoot() ? undefined : 'opensmtpd has to be started by root';
    },
    async start(t) {
      const at = folder(t);
      const port = await freePort();
      const { port: ours, message } = await capture(t);
      const config = path.join(at, 'smtpd.conf');
      fs.writeFileSync(
        config,
        `listen on ${HOST} port ${port}
action "on" relay host smtp://${HOST}:${ours}
match from any for any action "on"
`,
      );
      const command = /** @type {string} */ (opensmtpdPath());
      await start(t, command, ['-d', '-f', config], port);
      // That of Debian 12 finds no key under OpenSSL 3, and asks for passwords under TLS alone.
      return { port, message, auth: undefined, noTls: 'its TLS fails with OpenSSL 3' };
    },
  },

  aiosmtpd: {
    missing() {
      const { status } = spawnSync(python(), ['-c', 'import aiosmtpd']);
      return status === 0 ? undefined : 'aiosmtpd is not installed (SMTP_ENGINE_PYTHON)';
    },
    async start(t) {
      const at = folder(t);
      const port = await freePort();
      const { key, cert } = writeKeys(at, process.getuid?.() ?? 0);
      fs.mkdirSync(path.join(at, 'new'));
      const script = `
import asyncio, os, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

at, port, key, cert = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
count = 0

class Handler:
    async def handle_DATA(self, server, session, envelope):
        global count
        count += 1
        with open(os.path.join(at, 'part'), 'wb') as file:
            file.write(envelope.original_content)
        os.rename(os.path.join(at, 'part'), os.path.join(at, 'new', str(count)))
        return '250 taken'

def login(server, session, envelope, mechanism, data):
    good = data.login == b'${USER}' and data.password == b'${PASSWORD}'
    return AuthResult(success=good, handled=good)

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(cert, key)
make = lambda: SMTP(Handler(), tls_context=context, authenticator=login, enable_SMTPUTF8=True, data_size_limit=50000000)

async def main():
    server = await asyncio.get_running_loop().create_server(make, '${HOST}', port)
    await server.serve_forever()

asyncio.run(main())
`;
      await start(t, python(), ['-c', script, at, String(port), key, cert], port);
      return { port, message: maildirReader(at), auth: { user: USER, password: PASSWORD } };
    },
  },
};

/** What a server relays to us. @param {import('node:test').TestContext} t */
async function capture(t) {
  /** @type {Buffer[]} */
  const messages = [];
  const server = new Server(
    { port: 0, host: HOST, size: 0 },
    {
      data() {
        messages.push(this.raw);
        return true;
      },
    },
  );
  await server.listen();
  t.after(() => server.close({ grace: 1 }));
  const { port } = server.address();
  return {
    port,
    message: () =>
      until(
        () => messages.shift(),
        () => 'a message that is relayed',
      ),
  };
}

const python = () => process.env.SMTP_ENGINE_PYTHON || 'python3';
const opensmtpdPath = () =>
  process.env.SMTP_ENGINE_OPENSMTPD || find('smtpctl')?.replace(/ctl$/, 'd');
const eximPath = () => process.env.SMTP_ENGINE_EXIM || find('exim4');

module.exports = { PEERS, eximPath, folder, until };
