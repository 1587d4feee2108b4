'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  codeIn,
  linksOf,
  pick,
  seenIn,
  shownText,
  wordsIn,
} = require('../../src/js/catch/links.js');

/** HTML, and the links in it. @type {[string, string[]][]} */
const HTML = [
  ['<a href="https://x.example/a?b=1&amp;c=2">x</a>', ['https://x.example/a?b=1&c=2']],
  ["<A\n  class='y'\n  HREF = 'https://x.example/1' >", ['https://x.example/1']],
  ['<a href=https://x.example/2>', ['https://x.example/2']],
  ['<a href=https://x.example/3/>', ['https://x.example/3/']],
  ['<map><area href="https://x.example/4"/></map>', ['https://x.example/4']],
  ['<a href="https://x.example/&#x61;&#98;">', ['https://x.example/ab']],
  ['<a href=" https://x.exam\nple/5 ">', ['https://x.example/5']],
  ['<a href="https://x.example/6"><a href="https://x.example/6">', ['https://x.example/6']],
  ['<a title="a > b" href="https://x.example/7">', ['https://x.example/7']],
  ['<a href="mailto:a@b.example"><a href="my-app://go">', ['mailto:a@b.example', 'my-app://go']],
  ['<a href="#top"><a href=""><a><a href>', []],
  ['<a href="\x01javascript:x"><a href="&#1; &#2;javascript:x">', []],
  ['<a href="&#1;https://x.example/c\x1f">', ['https://x.example/c']],
  ['<a href="javascript:alert(1)"><a href=" JAVA\tSCRIPT:x"><a href="data:text/html,x">', []],
  [
    '<!-- <a href="https://x.example/no"> --><a href="https://x.example/8">',
    ['https://x.example/8'],
  ],
  [
    '<script>"<a href=\'https://x.example/no\'>"</script><a href="https://x.example/9">',
    ['https://x.example/9'],
  ],
  ['<style><a href="https://x.example/no"></STYLE >', []],
  [
    '<link href="https://x.example/no"><base href="https://x.example/no"><b href="https://x.example/no">',
    [],
  ],
  ['<abbr href="https://x.example/no">', []],
  [
    '<a href="https://x.example/first" href="https://x.example/second">',
    ['https://x.example/first'],
  ],
  ['< a href="https://x.example/no"> 1 < 2', []],
  ['<a href="https://x.example/open', ['"https://x.example/open']],
  ['<!-- never closed <a href="https://x.example/no">', []],
];

test('the links of HTML are those that a click goes to', () => {
  for (const [html, wanted] of HTML) assert.deepEqual(linksOf(html, ''), wanted, html);
});

/** A text, and the links in it. @type {[string, string[]][]} */
const TEXTS = [
  ['Go to https://x.example/a?b=1&c=2.', ['https://x.example/a?b=1&c=2']],
  [
    '(https://x.example/a) <https://x.example/b>, [https://x.example/c]!',
    ['https://x.example/a', 'https://x.example/b', 'https://x.example/c'],
  ],
  [
    'https://x.example/wiki/A_(b) *https://x.example/d*',
    ['https://x.example/wiki/A_(b)', 'https://x.example/d'],
  ],
  ['my-app://confirm/1', ['my-app://confirm/1']],
  ['www.example.com a:b javascript://x', []],
  ['https://x.example/a https://x.example/a', ['https://x.example/a']],
];

test('the links of a text end with it', () => {
  for (const [text, wanted] of TEXTS) assert.deepEqual(linksOf('', text), wanted, text);
});

test('those of the HTML come first, and none twice', () => {
  const html = '<a href="https://x.example/2"><a href="https://x.example/1">';
  const text = 'https://x.example/0 https://x.example/1';
  const wanted = ['https://x.example/2', 'https://x.example/1', 'https://x.example/0'];
  assert.deepEqual(linksOf(html, text), wanted);
});

