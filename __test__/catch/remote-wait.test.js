'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { getEventListeners } = require('node:events');
const { test } = require('node:test');
const { TYPE, framed } = require('../../src/js/catch/frames.js');
const { Link } = require('../../src/js/catch/remote-link.js');
const { RemoteWait } = require('../../src/js/catch/remote-wait.js');
const { mailToWire } = require('../../src/js/catch/wire.js');
const { mailOf } = require('../support/catch.js');
const { within } = require('../support/wait.js');

/** @typedef {(response: http.ServerResponse, body: any, index: number) => void} Answer */

/** An inbox that answers as it is told to. @param {import('node:test').TestContext} t @param {Answer} answer */
async function inboxWith(t, answer) {
  /** @type {any[]} */
  const asked = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    asked.push(JSON.parse(body));
    answer(response, asked.at(-1), asked.length - 1);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { asked, server, port, link: new Link(`http://127.0.0.1:${port}`) };
}

/** Sends frames, and then ends as `how` says. @param {http.ServerResponse} response @param {any[]} heads @param {'open' | 'end' | 'cut'} how */
function frames(response, heads, how) {
  response.writeHead(200, { 'content-type': TYPE });
  const pieces = heads.flatMap(({ raw, ...head }) => framed(head, raw));
  response.write(Buffer.concat([Buffer.from('\n'), ...pieces]), () => {
    if (how === 'end') response.end();
    if (how === 'cut') response.destroy();
  });
}

/** A frame with a mail. @param {number} id @param {string} [kind] */
async function mailFrame(id, kind = 'mail') {
  const mail = await mailOf(`Subject: ${id}\r\n\r\n`);
  return { [kind]: { ...mailToWire(mail), id }, raw: mail.raw };
}

const hello = (instance = 'one') => ({ hello: { instance } });
/** @param {any} link @param {any} [look] @param {any} [limits] @param {any} [cursor] */
const waitAt = (link, look = { mail: () => undefined }, limits = { timeout: 10_000 }, cursor) =>
  new RemoteWait(link, (instance) => ({ for: instance ?? null }), look, limits, cursor);

test('it ends with what its look gives', async (t) => {
  const mails = [await mailFrame(1), await mailFrame(2)];
  const { asked, link } = await inboxWith(t, (response) =>
    frames(response, [hello(), ...mails], 'open'),
  );
  const look = { mail: (/** @type {any} */ mail) => (mail.id === 2 ? mail.subject : undefined) };
  const cursor = { after: 0, instance: 'zero' };
  assert.equal(await within(waitAt(link, look, undefined, cursor).result, 'the end'), '2');
  assert.deepEqual(cursor, { after: 2, instance: 'one' });
  const [{ timeout, ...rest }] = asked;
  assert.deepEqual(rest, { for: 'zero', after: 0, instance: 'zero' });
  assert.ok(timeout > 9_000 && timeout <= 10_000);
});

test('or as the inbox ends it', async (t) => {
  const came = await mailFrame(3, 'came');
  for (const end of ['none', 'busy', 'there', 'time']) {
    const { link } = await inboxWith(t, (response) =>
      frames(response, [hello(), came, { end, total: 5 }], 'end'),
    );
    const found = /** @type {any} */ (await within(waitAt(link).result, 'the end'));
    assert.deepEqual([found.end, found.total, found.came.length, found.came[0].id], [end, 5, 1, 3]);
  }
});

test('or with what its look throws', async (t) => {
  const mail = await mailFrame(1);
  const { link } = await inboxWith(t, (response) => frames(response, [hello(), mail], 'open'));
  const fault = new Error('mine');
  const look = {
    mail: () => {
      throw fault;
    },
  };
  await assert.rejects(waitAt(link, look).result, fault);
});

test('where it is cut off, or had so many mails, it goes on from where it was', async (t) => {
  const mails = [await mailFrame(1), await mailFrame(2), await mailFrame(3), await mailFrame(4)];
  const { asked, link } = await inboxWith(t, (response, { after }, index) => {
    const rest = mails.slice(after);
    if (index === 0) return frames(response, [hello(), rest[0]], 'cut');
    if (index === 1) return frames(response, [hello(), rest[0], { end: 'closed' }], 'end');
    if (index === 2) return response.writeHead(503).end('busy');
    if (index === 3) return response.destroy();
    if (index === 4) return frames(response, [hello(), rest[0], { end: 'count' }], 'end');
    if (index === 5) return frames(response, [hello()], 'end');
    return frames(response, [hello(), ...rest], 'open');
  });
  /** @type {number[]} */
  const seen = [];
  const look = {
    mail: (/** @type {any} */ { id }) => {
      seen.push(id);
      return id === 4 ? id : undefined;
    },
  };
  assert.equal(await within(waitAt(link, look).result, 'the end'), 4);
  assert.deepEqual(seen, [1, 2, 3, 4]);
  assert.deepEqual(
    asked.map(({ after, instance }) => [after, instance]),
    [
      [0, undefined],
      [1, 'one'],
      [2, 'one'],
      [2, 'one'],
      [2, 'one'],
      [3, 'one'],
      [3, 'one'],
    ],
  );
});

