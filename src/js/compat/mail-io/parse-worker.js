'use strict';
// A thread that reads messages, so that the program's own never stands still for one.

const { createReadStream } = require('node:fs');
const { parentPort } = require('node:worker_threads');
// Here, so that a thread that lacks it does not begin.
require('mailparser');
const { read } = require('./parsed-mail.js');

/** Reads each message that it is asked for, and answers with what it found. @param {import('node:worker_threads').MessagePort} port */
function serve(port) {
  port.on('message', async ({ file, bytes, maxBytes }) => {
    const open = () =>
      file === undefined ? onlyPiece(Buffer.from(bytes)) : createReadStream(file);
    try {
      const mail = await read(open, maxBytes);
      for (const attachment of mail.attachments) attachment.content = owned(attachment.content);
      port.postMessage(
        { mail },
        mail.attachments.map((/** @type {any} */ { content }) => content.buffer),
      );
    } catch (/** @type {any} */ error) {
      port.postMessage({ problem: String(error?.message ?? error) });
    }
  });
}

async function* onlyPiece(/** @type {Buffer} */ bytes) {
  yield bytes;
}

/** With no bytes of others' in its memory, which is handed over. @param {Buffer} content */
const owned = (content) =>
  content.buffer.byteLength === content.length ? content : Uint8Array.prototype.slice.call(content);

if (parentPort) serve(parentPort);

module.exports = { serve };
