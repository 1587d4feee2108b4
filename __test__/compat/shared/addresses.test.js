'use strict';
// What each interface takes for an address, and what for none: form x command x interface.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { INTERFACES } = require('../../support/interfaces.js');

/** @typedef {keyof typeof INTERFACES} Interface */

/** Local parts before which a domain is tried. */
const LOCALS = ['a', '"a b"', 'ä', 'SRS0=x=y=c.example=d', "o'b/c!d%e#f"];

const DOMAINS = [
  'b',
  'b.example',
  'B.Example',
  'b_c.example',
  '_b.c-d.example',
  '1.2.example',
  'xn--exmple-cua.de',
  'exämple.de',
  'EXÄMPLE.de',
  '例え.テスト',
  'b_c.ä.example',
  '[192.0.2.7]',
  '[IPv6:2001:db8::1]',
  `${'x'.repeat(63)}.example`,
];

const NO_DOMAINS = [
  '',
  '.',
  '.ours',
  'ours.',
  'ours..',
  'ours..example',
  'ours.example.',
  '-ours',
  'ours-',
  'ours:25',
  '/',
  'ours/x',
  '(c)',
  'ours(c)',
  'ours,theirs',
  'ours+x',
  'ours=x',
  'ours!x',
  'ours%x',
  'ours;',
  'ours\\x',
  '"ours"',
  'ours@theirs',
  '@ours',
  '[',
  '[]',
  '[ours]',
  '[999.2.3.4]',
  '[192.0.2]',
  '[192.0.2.7:25]',
  '[::1]',
  '[IPv6:zz]',
  '[IPv6:]',
  '[192.0.2.7].ours',
  'ours[192.0.2.7]',
  `${'x'.repeat(64)}.example`,
  `${`${'x'.repeat(63)}.`.repeat(4)}x`,
  // What IDNA takes for a dot, for other characters, and for nothing.
  'ours\u3002example',
  'ours\uff0eexample',
  'ours\uff61example',
  'ours\u3002',
  'ours\u2024example',
  '\uff4f\uff55\uff52\uff53.example',
  '\uff11\uff19\uff12.0.2.7',
  '\u212aing.example',
  'our\u017f.example',
  'o\u00adurs.example',
  'ours\u200b.example',
  'ou\u2060rs.example',
  'exa\u0308mple.de',
];

/** What stands behind the colon, and the address that it is; undefined for 501. */
/** @type {[string, string?][]} */
const BRACKETED = [
  ['<postmaster>', 'postmaster'],
  ['<PostMaster>', 'PostMaster'],
  [' <a@b.example>', 'a@b.example'],
  ['  <a@b.example> ', 'a@b.example'],
  ['<a@b.example>\t', 'a@b.example'],
  ['<@x.example,@[192.0.2.7]:a@b.example>', 'a@b.example'],
  ['<@[IPv6:::1]:a@b.example>', 'a@b.example'],
  ['<"a@b"@c.example>', '"a@b"@c.example'],
  ['<"a> <b"@c.example>', '"a> <b"@c.example'],
  // Another path is no parameter.
  ['<a@x> <b@c>'],
  ['<a@x>  <b@c>'],
  ['<a@x> X-MINE=1 <b@c>'],
  ['<a@x> <>'],
  ['<a@x> <'],
  ['<a@x>, <b@c>'],
  ['<a@x>,<b@c>'],
  ['<a@x> , <b@c>'],
  ['<a@x><b@c>'],
  ['<a@x> b@c'],
  ['<a@x> (b)'],
  ['<a@x> "b"'],
  ['<a@x> =1'],
  ['<a@x>SIZE=1'],
  ['<a@x>>'],
  // Nothing but a space stands before a path or a parameter.
  ['\t<a@x>'],
  [' \t<a@x>'],
  ['\t <a@x>'],
  ['\u00a0<a@x>'],
  ['\u3000<a@x>'],
  ['<a@x>\tX-MINE=1'],
  ['<a@x> \tX-MINE=1'],
  ['<a@x> X-MINE=1\tX-OURS'],
  ['<a@x>\u00a0X-MINE=1'],
  ['<a@x>\f'],
  ['<a@x>\v'],
  ['<a@x>\r'],
  ['<a@x> X-MINE=\u0085'],
  [''],
  [' '],
  ['<'],
  ['<@>'],
  ['<@x>'],
  ['<@x:>'],
  ['<@x..y:a@b>'],
  ['<@x\u3002y:a@b>'],
  ['<a b@x>'],
];

