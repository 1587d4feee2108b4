'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { serialize } = require('node:v8');
const { aMail, noMail, tooFew, unfinished } = require('../../src/js/catch/in-vain.js');
const { matcherOf } = require('../../src/js/catch/match.js');
const { mailOf } = require('../support/catch.js');

const matcher = matcherOf({ subject: 'x', text: 'y' });

test('a wait in vain lists what came, and what each of it missed', async () => {
  const came = [
    await mailOf('Subject: a\r\n\r\n'),
    await mailOf('Subject: x\r\n\r\n'),
    await mailOf('Subject: x\r\n\r\ny'),
    await mailOf('Subject: x\r\n\r\ny'),
  ];
  const [, , , mine] = came;
  const error = noMail({ what: 'none', matcher, timeout: 5, came, taken: [mine] });
  assert.equal(error.code, 'SMTP_ERR_NO_MAIL');
  assert.deepEqual(
    error.missed.map(({ mail, missed }) => [came.indexOf(mail), missed]),
    [
      [0, ['subject', 'text']],
      [1, ['text']],
      [2, []],
      [3, []],
    ],
  );
  const head = "none within 5 ms, wanted: { subject: 'x', text: 'y' }; 4 mails came:";
  const place = 'from <me@example.net> to <you@example.com>';
  assert.deepEqual(error.message.split('\n'), [
    head,
    `  'a' ${place}: missed subject, text`,
    `  'x' ${place}: missed text`,
    `  'x' ${place}: was given out before`,
    `  'x' ${place}: matched`,
  ]);
});

test('it lists the last of many, known or counted', async () => {
  const mail = await mailOf('\r\n');
  for (const [known, total, listed] of [
    [1, undefined, '1 mail came:'],
    [20, undefined, '20 mails came:'],
    [21, undefined, '21 mails came, the last 20 of them:'],
    [20, 500, '500 mails came, the last 20 of them:'],
    [0, 3, '3 mails came'],
    [0, undefined, 'nothing came'],
  ]) {
    const came = Array(known).fill(mail);
    const { message } = noMail({
      ...{ what: 'none', matcher, timeout: 5, came },
      ...(total === undefined ? {} : { total: Number(total) }),
    });
    assert.equal(message.split('\n')[0].split('; ')[1], listed);
  }
});

test('whose mails they are is said', () => {
  const { message } = noMail({ what: 'none', matcher, address: 'a@b', timeout: 5, came: [] });
  assert.ok(message.startsWith('none for a@b within 5 ms'), message);
});

test('the other errors name what was wanted', async () => {
  const mail = await mailOf('Subject: z\r\n\r\n');
  const came = aMail(matcher, mail);
  assert.deepEqual([came.code, came.mail], ['SMTP_ERR_MAIL', mail]);
  assert.match(came.message, /matches \{ subject: 'x', text: 'y' \}: 'z' from/);
  for (const any of [undefined, {}, { subject: undefined }]) {
    const { message } = aMail(matcherOf(any), mail);
    assert.match(message, /^a mail came: 'z' from /);
    const nothing = noMail({ what: 'no', matcher: matcherOf(any), timeout: 5, came: [] });
    assert.match(nothing.message, /wanted: any mail; nothing came$/);
  }
  const slow = unfinished(matcher, 7);
  assert.equal(slow.code, 'SMTP_ERR_UNFINISHED');
  assert.match(slow.message, /after 7 ms.*subject: 'x'/);
  assert.match(tooFew(0, 1), /not given out before/);
  assert.equal(tooFew(1, 3), '1 of 3 mails matched');
});

test('what lists, prints or sends an error gets no bytes of its mails', async () => {
  const mail = await mailOf(`Subject: a\r\n\r\n${'x'.repeat(100_000)}`);
  const errors = [
    noMail({ what: 'none', matcher, timeout: 5, came: [mail] }),
    aMail(matcher, mail),
  ];
  for (const error of errors) {
    assert.ok(JSON.stringify(error).length < 1_000);
    assert.ok(serialize({ ...error }).length < 1_000);
    assert.ok(inspect(error, { depth: Infinity }).length < 5_000);
  }
  assert.equal(errors[0].missed[0].mail, mail);
  assert.equal(errors[1].mail, mail);
});
