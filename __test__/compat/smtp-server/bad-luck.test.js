'use strict';
// Clients and handlers that do what they should not.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { test } = require('node:test');
const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');

/** All that a server says to what is written in one go, until it closes. */
async function said(t, options, text) {
  const server = new SMTPServer({
    name: 'mx.example',
    logger: false,
    authOptional: true,
    disableReverseLookup: true,
    ...options,
  });
  server.on('error', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const socket = net.connect(server.server.address().port, '127.0.0.1');
  socket.on('error', () => {});
  let all = '';
  socket.setEncoding('latin1').on('data', (piece) => {
    all += piece;
  });
  await once(socket, 'data');
  socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  return all.split('\r\n').slice(1, -1);
}

const MAIL = 'HELO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n';

test('64 MiB without a line end close the session', async (t) => {
  const lines = await said(t, {}, 'x'.repeat(64 * 1_024 * 1_024));
  // What was said may be lost with the bytes that nobody has read.
  assert.match(lines.at(-1) ?? '421 ', /^421 /);
});

test('what stands behind STARTTLS in plain text is not carried out', async (t) => {
  const lines = await said(t, { socketTimeout: 300 }, 'STARTTLS\r\nNOOP\r\nRSET\r\n');
  assert.deepEqual(lines, ['220 Ready to start TLS']);
});

test('a handler that calls back twice is heard once', async (t) => {
  const twice = (_address, _session, done) => {
    done();
    done(new Error('no'));
  };
  const lines = await said(t, { onMailFrom: twice, onRcptTo: twice }, MAIL);
  assert.deepEqual(
    lines.map((line) => line.slice(0, 3)),
    ['250', '250', '250', '354', '250', '250', '221'],
  );
});

test('a message that is destroyed, or fails its reader, is answered', async (t) => {
  for (const error of [undefined, new Error('disk full')]) {
    const onData = (stream, _session, done) => {
      stream.on('error', () => {});
      stream.on('close', () => done(new Error('later')));
      stream.destroy(error);
    };
    const lines = await said(t, { onData }, MAIL);
    assert.deepEqual(lines.slice(4), ['450 later', '250 OK', '221 Bye']);
  }
});
