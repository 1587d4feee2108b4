'use strict';
// mailpit-api (npm), a client that was written for Mailpit, unchanged: each of its calls with each of its options.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { after, test } = require('node:test');
const { MailpitClient } = require('mailpit-api');
const { openApi } = require('../../src/js/catch-api/api.js');
const { Client } = require('../../index.js');
const { openInbox, sendTo } = require('../support/catch.js');
const { within } = require('../support/wait.js');
const { version } = require('../../package.json');

/** @typedef {import('node:test').TestContext} TestContext */

const PNG = Buffer.from('iVBORw0KGgo=', 'base64');
const LOGIN = { username: 'ann', password: 'pass:word é' };
/** A mail with all that `sendMessage` takes. */
const FULL = {
  From: { Email: 'shop@example.com', Name: 'The Shop' },
  To: [{ Email: 'ann@example.com', Name: 'Änn' }, { Email: 'bob@example.com' }],
  Cc: [{ Email: 'carl@example.com', Name: 'Carl' }],
  Bcc: ['dora@example.com'],
  ReplyTo: [{ Email: 'help@example.com', Name: 'Help' }],
  Subject: 'Größe <b>bold</b>',
  Text: 'Plain text\nof two lines',
  HTML: '<p>Rich <img src="cid:logo"> text</p>',
  Headers: { 'X-Order': '17', 'X-Unicode': 'wörld' },
  Tags: ['Big fish', 'small'],
  Attachments: [
    {
      Filename: 'logo.png',
      Content: PNG.toString('base64'),
      ContentID: 'logo',
      ContentType: 'image/png',
    },
    {
      Filename: 'größe.txt',
      Content: Buffer.from('hello').toString('base64'),
      ContentType: 'text/plain',
    },
    { Filename: 'pixel.png', Content: `data:image/png;base64,${PNG.toString('base64')}` },
  ],
};
const SHORT = { From: { Email: 'a@example.com' }, To: [{ Email: 'b@example.com' }] };

/** The calls that a test has made. @type {Set<string>} */
const called = new Set();

/**
 * An inbox with its API, and the client of it.
 *
 * @param {TestContext} t
 * @param {any} [options] of the API
 * @param {any} [clientOptions]
 */
