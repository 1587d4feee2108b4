'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Visit } = require('../../src/js/catch/visit.js');

/** A visit, and how often it became quiet. */
function visited() {
  const seen = { quiet: 0 };
  const visit = new Visit(() => {
    seen.quiet += 1;
  });
  return { visit, seen };
}

const FACTS = { user: null, tls: /** @type {const} */ (false) };

test('a mail tells what was said before the first mail, and for itself', () => {
  const { visit } = visited();
  visit.replied('220 hello');
  visit.said('EHLO me');
  visit.replied('250 hello me');
  visit.said('MAIL FROM:<a@b>');
  visit.replied('250 OK');
  visit.helo = 'me';
  const first = visit.facts(FACTS);
  visit.sent(12);
  visit.replied('250 taken');
  visit.said('MAIL FROM:<c@d>');
  const second = visit.facts({ ...FACTS, user: 'ann' });
  const opening = ['S: 220 hello', 'C: EHLO me', 'S: 250 hello me'];
  assert.deepEqual(first.transcript, [
    ...opening,
    'C: MAIL FROM:<a@b>',
    'S: 250 OK',
    'C: (12 bytes)',
    'S: 250 taken',
  ]);
  assert.deepEqual(second.transcript, [...opening, 'C: MAIL FROM:<c@d>']);
  assert.deepEqual([first.helo, first.user, second.user, second.tls], ['me', null, 'ann', false]);
});

test('a transcript has an end', () => {
  const { visit } = visited();
  for (let at = 0; at < 5_000; at++) visit.said('NOOP');
  const { transcript } = visit.facts(FACTS);
  assert.deepEqual([transcript.length, transcript.at(-1)], [1_001, '...']);
});

test('a mail may come from MAIL to the reply to the message', () => {
  const { visit, seen } = visited();
  assert.equal(visit.isBusy(), false);
  visit.begin();
  assert.deepEqual([visit.isBusy(), visit.isBusy('x@y')], [true, true]);
  visit.add('a@b');
  // Another recipient may follow.
  assert.deepEqual([visit.isBusy('A@b'), visit.isBusy('x@y')], [true, true]);
  visit.data();
  assert.deepEqual([visit.isBusy('A@b'), visit.isBusy('x@y'), visit.isBusy()], [true, false, true]);
  visit.replied('354 go');
  assert.equal(visit.isBusy(), true);
  visit.replied('250 taken');
  assert.deepEqual([visit.isBusy(), seen.quiet], [false, 1]);
});

test('a message in chunks ends with its last, or with a refusal', () => {
  for (const end of ['over', 'refusal']) {
    const { visit, seen } = visited();
    visit.begin();
    visit.add('a@b');
    visit.said('BDAT 5');
    visit.data();
    visit.replied('250 chunk');
    assert.equal(visit.isBusy(), true);
    if (end === 'over') visit.over();
    else visit.replied('552 too much');
    assert.deepEqual([visit.isBusy(), seen.quiet], [false, 1], end);
  }
});

test('what ends a transaction ends it, once', () => {
  for (const line of ['RSET', 'rset', 'EHLO me', 'HELO me', 'STARTTLS', 'QUIT']) {
    const { visit, seen } = visited();
    visit.said(line);
    visit.begin();
    visit.said('NOOP');
    assert.deepEqual([visit.isBusy(), seen.quiet], [true, 0], line);
    visit.said(line);
    visit.over();
    assert.deepEqual([visit.isBusy(), seen.quiet], [false, 1], line);
  }
});
