'use strict';
// The forms of Mailpit 1.34's API: each name, type and nesting of each answer, for mails of all kinds.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { catchMail } = require('../../src/js/catch/index.js');
const { openApi } = require('../../src/js/catch-api/api.js');
const { openInbox, sendTo } = require('../support/catch.js');
const { within } = require('../support/wait.js');

/** A form is the name of a type, `[form]` for arrays of it, `{ '*': form }` for maps, or an object of forms. */
const ADDRESS = { Name: 'string', Address: 'string' };
const ATTACHMENT = {
  PartID: 'string',
  FileName: 'string',
  ContentType: 'string',
  ContentID: 'string',
  Size: 'count',
  Checksums: { MD5: 'hex', SHA1: 'hex', SHA256: 'hex' },
};
const COMMON = {
  ID: 'id',
  MessageID: 'string',
  From: ADDRESS,
  To: [ADDRESS],
  Cc: [ADDRESS],
  Bcc: [ADDRESS],
  ReplyTo: [ADDRESS],
  Subject: 'string',
  Tags: ['string'],
  Size: 'count',
  Username: 'string',
};
const SUMMARY = {
  ...COMMON,
  Read: 'boolean',
  Created: 'time',
  Attachments: 'count',
  Snippet: 'string',
};
const MESSAGE = {
  ...COMMON,
  ReturnPath: 'string',
  ListUnsubscribe: { Header: 'string', Links: ['string'], Errors: 'string', HeaderPost: 'string' },
  Date: 'time',
  Text: 'string',
  HTML: 'string',
  Inline: [ATTACHMENT],
  Attachments: [ATTACHMENT],
};
const PAGE = {
  total: 'count',
  unread: 'count',
  count: 'count',
  messages_count: 'count',
  messages_unread: 'count',
  start: 'count',
  tags: ['string'],
  messages: [SUMMARY],
};
const TRIGGER = { ErrorCode: 'count', Probability: 'count' };
const CHAOS = { Sender: TRIGGER, Recipient: TRIGGER, Authentication: TRIGGER };
const INFO = {
  Version: 'string',
  LatestVersion: 'string',
  Database: 'string',
  DatabaseSize: 'count',
  Messages: 'count',
  Unread: 'count',
  Tags: { '*': 'count' },
  RuntimeStats: {
    Uptime: 'count',
    Memory: 'count',
    MessagesDeleted: 'count',
    SMTPAccepted: 'count',
    SMTPAcceptedSize: 'count',
    SMTPRejected: 'count',
    SMTPIgnored: 'count',
  },
};
const SETTINGS = {
  Label: 'string',
  MessageRelay: {
    Enabled: 'boolean',
    SMTPServer: 'string',
    ReturnPath: 'string',
    AllowedRecipients: 'string',
    BlockedRecipients: 'string',
    OverrideFrom: 'string',
    PreserveMessageIDs: 'boolean',
    RecipientAllowlist: 'string',
  },
  SpamAssassin: 'boolean',
  ChaosEnabled: 'boolean',
  DuplicatesIgnored: 'boolean',
  HideDeleteAllButton: 'boolean',
};

/** @type {Record<string, (value: any) => boolean>} */
const TYPES = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  count: (value) => Number.isSafeInteger(value) && value >= 0,
  hex: (value) => typeof value === 'string' && /^[\da-f]{32,64}$/.test(value),
  // It stands in paths as it is.
  id: (value) => typeof value === 'string' && /^[\w-]{1,64}$/.test(value),
  time: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/.test(value),
};

/** Fails where a value is not of a form, and says where. @param {any} value @param {any} form @param {string} at */
function isOf(value, form, at) {
  if (typeof form === 'string') {
    assert.ok(TYPES[form](value), `${at} is no ${form}: ${JSON.stringify(value)}`);
  } else if (Array.isArray(form)) {
    assert.ok(Array.isArray(value), `${at} is no array: ${JSON.stringify(value)}`);
    value.forEach((each, index) => {
      isOf(each, form[0], `${at}[${index}]`);
    });
  } else {
    assert.equal(Object.prototype.toString.call(value), '[object Object]', at);
    const isMap = Object.hasOwn(form, '*');
    const names = Object.keys(isMap ? value : form);
    assert.deepEqual(Object.keys(value).sort(), names.sort(), at);
    for (const name of names) isOf(value[name], form[isMap ? '*' : name], `${at}.${name}`);
  }
}