/** The same without brackets, which the root takes for no path. */
/** @type {[string, string?][]} */
const BARE = [
  ['a@b.example', 'a@b.example'],
  [' a@b.example', 'a@b.example'],
  ['postMaster', 'postMaster'],
  ['"a@b"@c.example', '"a@b"@c.example'],
  ['a@x <b@c>'],
  ['a@x b@c'],
  ['a@x,b@c'],
  ['a@x\tX-MINE=1'],
  ['\ta@x'],
  ['Name <a@x>'],
  ['@x:a@b'],
  ['@x'],
];

const FORMS = [
  ...BRACKETED,
  ...LOCALS.flatMap((local) =>
    DOMAINS.map((domain) => [`<${local}@${domain}>`, `${local}@${domain}`]),
  ),
  ...LOCALS.flatMap((local) => NO_DOMAINS.map((domain) => [`<${local}@${domain}>`])),
  ...NO_DOMAINS.map((domain) => [`<@r.example:a@${domain}>`]),
].map(([form, address]) => ({ form, address, isBare: false }));
const BARE_FORMS = [
  ...BARE,
  ...DOMAINS.map((domain) => [`a@${domain}`, `a@${domain}`]),
  ...NO_DOMAINS.map((domain) => [`a@${domain}`]),
].map(([form, address]) => ({ form, address, isBare: true }));

/**
 * What a program hears of an address.
 *
 * @param {string} name of the interface
 * @param {string} address
 * @param {string} form
 */
function heardAs(name, address, form) {
  // Parameters stay as they were sent; but for space at the end of the line, and one before them.
  if (name === 'smtpjs') return form.replace(/[ \t]+$/, '').replace(/^ /, '');
  if (name !== 'mail-io') return address;
  const at = address.lastIndexOf('@') + 1;
  return at === 0 ? address : address.slice(0, at) + address.slice(at).toLowerCase();
}

describe('an address', { timeout: 120_000 }, () => {
  for (const [name, serve] of Object.entries(INTERFACES)) {
    for (const command of ['MAIL FROM:', 'rcpt to:']) {
      test(`behind ${command} on ${name}`, async (t) => {
        const isMail = command.startsWith('MAIL');
        const { connect, heard } = await serve(t);
        const client = await connect();
        await client.command('EHLO x', 250);
        if (!isMail) await client.command('MAIL FROM:<>', 250);
        for (const { form, address, isBare } of [...FORMS, ...BARE_FORMS]) {
          const wanted = isBare && name === 'the root' ? undefined : address;
          const what = `${command}${JSON.stringify(form)}`;
          heard.length = 0;
          const { code } = await client.command(`${command}${form}`);
          // mail-io tells the mailbox of no domain from a syntax error, as it does `<root>`.
          const isNowhere = name === 'mail-io' && !isMail && /[^<>@.:][.@]>$/.test(form);
          const refused = isNowhere ? 550 : 501;
          assert.equal(code, wanted === undefined ? refused : 250, what);
          const expected = wanted === undefined ? [] : [heardAs(name, wanted, form)];
          assert.deepEqual(heard, expected, what);
          if (isMail && code === 250) await client.command('RSET', 250);
        }
        // It was none of the client's fault.
        await client.command('NOOP', name === 'smtp-protocol' ? 502 : 250);
      });
    }

    test(`may be null behind MAIL, and not behind RCPT, on ${name}`, async (t) => {
      const { connect, heard } = await serve(t);
      const client = await connect();
      await client.command('EHLO x', 250);
      await client.command('MAIL FROM:<>', 250);
      assert.equal(heard.length, 1);
      await client.command('RCPT TO:<>', 501);
      await client.command('RCPT TO:< >', 501);
      assert.equal(heard.length, 1);
    });

    test(`has parameters behind it on ${name}`, async (t) => {
      const { connect, heard } = await serve(t);
      const client = await connect();
      await client.command('EHLO x', 250);
      for (const parameters of ['SIZE=5', 'AUTH=<>', 'BODY=8BITMIME  SIZE=5', 'AUTH=a+2Bb@c']) {
        await client.command(`MAIL FROM:<a@b.example> ${parameters}`, 250);
        await client.command('RCPT TO:<c@d.example> NOTIFY=NEVER ORCPT=rfc822;c@d.example', 250);
        await client.command('RSET', 250);
      }
      assert.equal(heard.length, 8);
    });
  }
});