async function opened(t, options, clientOptions) {
  const inbox = await openInbox(t);
  const api = await within(openApi(inbox, options), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  return { inbox, api, mailpit: clientOf(api.url, clientOptions) };
}

/** @param {string} url @param {any} [options] @returns {MailpitClient} */
function clientOf(url, options) {
  return new Proxy(new MailpitClient(url, options), {
    get(client, name) {
      const value = Reflect.get(client, name);
      if (typeof value !== 'function') return value;
      return (/** @type {any[]} */ ...args) => {
        called.add(String(name));
        return within(value.apply(client, args), String(name));
      };
    },
  });
}

/** @param {{ messages: { Subject: string }[] }} list */
const subjects = ({ messages }) => messages.map(({ Subject }) => Subject);

/** How a call fails. @param {number} status @param {string} text */
const failure = (status, text) => (/** @type {Error} */ error) => {
  assert.match(error.message, new RegExp(`^Mailpit API Error: ${status} `));
  assert.ok(error.message.endsWith(`: ${text}`), error.message);
  return true;
};

after(() => {
  const all = Object.getOwnPropertyNames(MailpitClient.prototype);
  const missed = all.filter(
    (name) => !['constructor', 'request'].includes(name) && !called.has(name),
  );
  assert.deepEqual(missed, []);
});

test('getInfo and getConfiguration say what there is', async (t) => {
  const { inbox, mailpit } = await opened(t);
  await sendTo(inbox);
  await mailpit.sendMessage({ ...SHORT, Tags: ['red'] });
  await mailpit.getMessageSummary();
  const { DatabaseSize, RuntimeStats, ...info } = await mailpit.getInfo();
  assert.deepEqual(info, {
    Version: version,
    LatestVersion: version,
    Database: '',
    Messages: 2,
    Unread: 1,
    Tags: { red: 1 },
  });
  assert.equal(
    DatabaseSize,
    inbox.messages.reduce((sum, { size }) => sum + size, 0),
  );
  const { Memory, Uptime, SMTPAcceptedSize, ...counts } = RuntimeStats;
  assert.ok(Memory > 1e6 && Uptime >= 0 && SMTPAcceptedSize >= inbox.messages[0].size);
  assert.deepEqual(counts, {
    MessagesDeleted: 0,
    SMTPAccepted: 1,
    SMTPRejected: 0,
    SMTPIgnored: 0,
  });
  const configuration = await mailpit.getConfiguration();
  assert.deepEqual(configuration, {
    Label: 'smtp-engine',
    MessageRelay: {
      Enabled: false,
      SMTPServer: '',
      ReturnPath: '',
      AllowedRecipients: '',
      BlockedRecipients: '',
      OverrideFrom: '',
      PreserveMessageIDs: true,
      RecipientAllowlist: '',
    },
    SpamAssassin: false,
    ChaosEnabled: true,
    DuplicatesIgnored: false,
    HideDeleteAllButton: false,
  });
});

test('sendMessage takes all that it can be given, and getMessageSummary gives it back', async (t) => {
  const { inbox, mailpit } = await opened(t);
  const { ID } = await mailpit.sendMessage(FULL);
  const message = await mailpit.getMessageSummary(ID);
  const [mail] = inbox.messages;
  const { Date: date, MessageID, Inline, Attachments, ...rest } = message;
  assert.deepEqual(rest, {
    ID,
    From: { Name: 'The Shop', Address: 'shop@example.com' },
    To: [
      { Name: 'Änn', Address: 'ann@example.com' },
      { Name: '', Address: 'bob@example.com' },
    ],
    Cc: [{ Name: 'Carl', Address: 'carl@example.com' }],
    Bcc: [{ Name: '', Address: 'dora@example.com' }],
    ReplyTo: [{ Name: 'Help', Address: 'help@example.com' }],
    Subject: FULL.Subject,
    Text: FULL.Text,
    HTML: FULL.HTML,
    Tags: FULL.Tags,
    Size: mail.size,
    Username: '',
    ReturnPath: 'shop@example.com',
    ListUnsubscribe: { Header: '', Links: [], Errors: '', HeaderPost: '' },
  });
  assert.ok(Math.abs(Date.now() - Date.parse(date)) < 60_000);
  assert.equal(`<${MessageID}>`, mail.messageId);
  assert.deepEqual(
    Inline.map(({ FileName, ContentID, ContentType }) => [FileName, ContentID, ContentType]),
    [['logo.png', 'logo', 'image/png']],
  );
  assert.deepEqual(
    Attachments.map(({ FileName, ContentID, ContentType, Size }) => [
      FileName,
      ContentID,
      ContentType,
      Size,
    ]),
    [
      ['größe.txt', '', 'text/plain', 5],
      ['pixel.png', '', 'image/png', PNG.length],
    ],
  );
  const sum = (/** @type {string} */ name) => createHash(name).update('hello').digest('hex');
  assert.deepEqual(Attachments[0].Checksums, {
    MD5: sum('md5'),
    SHA1: sum('sha1'),
    SHA256: sum('sha256'),
  });
  assert.deepEqual(await mailpit.getMessageSummary('latest'), message);
  assert.deepEqual(await mailpit.getMessageSummary(), message);
});

test('getMessageHeaders, getMessageSource and getMessageAttachment give what came', async (t) => {
  const { inbox, mailpit } = await opened(t);
  const { ID } = await mailpit.sendMessage(FULL);
  for (const id of [ID, 'latest', undefined]) {
    const headers = await mailpit.getMessageHeaders(id);
    assert.deepEqual(Object.keys(headers), Object.keys(headers).sort());
    assert.deepEqual(headers['X-Order'], ['17']);
    assert.deepEqual(headers.Cc, ['Carl <carl@example.com>']);
    assert.equal(await mailpit.getMessageSource(id), String(inbox.messages[0].raw));
  }
  const { Inline, Attachments } = await mailpit.getMessageSummary(ID);
  for (const [{ PartID }, type, content] of /** @type {const} */ ([
    [Inline[0], 'image/png', PNG],
    [Attachments[0], 'text/plain', Buffer.from('hello')],
    [Attachments[1], 'image/png', PNG],
  ])) {
    for (const id of [ID, 'latest']) {
      const blob = await mailpit.getMessageAttachment(id, PartID);
      assert.deepEqual([blob.type, Buffer.from(await blob.arrayBuffer())], [type, content]);
    }
  }
});

test('renderMessageHTML and renderMessageText give the parts, with pictures from the API', async (t) => {
  const { mailpit } = await opened(t);
  const { ID } = await mailpit.sendMessage(FULL);
  const [{ PartID }] = (await mailpit.getMessageSummary(ID)).Inline;
  const html = FULL.HTML.replace('cid:logo', `/api/v1/message/${ID}/part/${PartID}`);
  for (const id of [ID, 'latest', undefined]) {
    assert.equal(await mailpit.renderMessageHTML(id), html);
    assert.equal(await mailpit.renderMessageHTML(id, 1), html);
    assert.equal(await mailpit.renderMessageText(id), FULL.Text);
  }
  await mailpit.sendMessage({ ...SHORT, Text: 'no HTML' });
  await assert.rejects(
    mailpit.renderMessageHTML(),
    failure(404, 'This message does not contain a HTML part'),
  );
});

test('listMessages gives pages, newest first', async (t) => {
  const { inbox, mailpit } = await opened(t);
  for (const Subject of ['one', 'two', 'three']) await mailpit.sendMessage({ ...SHORT, Subject });
  await mailpit.getMessageSummary();
  const { messages, ...counts } = await mailpit.listMessages();
  assert.deepEqual(counts, {
    total: 3,
    unread: 2,
    count: 3,
    messages_count: 3,
    messages_unread: 2,
    start: 0,
    tags: [],
  });
  assert.deepEqual(
    messages.map(({ Subject, Read }) => [Subject, Read]),
    [
      ['three', true],
      ['two', false],
      ['one', false],
    ],
  );
  const { Created, ID, MessageID, ...rest } = messages[2];
  const [mail] = inbox.messages;
  assert.deepEqual([Created, `<${MessageID}>`], [mail.receivedAt.toISOString(), mail.messageId]);
  assert.equal((await mailpit.getMessageSummary(ID)).Subject, 'one');
  assert.deepEqual(rest, {
    From: { Name: '', Address: 'a@example.com' },
    To: [{ Name: '', Address: 'b@example.com' }],
    Cc: [],
    Bcc: [],
    ReplyTo: [],
    Subject: 'one',
    Read: false,
    Size: mail.size,
    Attachments: 0,
    Snippet: '',
    Tags: [],
    Username: '',
  });
  assert.deepEqual(subjects(await mailpit.listMessages(1)), ['two', 'one']);
  assert.deepEqual(subjects(await mailpit.listMessages(1, 1)), ['two']);
  assert.deepEqual(subjects(await mailpit.listMessages(9, 1)), []);
});

test('searchMessages and deleteMessagesBySearch take a page and a zone', async (t) => {
  const { inbox, mailpit } = await opened(t);
  for (const Subject of ['one', 'two', 'other']) await mailpit.sendMessage({ ...SHORT, Subject });
  const found = await mailpit.searchMessages({ query: 'subject:o', start: 1, limit: 1 });
  assert.deepEqual([subjects(found), found.start, found.messages_count], [['two'], 1, 3]);
  // So far ahead of UTC that its tomorrow comes first.
  const tz = 'Pacific/Kiritimati';
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: tz }).format(
    inbox.messages[0].receivedAt,
  );
  const query = `after:${day} subject:t`;
  assert.equal((await mailpit.searchMessages({ query, tz })).messages_count, 2);
  await assert.rejects(
    mailpit.searchMessages({ query: ' ' }),
    failure(400, 'Error: no search query'),
  );
  assert.equal(await mailpit.deleteMessagesBySearch({ query, tz }), 'ok');
  assert.deepEqual(subjects(await mailpit.listMessages()), ['one']);
});

