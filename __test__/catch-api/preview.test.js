'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { documentOf, policyOf } = require('../../src/js/catch-api/preview.js');

const BASE = '<base target="_blank">';

/** @param {string} html @param {object[]} [attachments] @returns {string} */
const made = (html, attachments = []) => documentOf(/** @type {any} */ ({ html, attachments }));

/** @param {string} cid @param {string} content @param {string} [contentType] */
function picture(cid, content, contentType = 'image/png') {
  return { cid, contentType, size: content.length, content: Buffer.from(content) };
}

test('links open pages of their own, and a doctype stays first', () => {
  for (const [start, rest] of [
    ['', '<p>Hello'],
    ['<!DOCTYPE html>', '<p>Hello'],
    ['\ufeff \n<!doctype html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">', '\n<html>'],
    ['<!-- a --> <!-- b --><!doctype html>', '<p>'],
    ['', '<!-- a <!doctype html>'],
    ['', '<p><!doctype html>'],
    ['', '<!doctype html'],
    ['', ''],
  ]) {
    assert.equal(made(start + rest), `${start}${BASE}${rest}`);
  }
});

test('parts that the HTML shows are in it', () => {
  const parts = [
    picture('one@x', 'abc'),
    picture('t w/o', 'def', 'image/svg+xml'),
    picture('page', '<script>', 'text/html'),
    picture('$&', 'ghi'),
  ];
  const png = `data:image/png;base64,${Buffer.from('abc').toString('base64')}`;
  const svg = `data:image/svg+xml;base64,${Buffer.from('def').toString('base64')}`;
  for (const [given, wanted] of [
    ['<img src="cid:one@x">', `<img src="${png}">`],
    ["<img src='CID:one%40x'>", `<img src='${png}'>`],
    ['<img src=cid:one@x>', `<img src=${png}>`],
    ['<img src= cid:one@x>', `<img src= ${png}>`],
    ['<p style="background: url(cid:one@x)">', `<p style="background: url(${png})">`],
    ['<img src="cid:t%20w%2Fo">', `<img src="${svg}">`],
    ['<img src="cid:$&">', `<img src="data:image/png;base64,Z2hp">`],
    ['<img src="cid:none">', '<img src="cid:none">'],
    ['<video src="cid:page">', '<video src="cid:page">'],
    ['<img src="cid:%">', '<img src="cid:%">'],
    ['it is cid:one@x', 'it is cid:one@x'],
  ]) {
    assert.equal(made(given, parts), BASE + wanted, given);
  }
});

test('of two parts with one id the first is shown', () => {
  const html = made('<img src="cid:a">', [picture('a', 'abc'), picture('a', 'def')]);
  assert.match(html, /YWJj/);
});

test('a picture that is shown over and over makes no document without end', () => {
  const big = picture('big', 'x'.repeat(8 * 1_024 * 1_024));
  const html = made('<img src="cid:big">'.repeat(1_000), [big]);
  assert.equal(html.match(/data:/g)?.length, 4);
  assert.equal(html.match(/cid:/g)?.length, 996);
});

test('nothing connects anywhere ahead of time', () => {
  for (const [given, wanted] of [
    ['<link rel=preconnect href=//a>', '<x-link rel=preconnect href=//a>'],
    ['<LINK\nrel=dns-prefetch>', '<x-LINK\nrel=dns-prefetch>'],
    ['<link/rel=x>', '<x-link/rel=x>'],
    ['<link>', '<x-link>'],
    ['<linkage>', '<linkage>'],
    ['<iframe src=//a></iframe>', '<x-iframe src=//a></iframe>'],
    ['<FRAMESET><FRAME src=//a>', '<FRAMESET><x-FRAME src=//a>'],
    ['<object data=//a><embed\fsrc=//a>', '<x-object data=//a><x-embed\fsrc=//a>'],
    ['<a href=x>link</a>', '<a href=x>link</a>'],
  ]) {
    assert.equal(made(given), BASE + wanted);
  }
});

test('whatever the HTML is, it is read in one go', () => {
  const begun = performance.now();
  for (const piece of ['<!-- -->', '"    ', '(cid:', '<!doctype ', '<link ', ' ', '<!--', '=']) {
    made(piece.repeat(2_000_000 / piece.length), [picture('a', 'b')]);
  }
  assert.ok(performance.now() - begun < 5_000, `${performance.now() - begun} ms`);
});

test('its policy fetches nothing, and pictures alone where they are asked for', () => {
  const [none, remote] = [policyOf(false), policyOf(true)].map((policy) =>
    Object.fromEntries(
      policy.split('; ').map((each) => {
        const [name, ...values] = each.split(' ');
        return [name, values.join(' ')];
      }),
    ),
  );
  assert.equal(none['default-src'], "'none'");
  assert.equal(none['img-src'], 'data:');
  assert.equal(remote['img-src'], 'data: http: https:');
  assert.deepEqual({ ...remote, 'img-src': '' }, { ...none, 'img-src': '' });
  assert.doesNotMatch(none.sandbox, /scripts|same-origin|forms|top-navigation|downloads/);
});