test('another process has other mails', async (t) => {
  const mails = [await mailFrame(1), await mailFrame(2)];
  const { link } = await inboxWith(t, (response, _, index) =>
    index === 0
      ? frames(response, [hello('one'), ...mails], 'cut')
      : frames(
          response,
          [hello('two'), mails[0], { cleared: 1 }, { end: 'time', total: 1 }],
          'end',
        ),
  );
  /** @type {any[]} */
  const told = [];
  const look = {
    mail: (/** @type {any} */ { id }) => void told.push(id),
    cleared: (/** @type {number} */ id) => told.push(`cleared ${id}`),
    begins: () => told.push('begins'),
  };
  await within(waitAt(link, look).result, 'the end');
  assert.deepEqual(told, ['begins', 1, 2, 'begins', 1, 'cleared 1']);
  assert.equal(link.hello.instance, 'two');
});

test('what will not be better ends it at once', async (t) => {
  for (const [status, body] of /** @type {[number, string][]} */ ([
    [401, ''],
    [404, ''],
    [400, 'match is wrong'],
  ])) {
    const { asked, link } = await inboxWith(t, (response) => response.writeHead(status).end(body));
    const error = await within(
      waitAt(link, undefined, { timeout: Infinity }).result.catch(
        (/** @type {any} */ each) => each,
      ),
      'the end',
    );
    assert.deepEqual([error.code, asked.length], ['SMTP_ERR_NO_INBOX', 1]);
  }
});

test('what may be better ends it when its time is up', async (t) => {
  const { asked, link } = await inboxWith(t, (response) => response.destroy());
  const error = await within(
    waitAt(link, undefined, { timeout: 200 }).result.catch((/** @type {any} */ each) => each),
    'the end',
  );
  assert.equal(error.code, 'SMTP_ERR_NO_INBOX');
  assert.match(error.message, /cannot be reached: .*; it was tried again for \d+ ms$/);
  // Each pause is longer than the one before.
  assert.ok(asked.length > 1 && asked.length < 10, `${asked.length} times`);
});

test('or when the inbox was gone for too long', async (t) => {
  const { link } = await inboxWith(t, (response, _, index) =>
    index < 3 ? frames(response, [hello()], 'cut') : response.destroy(),
  );
  const limits = { timeout: Infinity, patience: 100 };
  const error = await within(
    waitAt(link, undefined, limits).result.catch((/** @type {any} */ each) => each),
    'the end',
  );
  assert.equal(error.code, 'SMTP_ERR_NO_INBOX');
});

test('an inbox that says nothing is not waited for much longer', async (t) => {
  const { link } = await inboxWith(t, () => {});
  await assert.rejects(within(waitAt(link, undefined, { timeout: 0 }).result, 'the end'), {
    code: 'SMTP_ERR_NO_INBOX',
    message: /does not answer$/,
  });
});

test('one that shows that it is at work is waited for', async (t) => {
  const { link } = await inboxWith(t, (response) => {
    frames(response, [hello()], 'open');
    const beating = setInterval(() => response.write('\n'), 100);
    t.after(() => clearInterval(beating));
    setTimeout(() => response.end(Buffer.concat(framed({ end: 'time', total: 0 }))), 2_300);
  });
  const found = await within(waitAt(link, undefined, { timeout: 0 }).result, 'the end');
  assert.equal(/** @type {any} */ (found).end, 'time');
});

test('what another wait has, it can look at, and look again', async (t) => {
  const { link } = await inboxWith(t, () => {});
  const look = { mail: () => undefined, offer: (/** @type {any} */ { id }) => id };
  const wait = waitAt(link, look);
  wait.offer(await mailOf('\r\n'));
  assert.equal(typeof (await within(wait.result, 'the end')), 'number');
  wait.offer(await mailOf('\r\n'));
  const again = waitAt(link, { mail: () => undefined, again: () => 'again' });
  again.again();
  assert.equal(await within(again.result, 'the end'), 'again');
  const deaf = waitAt(link);
  deaf.again();
  deaf.offer(await mailOf('\r\n'));
  deaf.fail(new Error('mine'));
  deaf.fail(new Error('late'));
  await assert.rejects(deaf.result, /^Error: mine$/);
});

test('any number of them may have one signal, which is left with the last', async (t) => {
  const { link } = await inboxWith(t, () => {});
  const { signal } = new AbortController();
  const waits = [1, 2].map(() => waitAt(link, undefined, { timeout: Infinity, signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  for (const wait of waits) wait.fail(new Error('mine'));
  for (const wait of waits) await assert.rejects(wait.result, /^Error: mine$/);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a signal ends it and its request', async (t) => {
  let left = () => {};
  const gone = new Promise((resolve) => {
    left = () => resolve(undefined);
  });
  const controller = new AbortController();
  const { link, asked } = await inboxWith(t, (response) => {
    response.on('close', left);
    controller.abort('enough');
  });
  const { signal } = controller;
  await assert.rejects(waitAt(link, undefined, { timeout: Infinity, signal }).result, {
    name: 'AbortError',
    cause: 'enough',
  });
  await within(gone, 'the end of the request');
  await assert.rejects(waitAt(link, undefined, { timeout: 5, signal }).result, /AbortError/);
  assert.equal(asked.length, 1);
});
