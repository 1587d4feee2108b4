'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { simpleParser } = require('mailparser');
const { isConvertible, textOfHtml } = require('../../src/js/catch/html-text.js');

const PAGES = [
  '',
  'no markup',
  '<p>Hello <b>you</b></p>\n<p>and you',
  '<a href="https://example.net/?a=b&amp;c">go</a>',
  '<table><tr><td>1<td>2</table>',
  '<h1>Title</h1><ul><li>one<li>two</ul>',
  '<img src="cid:x" alt="a picture"><br>x',
  '<style>p { }</style><script>alert(1)</script>seen',
  '&lt;b&gt; &eacute; &#x1f600; &nope;',
  `<p>${'word '.repeat(200)}</p>`,
  '<b>'.repeat(999),
  '<',
  '<!-- ',
];

test('text is made of HTML as mailparser makes it', async () => {
  for (const html of PAGES) {
    const { text } = await simpleParser(`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`);
    assert.ok(isConvertible(html), html);
    assert.equal(textOfHtml(html), text ?? '', html);
  }
});

test('HTML that is long, or could be deep, is not made into text at any time', () => {
  assert.ok(isConvertible('<b>'.repeat(1_000)));
  assert.ok(isConvertible('<br>'.repeat(500) + '</b>'.repeat(2_000)));
  assert.ok(!isConvertible('<b>'.repeat(1_001)));
  assert.ok(isConvertible('x'.repeat(256 * 1_024)));
  assert.ok(!isConvertible('x'.repeat(256 * 1_024 + 1)));
});