test('waitForMessage and waitForMessages see what comes', async (t) => {
  const { inbox, mailpit } = await opened(t);
  const waited = mailpit.waitForMessage(
    { query: 'subject:Welcome' },
    { timeout: 5_000, interval: 10 },
  );
  const both = mailpit.waitForMessages(
    { query: 'to:you', count: 2, exact: true },
    { interval: 10 },
  );
  await sendTo(inbox, { subject: 'Welcome' });
  await sendTo(inbox, { subject: 'Goodbye' });
  assert.equal((await waited).Subject, 'Welcome');
  assert.deepEqual(subjects(await both), ['Goodbye', 'Welcome']);
  assert.equal((await mailpit.waitForMessages({ interval: 10 })).messages_count, 2);
  const page = { start: 1, limit: 1, tz: 'Europe/Berlin', query: 'before:2100-01-01' };
  assert.deepEqual(subjects(await mailpit.waitForMessages(page)), ['Welcome']);
  await mailpit.deleteMessages();
  assert.equal((await mailpit.waitForMessages({ count: 0 })).messages_count, 0);
  const missed = mailpit.waitForMessage({ query: 'none' }, { timeout: 20, interval: 5 });
  await assert.rejects(missed, /^Error: Timeout waiting for messages matching query "none"$/);
});

