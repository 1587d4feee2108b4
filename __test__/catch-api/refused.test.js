'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Refused, noMessage, notFound } = require('../../src/js/catch-api/refused.js');

test('what is not carried out has a status and a text', () => {
  const { status, message, headers } = new Refused(413, 'too long');
  assert.deepEqual([status, message, headers], [413, 'too long', {}]);
  const later = new Refused(503, 'too many', { 'Retry-After': '1' });
  assert.deepEqual(later.headers, { 'Retry-After': '1' });
  assert.ok(notFound() instanceof Refused);
  assert.deepEqual([notFound().status, notFound().message], [404, '404 page not found']);
  assert.deepEqual([noMessage().status, noMessage().message], [404, 'Message not found']);
});