/** HTML, the text that is made of it, the links and what is left to look for codes in. @type {[string, string, string[], string][]} */
const MADE = [
  [
    '<a href="https://x.example/a">A</a>b',
    'A [https://x.example/a]b',
    ['https://x.example/a'],
    'A  b',
  ],
  ['<a href="/c/123456">Go</a> 654321', 'Go [/c/123456] 654321', ['/c/123456'], 'Go   654321'],
  ['<a href="tel:5551234">Call</a>', 'Call [tel:5551234]', ['tel:5551234'], 'Call  '],
  ['<img src="https://x.example/1111.png">', '[https://x.example/1111.png]', [], ' '],
  [
    '<a href="https://x.example/a b">z</a>',
    'z [https://x.example/a\nb]',
    ['https://x.example/a b'],
    'z  ',
  ],
  [
    '<p>[https://x.example/p] [1234]</p>',
    '[https://x.example/p] [1234]',
    ['https://x.example/p'],
    '[https://x.example/p] [1234]',
  ],
  ['', '[https://x.example/p]', ['https://x.example/p'], '[https://x.example/p]'],
];

test('where links of HTML lead is not looked for in the text that is made of it', () => {
  for (const [html, text, links, shown] of MADE) {
    assert.deepEqual(linksOf(html, text), links, text);
    assert.equal(shownText(html, text), shown, text);
  }
});

/** HTML, and the words that are seen of it. @type {[string, string][]} */
const SEEN = [
  ['', ''],
  ['no markup', 'no markup'],
  ['<p>Code: <b>48</b><span class="x">29</span>13</p>', 'Code: 482913'],
  ['<td>1234</td><td>5678</td>', '1234 5678'],
  ['a<br>b<BR/>c', 'a b c'],
  ['<style>.x{color:#123456}</style><script>var n = 1234;</script>ok', 'ok'],
  ['<title>9999</title >ok<!-- 8888 -->', 'ok'],
  ['<a href="/c/1234" title="5678">Go</a>', 'Go'],
  ['&#52;8&nbsp;29 &lt;b&gt; 1 < 2', '48 29 <b> 1 < 2'],
  ['<p>open <b', 'open'],
  ['open </b', 'open'],
  ['<!-- never closed 1234', ''],
];

test('what is seen of HTML is its text', () => {
  for (const [html, wanted] of SEEN) {
    assert.equal(seenIn(html).trim().replace(/\s+/g, ' '), wanted, html);
  }
});

test('odd markup costs no more than its length', () => {
  const size = 200_000;
  for (const [html, text] of [
    ['<a '.repeat(size), ''],
    ['<a href="'.repeat(size), ''],
    [`<a${' '.repeat(size)}`, ''],
    [`<a ${'x '.repeat(size)}`, ''],
    ['<script>'.repeat(size), ''],
    ['</a'.repeat(size), ''],
    ['<b></b>'.repeat(size), ''],
    ['<!--'.repeat(size), ''],
    ['', `https://x${')'.repeat(size)}`],
    ['', 'https://x('.repeat(size)],
    ['', 'a'.repeat(size)],
    ['<img src=x>', '['.repeat(size)],
    [`<a href="${'&#1;'.repeat(size)}x${' '.repeat(size)}y">`, ''],
  ]) {
    const begun = Date.now();
    linksOf(html, text);
    seenIn(html);
    assert.ok(Date.now() - begun < 5_000, (html || text).slice(0, 20));
  }
});

test('the first that matches is picked; an error lists what there is', () => {
  const links = ['https://x.example/a', 'https://x.example/b'];
  assert.equal(pick('link', links, undefined, 'm'), links[0]);
  assert.equal(pick('link', links, '/b', 'm'), links[1]);
  assert.equal(pick('link', links, /B$/i, 'm'), links[1]);
  assert.throws(() => pick('link', links, '/c', "'x'"), {
    code: 'SMTP_ERR_NO_LINK',
    message:
      "the mail 'x' has no link that matches '/c'; it has these links:\n  https://x.example/a\n  https://x.example/b",
  });
  assert.throws(() => pick('link', [], undefined, "'x'"), {
    message: "the mail 'x' has no link; it has no links",
  });
  assert.throws(() => pick('link', Array(25).fill('y'), 'x', 'm'), /\n {2}and 5 more$/);
  assert.throws(() => pick('link', links, /** @type {any} */ (5), 'm'), { name: 'TypeError' });
});

/** Texts, and the code in them. @type {[string[], string | RegExp | undefined, string][]} */
const CODES = [
  [['Your code is 482913.'], undefined, '482913'],
  [['code:1234'], undefined, '1234'],
  [['On 2026-11-26 at 1200:15 we sent 55555'], undefined, '55555'],
  [['123 123456789 a1234 1234b 12345678'], undefined, '12345678'],
  [['https://x.example/12345 98765'], undefined, '98765'],
  [['none here', '654321 is your code'], undefined, '654321'],
  [['Code: AB-12'], /[A-Z]{2}-\d\d/, 'AB-12'],
  [['Code: AB-12'], /code: (\S+)/i, 'AB-12'],
  [['https://x.example/12345'], /\d+/g, '12345'],
  [['Use G-123 now'], 'G-', 'G-123'],
];

