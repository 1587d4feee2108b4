'use strict';
// HTML of mails that wants to run, to fetch or to lead away. A server on this machine sees whoever so much as
// connects to it.

const assert = require('node:assert/strict');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { openCanary } = require('../support/canary.js');
const { messageOf, sendTo } = require('../support/catch.js');

/** What fetches or runs by itself: `URL` is the canary's. */
const VECTORS = [
  '<script>alert(1); fetch("URL/script")</script>',
  '<script src="URL/script.js"></script>',
  '<script type="module">import "URL/module.js"</script>',
  '<script type="speculationrules">{"prefetch":[{"source":"list","urls":["URL/rules"]}]}</script>',
  '<img src="x" onerror="alert(1)"><body onload="alert(1)">',
  '<img src="URL/img">',
  '<img srcset="URL/srcset 1x, URL/srcset2 2x" src="data:,">',
  '<picture><source srcset="URL/source"><img src="data:,"></picture>',
  '<body background="URL/background"><table background="URL/table"><tr><td>x</table>',
  '<input type="image" src="URL/input">',
  '<video poster="URL/poster" src="URL/video" autoplay></video>',
  '<audio src="URL/audio" autoplay></audio><video><source src="URL/video2"><track default src="URL/track"></video>',
  '<object data="URL/object"></object><embed src="URL/embed">',
  '<iframe src="URL/iframe"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script><img src=URL/srcdoc>"></iframe>',
  '<iframe src="javascript:alert(1)"></iframe><iframe src="data:text/html,<script>alert(1)</script>"></iframe>',
  '<frameset><frame src="URL/frame"></frameset>',
  '<meta http-equiv="refresh" content="0; url=URL/refresh">',
  '<meta http-equiv="refresh" content="0; url=javascript:alert(1)">',
  '<meta http-equiv="refresh" content="0; url=data:text/html,<script>alert(1)</script>">',
  '<base href="URL/base/"><img src="img"><link rel="stylesheet" href="css">',
  '<link rel="stylesheet" href="URL/css">',
  '<link rel="icon" href="URL/icon"><link rel="manifest" href="URL/manifest">',
  '<link rel="preload" as="image" href="URL/preload"><link rel="modulepreload" href="URL/modulepreload">',
  '<link rel="prefetch" href="URL/prefetch"><link rel="prerender" href="URL/prerender">',
  '<link rel="preconnect" href="URL"><LINK/REL="dns-prefetch preconnect" HREF="URL">',
  '<svg><link xmlns="http://www.w3.org/1999/xhtml" rel="preconnect" href="URL"/></svg>',
  '<style>@import "URL/import"; @import url(URL/import2);</style>',
  '<style>body { background: url(URL/css-url) } p::before { content: url("URL/content") }</style><p>x</p>',
  '<style>@font-face { font-family: f; src: url(URL/font) } p { font-family: f }</style><p>x</p>',
  '<style>p { cursor: url(URL/cursor), auto; list-style: url(URL/list); mask: url(URL/mask); border-image: url(URL/border) 1 }</style><p>x</p>',
  '<style>p { background: image-set(url(URL/set) 1x); filter: url(URL/filter#f) }</style><p>x</p>',
  '<p style="background: URL; background-image: url(\'URL/inline\')">x</p>',
  '<svg><script>alert(1)</script><image href="URL/svg-image"/><use href="URL/use#a"/></svg>',
  '<svg onload="alert(1)"><feImage href="URL/feimage"/><a href="URL"><text>x</text></a></svg>',
  '<svg><style>@import "URL/svg-import";</style><foreignObject><iframe src="URL/foreign"></iframe></foreignObject></svg>',
  '<math><mtext><img src=x onerror=alert(1)></mtext></math>',
  '<details open ontoggle="alert(1)"><marquee onstart="alert(1)">x</marquee></details>',
  '<input autofocus onfocus="alert(1)"><select autofocus onfocus="alert(1)"></select>',
  '<form id="f" action="URL/form"><input name="a" value="b"></form><button form="f" autofocus>x</button>',
  '<template shadowrootmode="open"><img src="URL/shadow"><style>@import "URL/shadow-css"</style></template>',
  '<!--><img src="URL/comment"><script>alert(1)</script>-->',
  '<noscript><p title="</noscript><img src=URL/noscript onerror=alert(1)>"></noscript>',
  '<a href="URL/ping-to" ping="URL/ping" autofocus>x</a>',
  '<img src="cid:svg">',
];

/** The same in the part that `cid:svg` names. */
const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script><image href="URL/cid-image"/><style>@import "URL/cid-css"</style></svg>';

/** A mail of this HTML. @param {string} subject @param {string} html @param {string} url of the canary */
function rawOf(subject, html, url) {
  const related = { Subject: subject, 'Content-Type': 'multipart/related; boundary=b' };
  const parts = [
    ['text/html; charset=utf-8', html],
    ['image/svg+xml\r\nContent-ID: <svg>', SVG],
  ].map(([type, body]) => `--b\r\nContent-Type: ${type}\r\n\r\n${body.replaceAll('URL', url)}\r\n`);
  return messageOf(related, `${parts.join('')}--b--\r\n`);
}

