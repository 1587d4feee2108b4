'use strict';
// Pages of other origins that are open in the same browser, and want to see or change what was caught.

const assert = require('node:assert/strict');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { openCanary } = require('../support/canary.js');
const { sendTo } = require('../support/catch.js');

/** What a page may try to get at an address. Each returns what it saw. @type {Record<string, (url: string) => any>} */
const READS = {
  fetch: (url) => fetch(url).then((response) => response.text()),
  'no-cors': (url) => fetch(url, { mode: 'no-cors' }).then((response) => response.text()),
  credentials: (url) => fetch(url, { credentials: 'include' }).then((response) => response.text()),
  stream: (url) =>
    new Promise((resolve, reject) => {
      const stream = new EventSource(url);
      stream.onmessage = ({ data }) => resolve(data);
      stream.onopen = () => resolve('it is open');
      stream.onerror = () => reject(new Error('an error'));
    }),
  frame: (url) =>
    new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.onload = () => {
        try {
          resolve(frame.contentDocument?.body.textContent);
        } catch {
          resolve('');
        }
      };
      frame.src = url;
      document.body.append(frame);
    }),
  picture: (url) =>
    new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve('a picture');
      image.onerror = () => resolve('');
      image.src = url;
    }),
  script: (url) =>
    new Promise((resolve) => {
      const script = document.createElement('script');
      script.onload = () => resolve('it ran');
      script.onerror = () => resolve('');
      script.src = url;
      document.body.append(script);
    }),
};

/** What it may try to change. @type {[string, any][]} */
const WRITES = [
  ['/api/v1/messages', { method: 'DELETE' }],
  ['/api/v1/messages', { method: 'PUT', body: '{"Read":true}' }],
  ['/api/v1/search?query=x', { method: 'DELETE' }],
  ['/api/v1/send', { method: 'POST', body: '{"From":{"Email":"a@b.example"}}' }],
  ['/api/v1/send', { method: 'POST', mode: 'no-cors', body: '{"From":{"Email":"a@b.example"}}' }],
  [
    '/api/v1/send',
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"From":{"Email":"a@b.example"}}',
    },
  ],
  ['/api/v1/message/latest', { mode: 'no-cors' }],
];

browserTest('no page of another origin reads or changes anything', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await sendTo(inbox, { subject: 'a secret x' });
  const canary = await openCanary(t, '<body>elsewhere</body>');
  // Another port, and another name: of one site with it, and of none.
  for (const url of [canary.url, canary.url.replace('127.0.0.1', 'localhost')]) {
    const page = await openPage(t, url);
    const paths = [
      '/',
      '/page.js',
      '/api/v1/messages',
      '/api/v1/message/latest',
      '/api/stream',
      '/preview/latest.html',
    ];
    for (const [name, read] of Object.entries(READS)) {
      for (const path of paths) {
        const saw = await page
          .evaluate(
            ([text, address]) => {
              // biome-ignore lint/security/noGlobalEval: the function was written above
              return globalThis.eval(`(${text})`)(address);
            },
            [String(read), api.url + path],
          )
          .catch(() => '');
        assert.equal(saw || '', '', `${name} of ${path} from ${url}`);
      }
    }
    for (const [path, init] of WRITES) {
      const saw = await page
        .evaluate(
          ([address, how]) => fetch(address, how).then(({ status }) => status),
          [api.url + path, init],
        )
        .catch(() => 0);
      // What is opaque has no status.
      assert.equal(saw, 0, `${init.method} ${path}`);
    }
  }
  const { total, unread } = await (await fetch(`${api.url}/api/v1/messages`)).json();
  assert.deepEqual([total, unread], [1, 1]);
});

browserTest('a name that leads to this machine by another’s will gets nothing', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await sendTo(inbox, { subject: 'a secret' });
  const { port } = new URL(api.url);
  const page = await openPage(t, `http://rebound.localhost:${port}/`);
  assert.equal(await page.textContent('body'), 'this is no name of this host');
});

browserTest('a link from elsewhere leads to the page', async (t) => {
  const { api } = await openCatcher(t);
  const canary = await openCanary(t, `<a href="${api.url}/">mails</a>`);
  const page = await openPage(t, canary.url);
  await page.getByRole('link', { name: 'mails' }).click();
  await page.getByRole('heading', { name: 'No mail yet' }).waitFor();
});