test('setReadStatus marks by ids, by a search, or all', async (t) => {
  const { mailpit } = await opened(t);
  const ids = [];
  for (const Subject of ['one', 'two', 'three'])
    ids.push((await mailpit.sendMessage({ ...SHORT, Subject })).ID);
  const unread = async () => subjects(await mailpit.searchMessages({ query: 'is:unread' }));
  assert.equal(await mailpit.setReadStatus({ IDs: [ids[0], 'gone'], Read: true }), 'ok');
  assert.deepEqual(await unread(), ['three', 'two']);
  await mailpit.setReadStatus({ Search: 'subject:two', Read: true }, { tz: 'America/Chicago' });
  assert.deepEqual(await unread(), ['three']);
  await mailpit.setReadStatus({ Search: 'before:2000-01-01' }, { tz: 'Pacific/Auckland' });
  assert.deepEqual(await unread(), ['three']);
  await mailpit.setReadStatus({ Read: true });
  assert.deepEqual(await unread(), []);
  await mailpit.setReadStatus();
  assert.deepEqual(await unread(), ['three', 'two', 'one']);
  await assert.rejects(
    mailpit.setReadStatus({ IDs: ids, Search: 'x' }),
    failure(400, 'You may specify either IDs or a search query, not both'),
  );
});

test('deleteMessages deletes by ids, or all', async (t) => {
  const { inbox, mailpit } = await opened(t);
  const ids = [];
  for (let count = 0; count < 3; count += 1) ids.push((await mailpit.sendMessage(SHORT)).ID);
  assert.equal(await mailpit.deleteMessages({ IDs: [ids[1], ids[1], 'gone'] }), 'ok');
  assert.equal(inbox.messages.length, 2);
  assert.equal(await mailpit.deleteMessages({}), 'ok');
  assert.equal(inbox.messages.length, 0);
  await mailpit.sendMessage(SHORT);
  await mailpit.deleteMessages();
  assert.equal(inbox.messages.length, 0);
  await assert.rejects(mailpit.getMessageSummary(), failure(404, 'Message not found'));
  assert.equal((await mailpit.getInfo()).RuntimeStats.MessagesDeleted, 4);
});

