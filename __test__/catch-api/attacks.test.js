'use strict';
// What a page, a client or a mail may try on the API, by the byte.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Mailbox } = require('../../src/js/catch-api/mailbox.js');
const { ROUTES } = require('../../src/js/catch-api/routes.js');
const { httpServerOf } = require('../../src/js/catch-api/http-server.js');
const { searchOf } = require('../../src/js/catch-api/search.js');
const { Store } = require('../../src/js/catch/store.js');
const { mailOf, messageOf } = require('../support/catch.js');
const { openedByBytes: opened, repliesIn, sendBytes } = require('../support/raw-http.js');

describe('Host x Origin x site x method x type', { concurrency: false }, () => {
  /** What each may be, and whether it is let in. @type {(host: string) => [string | undefined, boolean][]} */
  const hosts = (host) => [
    [host, true],
    [host.replace('127.0.0.1', 'LocalHost'), true],
    [host.replace('127.0.0.1', '[::1]'), true],
    [host.replace('127.0.0.1', 'evil.example'), false],
    [`127.0.0.1.evil.example:${host.split(':')[1]}`, false],
    [`${host}@evil.example`, false],
    ['2130706433', false],
    ['0x7f.1', false],
    ['', false],
  ];
  /** @type {(host: string) => [string | undefined, boolean][]} */
  const origins = (host) => [
    [undefined, true],
    [`http://${host}`, true],
    [`https://${host}`, false],
    [`http://${host}.evil.example`, false],
    [`http://${host}/`, false],
    ['http://evil.example', false],
    ['null', false],
    ['', false],
  ];
  /** @type {[string | undefined, boolean][]} */
  const sites = [
    [undefined, true],
    ['same-origin', true],
    ['none', true],
    ['cross-site', false],
    ['same-site', false],
  ];
  /** A method, a type of the body, and the status of one that is let in. @type {[string, string | undefined, number][]} */
  const methods = [
    ['GET', undefined, 200],
    ['HEAD', undefined, 200],
    ['PUT', undefined, 200],
    ['PUT', 'text/plain', 200],
    ['POST', 'application/json', 404],
    ['POST', 'Application/JSON; charset=utf-8', 404],
    ['POST', undefined, 415],
    ['POST', 'text/plain', 415],
    ['POST', 'text/plain; application/json', 415],
    ['POST', 'application/x-www-form-urlencoded', 415],
    ['POST', 'multipart/form-data; boundary=application/json', 415],
    ['OPTIONS', undefined, 405],
    ['PATCH', 'application/json', 405],
    ['TRACE', undefined, 405],
  ];

  for (const [method, type, status] of methods) {
    test(`${method} of ${type ?? 'no type'}`, async (t) => {
      const { ask, host, inbox } = await opened(t);
      const body = /^P/.test(method) ? '{"Read":true}' : '';
      for (const [name, isHost] of hosts(host)) {
        for (const [origin, isOrigin] of origins(name ?? '')) {
          for (const [site, isSite] of isOrigin ? sites : sites.slice(0, 1)) {
            const lines = [`Host: ${name}`];
            if (origin !== undefined) lines.push(`Origin: ${origin}`);
            if (site !== undefined) lines.push(`Sec-Fetch-Site: ${site}`);
            if (type !== undefined) lines.push(`Content-Type: ${type}`);
            const reply = await ask(method, '/api/v1/messages', lines, body);
            const wanted = isHost && isOrigin && isSite ? status : 403;
            assert.equal(reply.status, wanted, lines.join(', '));
            const grants = Object.keys(reply.headers).filter((each) =>
              /^access-control/.test(each),
            );
            assert.deepEqual(grants, [], lines.join(', '));
            assert.equal(reply.headers['x-content-type-options'], 'nosniff');
          }
        }
      }
      assert.equal(inbox.messages.length, 1);
    });
  }

  test('a preflight gets no grant', async (t) => {
    const { ask, host } = await opened(t);
    for (const origin of [`http://${host}`, 'http://evil.example', 'null']) {
      for (const method of ['PUT', 'DELETE', 'POST']) {
        const reply = await ask('OPTIONS', '/api/v1/messages', [
          `Origin: ${origin}`,
          `Access-Control-Request-Method: ${method}`,
          'Access-Control-Request-Headers: content-type',
          'Access-Control-Request-Private-Network: true',
        ]);
        assert.ok([403, 405].includes(reply.status), origin);
        const grants = Object.keys(reply.headers).filter((each) => /^access-control/.test(each));
        assert.deepEqual(grants, []);
      }
    }
  });
});

