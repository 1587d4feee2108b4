'use strict';
// Opens a connection, says EHLO and STARTTLS, shakes hands without resuming and quits, again and
// again: `handshakes.js PORT COUNT AT_ONCE`. Prints the time and what was agreed on as JSON.

const tls = require('node:tls');
const { once } = require('node:events');
const { command, greeted, inParallel } = require('./connection.js');

const [port, count, atOnce] = process.argv.slice(2).map(Number);
/** @type {Set<string>} */
const agreed = new Set();

async function handshake() {
  const plain = await greeted({ port, host: '127.0.0.1' });
  await command(plain, 'STARTTLS');
  // No session is passed, so none is resumed. The certificate is the benchmark's own.
  const socket = tls.connect({ socket: plain, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  if (socket.isSessionReused()) throw new Error('a TLS session was resumed');
  agreed.add(
    [
      socket.getProtocol(),
      socket.getCipher().standardName,
      /** @type {tls.EphemeralKeyInfo} */ (socket.getEphemeralKeyInfo()).name,
      socket.getPeerCertificate().asn1Curve ?? `RSA-${socket.getPeerCertificate().bits}`,
    ].join(' '),
  );
  socket.on('error', () => {});
  await command(socket, 'QUIT');
  socket.destroy();
}

const start = process.hrtime.bigint();
inParallel(count, atOnce, handshake).then(() => {
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(JSON.stringify({ seconds, agreed: [...agreed] }));
});
