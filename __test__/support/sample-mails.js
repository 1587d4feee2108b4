'use strict';
// Mails as programs send them, for pictures of the page; the last one is the newest, and each came some
// minutes ago.

const STYLE = `
  body { margin: 0; background: #eef1f4; color: #20262d; font: 16px/1.55 Helvetica, Arial, sans-serif; }
  .card { max-width: 520px; margin: 28px auto; padding: 32px 36px; border-radius: 10px; background: #fff; }
  h1 { margin: 0 0 12px; font-size: 26px; }
  a.button { display: inline-block; padding: 12px 22px; border-radius: 7px; background: #0f6b62; color: #fff; text-decoration: none; }
  small { color: #5d6670; }
`;

const ORDER = `<!doctype html><html><head><style>${STYLE}</style></head><body><div class="card">
<h1>Thank you, Ann</h1>
<p>Your order <b>#4711</b> left our warehouse today. It should be with you by Thursday.</p>
<p><a class="button" href="https://shop.example/track/4711">Track the parcel</a></p>
<p><small>The Shop, 1 Example Street</small><img alt="" width="1" height="1" src="https://shop.example/seen.gif"></p>
</div></body></html>`;

const SAMPLES = [
  {
    minutes: 5760,
    from: '"Newsletter" <news@weekly.example>',
    to: 'ann@example.com, bob@example.com, carol@example.com',
    subject: 'This week: ten pages on mail that nobody reads',
    text: 'Good morning! Here is what happened since Monday.',
  },
  {
    minutes: 1560,
    from: '"Build" <ci@build.example>',
    to: '"Team" <team@example.com>',
    subject: 'Build 1042 failed on main',
    text: '2 of 512 tests failed: sends a receipt, retries after 421.',
  },
  {
    minutes: 200,
    from: '"Müller & Söhne" <post@mueller.example>',
    to: 'ann@example.com',
    subject: 'Einladung zum Sommerfest am 12. Juli',
    text: 'Liebe Ann, wir laden Sie und Ihre Familie herzlich ein.',
    attachments: [{ filename: 'Anfahrt.pdf', content: Buffer.alloc(31_400) }],
  },
  {
    minutes: 95,
    from: 'no-reply@accounts.example',
    to: 'dave@example.com',
    subject: 'Reset your password',
    text: 'Somebody asked for a new password. If it was you, open https://accounts.example/reset?token=7f3k',
  },
  {
    minutes: 21,
    from: '"Billing" <billing@shop.example>',
    to: '"Bob Miller" <bob@example.com>',
    subject: 'We received your payment',
    text: 'Hello Bob, we received 49.00 EUR for invoice 2026-118. Thank you.',
    attachments: [{ filename: 'invoice-2026-118.pdf', content: Buffer.alloc(48_211) }],
  },
  {
    minutes: 7,
    from: '"Accounts" <no-reply@accounts.example>',
    to: 'carol@example.com',
    cc: 'erin@example.com',
    subject: 'Please confirm your address',
    text: 'Open https://accounts.example/confirm?token=7 or enter 482913.',
  },
  {
    minutes: 0,
    from: '"The Shop" <orders@shop.example>',
    to: '"Ann Smith" <ann@example.com>',
    subject: 'Your order #4711 is on its way',
    text: 'Thank you, Ann. Your order #4711 left our warehouse today. It should be with you by Thursday.',
    html: ORDER,
    attachments: [
      { filename: 'invoice-4711.pdf', content: Buffer.alloc(52_870) },
      { filename: 'terms.txt', content: 'The usual ones.' },
    ],
  },
];

module.exports = { SAMPLES };