test('getTags, setTags, renameTag and deleteTag', async (t) => {
  const { mailpit } = await opened(t);
  const { ID } = await mailpit.sendMessage(SHORT);
  const other = await mailpit.sendMessage(SHORT);
  const tagsOf = async (id = ID) => (await mailpit.getMessageSummary(id)).Tags;
  assert.equal(
    await mailpit.setTags({ IDs: [ID, 'gone'], Tags: ['b', ' <a>  fish! ', '<>', 'B'] }),
    'ok',
  );
  assert.deepEqual(await tagsOf(), ['a fish', 'b']);
  await mailpit.setTags({ IDs: [other.ID], Tags: ['c/d'] });
  assert.deepEqual(await mailpit.getTags(), ['a fish', 'b', 'cd']);
  assert.equal(await mailpit.renameTag('a fish', 'Größe?'), 'ok');
  assert.deepEqual(await tagsOf(), ['b', 'Größe']);
  await assert.rejects(mailpit.renameTag('none', 'x'), failure(400, 'tag not found: none'));
  await assert.rejects(mailpit.renameTag('b', 'CD'), failure(400, 'tag already exists: CD'));
  await assert.rejects(mailpit.renameTag('b', '<>'), failure(400, 'invalid tag name: <>'));
  assert.equal(await mailpit.renameTag('b', 'B'), 'ok');
  assert.equal(await mailpit.deleteTag('Größe'), 'ok');
  await assert.rejects(mailpit.deleteTag('Größe'), failure(400, 'tag not found: Größe'));
  assert.deepEqual(await tagsOf(), ['B']);
  await mailpit.setTags({ IDs: [ID] });
  assert.deepEqual(await tagsOf(), []);
  assert.deepEqual(await tagsOf(other.ID), ['cd']);
});

test('getChaosTriggers and setChaosTriggers', async (t) => {
  const { inbox, mailpit } = await opened(t);
  const usual = {
    Authentication: { ErrorCode: 535, Probability: 0 },
    Recipient: { ErrorCode: 451, Probability: 0 },
    Sender: { ErrorCode: 451, Probability: 0 },
  };
  assert.deepEqual(await mailpit.getChaosTriggers(), usual);
  const Recipient = { ErrorCode: 452, Probability: 100 };
  assert.deepEqual(await mailpit.setChaosTriggers({ Recipient }), { ...usual, Recipient });
  assert.deepEqual(await mailpit.getChaosTriggers(), { ...usual, Recipient });
  await assert.rejects(sendTo(inbox), { replyCode: 452 });
  await assert.rejects(
    mailpit.setChaosTriggers({ Sender: { ErrorCode: 250, Probability: 1 } }),
    /^Error: Mailpit API Error: 400 /,
  );
  assert.deepEqual(await mailpit.getChaosTriggers(), { ...usual, Recipient });
  assert.deepEqual(await mailpit.setChaosTriggers(), usual);
  await sendTo(inbox);
});

test('releaseMessage sends on', async (t) => {
  const other = await openInbox(t);
  const release = { host: '127.0.0.1', port: other.port, tls: 'none' };
  const { mailpit } = await opened(t, { release });
  assert.deepEqual(
    (await mailpit.getConfiguration()).MessageRelay.SMTPServer,
    `127.0.0.1:${other.port}`,
  );
  const { ID } = await mailpit.sendMessage(FULL);
  assert.equal(
    await mailpit.releaseMessage(ID, { To: ['eve@example.com', 'fay@example.com'] }),
    'ok',
  );
  assert.equal(await mailpit.releaseMessage('latest', { To: ['gil@example.com'] }), 'ok');
  assert.deepEqual(
    other.messages.map(({ envelope }) => envelope.to),
    [['eve@example.com', 'fay@example.com'], ['gil@example.com']],
  );
  await assert.rejects(
    mailpit.releaseMessage(ID, { To: [] }),
    failure(400, 'No valid addresses found'),
  );
  await assert.rejects(
    mailpit.releaseMessage('gone', { To: ['a@example.com'] }),
    failure(404, '404 page not found'),
  );
});

