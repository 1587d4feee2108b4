'use strict';
// A streaming archiver: each message goes, gzipped, into a file of its own as it comes. However
// large it is, the archiver holds no more of it than a few hundred kilobytes, and a slow disk
// brakes the client.
//
//   node examples/archiver.js [DIRECTORY] [PORT]        (./archive, 2525; port 0 takes a free one)

const { createWriteStream } = require('node:fs');
const { mkdir, open, rename, rm } = require('node:fs/promises');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const { createGzip } = require('node:zlib');
const { Server } = require('smtp-engine');

const [directory = 'archive', port = '2525'] = process.argv.slice(2);
let number = 0;

/** Writes a stream into a file that has its name only once it is whole and on the disk. */
async function archive(/** @type {import('node:stream').Readable} */ message) {
  const name = path.join(directory, `${Date.now()}.${process.pid}.${number++}.eml.gz`);
  const unfinished = `${name}.part`;
  try {
    await pipeline(message, createGzip(), createWriteStream(unfinished, { flags: 'wx' }));
    const file = await open(unfinished, 'r+');
    await file.sync().finally(() => file.close());
    await rename(unfinished, name);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return name;
}

const server = new Server(
  { host: '127.0.0.1', port, size: 0 },
  {
    // The client hears 250 once this has gone well, and 451 if it has not.
    async dataStart() {
      const name = await archive(this.message());
      console.log(`${name} from <${this.data.from}> to ${this.data.recipients.join(', ')}`);
    },
    error(error) {
      console.error(error.message);
    },
  },
);

async function main() {
  await mkdir(directory, { recursive: true });
  await server.listen();
  const address = server.address();
  if (typeof address === 'object') console.log(`Listening on 127.0.0.1:${address?.port}`);
  process.once('SIGINT', () => server.close({ grace: 5_000 }));
  process.once('SIGTERM', () => server.close({ grace: 5_000 }));
}

main();
