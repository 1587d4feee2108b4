'use strict';
// docs/containers.md: the command as the Dockerfile starts it, asked about its health.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { Child, ROOT } = require('../support/child.js');
const { command, deliver, portOf } = require('../support/command.js');
const { blocks } = require('../support/documents.js');

const hasIPv6 = Object.values(os.networkInterfaces())
  .flat()
  .some((each) => each?.family === 'IPv6');

test('a container that serves is healthy, and one that does not is not', {
  timeout: 60_000,
  skip: !hasIPv6 && 'no IPv6 here',
}, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-container-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const [dockerfile, health] = blocks('docs/containers.md');
  const words = /^CMD (\[.*\])$/m.exec(dockerfile.text)?.[1] ?? '[]';
  const [, ...args] = JSON.parse(words).map((/** @type {string} */ word) =>
    word === '2525' ? '0' : word.replace('/mail', folder),
  );
  const catcher = command(t, ...args);
  const port = await portOf(catcher);
  const program = health.text
    .replace("'smtp-engine'", JSON.stringify(ROOT))
    .replace('port: 2525', `port: ${port}`);
  const asked = async () => (await new Child(t, process.execPath, ['-e', program]).ended()).code;
  assert.equal(await asked(), 0);
  assert.equal(await deliver(port, 'Subject: x\r\n\r\nx\r\n'), 250);
  assert.equal(fs.readdirSync(path.join(folder, 'new')).length, 1);
  catcher.process.kill('SIGTERM');
  assert.deepEqual(await catcher.ended(), { code: 0, signal: null, errors: '' });
  assert.equal(await asked(), 1);
});
