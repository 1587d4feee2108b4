'use strict';
// The bar of `send`, and the line of the catcher: each way out leaves the terminal as it was.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Client } = require('../support/client.js');
const { CLI } = require('../support/command.js');
const { scripted } = require('../support/scripted-server.js');
const { Terminal, noTerminal } = require('../support/terminal.js');

const BAR = /[█░]{10,} +\d+ %/;
const LARGE = `Subject: x\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(2_000)}`;
/** Longer than any line of the terminal. */
const WORDS = `550 ${'because '.repeat(30)}of that`;

/** @typedef {import('../support/scripted-server.js').Conversation} Conversation */

/** Takes a message up to its first bytes. @param {Conversation} c */
async function begin(c) {
  await c.greet('SIZE');
  await c.expect(/^MAIL FROM:<a@b> SIZE=\d+$/);
  c.say('250 OK');
  await c.expect(/^RCPT TO:/);
  c.say('250 OK');
  await c.expect(/^DATA$/);
  c.say('354 go');
  await c.bytes(100_000);
}

/** What the server does then. @type {Record<string, (c: Conversation) => Promise<void>>} */
const SERVERS = {
  async takes(c) {
    await begin(c);
    await c.message();
    c.say('250 taken');
    await c.expect(/^(?:QUIT)?$/);
    c.say('221 bye');
  },
  async refuses(c) {
    await begin(c);
    await c.message();
    c.say(WORDS);
    await c.gone();
  },
  async resets(c) {
    await begin(c);
    c.reset();
  },
  async stalls(c) {
    await begin(c);
    c.socket.pause();
  },
};

/** `send` on a terminal, with a large file. @param {import('node:test').TestContext} t @param {string} server */
async function sending(t, server) {
  const { port } = await scripted(t, SERVERS[server]);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-bar-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'a.eml');
  fs.writeFileSync(file, LARGE);
  const where = ['--from', 'a@b', '--to', 'c@d', '--host', `127.0.0.1:${port}`];
  return new Terminal(t, [process.execPath, CLI, 'send', ...where, file]);
}

/** @param {Terminal} terminal */
function isAsBefore({ state }) {
  for (const [mode, set] of Object.entries(state.changed)) {
    assert.equal(set, { 7: 'h', 25: 'h' }[mode] ?? 'l', `mode ${mode}`);
  }
  assert.equal(state.lastLine, '');
}

describe("send's bar", { timeout: 60_000, skip: noTerminal }, () => {
  for (const [server, code, said] of /** @type {[string, number, RegExp][]} */ ([
    ['takes', 0, /: 250 taken \(1 recipient\)$/],
    ['refuses', 1, new RegExp(`: <c@d>: ${WORDS}$`)],
    ['resets', 1, /: .*(?:reset|closed|left)/i],
  ])) {
    test(`is gone when the server ${server}, and what is said is whole`, async (t) => {
      const terminal = await sending(t, server);
      await terminal.until(BAR);
      assert.equal(await terminal.ended(), code, terminal.text);
      isAsBefore(terminal);
      const lines = terminal.screen.filter((line) => line !== '');
      assert.equal(lines.length, 1, JSON.stringify(lines));
      assert.match(String(lines[0]), said);
    });
  }

  for (const [signal, code] of /** @type {[NodeJS.Signals, number][]} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    test(`is gone after ${signal}`, async (t) => {
      const terminal = await sending(t, 'stalls');
      await terminal.until(BAR);
      assert.equal(await terminal.interrupt(signal), code, terminal.text);
      isAsBefore(terminal);
      assert.deepEqual(
        terminal.screen.filter((line) => line !== ''),
        [],
      );
    });
  }
});

describe("the catcher's line", { timeout: 60_000, skip: noTerminal }, () => {
  for (const [signal, code] of /** @type {[NodeJS.Signals, number][]} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    for (const presses of [1, 2]) {
      test(`is gone after ${presses} ${signal}`, async (t) => {
        const terminal = new Terminal(t, [process.execPath, CLI, '--port', '0']);
        const port = Number((await terminal.until(/127\.0\.0\.1:(\d+)\. /))[1]);
        await terminal.until(/memory/);
        if (presses === 1) {
          assert.equal(await terminal.interrupt(signal), 0);
        } else {
          const client = await Client.connect(port);
          t.after(() => client.destroy());
          await client.envelope();
          await client.command('DATA', 354);
          terminal.process.kill(signal);
          await terminal.until(/Closing; 1 open/);
          const again = setInterval(() => terminal.process.kill(signal), 100);
          t.after(() => clearInterval(again));
          assert.equal(await terminal.ended(), code);
        }
        isAsBefore(terminal);
        const lines = terminal.screen.filter((line) => line !== '');
        assert.match(String(lines.at(-1)), /^Received 0 messages/);
      });
    }
  }
});
