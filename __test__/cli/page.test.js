'use strict';
// Where the command has its page, and what it says where that cannot be.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { describe, test } = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');
const { PORT, openPage } = require('../../src/js/cli/page.js');
const { openInbox } = require('../support/catch.js');
const { Child } = require('../support/child.js');
const { CLI, command, deliver, finished, receiving } = require('../support/command.js');

const MAIL = 'Subject: Hello\r\n\r\ntext\r\n';

/** A port that somebody has for the whole test. @param {import('node:test').TestContext} t @param {number} [wanted] */
async function takenPort(t, wanted = 0) {
  // Other tests have it for a while; a program that always has it does as well.
  const end = Date.now() + 5_000;
  for (;;) {
    const server = net.createServer().listen(wanted, '127.0.0.1');
    const isOurs = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (isOurs) t.after(() => server.close());
    if (isOurs) return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
    if (Date.now() > end) return wanted;
    await pause(20);
  }
}

/** @param {string} url */
const messagesAt = async (url) => (await fetch(`${url}/api/v1/messages`)).json();

describe('the page of the command', { timeout: 60_000 }, () => {
  test('has the mails that came, and its url is the last field of the start', async (t) => {
    const child = command(t, '--port', '0', '--page-port', '0', '--json');
    const start = JSON.parse(await child.line());
    assert.deepEqual(Object.keys(start), ['event', 'time', 'host', 'port', 'tls', 'page']);
    assert.match(start.page, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(await deliver(start.port, MAIL), 250);
    const { messages } = await messagesAt(start.page);
    assert.deepEqual(
      messages.map((/** @type {any} */ { Subject }) => Subject),
      ['Hello'],
    );
  });

  test('is said behind where mail is taken, and ends with the command', async (t) => {
    const child = command(t, '--port', '0', '--page-port', '0');
    assert.match(await child.line(), /^Listening on 127\.0\.0\.1:\d+\. /);
    assert.match(await child.line(), /^ {2}printf /);
    const [, url] = /^Page on (http:\/\/127\.0\.0\.1:\d+)$/.exec(await child.line()) ?? [];
    // A page that is open does not keep it.
    const open = http.get(`${url}/livez`, { agent: new http.Agent({ keepAlive: true }) });
    await once(open, 'response');
    open.on('error', () => {});
    child.process.kill('SIGINT');
    assert.equal((await child.ended()).code, 0);
    await assert.rejects(fetch(`${url}/livez`));
  });

  test('is at another port where 8025 is taken, which is said', async (t) => {
    assert.equal(await takenPort(t, PORT), PORT);
    const text = command(t, '--port', '0');
    for (let lines = 0; lines < 2; lines += 1) await text.line();
    const said = /^Page on (http:\S+) \(port 8025 is taken\)$/.exec(await text.line());
    assert.equal((await fetch(`${said?.[1]}/livez`)).status, 200);
    const json = command(t, '--port', '0', '--json');
    const { page, taken } = JSON.parse(await json.line());
    assert.equal((await fetch(`${page}/livez`)).status, 200);
    assert.equal(taken, undefined);
  });

  test('is at no other port than one that was asked for, and nothing is without it', async (t) => {
    const taken = await takenPort(t);
    const args = ['--port', '0', '--page-port', String(taken)];
    const { code, output, errors } = await finished(t, ...args);
    assert.deepEqual([code, output], [1, '']);
    assert.match(
      errors,
      new RegExp(`^smtp-engine: --page-port ${taken}: listen EADDRINUSE[^\n]*--no-page\n$`),
    );
    const json = command(t, '--json', ...args);
    const line = JSON.parse(await json.line());
    assert.deepEqual([line.event, line.code], ['error', 'EADDRINUSE']);
    assert.equal((await json.ended()).code, 1);
  });

  test('gives way to mail where both are to be at one port', async (t) => {
    const both = await takenPort(t);
    const args = ['--port', String(both), '--page-port', String(both)];
    const { code, errors } = await finished(t, ...args);
    assert.equal(code, 1);
    assert.match(errors, /^smtp-engine: listen EADDRINUSE[^\n]*\n$/);
    assert.ok(!errors.includes('--page-port'));
  });

  test('is not there with --no-page', async (t) => {
    const { child, port } = await receiving(t, '--no-page', '--json');
    assert.equal(await deliver(port, MAIL), 250);
    const plain = command(t, '--port', '0', '--no-page');
    assert.match(await plain.line(), /^Listening/);
    assert.match(await plain.line(), /curl/);
    plain.process.kill('SIGINT');
    assert.match(await plain.line(), /^Closing/);
    assert.equal(child.process.exitCode, null);
  });
});

test('what keeps it from opening is said in the words of the command line', async (t) => {
  const inbox = await openInbox(t);
  t.mock.method(http.Server.prototype, 'listen', function (/** @type {any} */ ..._place) {
    const error = new Error('listen EACCES: permission denied 127.0.0.1:80');
    process.nextTick(() => this.emit('error', Object.assign(error, { code: 'EACCES' })));
    return this;
  });
  await assert.rejects(openPage(inbox, { port: 80, host: '127.0.0.1' }), {
    code: 'EACCES',
    message:
      '--page-port 80: listen EACCES: permission denied 127.0.0.1:80; ' +
      'give another port, 0 for a free one, or --no-page',
  });
  // It is not what a port that is taken is.
  await assert.rejects(
    openPage(inbox, { host: '127.0.0.1' }),
    /^Error: --page-port 8025: listen EACCES/,
  );
});

test('a host that is none of this machine is said to be so', { timeout: 60_000 }, async (t) => {
  const env = { SMTP_ENGINE_PAGE_PASSWORD: 'Tr0ub4dor' };
  for (const host of ['192.0.2.1', '2001:db8::1']) {
    const args = [CLI, '--port', '0', '--page-host', host, '--page-auth', 'tim'];
    const { code, errors } = await new Child(t, process.execPath, args, env).ended();
    assert.equal(code, 1);
    assert.match(errors, new RegExp(`^smtp-engine: --page-host ${host}: [^\n]*E[A-Z_]+[^\n]*\n$`));
  }
});