/** A mail of each kind. @type {Record<string, string | Buffer>} */
const MAILS = {
  nothing: '\r\n',
  'no header': 'text',
  bare: 'Subject: x\r\n\r\ntext\r\n',
  'no addresses': 'From: nobody\r\nTo: undisclosed-recipients:;\r\nCc: ,\r\n\r\n',
  groups: 'From: a@b.example, c@d.example\r\nTo: friends: e@f.example, g@h.example;\r\n\r\n',
  'no date': 'Date: never\r\nMessage-ID: x\r\n\r\n',
  unsubscribe: 'List-Unsubscribe: <https://a.example>, <mailto:b@c.example>, x\r\n\r\n',
  names: '__proto__: a\r\nconstructor: b\r\nFrom: "__proto__" <constructor@x.example>\r\n\r\n',
  bytes: Buffer.from([0x53, 0x3a, 0xff, 0xfe, 0x0d, 0x0a, 0x0d, 0x0a, 0x80, 0x00, 0xff]),
  attachments: [
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n',
    '--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:c@d">\r\n',
    '--b\r\nContent-Type: image/png\r\nContent-ID: <c@d>\r\n\r\npng\r\n',
    '--b\r\nContent-Disposition: attachment\r\n\r\n\r\n',
    '--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nz\r\n',
    '--b--\r\n',
  ].join(''),
  'beyond the bounds': `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n\r\n'.repeat(1_100)}`,
};

describe('the forms of the API', () => {
  /** @type {any} */
  let inbox;
  /** @type {any} */
  let opened;
  /** @type {string[]} */
  let ids;

  /** @param {string} path @param {any} [init] */
  const call = async (path, { body, ...init } = {}) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await within(
      fetch(`${opened.url}${path}`, { headers, ...given, ...init }),
      path,
    );
    assert.equal(response.status, 200, path);
    return response;
  };
  /** @param {string} path @param {any} [init] */
  const json = async (path, init) => {
    const response = await call(path, init);
    assert.equal(response.headers.get('content-type'), 'application/json', path);
    return response.json();
  };

  before(async () => {
    inbox = await within(catchMail(), 'the inbox');
    opened = await within(openApi(inbox), 'the API');
    for (const raw of Object.values(MAILS)) await sendTo(inbox, { raw });
    const { messages } = await json('/api/v1/messages');
    ids = messages.map((/** @type {any} */ { ID }) => ID).reverse();
    assert.equal(new Set(ids).size, Object.keys(MAILS).length);
    await call('/api/v1/tags', { method: 'PUT', body: { IDs: ids, Tags: ['__proto__', 'b'] } });
  });

  after(async () => {
    await within(opened.close(), 'the end of the API');
    await within(inbox.close(), 'the end of the inbox');
  });

  Object.keys(MAILS).forEach((name, at) => {
    test(`of a mail: ${name}`, async () => {
      const message = await json(`/api/v1/message/${ids[at]}`);
      isOf(message, MESSAGE, 'message');
      isOf(await json(`/api/v1/message/${ids[at]}/headers`), { '*': ['string'] }, 'headers');
      for (const { PartID, Size } of [...message.Inline, ...message.Attachments]) {
        const part = await call(`/api/v1/message/${ids[at]}/part/${PartID}`);
        assert.equal((await part.arrayBuffer()).byteLength, Size);
      }
      const raw = await call(`/api/v1/message/${ids[at]}/raw`);
      assert.equal(raw.headers.get('content-type'), 'text/plain; charset=utf-8');
      assert.equal((await raw.arrayBuffer()).byteLength, message.Size);
      const text = await call(`/view/${ids[at]}.txt`);
      assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
    });
  });

  for (const path of ['messages', 'messages?limit=0', 'messages?start=99', 'search?query=x']) {
    test(`of ${path}`, async () => isOf(await json(`/api/v1/${path}`), PAGE, path));
  }

  test('of what there is of all mails', async () => {
    isOf(await json('/api/v1/tags'), ['string'], 'tags');
    isOf(await json('/api/v1/info'), INFO, 'info');
    isOf(await json('/api/v1/webui'), SETTINGS, 'webui');
    isOf(await json('/api/v1/chaos'), CHAOS, 'chaos');
    isOf(await json('/api/v1/chaos', { method: 'PUT', body: {} }), CHAOS, 'chaos, set');
    const body = { From: { Email: 'a@b.example' } };
    isOf(await json('/api/v1/send', { method: 'POST', body }), { ID: 'id' }, 'send');
    for (const path of ['/livez', '/readyz']) assert.equal(await (await call(path)).text(), 'ok');
  });
});