/** A page, and what it must not come to. @param {import('node:test').TestContext} t @param {string} url */
async function watchedPage(t, url) {
  const page = await openPage(t, url);
  /** @type {string[]} */
  const wrong = [];
  page.on('dialog', (dialog) => {
    wrong.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  /** @type {import('playwright-core').Page[]} */
  const opened = [];
  page.context().on('page', (other) => opened.push(other));
  return { page, wrong, opened };
}

browserTest('what fetches by itself does so in a page that is not held back', async (t) => {
  const canary = await openCanary(t);
  const html = VECTORS.join('\n').replaceAll('URL', canary.url);
  // Those that lead away are left out: nothing would come behind them.
  const plain = await openCanary(t, html.replace(/<meta.*|<frameset.*|<!-->.*/g, ''));
  const { page, wrong } = await watchedPage(t, 'about:blank');
  await page.goto(plain.url, { waitUntil: 'load' });
  for (const path of ['/img', '/css', '/import', '/iframe', '/object', '/script.js']) {
    await canary.saw(`${path} ${plain.url}/`);
  }
  assert.ok(wrong.length > 3, String(wrong));
  const paths = new Set(canary.seen.map((each) => each.split(' ')[0]));
  assert.ok(paths.size > 25, [...paths].join());
});

browserTest('no HTML of a mail runs, fetches or leads away by itself', async (t) => {
  const canary = await openCanary(t);
  const { inbox, api } = await openCatcher(t);
  for (const [index, vector] of VECTORS.entries()) {
    await sendTo(inbox, { raw: rawOf(`vector ${index}`, `${vector}<p>shown</p>`, canary.url) });
  }
  await sendTo(inbox, { raw: rawOf('last', '<img src="URL/wanted">', canary.url) });
  const { page, wrong, opened } = await watchedPage(t, api.url);
  await page.getByRole('option', { name: 'last' }).waitFor();
  await page.getByRole('listbox').focus();
  await page.keyboard.press('End');
  await page.locator('[role=option][aria-selected=true]').getByText('vector 0').waitFor();
  for (const [index, vector] of VECTORS.entries()) {
    const preview = page.waitForResponse(/\/preview\//);
    // The oldest is the first of them; from there on a key opens the one above.
    await page.keyboard.press(index === 0 ? 'Enter' : 'k');
    await (await preview).finished();
    await page.getByRole('heading', { name: `vector ${index}`, exact: true }).waitFor();
    const frame = await (await page.locator('iframe').elementHandle())?.contentFrame();
    await frame?.waitForLoadState('load');
    assert.match(frame?.url() ?? '', /\/preview\//, vector);
  }
  const sandbox = await page.locator('iframe').getAttribute('sandbox');
  assert.equal(sandbox, 'allow-popups allow-popups-to-escape-sandbox');
  await page.keyboard.press('k');
  await page.getByRole('heading', { name: 'last', exact: true }).waitFor();
  assert.deepEqual(canary.seen, []);
  // That it would be seen is seen.
  await page.getByRole('button', { name: 'Show remote pictures' }).click();
  await canary.saw('/wanted');
  assert.deepEqual(canary.seen, ['a connection', '/wanted']);
  assert.deepEqual([wrong, opened.length], [[], 0]);
  assert.equal(new URL(page.url()).origin, api.url);
});

browserTest(
  'pictures that are asked for are all that is fetched, by the browser and without a name',
  async (t) => {
    const canary = await openCanary(t);
    const { inbox, api } = await openCatcher(t);
    const harmless = VECTORS.filter((vector) => !/<frameset|<!-->|<template/.test(vector));
    await sendTo(inbox, { raw: rawOf('all', harmless.join('\n'), canary.url) });
    await sendTo(inbox, { raw: rawOf('other', '<img src="URL/other">', canary.url) });
    const { page, wrong } = await watchedPage(t, api.url);
    await page.getByRole('option', { name: 'all' }).click();
    await page.frameLocator('iframe').locator('svg').first().waitFor({ state: 'attached' });
    assert.deepEqual(canary.seen, []);
    await page.getByRole('button', { name: 'Show remote pictures' }).click();
    for (const path of ['/img', '/css-url', '/table']) await canary.saw(path);
    const never =
      /script|module|iframe|object|embed|css$|import|font|refresh|prefetch|form|video|audio|track|frame|ping|manifest|srcdoc|cid/;
    assert.deepEqual(
      canary.seen.filter((each) => never.test(each)),
      [],
    );
    assert.deepEqual(wrong, []);
    // Asked for once is for one mail.
    await page.getByRole('option', { name: 'other' }).click();
    await page.getByRole('button', { name: 'Show remote pictures' }).waitFor();
    assert.ok(!canary.seen.includes('/other'));
  },
);

browserTest(
  'a link opens a page of its own at a click, which learns nothing of this one',
  async (t) => {
    const canary = await openCanary(t);
    const { inbox, api } = await openCatcher(t);
    const links = [
      '<a href="URL/plain">plain</a>',
      '<a href="URL/opener" rel="opener" target="_blank">opener</a>',
      '<a href="URL/top" target="_top">top</a>',
      '<a href="URL/parent" target="_parent">parent</a>',
      '<a href="URL/self" target="_self">self</a>',
      '<a href="URL/pinged" ping="URL/ping">pinged</a>',
    ];
    await sendTo(inbox, { raw: rawOf('links', links.join('<br>'), canary.url) });
    const { page } = await watchedPage(t, api.url);
    await page.getByRole('option', { name: 'links' }).click();
    const frame = page.frameLocator('iframe');
    for (const name of ['plain', 'opener', 'pinged']) {
      const [other] = await Promise.all([
        page.context().waitForEvent('page'),
        frame.getByRole('link', { name }).click(),
      ]);
      await canary.saw(`/${name}`);
      await other.waitForLoadState();
      assert.equal(await other.evaluate(() => window.opener), null, name);
      await other.close();
    }
    for (const name of ['top', 'parent']) await frame.getByRole('link', { name }).click();
    await frame.getByRole('link', { name: 'self' }).click();
    await page.getByRole('option', { name: 'links' }).waitFor();
    assert.ok(page.url().startsWith(api.url));
    assert.deepEqual(
      canary.seen.filter((each) => /top|parent|self|\/ping$/.test(each)),
      [],
    );
  },
);

browserTest('what is no link to a page does nothing at a click either', async (t) => {
  const canary = await openCanary(t);
  const { inbox, api } = await openCatcher(t);
  const clicked = [
    '<a id="a" href="javascript:alert(1)">x</a>',
    '<a id="b" href="JaVa&#10;ScRiPt:alert(1)" target="_self">x</a>',
    '<a id="c" href="data:text/html,<script>alert(1)</script>">x</a>',
    '<form action="URL/form" method="post"><button id="d">x</button></form>',
    '<form action="javascript:alert(1)"><button id="e">x</button></form>',
    '<button id="f" onclick="alert(1)">x</button>',
    '<button id="g" form="h" formaction="URL/formaction">x</button><form id="h"></form>',
    '<svg width="40" height="20"><a id="i" href="javascript:alert(1)"><rect width="40" height="20"/></a></svg>',
    '<button id="j" popovertarget="k">x</button><div id="k" popover><img src="URL/popover"></div>',
  ];
  await sendTo(inbox, { raw: rawOf('clicks', clicked.join('<br>'), canary.url) });
  const { page, wrong, opened } = await watchedPage(t, api.url);
  await page.getByRole('option', { name: 'clicks' }).click();
  const frame = page.frameLocator('iframe');
  for (const id of 'abcdefgij') await frame.locator(`#${id}`).click();
  await page.getByRole('tab', { name: 'Text' }).click();
  await page.getByRole('tabpanel', { name: 'Text' }).waitFor();
  for (const other of opened) {
    assert.match(other.url(), /^about:blank|^chrome-error:|^$/);
    assert.doesNotMatch(await other.content(), /script/);
  }
  assert.deepEqual([wrong, canary.seen], [[], []]);
});

browserTest('the document of a mail opened by itself is held to the same', async (t) => {
  const canary = await openCanary(t);
  const { inbox, api } = await openCatcher(t);
  await sendTo(inbox, { raw: rawOf('all', VECTORS.join('\n'), canary.url) });
  const { messages } = await (await fetch(`${api.url}/api/v1/messages`)).json();
  const { page, wrong } = await watchedPage(t, 'about:blank');
  const show = async (/** @type {string} */ kind) => {
    await page.goto(`${api.url}/${kind}/${messages[0].ID}.html`, { waitUntil: 'load' });
    assert.equal(await page.evaluate(() => self.origin), 'null');
  };
  await show('preview');
  assert.deepEqual(canary.seen, []);
  // This is the HTML as it came, in which a frame makes the browser connect; nothing is asked for.
  await show('view');
  assert.deepEqual(
    canary.seen.filter((each) => each !== 'a connection'),
    [],
  );
  assert.deepEqual(wrong, []);
});

browserTest('a long HTML of anything is shown in no time', async (t) => {
  const { inbox, api } = await openCatcher(t);
  const pieces = ['<', '<b ', '<!--', '<a href=//', 'url(', '"', '<link '];
  for (const piece of pieces) {
    const lines = `${piece.repeat(70)}\r\n`;
    const html = `<p>begin</p>\r\n${lines.repeat(Math.ceil(1e6 / lines.length))}`;
    await sendTo(inbox, { raw: messageOf({ Subject: 'long', 'Content-Type': 'text/html' }, html) });
  }
  const page = await openPage(t, api.url);
  await page
    .getByRole('option')
    .nth(pieces.length - 1)
    .waitFor();
  for (const at of pieces.keys()) {
    await page.getByRole('option').nth(at).click();
    await page.frameLocator('iframe').getByText('begin').waitFor();
  }
});
