'use strict';
// The routes of the API that look at mails and change what is kept of them: what of Mailpit's `/api/v1` needs
// nothing but a mailbox.

const { messageOf } = require('../errors.js');
const { attached, json, strange, text, TEXT } = require('./answers.js');
const { memberOf, stringIn, stringsIn } = require('./body.js');
const { withUrls } = require('./cids.js');
const { headersForm, messageForm, partIdsOf, partOf, summaryForm } = require('./forms.js');
const { Refused, noMessage, notFound } = require('./refused.js');
const { passedOver, searchOf } = require('./search.js');
const { timeOf } = require('./dates.js');

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */
/** @typedef {InstanceType<typeof import('./mailbox.js').Mailbox>} Mailbox */
/** @typedef {import('./answers.js').Answer} Answer */

/**
 * @typedef {object} Call
 * @property {Mailbox} mailbox
 * @property {string[]} values what stands in the place of each `*` of the path
 * @property {URLSearchParams} query
 * @property {any} body
 * @property {string} [user] whom the request names
 */
/** @typedef {(call: Call) => Answer | Promise<Answer>} Route */

const LIMIT = 50;
const OK = text('ok');

/** By method and path; a `*` is one piece of the path. @type {Record<string, Route>} */
const ROUTES = {
  'GET /livez': () => OK,
  'GET /readyz': () => OK,
  'GET /api/v1/messages': ({ mailbox, query }) => json(list(mailbox, query)),
  'PUT /api/v1/messages': setRead,
  'DELETE /api/v1/messages': deleteMails,
  'GET /api/v1/search': ({ mailbox, query }) => json(search(mailbox, query)),
  'DELETE /api/v1/search': ({ mailbox, query }) => {
    const mails = found(mailbox, query);
    // Whoever says `to:` has lost an address on the way, and does not mean all mails.
    const [empty] = passedOver(query.get('query') ?? '', query.get('tz') ?? undefined);
    if (empty !== undefined) throw new Refused(400, `nothing can be looked for by '${empty}'`);
    mailbox.delete(mails);
    return OK;
  },
  'GET /api/v1/message/*': (call) => {
    const mail = mailOf(call);
    call.mailbox.setRead([mail], true);
    return json(messageForm(call.mailbox, mail));
  },
  'GET /api/v1/message/*/headers': (call) => json(headersForm(mailOf(call))),
  'GET /api/v1/message/*/raw': raw,
  'GET /api/v1/message/*/part/*': (call) => {
    const part = partOf(mailOf(call), call.values[1]);
    if (!part) throw notFound();
    return attached(part);
  },
  'GET /view/*': view,
  'GET /api/v1/tags': ({ mailbox }) => json([...mailbox.tags.keys()]),
  'PUT /api/v1/tags': ({ mailbox, body }) => {
    const mails = mailbox.findAll(stringsIn(body, 'IDs'));
    const tags = stringsIn(body, 'Tags');
    told(() => mailbox.setTags(mails, tags));
    return OK;
  },
  'PUT /api/v1/tags/*': ({ mailbox, values, body }) => {
    const name = stringIn(body, 'Name');
    told(() => mailbox.renameTag(values[0], name));
    return OK;
  },
  'DELETE /api/v1/tags/*': ({ mailbox, values }) => {
    told(() => mailbox.deleteTag(values[0]));
    return OK;
  },
};

/**
 * The route of a request, and what stands in its places.
 *
 * @param {Record<string, Route>} routes
 * @param {string} method
 * @param {string} path before its pieces are decoded
 * @returns {{ name: string, route: Route, values: string[] } | undefined}
 */