/** A path and the status of a GET of it. @type {[string, number][]} */
const PATHS = [
  ['/api/v1/messages', 200],
  ['//api/v1/messages', 200],
  ['/api/v1/%6dessages', 404],
  ['/api//v1/messages', 404],
  ['/api/v1/messages/', 404],
  ['/api/v1/./messages', 404],
  ['/api/v1/x/../messages', 404],
  ['/api/v1/x/%2e%2e/messages', 404],
  ['/api/v1/x%2f..%2fmessages', 404],
  ['/api/v1/messages%00', 404],
  ['/api/v1/messages;x=y', 404],
  ['/api/v1/messages#x', 404],
  ['/api/v1/message/%00', 404],
  ['/api/v1/message/latest%00', 404],
  ['/api/v1/message/%2e%2e/raw', 404],
  ['/api/v1/message/..%2f..%2f..%2fetc%2fpasswd', 404],
  ['/api/v1/message/..%5c..%5cx/raw', 404],
  ['/api/v1/message/%252e%252e/raw', 404],
  ['/api/v1/message/../../../../etc/passwd', 404],
  ['/api/v1/message/__proto__', 404],
  ['/api/v1/message/constructor/raw', 404],
  ['/api/v1/message/toString/headers', 404],
  ['/api/v1/message/latest/part/__proto__', 404],
  ['/api/v1/message/latest/part/-1', 404],
  ['/api/v1/message/latest/part/0x1', 404],
  ['/api/v1/message/latest/part/1%00', 404],
  ['/api/v1/message/%', 400],
  ['/api/v1/message/%zz', 400],
  ['/api/v1/message/%c0%ae%c0%ae', 400],
  ['/api/v1/message/%ff', 400],
  ['/view/..%2f..%2fpackage.json.html', 404],
  ['/view/__proto__.html', 404],
  ['/view/.html', 404],
  ['/page.js/../../package.json', 404],
  ['/page.js%00.html', 404],
  ['/page.js%2f..%2f..%2fpackage.json', 404],
  ['/..%2fpackage.json', 404],
  ['/%2e%2e/package.json', 404],
  ['/../package.json', 404],
  ['/..\\..\\package.json', 404],
  ['/preview/..%2f..%2fx.html', 404],
  ['/__proto__', 404],
  ['/constructor', 404],
  ['http://127.0.0.1/api/v1/messages', 404],
  ['http://evil.example/api/v1/messages', 404],
  ['//evil.example/%2e%2e', 404],
  [`/api/v1/message/${'x'.repeat(10_000)}`, 404],
  [`/api/v1/message/${'x/'.repeat(5_000)}`, 404],
  [`/${'%2e'.repeat(3_000)}`, 404],
  [`/api/v1/messages?${'a=b&'.repeat(3_000)}`, 200],
  ['/api/v1/messages?start=__proto__&limit=%00&before=%ff', 200],
  ['/api/v1/messages?%', 200],
  [`/api/v1/message/${'x'.repeat(20_000)}`, 431],
];

test('a path is what it says, and no path of a file', async (t) => {
  const { ask } = await opened(t);
  for (const [path, status] of PATHS) {
    const reply = await ask('GET', path);
    assert.equal(reply.status, status, path.slice(0, 80));
    assert.ok(!/root:|devDependencies/.test(reply.body), path);
  }
});

/** Requests that are none, or two at once, and the status that they get. @type {[string, (host: string) => string, number[]][]} */
const REQUESTS = [
  ['two hosts', (host) => `GET /livez HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\n`, [400]],
  ['the same twice', (host) => `GET /livez HTTP/1.1\r\nHost: ${host}\r\nHost: ${host}\r\n`, [400]],
  ['no host', () => 'GET /livez HTTP/1.1\r\n', [400]],
  ['no host of old', () => 'GET /livez HTTP/1.0\r\n', [403]],
  [
    'a folded host',
    (host) => `GET /livez HTTP/1.1\r\nHost: evil.example\r\n ${host}\r\n`,
    [400, 403],
  ],
  [
    'two origins',
    (host) => `GET /livez HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nOrigin: null\r\n`,
    [403],
  ],
  [
    'a length and chunks',
    (host) =>
      `DELETE /api/v1/messages HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n`,
    [400],
  ],
  [
    'two lengths',
    (host) =>
      `DELETE /api/v1/messages HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n`,
    [400],
  ],
  [
    'a length below 0',
    (host) => `DELETE /api/v1/messages HTTP/1.1\r\nHost: ${host}\r\nContent-Length: -1\r\n`,
    [400],
  ],
  ['a space before the colon', (host) => `GET /livez HTTP/1.1\r\nHost : ${host}\r\n`, [400]],
  ['no HTTP', () => 'EHLO me\r\n', [400]],
  [
    'a field of 20 kB',
    (host) => `GET /livez HTTP/1.1\r\nHost: ${host}\r\nX: ${'y'.repeat(20_000)}\r\n`,
    [431],
  ],
];

