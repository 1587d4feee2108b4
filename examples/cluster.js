'use strict';
// One server in each of several processes, all on one port: the kernel shares the clients out.
// A process that crashes is replaced; the others go on. Ctrl-C ends all of them, in order.
//
//   node examples/cluster.js [PORT]        (or PORT in the environment; 2525; 0 takes a free one)

const cluster = require('node:cluster');
const { once } = require('node:events');
const { availableParallelism } = require('node:os');
const { Server } = require('smtp-engine');

const COUNT = Math.max(2, availableParallelism());
const GRACE_MS = 5_000;

let ending = false;

/** Starts a process and another in its place when it ends; resolves with its port. */
async function start(/** @type {number} */ port) {
  const worker = cluster.fork({ PORT: String(port) });
  worker.once('exit', (code) => {
    if (ending) return;
    console.error(`Process ${worker.process.pid} has ended with ${code}`);
    if (bound) start(bound);
    else process.exitCode = 1; // it could not listen, and nor could another
  });
  const [{ listens }] = await once(worker, 'message');
  return listens;
}

/** Where all of them listen, once the first has found out. */
let bound = 0;

async function primary() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      ending = true;
      for (const worker of Object.values(cluster.workers ?? {})) worker?.send('close');
    });
  }
  bound = await start(Number(process.argv[2] ?? process.env.PORT ?? 2525));
  for (let count = 1; count < COUNT; count += 1) await start(bound);
  console.log(`Listening on 127.0.0.1:${bound} in ${COUNT} processes`);
}

async function worker() {
  const server = new Server(
    { host: '127.0.0.1', port: process.env.PORT, reusePort: true },
    {
      data(message) {
        const { from, recipients } = this.data;
        console.log(`${process.pid}: ${message.length} bytes from <${from}> to ${recipients}`);
        return true;
      },
    },
  );
  await server.listen();
  const address = server.address();
  if (typeof address === 'object') process.send?.({ listens: address?.port });
  // A terminal sends its Ctrl-C to every process; when to end is for the first one to say.
  process.on('SIGINT', () => {});
  process.on('message', async () => {
    await server.close({ grace: GRACE_MS });
    process.disconnect();
  });
}

if (cluster.isPrimary) primary();
else worker();