/** What a request is answered, beside what other tests say. @type {[string, string, string | undefined, number, string | RegExp][]} */
const ANSWERS = [
  ['GET', '/api/v1/messages?start=-1&limit=-1', undefined, 200, /"start":0/],
  ['GET', '/api/v1/messages?start=1e1&limit=x', undefined, 200, /"start":0/],
  ['GET', '/api/v1/search', undefined, 400, 'Error: no search query'],
  ['GET', '/api/v1/search?query=+', undefined, 400, 'Error: no search query'],
  ['DELETE', '/api/v1/search', undefined, 400, 'Error: no search query'],
  ['DELETE', '/api/v1/search?query=x+to:', undefined, 400, "nothing can be looked for by 'to:'"],
  ['GET', '/api/v1/search?query=x&tz=Nowhere', undefined, 200, /"messages":\[\]/],
  ['GET', '/api/v1/message/x', undefined, 404, '404 page not found'],
  ['GET', '/api/v1/message/latest', undefined, 404, 'Message not found'],
  ['GET', '/api/v1/message/latest/headers', undefined, 404, 'Message not found'],
  ['GET', '/api/v1/message/latest/raw', undefined, 404, 'Message not found'],
  ['GET', '/api/v1/message/latest/part/1', undefined, 404, 'Message not found'],
  ['GET', '/api/v1/message/x/part/1', undefined, 404, '404 page not found'],
  ['GET', '/view/latest.html', undefined, 404, 'Message not found'],
  ['GET', '/view/x.txt', undefined, 404, 'Message not found'],
  ['POST', '/api/v1/message/x/release', '{"To":["a@b.example"]}', 404, '404 page not found'],
  ['PUT', '/api/v1/messages', '{"IDs":["x"],"Read":true}', 200, 'ok'],
  ['PUT', '/api/v1/messages', '{"IDs":["x"],"Search":"y"}', 400, /either IDs or a search query/],
  ['PUT', '/api/v1/messages', '{', 400, /JSON/],
  ['DELETE', '/api/v1/messages', '{"IDs":["x","x"]}', 200, 'ok'],
  ['DELETE', '/api/v1/messages', '{}', 200, 'ok'],
  ['DELETE', '/api/v1/messages', undefined, 200, 'ok'],
  ['GET', '/api/v1/tags', undefined, 200, '[]'],
  ['PUT', '/api/v1/tags', '{"IDs":["x"],"Tags":["y"]}', 200, 'ok'],
  ['PUT', '/api/v1/tags', '{}', 200, 'ok'],
  ['PUT', '/api/v1/tags/x', '{"Name":"y"}', 400, 'tag not found: x'],
  ['PUT', '/api/v1/tags/x', '{"Name":"<>"}', 400, 'invalid tag name: <>'],
  ['DELETE', '/api/v1/tags/x', undefined, 400, 'tag not found: x'],
  ['PUT', '/api/v1/chaos', '{"Sender":{"Probability":101}}', 400, /Probability/],
  ['PUT', '/api/v1/chaos', '{"Sender":{"ErrorCode":600}}', 400, /ErrorCode/],
  ['POST', '/api/v1/send', '{}', 400, /^\{"Error":"/],
  // What Mailpit has and this has not.
  ['GET', '/api/v1/message/latest/html-check', undefined, 404, '404 page not found'],
  ['GET', '/api/v1/message/latest/link-check', undefined, 404, '404 page not found'],
  ['GET', '/api/v1/message/latest/sa-check', undefined, 404, '404 page not found'],
  ['GET', '/api/v1/message/latest/part/1/thumb', undefined, 404, '404 page not found'],
  ['GET', '/api/v1/swagger.json', undefined, 404, '404 page not found'],
  ['GET', '/api/v1/', undefined, 404, '404 page not found'],
  ['GET', '/api/events', undefined, 404, '404 page not found'],
  ['GET', '/view/latest', undefined, 404, '404 page not found'],
  ['GET', '/proxy?data=aHR0cDovL2V4YW1wbGUuY29t', undefined, 404, '404 page not found'],
  ['GET', '/metrics', undefined, 404, '404 page not found'],
];

for (const [method, path, body, status, text] of ANSWERS) {
  test(`${method} ${path} ${body ?? ''} is ${status}`, async (t) => {
    const inbox = await openInbox(t);
    const api = await openApi(inbox);
    t.after(() => api.close());
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const response = await within(fetch(`${api.url}${path}`, init), path);
    const got = await response.text();
    assert.equal(response.status, status, got);
    if (typeof text === 'string') assert.equal(got, text);
    else assert.match(got, text);
  });
}
