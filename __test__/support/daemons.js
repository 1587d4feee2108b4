'use strict';
// Daemons that others wrote, around mail: SpamAssassin's spamd, dnsmasq and haproxy, and Python's
// reader of maildirs. Each is started for one test, at a free port of loopback, and ends with it.

const { spawn, spawnSync } = require('node:child_process');
const dgram = require('node:dgram');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { PATIENCE_MS } = require('./wait.js');

const HOST = '127.0.0.1';
const LOOK_MS = 20;

/** A program on the path, or in the folders of daemons. @param {string} name */
function find(name) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
}

/** Why it cannot run here, undefined if it can. @param {string} name */
const missing = (name) => (find(name) ? undefined : `${name} is not installed`);

/** A port that is free for TCP and UDP. */
async function freePort() {
  const tcp = net.createServer().listen(0, HOST);
  await once(tcp, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (tcp.address());
  const udp = dgram.createSocket('udp4').bind(port, HOST);
  await once(udp, 'listening');
  udp.close();
  tcp.close();
  await once(tcp, 'close');
  return port;
}

/** Starts a daemon in the foreground, and waits until it accepts connections. */
async function start(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {string} */ name,
  /** @type {string[]} */ args,
  /** @type {number} */ port,
) {
  const child = spawn(/** @type {string} */ (find(name)), args, { detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  t.after(async () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    const closed = once(child, 'close');
    // It is the leader of a group: its own processes end with it.
    process.kill(-child.pid, 'SIGTERM');
    await closed;
  });
  const end = Date.now() + 3 * PATIENCE_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`${name}: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const accepts = (/** @type {number} */ port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, HOST);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** SpamAssassin, without the network; its port. @param {import('node:test').TestContext} t */
async function startSpamd(t) {
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const args = ['-L', '-x', '-m', '2', '-i', HOST, '-p', String(port), '-s', 'stderr', ...user];
  await start(t, 'spamd', args, port);
  return port;
}

/**
 * A DNS server for the domain `test`; its address and port.
 *
 * @param {import('node:test').TestContext} t
 * @param {string[]} records as dnsmasq's options have them
 */
async function startDns(t, records) {
  const port = await freePort();
  const options = ['no-daemon', 'conf-file=/dev/null', 'no-resolv', 'no-hosts', 'bind-interfaces'];
  const place = [`listen-address=${HOST}`, `port=${port}`, 'local=/test/'];
  const user = process.getuid?.() === 0 ? ['user=root'] : [];
  const args = [...options, ...place, ...user, ...records].map((option) => `--${option}`);
  await start(t, 'dnsmasq', args, port);
  return `${HOST}:${port}`;
}

/**
 * A proxy before the server at this port, whose health checks are over once it listens; its port.
 *
 * @param {import('node:test').TestContext} t
 * @param {number} server
 * @param {string} send how it sends its header
 */
async function startHaproxy(t, server, send) {
  const port = await freePort();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-haproxy-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'haproxy.cfg');
  const timeouts = ['connect', 'client', 'server', 'check'].map((name) => `  timeout ${name} 5s`);
  fs.writeFileSync(
    file,
    ['defaults', '  mode tcp', ...timeouts, 'listen mail', `  bind ${HOST}:${port}`]
      .concat('  option smtpchk EHLO check.example', `  server one ${HOST}:${server} check ${send}`)
      .concat('')
      .join('\n'),
  );
  await start(t, 'haproxy', ['-db', '-f', file], port);
  return port;
}

/** The subjects of a maildir's messages, as Python's `mailbox` reads them. @param {string} maildir @param {string} [folder] */
function readMaildir(maildir, folder) {
  const script = `
import json, mailbox, sys
box = mailbox.Maildir(sys.argv[1], create=False)
if len(sys.argv) > 2: box = box.get_folder(sys.argv[2])
print(json.dumps([[m['Subject'], m.get_flags(), m.get_subdir()] for m in box]))
`;
  const args = ['-c', script, maildir, ...(folder ? [folder] : [])];
  const { stdout, stderr, status } = spawnSync('python3', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

module.exports = { find, missing, readMaildir, startDns, startHaproxy, startSpamd };
