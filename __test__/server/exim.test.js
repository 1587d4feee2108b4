'use strict';
// exim delivers by BDAT, as it does to whoever lists CHUNKING.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { eximConfig } = require('../support/exim.js');
const { PEERS, eximPath, folder } = require('../support/peers.js');
const { Log, serve } = require('../support/serve.js');

/** A configuration that hands all mail to a port of 127.0.0.1. @param {string} command @param {string} at @param {number} port */
const configure = (command, at, port) =>
  eximConfig(
    command,
    at,
    `primary_hostname = client.example.com
untrusted_set_sender = *
begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = ours
begin transports
ours:
  driver = smtp
  port = ${port}
  hosts_avoid_tls = *
`,
  );

describe('exim', { skip: PEERS.exim4.missing(), timeout: 60_000 }, () => {
  const command = String(eximPath());

  /** Sends a message, and waits until it was delivered or was not. */
  async function send(/** @type {string} */ config, /** @type {string} */ message) {
    const args = ['-C', config, '-odf', '-oi', '-f', 'a@client.example.com', 'b@example.domain'];
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.end(message);
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
  }

  for (const form of ['whole', 'as a stream']) {
    test(`delivers by BDAT, ${form}`, async (t) => {
      const log = new Log();
      /** @type {Buffer[]} */
      const streamed = [];
      const answers =
        form === 'whole'
          ? {}
          : {
              async dataStart() {
                for await (const piece of this.message()) streamed.push(piece);
              },
            };
      const { target } = await serve(t, {}, log.listeners(answers, ['message', 'data']));
      const config = configure(command, folder(t), Number(target));
      const lines = ['.', '..x', 'BDAT 5', 'gr\u00fcn', ...new Array(20_000).fill('x'.repeat(70))];
      const body = lines.map((line) => `${line}\n`).join('');
      await send(config, `Subject: by exim\n\n${body}`);
      const text = form === 'whole' ? log.values('data')[0] : Buffer.concat(streamed).toString();
      assert.match(text, /^Received: .*\r\nSubject: by exim\r\n/s);
      assert.ok(text.endsWith(`\r\n\r\n${body.replaceAll('\n', '\r\n')}`));
      const said = log.values('message').filter((line) => /^(BDAT|DATA)/i.test(line));
      assert.ok(
        said.length > 1 && said.every((line) => /^BDAT \d+( LAST)?$/.test(line)),
        `${said}`,
      );
    });
  }
});
