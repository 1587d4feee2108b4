'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { ROUTES, routeOf } = require('../../src/js/catch-api/routes.js');

/** A request, its route, and what stands in its places. @type {[string, string, string | undefined, string[]?][]} */
const CASES = [
  ['GET', '/livez', 'GET /livez', []],
  ['HEAD', '/readyz', 'GET /readyz', []],
  ['GET', '/api/v1/messages', 'GET /api/v1/messages', []],
  ['GET', '/api/v1/message/latest', 'GET /api/v1/message/*', ['latest']],
  ['GET', '/api/v1/message/a-1/part/2', 'GET /api/v1/message/*/part/*', ['a-1', '2']],
  ['GET', '/api/v1/message/..%2F..%2Fx/raw', 'GET /api/v1/message/*/raw', ['../../x']],
  ['PUT', '/api/v1/tags/Big%20fish', 'PUT /api/v1/tags/*', ['Big fish']],
  ['GET', '/view/a-1.html', 'GET /view/*', ['a-1.html']],
  ['GET', '', undefined],
  ['GET', '/', undefined],
  ['GET', '*', undefined],
  ['GET', '/api/v1/messages/', undefined],
  ['GET', '//api/v1/messages', 'GET /api/v1/messages', []],
  ['GET', '///view/a-1.txt', 'GET /view/*', ['a-1.txt']],
  ['GET', '//evil.example/livez', undefined],
  ['GET', '/\\evil.example/livez', undefined],
  ['GET', '//', undefined],
  ['GET', '/api/v1/../v1/messages', undefined],
  ['GET', '/api/v1/message/', undefined],
  ['GET', '/api/v1/message//raw', undefined],
  ['GET', '/api/v1/message/*/nothing', undefined],
  ['GET', '/API/v1/messages', undefined],
  ['POST', '/api/v1/messages', undefined],
  ['DELETE', '/livez', undefined],
  ['GET', 'http://evil.example/livez', undefined],
];

for (const [method, path, name, values] of CASES) {
  test(`${method} ${path} is ${name ?? 'no route'}`, () => {
    const match = routeOf(ROUTES, method, path);
    assert.equal(match?.route, name === undefined ? undefined : ROUTES[name]);
    assert.deepEqual(match?.values, values);
  });
}

test('a path that cannot be decoded is refused', () => {
  for (const piece of ['%', '%zz', '%C3']) {
    assert.throws(() => routeOf(ROUTES, 'GET', `/view/${piece}`), { status: 400 });
  }
});
