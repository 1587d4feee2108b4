'use strict';
// cypress-mailpit (npm), commands for Cypress that were written for Mailpit, unchanged: each of them against the
// API of an inbox. Cypress itself is not needed.

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const vm = require('node:vm');
const esbuild = require('esbuild');
const { openApi } = require('../../src/js/catch-api/api.js');
const { openInbox, sendTo } = require('../support/catch.js');
const { cypressOf } = require('../support/cypress.js');
const { INSTALL, cleanUp, project, run } = require('../support/package.js');
const { within } = require('../support/wait.js');

const VERSION = '2.0.0';
/** What npm says where it cannot ask. */
const UNREACHABLE = /EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;
const PNG = { Filename: 'a.png', Content: 'iVBORw0KGgo=' };

describe('the commands of cypress-mailpit', { timeout: 300_000 }, () => {
  /** The package as one script; undefined where it could not be had. @type {string | undefined} */
  let script;
  /** @type {Set<string>} */
  const called = new Set();
  /** @type {string[]} */
  let names = [];

  before(() => {
    const at = project({});
    const wanted = [`cypress-mailpit@${VERSION}`, '--legacy-peer-deps', '--ignore-scripts'];
    const { status, stderr } = run(at, 'npm', [...INSTALL, ...wanted]);
    if (status !== 0 && UNREACHABLE.test(stderr)) return;
    assert.equal(status, 0, stderr);
    const entry = path.join(at, 'node_modules', 'cypress-mailpit', 'dist', 'index.js');
    const built = esbuild.buildSync({ entryPoints: [entry], bundle: true, write: false });
    script = built.outputFiles[0].text;
  });
  after(() => {
    cleanUp();
    if (script === undefined) return;
    assert.ok(names.length >= 26, String(names));
    assert.deepEqual(
      names.filter((name) => !called.has(name)),
      [],
    );
  });

  /**
   * An inbox and its API, and the commands.
   *
   * @param {import('node:test').TestContext} t
   * @param {any} [options] of the API
   * @param {Record<string, string>} [settings]
   */
  async function opened(t, options, settings) {
    if (script === undefined) {
      t.skip('npm is out of reach');
      return undefined;
    }
    const inbox = await openInbox(t);
    const api = await within(openApi(inbox, options), 'the API');
    t.after(() => within(api.close(), 'the end of the API'));
    const { Cypress, cy, commands, run: call } = cypressOf({ MAILPIT_URL: api.url, ...settings });
    vm.runInNewContext(script, { Cypress, cy, Date });
    names = [...commands.keys()];
    /** @param {string} name @param {any[]} args */
    const command = (name, ...args) => {
      called.add(`mailpit${name}`);
      return within(call(`mailpit${name}`, ...args), name);
    };
    return { inbox, command };
  }

  /** @param {{ messages: { Subject: string }[] }} list */
  const subjects = ({ messages }) => messages.map(({ Subject }) => Subject);

  test('a mail that is sent is found, and looked at', async (t) => {
    const { inbox, command } = (await opened(t)) ?? {};
    if (!inbox || !command) return;
    const { ID } = await command('SendMail');
    const mail = await command('GetMail');
    assert.equal(mail.ID, ID);
    assert.equal(await command('GetSubject', mail), 'Hello Mailpit');
    assert.equal(await command('GetFromAddress', mail), 'from@example.com');
    assert.deepEqual(await command('GetRecipientAddress', mail), ['jane@example.com']);
    assert.equal(await command('GetMailTextBody', mail), 'hello from mailpit');
    assert.equal(await command('GetMailHTMlBody', mail), '<p>hello from mailpit</p>');
    assert.deepEqual(await command('GetAttachments', mail), []);
    assert.deepEqual(inbox.messages[0].envelope.to, [
      'jane@example.com',
      'cc@example.com',
      'bcc@example.com',
    ]);
    const other = await command('SendMail', {
      from: { Email: 'a@example.com' },
      to: [{ Email: 'b@example.com' }],
      cc: [],
      bcc: [],
      replyTo: [],
      subject: 'Größe',
      textBody: 'x',
      htmlBody: '<b>x</b>',
      tags: ['red'],
      headers: { 'X-One': '1' },
      attachments: [PNG],
    });
    const second = await command('GetMail', other.ID);
    assert.deepEqual(await command('GetAttachments', second), ['a.png']);
    assert.deepEqual(
      [second.Subject, second.Tags, second.Bcc, second.ReplyTo],
      ['Größe', ['red'], [], []],
    );
  });

  test('lists, searches and deletions', async (t) => {
    const { inbox, command } = (await opened(t)) ?? {};
    if (!inbox || !command) return;
    await sendTo(inbox, { subject: 'one', to: 'ann@example.com' });
    await sendTo(inbox, { subject: 'two', to: 'bob@example.com' });
    assert.deepEqual(subjects(await command('GetAllMails')), ['two', 'one']);
    assert.deepEqual(subjects(await command('GetAllMails', 1, 1)), ['one']);
    assert.deepEqual(subjects(await command('SearchEmails', 'from:me subject:o', 0, 1)), ['two']);
    assert.deepEqual(subjects(await command('GetEmailsBySubject', 'one')), ['one']);
    assert.deepEqual(subjects(await command('GetEmailsByTo', 'bob@example.com')), ['two']);
    await command('DeleteEmailsBySearch', 'to:ann');
    assert.deepEqual(subjects(await command('GetAllMails')), ['two']);
    await command('DeleteAllEmails');
    assert.deepEqual(subjects(await command('GetAllMails')), []);
  });

  test('what waits sees what comes, and what does not come', async (t) => {
    const { inbox, command } = (await opened(t)) ?? {};
    if (!inbox || !command) return;
    const quick = { timeout: 5_000, interval: 10 };
    const waiting = [
      command('HasEmailsBySearch', 'subject:Hello', 0, 50, quick),
      command('HasEmailsBySubject', 'Hello', 0, 50, quick),
      command('HasEmailsByTo', 'you@example.com', 0, 50, quick),
    ];
    await sendTo(inbox, { subject: 'Hello', to: 'you@example.com' });
    for (const result of await Promise.all(waiting)) assert.deepEqual(subjects(result), ['Hello']);
    await command('NotHasEmailsBySearch', 'subject:none');
    await command('NotHasEmailsBySubject', 'none');
    await command('NotHasEmailsByTo', 'none@example.com');
    const missed = command('HasEmailsBySubject', 'none', 0, 50, { timeout: 20, interval: 10 });
    await assert.rejects(missed, /^Error: Timed out after 20ms/);
  });

  test('read and unread', async (t) => {
    const { inbox, command } = (await opened(t)) ?? {};
    if (!inbox || !command) return;
    for (const subject of ['one', 'two', 'three']) await sendTo(inbox, { subject });
    const { messages } = await command('GetAllMails');
    const unread = async () => subjects(await command('SearchEmails', 'is:unread'));
    assert.equal(await command('SetStatusAsRead', messages[0]), 'ok');
    assert.deepEqual(await unread(), ['two', 'one']);
    await command('SetStatusAsRead', messages);
    assert.deepEqual(await unread(), []);
    await command('SetStatusAsUnRead', messages.slice(1));
    assert.deepEqual(await unread(), ['two', 'one']);
    await command('SetAllEmailStatusAsRead');
    assert.deepEqual(await unread(), []);
    await command('SetAllEmailStatusAsUnRead');
    assert.deepEqual(await unread(), ['three', 'two', 'one']);
  });

  test('without SpamAssassin there is no summary of it, as of Mailpit', async (t) => {
    const { command } = (await opened(t)) ?? {};
    if (!command) return;
    await command('SendMail');
    const mail = await command('GetMail');
    for (const name of ['GetMailSpamAssassinSummary', 'GetMailSpamAssainSummary'])
      await assert.rejects(command(name, mail), /: 404: 404 page not found$/);
  });

  test('with a login', async (t) => {
    const auth = { user: 'ann', password: 'secret' };
    const login = { MAILPIT_USERNAME: 'ann', MAILPIT_PASSWORD: 'secret' };
    const { command } = (await opened(t, { auth }, login)) ?? {};
    if (!command) return;
    await command('SendMail');
    assert.equal((await command('GetMail')).Username, 'ann');
    const other = await opened(t, { auth });
    await assert.rejects(
      other?.command('GetAllMails') ?? Promise.reject(new Error('none')),
      /: 401: /,
    );
  });
});
