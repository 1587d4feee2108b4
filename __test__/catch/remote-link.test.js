'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { Link } = require('../../src/js/catch/remote-link.js');
const { TYPE } = require('../../src/js/catch/frames.js');
const { errorOf, within } = require('../support/wait.js');

/** A server with this listener. @param {import('node:test').TestContext} t @param {http.RequestListener} listener */
async function serve(t, listener) {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  return { server, port, url: `http://127.0.0.1:${port}` };
}

/** All frames of a wait. @param {Link} link @param {AbortSignal} [signal] */
async function framesOf(link, signal = new AbortController().signal) {
  const frames = [];
  for await (const frame of link.frames({}, signal)) frames.push(frame);
  return frames;
}

test('a URL is that of a page, and no error shows what is in it', () => {
  for (const [url, why] of /** @type {[any, RegExp][]} */ ([
    [undefined, /it is no string/],
    [8025, /it is no string/],
    [{ href: 'http://u:secret@x' }, /it is no string/],
    ['', /it is no URL/],
    ['127.0.0.1:8025', /it is no URL/],
    ['localhost:8025', /not one of localhost:/],
    ['http://u:secret@', /it is no URL/],
    ['http://u:sec ret@x:99999', /it is no URL/],
    ['smtp://u:secret@127.0.0.1:2525', /not one of smtp:/],
    ['https://u:secret@127.0.0.1:8025', /not one of https:/],
    ['http://u:secret@127.0.0.1:8025/api/v1', /nothing behind its port/],
    ['http://u:secret@127.0.0.1:8025/?secret', /nothing behind its port/],
    ['http://u:secret@127.0.0.1:8025/#secret', /nothing behind its port/],
    ['http://u:secret%@127.0.0.1:8025', /percent-encoded/],
  ])) {
    assert.throws(
      () => new Link(url),
      (error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, why);
        assert.doesNotMatch(inspect(error), /secret|sec ret/);
        return true;
      },
      String(url),
    );
  }
});

test('a URL without its login is what is shown', () => {
  for (const [url, shown, host] of /** @type {[any, string, string][]} */ ([
    ['http://127.0.0.1:8025', 'http://127.0.0.1:8025', '127.0.0.1'],
    ['http://u:secret@localhost:8025/', 'http://localhost:8025', 'localhost'],
    [new URL('http://u@[::1]:8025'), 'http://[::1]:8025', '::1'],
    ['http://mail.example', 'http://mail.example', 'mail.example'],
  ])) {
    const link = new Link(url);
    assert.deepEqual([link.url, link.host], [shown, host]);
    assert.doesNotMatch(inspect(link, { depth: 9 }), /secret/);
  }
});

test('it brings its login, and a body of JSON', async (t) => {
  /** @type {any[]} */
  const asked = [];
  const { port } = await serve(t, async (request, response) => {
    const { method, url, headers } = request;
    let body = '';
    for await (const piece of request) body += piece;
    asked.push([method, url, headers.authorization, headers['content-type'], body]);
    response.setHeader('content-type', 'application/json').end('{"a":1}');
  });
  const link = new Link(`http://%C3%A9:a%3Ab%40c@127.0.0.1:${port}`);
  assert.deepEqual(await link.ask('POST', '/x', { b: 'é' }), { a: 1 });
  assert.deepEqual(await new Link(`http://127.0.0.1:${port}`).ask('GET'), { a: 1 });
  const login = `Basic ${Buffer.from('é:a:b@c').toString('base64')}`;
  assert.deepEqual(asked, [
    ['POST', '/api/v1/wait/x', login, 'application/json', '{"b":"é"}'],
    ['GET', '/api/v1/wait', undefined, 'application/json', ''],
  ]);
});