/** Texts of languages that part no words by spaces, and dates with a year in words. @type {[string, string][]} */
const AMONG_LETTERS = [
  ['コードは482913です。', '482913'],
  ['認証コード482913を入力', '482913'],
  ['コード482913', '482913'],
  ['您的验证码是482913，请勿告诉他人', '482913'],
  ['인증번호는482913입니다', '482913'],
  ['รหัสของคุณคือ482913ครับ', '482913'],
  ['2026年11月26日 482913', '482913'],
  ['2026년 11월 26일 482913', '482913'],
  ['Abc482913 4829', '4829'],
  ['Код482913 4829', '4829'],
  ['\u00a9 2026 Shop. Your code is 482913', '482913'],
  ['\u00a92026 Shop, 482913', '482913'],
  ['(c) 2026 Shop, 482913', '482913'],
  ['Copyright 2026 Shop, 482913', '482913'],
  ['November 26, 2026: 482913', '482913'],
  ['Thu, Nov 26th, 2026 482913', '482913'],
  ['Thu, 26 Nov 2026 482913', '482913'],
  ['26 November 2026, 482913', '482913'],
  ['since Sept. 2026: 482913', '482913'],
  ['you may 2049 enter', '2049'],
  ['Copyright 20261', '20261'],
  ['mail 1234@example.com or 1234.x@example.com, 4829', '4829'],
];

test('a code is found among letters that part no words, and no year of a date is one', () => {
  for (const [text, wanted] of AMONG_LETTERS)
    assert.equal(codeIn([text], undefined, 'm'), wanted, text);
});

test('a code is found', () => {
  for (const [texts, pattern, wanted] of CODES) {
    assert.equal(codeIn(texts, pattern, 'm'), wanted, texts[0]);
  }
});

test('the flags of a pattern count for codes as they do for links', () => {
  for (const [flags, word, isThere] of /** @type {[string, string, boolean][]} */ ([
    ['', 'b1234', true],
    ['g', 'b1234', true],
    ['i', 'B1234', true],
    ['y', 'b1234', false],
    ['gy', 'b1234', false],
    ['y', 'a5678', true],
    ['y', 'A5678', false],
    ['iy', 'A5678', true],
  ])) {
    const pattern = new RegExp(word, flags);
    pattern.lastIndex = 3;
    const text = 'a5678 b1234';
    for (const find of [
      () => codeIn([text], pattern, 'm'),
      () => pick('link', [text], pattern, 'm'),
    ]) {
      if (isThere) assert.ok(find(), String(pattern));
      else assert.throws(find, { name: 'SmtpError' }, String(pattern));
    }
    assert.equal(pattern.lastIndex, 0);
  }
});

test('an error lists the codes that there are', () => {
  assert.throws(() => codeIn(['1234 and 5678'], /X\d/, "'x'"), {
    code: 'SMTP_ERR_NO_CODE',
    message: "the mail 'x' has no code that matches /X\\d/; it has these codes:\n  1234\n  5678",
  });
  assert.throws(() => codeIn(['nothing'], undefined, "'x'"), /has no code; it has no codes$/);
  assert.throws(() => codeIn(['1234'], /** @type {any} */ (1234), 'm'), { name: 'TypeError' });
});

test('the words of HTML are what is seen, and below it where links lead, each once', () => {
  for (const [html, wanted] of [
    ['<p>one <b>t</b>wo</p>three', ' one two three '],
    [
      '<a href="https://x.example/?a&amp;b">go</a> &amp;c <a href="https://x.example/?a&amp;b">',
      ' go &c  \nhttps://x.example/?a&b',
    ],
    ['a&#10;b<img src="cid:x"><style>p</style>', 'a\nb  '],
    ['', ' '],
  ]) {
    assert.deepEqual(
      wordsIn(html)
        .split('\n')
        .map((line) => line.trim().replace(/ +/g, ' ')),
      wanted.split('\n').map((line) => line.trim().replace(/ +/g, ' ')),
      html,
    );
  }
});
