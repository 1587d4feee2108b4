'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { unsubscribeForm } = require('../../src/js/catch-api/unsubscribe.js');
const { mailOf, messageOf } = require('../support/catch.js');

const ONE_CLICK = 'List-Unsubscribe=One-Click';

/** The fields, the links, and what is wrong. @type {[string | undefined, string | undefined, string[], string][]} */
const CASES = [
  [undefined, undefined, [], ''],
  ['<mailto:out@example.com>', undefined, ['mailto:out@example.com'], ''],
  [
    '<mailto:out@example.com?subject=x>, <https://a.example/u>',
    ONE_CLICK,
    ['mailto:out@example.com?subject=x', 'https://a.example/u'],
    '',
  ],
  [
    '<http://a.example/u>',
    ONE_CLICK,
    ['http://a.example/u'],
    'List-Unsubscribe-Post needs an https: link',
  ],
  ['https://a.example/u', undefined, [], 'there is no link in angle brackets'],
  [
    '<javascript:alert(1)>',
    undefined,
    ['javascript:alert(1)'],
    'a link is neither http:, https: nor mailto:',
  ],
  [
    '<https://a.example>, <https://b.example>',
    undefined,
    ['https://a.example', 'https://b.example'],
    'there is more than one link of the web',
  ],
  [
    '<mailto:a@b.example>, <mailto:c@d.example>',
    undefined,
    ['mailto:a@b.example', 'mailto:c@d.example'],
    'there is more than one mailto: link',
  ],
  [
    '<https://a.example>',
    'yes',
    ['https://a.example'],
    'List-Unsubscribe-Post must be List-Unsubscribe=One-Click',
  ],
  [
    undefined,
    ONE_CLICK,
    [],
    'List-Unsubscribe-Post needs List-Unsubscribe; List-Unsubscribe-Post needs an https: link',
  ],
];

for (const [header, post, links, errors] of CASES) {
  test(`${header} with ${post}`, async () => {
    const mail = await mailOf(
      messageOf({
        Subject: 'x',
        ...(header === undefined ? {} : { 'List-Unsubscribe': header }),
        ...(post === undefined ? {} : { 'List-Unsubscribe-Post': post }),
      }),
    );
    assert.deepEqual(unsubscribeForm(mail), {
      Header: header ?? '',
      Links: links,
      Errors: errors,
      HeaderPost: post ?? '',
    });
  });
}
