'use strict';
// The page on the catcher's API: it has each route of the code and no other, and each member of each form.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { routesOf } = require('../../src/js/catch-api/api.js');
const { routeOf } = require('../../src/js/catch-api/routes.js');
const { searchOf } = require('../../src/js/catch-api/search.js');
const { openApi } = require('../../src/js/catch-api/api.js');
const { openInbox, sendTo } = require('../support/catch.js');
const { read } = require('../support/documents.js');
const { within } = require('../support/wait.js');

const PAGE = 'docs/catch-api.md';
const ROUTE = /`((?:GET|PUT|POST|DELETE) \/[^`\s]*)`/g;

/** What stands below a heading, up to the next of its kind. @param {string} heading */
function section(heading) {
  const [, below] = read(PAGE).split(`\n${heading}\n`);
  assert.ok(below, heading);
  const kind = heading.slice(0, heading.indexOf(' ') + 1);
  return below.split(new RegExp(`^${kind}`, 'm'))[0];
}

/** The routes in the first cells of the tables of a text, as the code names them. @param {string} text */
function routesIn(text) {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split(' | ')[0].matchAll(ROUTE)].map(([, route]) => route));
}

/** @param {string} route @returns {string} with `*` for what varies */
const nameOf = (route) => route.replaceAll(/\{\w+\}(\.\w+)?/g, '*');

test('the page has each route of the code, and no other', async (t) => {
  const inbox = await openInbox(t);
  const inCode = Object.keys(routesOf(inbox));
  const onPage = routesIn(section('## Routes')).map(nameOf);
  assert.deepEqual([...new Set(onPage)].sort(), inCode.sort());
});

test('what is left out is no route, and answers so', async (t) => {
  const inbox = await openInbox(t);
  const api = await within(openApi(inbox), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  await sendTo(inbox);
  const routes = routesIn(section('## What is left out'));
  assert.ok(routes.length >= 12, String(routes));
  for (const route of routes) {
    const path = route.replace('GET ', '').replace('{ID}', 'latest').replace('{PartID}', '1');
    const response = await within(fetch(`${api.url}${path}`), path);
    assert.deepEqual([response.status, await response.text()], [404, '404 page not found'], route);
    // A view without an ending is of a route that has one.
    if (!path.startsWith('/view/')) assert.equal(routeOf(routesOf(inbox), 'GET', path), undefined);
  }
});

test('each form is on the page, with all of its members', async (t) => {
  const inbox = await openInbox(t);
  const api = await within(openApi(inbox), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  await sendTo(inbox);
  const get = async (/** @type {string} */ path) =>
    (await within(fetch(`${api.url}/api/v1/${path}`), path)).json();
  /** @type {[string, any][]} */
  const forms = [
    ['page', await get('messages')],
    ['summary', (await get('messages')).messages[0]],
    ['message', await get('message/latest')],
    ['address', (await get('message/latest')).From],
    ['chaos', await get('chaos')],
    ['info', await get('info')],
    ['webui', await get('webui')],
  ];
  const lines = section('## Forms').split('\n');
  for (const [name, form] of forms) {
    const line = lines.find((each) => each.startsWith(`| <a id="${name}"></a>`)) ?? '';
    const nested = [form.RuntimeStats, form.MessageRelay].flatMap((each) =>
      Object.keys(each ?? {}),
    );
    for (const member of [...Object.keys(form), ...nested])
      assert.ok(line.includes(`\`${member}\``), `${name}.${member}`);
  }
});

test('the searches of the page are searches', () => {
  const terms = [...section('## Searches').matchAll(/`([^`]+)`/g)].map(([, term]) => term);
  assert.ok(terms.length > 20);
  for (const term of terms) assert.equal(typeof searchOf(term), 'function', term);
  for (const name of [
    'to',
    'from',
    'cc',
    'bcc',
    'reply-to',
    'addressed',
    'subject',
    'message-id',
    'tag',
    'before',
    'after',
    'larger',
    'smaller',
    'is',
    'has',
  ])
    assert.ok(
      terms.some((term) => term.startsWith(`${name}:`)),
      name,
    );
});