test('what is left out is not found, as of a Mailpit that has it not', async (t) => {
  const { mailpit } = await opened(t);
  const { ID } = await mailpit.sendMessage(FULL);
  const notFound = failure(404, '404 page not found');
  for (const id of [ID, 'latest', undefined]) {
    await assert.rejects(mailpit.htmlCheck(id), notFound);
    await assert.rejects(mailpit.linkCheck(id), notFound);
    await assert.rejects(mailpit.linkCheck(id, true), notFound);
    await assert.rejects(mailpit.spamAssassinCheck(id), notFound);
  }
  const [{ PartID }] = (await mailpit.getMessageSummary(ID)).Inline;
  await assert.rejects(mailpit.getAttachmentThumbnail(ID, PartID), notFound);
  await assert.rejects(mailpit.getMessageSummary('gone'), notFound);
  await assert.rejects(mailpit.getMessageAttachment(ID, '99'), notFound);
});

test('with a login, and with options of fetch', async (t) => {
  const auth = { user: LOGIN.username, password: LOGIN.password };
  const { inbox, api, mailpit } = await opened(t, { auth }, { auth: LOGIN });
  const { ID } = await mailpit.sendMessage(SHORT);
  assert.equal((await mailpit.getMessageSummary(ID)).Username, 'ann');
  for (const options of [{}, { auth: { ...LOGIN, password: 'pass:word' } }])
    await assert.rejects(clientOf(api.url, options).getInfo(), failure(401, 'Unauthorized.\n'));
  await Client.send(
    { host: inbox.host, port: inbox.port, tls: 'none', auth: { user: 'bob', password: 'x' } },
    { from: 'a@example.com', to: 'b@example.com' },
    'Subject: x\r\n\r\n',
  );
  assert.equal((await mailpit.listMessages()).messages[0].Username, 'bob');
  const aborted = AbortSignal.abort();
  const gone = clientOf(`${api.url}/`, { auth: LOGIN, fetchOptions: { signal: aborted } });
  await assert.rejects(gone.getInfo(), /aborted/);
  const foreign = clientOf(api.url, {
    auth: LOGIN,
    fetchOptions: { headers: { Origin: 'http://evil.example', Authorization: 'Basic eDp5' } },
  });
  await assert.rejects(foreign.getInfo(), /^Error: Mailpit API Error: 403 /);
  const same = clientOf(api.url, { auth: LOGIN, fetchOptions: { headers: { Cookie: 'a=b' } } });
  assert.equal((await same.getInfo()).Messages, 2);
});

test('what cannot be sent is an error in JSON', async (t) => {
  const { inbox, mailpit } = await opened(t);
  /** @type {[any, RegExp][]} */
  const cases = [
    [{}, /From/],
    [{ ...SHORT, From: { Email: 'nobody' } }, /From/],
    [{ ...SHORT, To: [{ Email: 'nobody' }] }, /To/],
    [{ ...SHORT, Bcc: ['a@b.example, c@d.example'] }, /Bcc/],
    [{ ...SHORT, Headers: { Subject: 'x' } }, /Subject/],
    [{ ...SHORT, Headers: { 'X-A\r\nB': 'x' } }, /name of a field/],
    [{ ...SHORT, Attachments: [{ Filename: 'a', Content: '%' }] }, /base64/],
  ];
  for (const [given, wanted] of cases) {
    await assert.rejects(mailpit.sendMessage(given), (/** @type {Error} */ error) => {
      const [, form] =
        /^Mailpit API Error: 400 Bad Request at POST \S+: (.*)$/.exec(error.message) ?? [];
      const { Error: text, ...rest } = JSON.parse(form);
      assert.match(text, wanted);
      assert.deepEqual(rest, {});
      return true;
    });
  }
  assert.equal(inbox.messages.length, 0);
});