function routeOf(routes, method, path) {
  // Clients join a URL that ends in a slash with a path that begins with one.
  const pieces = path.replace(/^\/+/, '/').split('/').slice(1);
  const wanted = [method === 'HEAD' ? 'GET' : method, ...pieces];
  for (const [name, route] of Object.entries(routes)) {
    const known = name.split(/ \/|\//);
    const isIt =
      known.length === wanted.length &&
      known.every((piece, at) => (piece === '*' ? wanted[at] !== '' : piece === wanted[at]));
    if (isIt) {
      const values = wanted.filter((_, at) => known[at] === '*').map(decoded);
      return { name, route, values };
    }
  }
  return undefined;
}

/** @param {string} piece */
function decoded(piece) {
  try {
    return decodeURIComponent(piece);
  } catch {
    throw new Refused(400, 'the path is not encoded as it should be');
  }
}

/** A page of all mails; with a limit of 0 all of them. @param {Mailbox} mailbox @param {URLSearchParams} query */
function list(mailbox, query) {
  const mails = earlier(mailbox.mails, query);
  const form = pageForm(mailbox, mails, query, numberIn(query, 'limit', LIMIT) || mails.length);
  return { ...form, messages_count: form.total, messages_unread: form.unread };
}

/** A page of what a search finds. @param {Mailbox} mailbox @param {URLSearchParams} query */
function search(mailbox, query) {
  const mails = earlier(found(mailbox, query), query);
  return pageForm(mailbox, mails, query, numberIn(query, 'limit', LIMIT));
}

/** Those that came before the time that a request may name. @param {Mail[]} mails @param {URLSearchParams} query */
function earlier(mails, query) {
  const time = timeOf((query.get('before') ?? '').trim());
  if (time === undefined) return mails;
  return mails.filter(({ receivedAt }) => receivedAt.getTime() < time);
}

/** @param {Mailbox} mailbox @param {Mail[]} mails newest first @param {URLSearchParams} query @param {number} limit */
function pageForm(mailbox, mails, query, limit) {
  const start = numberIn(query, 'start', 0);
  const shown = mails.slice(start, start + limit);
  return {
    total: mailbox.total,
    unread: mailbox.unread,
    count: shown.length,
    messages_count: mails.length,
    messages_unread: mails.filter((mail) => !mailbox.mark(mail).isRead).length,
    start,
    tags: [...mailbox.tags.keys()],
    messages: shown.map((mail) => summaryForm(mailbox, mail)),
  };
}

/** @param {URLSearchParams} query @param {string} name @param {number} usual */
function numberIn(query, name, usual) {
  const value = query.get(name) ?? '';
  return /^\d{1,9}$/.test(value) ? Number(value) : usual;
}

/** The mails that a request looks for. @param {Mailbox} mailbox @param {URLSearchParams} query */
function found(mailbox, query) {
  const wanted = (query.get('query') ?? '').trim();
  if (wanted === '') throw new Refused(400, 'Error: no search query');
  return searched(mailbox, wanted, query);
}

/** @param {Mailbox} mailbox @param {string} wanted @param {URLSearchParams} query with the zone of its times */
function searched(mailbox, wanted, query) {
  const test = told(() => searchOf(wanted, query.get('tz') ?? undefined, mailbox.said));
  return mailbox.search(test);
}

/** What is wrong with a value is for the client. @template T @param {() => T} work @returns {T} */
function told(work) {
  try {
    return work();
  } catch (error) {
    throw new Refused(400, messageOf(error));
  }
}

/** The mail of a request; 'latest' may be that of a search. @param {Call} call @param {string} [id] */
function mailOf({ mailbox, values, query }, id = values[0]) {
  const isSearch = id === 'latest' && (query.get('query') ?? '').trim() !== '';
  const mail = isSearch ? found(mailbox, query)[0] : mailbox.find(id);
  if (!mail) throw id === 'latest' ? noMessage() : notFound();
  return mail;
}

/** The message as it came; with `dl=1` it is saved and not shown. @type {Route} */
function raw(call) {
  const mail = mailOf(call);
  const isSaved = call.query.get('dl') === '1';
  const name = `attachment; filename="${call.mailbox.idOf(mail)}.eml"`;
  return strange(TEXT, mail.raw, isSaved ? { 'Content-Disposition': name } : {});
}

/** @type {Route} */
function setRead({ mailbox, query, body }) {
  const ids = stringsIn(body, 'IDs');
  const search = stringIn(body, 'Search').trim();
  const isRead = memberOf(body, 'Read') ?? false;
  if (typeof isRead !== 'boolean') throw new Refused(400, 'Read must be true or false');
  if (ids.length > 0 && search)
    throw new Refused(400, 'You may specify either IDs or a search query, not both');
  if (ids.length > 0) mailbox.setRead(mailbox.findAll(ids), isRead);
  else if (search) mailbox.setRead(searched(mailbox, search, query), isRead);
  else mailbox.setRead(mailbox.mails, isRead);
  return OK;
}

/** @type {Route} */
function deleteMails({ mailbox, body }) {
  const ids = stringsIn(body, 'IDs');
  if (ids.length > 0) mailbox.delete(mailbox.findAll(ids));
  else mailbox.deleteAll();
  return OK;
}

/** The HTML or the text by itself; who looks at it has read the mail. @type {Route} */
function view(call) {
  const [, id, ending] = /^(.+)\.(html|txt)$/.exec(call.values[0]) ?? [];
  if (id === undefined) throw notFound();
  const mail = id === 'latest' ? mailOf(call, id) : call.mailbox.find(id);
  if (!mail) throw noMessage();
  call.mailbox.setRead([mail], true);
  if (ending === 'txt') return strange(TEXT, mail.text);
  const { html } = mail;
  if (html === '') throw new Refused(404, 'This message does not contain a HTML part');
  const parts = new Map(partIdsOf(mail));
  const urls = `/api/v1/message/${call.mailbox.idOf(mail)}/part/`;
  const linked = withUrls(html, (cid) => (parts.has(cid) ? urls + parts.get(cid) : undefined));
  return strange('text/html; charset=utf-8', linked);
}

module.exports = { ROUTES, mailOf, routeOf, told };
