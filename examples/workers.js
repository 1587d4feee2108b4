'use strict';
// One server in each of several worker threads, all on one port: listeners that compute a lot run
// on all cores. A thread that fails takes its own clients with it; the others go on.
//
//   node examples/workers.js [PORT]        (or PORT in the environment; 2525; 0 takes a free one)

const { once } = require('node:events');
const { availableParallelism } = require('node:os');
const { Worker, isMainThread, parentPort, threadId, workerData } = require('node:worker_threads');
const { Server } = require('smtp-engine');

const COUNT = Math.max(2, availableParallelism());
const GRACE_MS = 5_000;

async function main() {
  let port = Number(process.argv[2] ?? process.env.PORT ?? 2525);
  const workers = new Set();
  for (let count = 0; count < COUNT; count += 1) {
    const worker = new Worker(__filename, { workerData: { port } });
    worker.once('exit', () => workers.delete(worker));
    worker.on('error', (error) => console.error(error.message));
    workers.add(worker);
    // The first finds the port, where any will do; the others join it there.
    [port] = await once(worker, 'message');
  }
  console.log(`Listening on 127.0.0.1:${port} in ${COUNT} threads`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      for (const worker of workers) worker.postMessage('close');
    });
  }
}

async function work() {
  const server = new Server(
    // The engine's own threads are shared by all; as many as there are cores is enough.
    { host: '127.0.0.1', port: workerData.port, reusePort: true, threads: COUNT },
    {
      data(message) {
        const { from, recipients } = this.data;
        console.log(`${threadId}: ${message.length} bytes from <${from}> to ${recipients}`);
        return true;
      },
    },
  );
  await server.listen();
  const address = server.address();
  if (typeof address === 'object') parentPort?.postMessage(address?.port);
  parentPort?.once('message', () => server.close({ grace: GRACE_MS }));
}

if (isMainThread) main();
else work();