test('what is no request changes nothing', async (t) => {
  const { inbox, host, port } = await opened(t);
  for (const [name, textOf, statuses] of REQUESTS) {
    const text = await sendBytes(port, `${textOf(host)}Connection: close\r\n\r\n`);
    const [reply] = repliesIn(text);
    assert.ok(statuses.includes(reply.status), `${name}: ${reply.status}`);
  }
  // One that asks for a tunnel gets none.
  assert.equal(
    await sendBytes(port, `CONNECT evil.example:25 HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    '',
  );
  assert.equal(inbox.messages.length, 1);
});

test('requests on one connection are answered in turn', async (t) => {
  const { host, port } = await opened(t);
  const get = (/** @type {string} */ path) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n`;
  const text = [
    `${get('/livez')}\r\n`,
    `${get('/nothing')}\r\n`,
    `${get('/livez')}Origin: null\r\n\r\n`,
    `HEAD /api/v1/messages HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `${get('/readyz')}Connection: close\r\n\r\n`,
  ].join('');
  const methods = ['GET', 'GET', 'GET', 'HEAD', 'GET'];
  const replies = repliesIn(await sendBytes(port, text), methods);
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 404, 403, 200, 200],
  );
});

test('a client that is slow is cut off, and others are served meanwhile', async (t) => {
  const store = new Store({ maxMessages: 10, maxBytes: 1e6 });
  const times = { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 20 };
  const mailbox = new Mailbox(/** @type {any} */ (store));
  const server = httpServerOf({ routes: ROUTES, mailbox, times });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const host = `Host: 127.0.0.1:${port}\r\n`;
  const header = sendBytes(port, `GET /livez HTTP/1.1\r\n${host}X-Slow: `);
  const body = sendBytes(
    port,
    `PUT /api/v1/messages HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\n{`,
  );
  const [quick] = repliesIn(
    await sendBytes(port, `GET /livez HTTP/1.1\r\n${host}Connection: close\r\n\r\n`),
  );
  assert.equal(quick.status, 200);
  for (const text of [await header, await body]) {
    if (text !== '') assert.ok([400, 408].includes(repliesIn(text)[0].status), text);
  }
});

test('HEAD is answered as GET is, without a body', async (t) => {
  const { ask } = await opened(t);
  for (const path of [
    '/',
    '/livez',
    '/api/v1/messages',
    '/api/v1/message/latest',
    '/api/v1/message/latest/raw',
    '/api/v1/search?query=x',
    '/api/v1/search',
    '/api/stream',
    '/view/latest.txt',
    '/nothing',
  ]) {
    const head = await ask('HEAD', path);
    if (path === '/api/stream') {
      assert.equal(head.status, 200);
      continue;
    }
    const get = await ask('GET', path);
    assert.equal(head.status, get.status, path);
    for (const name of ['content-type', 'content-length', 'content-security-policy'])
      assert.equal(head.headers[name], get.headers[name], path);
  }
});

test('10,000 ids are found in no time', async (t) => {
  /** @type {any} */
  const store = new Store({ maxMessages: 10_000, maxBytes: 1e9 });
  const { id: _, ...one } = await mailOf('\r\n');
  for (let count = 0; count < 10_000; count += 1)
    store.add({ ...one, id: store.nextId(), size: 2, receivedAt: new Date(), session: {} });
  const mailbox = new Mailbox(store);
  const ids = mailbox.mails.map((mail) => mailbox.idOf(mail));
  const many = [...ids, ...ids.map((id) => `${id}0`), ...ids.map(() => 'latest')];
  const begun = performance.now();
  mailbox.setRead(mailbox.findAll(many), true);
  assert.equal(mailbox.unread, 0);
  mailbox.setTags(mailbox.findAll(many), ['red']);
  assert.equal(mailbox.tags.get('red'), 10_000);
  mailbox.delete(mailbox.findAll(many));
  assert.equal(mailbox.total, 0);
  assert.ok(performance.now() - begun < 5_000);
  t.diagnostic(`${performance.now() - begun} ms`);
});

test('markup of a mail is in no answer that a browser takes for a page of this host', async (t) => {
  const markup = '<script>alert(1)</script>';
  const raw = [
    `From: "${markup}" <a@example.com>\r\n`,
    `To: "${markup}" <b@example.com>\r\n`,
    `Subject: ${markup}\r\nMessage-ID: <${markup}@x>\r\nX-${markup}: ${markup}\r\n`,
    `List-Unsubscribe: <javascript:${markup}>\r\n`,
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n',
    `--b\r\nContent-Type: text/html\r\n\r\n${markup}<img src="cid:a">\r\n`,
    `--b\r\nContent-Type: text/html; name="${markup}.html"\r\nContent-ID: <a>\r\n`,
    `Content-Disposition: attachment; filename="${markup}.html"\r\n\r\n${markup}\r\n`,
    `--b\r\nContent-Type: image/svg+xml\r\nContent-Disposition: inline; filename=x.svg\r\n\r\n`,
    `<svg xmlns="http://www.w3.org/2000/svg">${markup}</svg>\r\n--b--\r\n`,
  ].join('');
  const { ask } = await opened(t, {}, raw);
  let seen = 0;
  for (const path of [
    '/api/v1/messages',
    '/api/v1/search?query=alert',
    '/api/v1/message/latest',
    '/api/v1/message/latest/headers',
    '/api/v1/message/latest/raw',
    '/api/v1/message/latest/part/1',
    '/api/v1/message/latest/part/2',
    '/api/v1/message/latest/structure',
    '/api/v1/message/latest/session',
    '/view/latest.html',
    '/view/latest.txt',
    '/preview/latest.html',
    `/api/v1/message/${encodeURIComponent(markup)}`,
    `/api/v1/tags/${encodeURIComponent(markup)}`,
    `/${markup}`,
    `/api/v1/messages?start=${markup}`,
  ]) {
    const { headers, body, status } = await ask('GET', path);
    assert.notEqual(status, 500, path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    const isPage = /html|svg|xml/.test(headers['content-type']);
    if (isPage)
      assert.match(
        headers['content-security-policy'],
        /^sandbox(?!.*allow-(scripts|same-origin))/,
        path,
      );
    assert.match(headers['content-security-policy'], /default-src 'none'/, path);
    if (body.includes('<script>')) seen += 1;
    if (/\/part\//.test(path)) assert.match(headers['content-disposition'], /^attachment; /, path);
  }
  assert.ok(seen >= 8, String(seen));
  const wrong = await ask('DELETE', `/api/v1/tags/${encodeURIComponent(markup)}`);
  assert.deepEqual(
    [wrong.status, wrong.headers['content-type']],
    [400, 'text/plain; charset=utf-8'],
  );
});

test('a search takes no time, whatever it is', async () => {
  const words = 'aaaa bbbb "cccc" <dddd>, (eeee) '.repeat(30_000);
  const mail = await mailOf(messageOf({ Subject: 'a'.repeat(1_000) }, words));
  const mark = { isRead: false, tags: ['a'.repeat(100)] };
  for (const piece of [
    '"',
    '" ',
    'a"',
    '-',
    '!',
    '- ',
    ':',
    'to:',
    'larger:',
    '1',
    '1.',
    '(',
    '\\',
    '[',
    '*',
    '%',
    'a ',
    '"a ',
    '\t',
    '\u00a0',
  ]) {
    for (const start of [
      '',
      '"',
      '-"',
      'to:',
      'larger:',
      'before:',
      'after:"',
      'tag:',
      'before:2026-01-',
    ]) {
      const query = start + piece.repeat(Math.floor(8_000 / piece.length));
      const begun = performance.now();
      try {
        searchOf(query, 'Europe/Berlin')(mail, mark);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
      assert.ok(
        performance.now() - begun < 3_000,
        `${start}${piece}: ${performance.now() - begun}`,
      );
    }
  }
});