test('whatever is there instead is told as it is, and whether to try again', async (t) => {
  const type = { 'content-type': 'application/json' };
  for (const [status, headers, body, wanted, permanent] of /** @type {any[]} */ ([
    [401, {}, '', /does not take the user and the password of its URL$/, true],
    [403, {}, 'no name of this host', /says: no name of this host$/, true],
    [404, {}, 'x'.repeat(500), /is no inbox of smtp-engine: it answers 404: x{200}$/, true],
    [301, { location: 'http://evil.example' }, '', /it answers 301/, true],
    [500, {}, 'something is wrong here', /it answers 500/, true],
    [400, {}, 'match.x is none', /says: match\.x is none$/, true],
    [410, {}, 'there is no such rule', /says: there is no such rule$/, true],
    [503, {}, 'there are 1000 waits', /cannot answer: there are 1000 waits$/, false],
    [200, type, 'x'.repeat(2e6), /its answer is too long/, true],
    [200, type, '<html>', /its answer is no JSON/, true],
    [200, type, '{}', /it is called something else/, true],
    [200, type, '{"name":"smtp-engine"}', /it is called something else/, true],
    [200, { 'content-type': 'text/html' }, '<html>', /it is called something else/, true],
  ])) {
    const { url } = await serve(t, (_, response) => response.writeHead(status, headers).end(body));
    const error = await errorOf(new Link(url.replace('//', '//u:secret@')).meet());
    assert.equal(error.code, 'SMTP_ERR_NO_INBOX');
    assert.match(error.message, wanted);
    assert.equal(error.permanent, permanent, error.message);
    assert.ok(error.message.includes(url), error.message);
    assert.doesNotMatch(inspect(error), /secret/);
  }
});

test('without a login it says where one can be', async (t) => {
  const { url } = await serve(t, (_, response) => response.writeHead(401).end());
  const { message } = await errorOf(new Link(url).meet());
  assert.match(message, /needs a login, which its URL can have: http:\/\/user:password@host:port$/);
});

test('where nobody is, somebody may be soon', async (t) => {
  const { server, port, url } = await serve(t, () => {});
  server.close();
  await once(server, 'close');
  const error = await errorOf(new Link(`http://u:secret@127.0.0.1:${port}`).ask('GET'));
  assert.deepEqual([error.code, error.permanent], ['SMTP_ERR_NO_INBOX', false]);
  assert.match(
    error.message,
    /^the inbox at http:\/\/127\.0\.0\.1:\d+ cannot be reached: .*REFUSED/,
  );
  assert.equal(error.cause.code, 'ECONNREFUSED');
  assert.ok(error.message.includes(url));
  assert.doesNotMatch(inspect(error), /secret/);
});

test('what speaks something else is no inbox', async (t) => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 mail.example ESMTP\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const error = await errorOf(new Link(`http://127.0.0.1:${port}`).ask('GET'));
  assert.match(error.message, /is no inbox of smtp-engine: Parse Error/);
  assert.equal(error.permanent, true);
});

test('frames come as they are sent', async (t) => {
  const { url } = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-type': TYPE });
    response.write('{"a":1}\n\n{"bytes":2}\n');
    response.end('xy');
  });
  assert.deepEqual(await framesOf(new Link(url)), [
    { head: { a: 1 } },
    { head: {} },
    { head: { bytes: 2 }, bytes: Buffer.from('xy') },
  ]);
});

test('frames that are none, or are cut off, are an error', async (t) => {
  for (const [type, body, wanted, permanent] of /** @type {any[]} */ ([
    ['text/html', '<html>', /its answer is of another kind/, true],
    [TYPE, '<html>\n', /is no inbox of smtp-engine/, true],
    [TYPE, '{"a":1}\n', /cannot be reached: aborted/, false],
  ])) {
    const { url } = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-type': type });
      response.write(body, () => response.destroy());
    });
    const error = await errorOf(framesOf(new Link(url)));
    assert.deepEqual([error.code, error.permanent], ['SMTP_ERR_NO_INBOX', permanent]);
    assert.match(error.message, wanted);
  }
});

test('who has enough leaves, and a signal ends it', async (t) => {
  let open = 0;
  const { url, server } = await serve(t, (_, response) => {
    open += 1;
    response.on('close', () => {
      open -= 1;
      server.emit('left');
    });
    response.writeHead(200, { 'content-type': TYPE });
    response.write('{"a":1}\n');
  });
  const link = new Link(url);
  let left = once(server, 'left');
  for await (const { head } of link.frames({}, new AbortController().signal)) {
    assert.deepEqual([head, open], [{ a: 1 }, 1]);
    break;
  }
  await within(left, 'the end');
  left = once(server, 'left');
  const controller = new AbortController();
  const reading = framesOf(link, controller.signal);
  await once(server, 'request');
  controller.abort();
  await errorOf(reading);
  await within(left, 'the end');
  assert.equal(open, 0);
});
