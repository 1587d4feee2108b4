'use strict';

const assert = require('node:assert/strict');
const { isIP } = require('node:net');
const { test } = require('node:test');
const { asciiDomain } = require('../../src/js/options/domain.js');

const LABELS = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

test('a domain in ASCII is as it was given, whatever it is', () => {
  for (const domain of [
    '',
    'Example.COM',
    '[127.0.0.1]',
    'a_b',
    'a b',
    '%2e',
    'xn--',
    '127.1',
    '.',
  ]) {
    assert.equal(asciiDomain(domain), domain);
  }
});

test('one in other letters is as DNS has it', () => {
  for (const [domain, ascii] of [
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    ['ｅｘａｍｐｌｅ.com', 'example.com'],
    ['r3---x.ü.example', 'r3---x.xn--tda.example'],
  ]) {
    assert.equal(asciiDomain(domain), ascii);
  }
});

test('what it becomes is a name or nothing, whatever is in it', () => {
  const letters = [
    'ü',
    '１',
    '.',
    '。',
    'a',
    '0',
    '-',
    '[',
    ']',
    ':',
    '%',
    '/',
    '#',
    '@',
    '\ud800',
    ' ',
  ];
  letters.push('ß', '\u00ad', 'x', 'n', '\u2028', '?', '\\', '_', '😀', '\u0661', '\u06f1', 'xn--');
  let random = 1;
  const next = () => {
    random = (random * 48_271) % 2_147_483_647;
    return random;
  };
  let names = 0;
  for (let number = 0; number < 50_000; number++) {
    const parts = Array.from({ length: 1 + (next() % 6) }, () => letters[next() % letters.length]);
    const domain = parts.join('');
    const ascii = asciiDomain(domain);
    if (ascii === undefined || ascii === domain) continue;
    names++;
    assert.match(ascii, LABELS, JSON.stringify(domain));
    assert.equal(isIP(ascii), 0, JSON.stringify(domain));
    assert.doesNotMatch(ascii, /(^|\.)\d+$/, JSON.stringify(domain));
    assert.equal(asciiDomain(ascii), ascii);
  }
  assert.ok(names > 1_000, `${names} of them are names`);
});
