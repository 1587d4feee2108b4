// The page of the catcher: a list that fills by itself, and the mail that was chosen. All that mails say comes
// into the page as text. Their HTML is shown in a frame that runs nothing and is of no origin.

/** @typedef {{ Name: string, Address: string }} Address */
/** @typedef {{ PartID: string, FileName: string, ContentType: string, Size: number }} Part */
/** @typedef {{ ID: string, From: Address, To: Address[], Cc: Address[], Bcc: Address[], Subject: string, Tags: string[] }} Common */
/** @typedef {Common & { Read: boolean, Created: string, Attachments: number, Snippet: string }} Summary */
/** @typedef {Common & { ReplyTo: Address[], Date: string, Text: string, HTML: string, Size: number, Inline: Part[], Attachments: Part[] }} Message */
/** @typedef {{ total: number, unread: number, messages_count: number, start: number, messages: Summary[] }} Page */
/** @typedef {{ ContentType: string, Charset: string, Encoding: string, Disposition: string, FileName: string, ContentID: string, Size: number, Parts: Branch[] }} Branch */

/** Pixels of a row, as in the style sheet. */
const ROW = 84;
/** Mails that are fetched at once, and at first, as in the HTML. */
const PAGE = 50;
const FIRST = 30;
/** Rows beyond those that are seen. */
const EXTRA = 8;
/** How often mails are fetched that change meanwhile. */
const MAX_TRIES = 3;
const REST_MS = 40;
const TYPING_MS = 150;
const REFRESH_MS = 250;
const RETRY_MS = 1_500;
const NOTE_MS = 5_000;
const MINUTE_MS = 60_000;
/** Characters of a text that are shown, and of one in a row. */
const MAX_TEXT = 1_000_000;
const MAX_LINE = 300;
/** A link of a text, and what ends the sentence that it stands in. */
const LINK = /https?:\/\/[^\s<>"]{1,2000}/gi;
const SENTENCE_END = /[.,;:!?'*_)\]}]{1,9}$/;
/** Pieces of a text that links make. */
const MAX_LINKS = 2_000;
/** Addresses of a field that are shown. */
const MAX_ADDRESSES = 200;
/** Pixels that a desktop has at least. */
const DESKTOP = 1_024;
/** What would turn a text around, or is not to be seen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const UNSEEN = /[\0-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]/g;
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const WHOLE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium' });
const NARROW = matchMedia('(max-width: 760px)');

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);

// Texts

/** A text of others' in which what cannot be seen is shown by its number. @param {string} text */
function shown(text) {
  return text.replace(UNSEEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for a row. @param {string} text */
function line(text) {
  return shown(text.slice(0, MAX_LINE).replace(/\s+/g, ' '));
}

/** @param {Address} address */
function nameOf({ Name, Address }) {
  return Name || Address || '(no sender)';
}

/** @param {Summary} mail */
function recipientsOf({ To, Cc, Bcc }) {
  const [first, ...others] = [...To, ...Cc, ...Bcc];
  if (!first) return 'nobody';
  return others.length > 0 ? `${nameOf(first)} and ${others.length} more` : nameOf(first);
}

/** @param {number} count @param {string} [what] */
function counted(count, what = 'mail') {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

/** @param {number} bytes */
function sized(bytes) {
  if (bytes < 1_000) return `${bytes} B`;
  const [number, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB'];
  return `${number.toFixed(number < 10 ? 1 : 0)} ${unit}`;
}

/** How long ago that was, or when. @param {string} date */
function ago(date) {
  const then = new Date(date);
  const minutes = Math.floor((Date.now() - then.getTime()) / MINUTE_MS);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return (minutes < 6 * 24 * 60 ? WEEKDAY : DAY).format(then);
}

/** @param {string} date */
function full(date) {
  return WHOLE.format(new Date(date));
}

// Elements

/** Makes an element, of a class or with attributes. @param {string} name @param {string | Record<string, string>} attributes @param {...(Node | string)} children @returns {any} */
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  const all = typeof attributes === 'string' ? { class: attributes } : attributes;
  for (const [key, value] of Object.entries(all)) if (value) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let noteTimer;

/** Says for a moment what was done, or why not. @param {string} text */
function note(text) {
  $('note').textContent = shown(text);
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => $('note').replaceChildren(), NOTE_MS);
}

/** Work of which the user hears if it fails. @param {() => Promise<unknown>} work */
async function attempt(work) {
  try {
    await work();
  } catch (/** @type {any} */ error) {
    note(error.message);
  }
}

// The API

/**
 * @param {string} path
 * @param {string} [method]
 * @param {object} [body]
 * @returns {Promise<Response>}
 * @throws {Error} with what the API says is wrong
 */
async function call(path, method = 'GET', body) {
  const init = body && {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, { method, ...init }).catch(() => {
    throw new Error('The catcher does not answer.');
  });
  if (!response.ok) throw new Error(await response.text());
  return response;
}

/** @param {string} path @returns {Promise<any>} */
async function get(path) {
  return (await call(path)).json();
}

/** @param {string} id @param {string} [what] */
function pathOf(id, what = '') {
  return `/api/v1/message/${encodeURIComponent(id)}${what}`;
}

// The mails

/** The mails that are there, or that a search found. Only those are fetched that somebody looks at. */
class Mails {
  /** Oldest first, so that a mail that comes moves no other. @type {(Summary | undefined)[]} */
  rows = [];
  total = 0;
  unread = 0;
  query = '';
  /** The search that found what is here; undefined while nothing is. @type {string | undefined} */
  found;
  changed = () => {};
  /** Pages that were asked for, by their numbers; another set where rows have moved. @type {Set<number>} */
  #asked = new Set();
  /** Refreshes so far: the last one counts. */
  #refreshes = 0;
  /** What changed so far, by whoever's doing. */
  #changes = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** The mail in a row. @param {number} index */
  at(index) {
    return this.rows[this.rows.length - 1 - index];
  }

  /** The row of a mail; -1 without one. @param {string | undefined} id */
  indexOf(id) {
    const at = id === undefined ? -1 : this.rows.findIndex((mail) => mail?.ID === id);
    return at < 0 ? -1 : this.rows.length - 1 - at;
  }

  /** Fetches anew, these rows first. @param {number} [start] @param {number} [limit] */
  async refresh(start = 0, limit = FIRST) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#refreshes += 1;
    this.#asked = new Set();
    const refresh = this.#refreshes;
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const { query } = this;
      const changes = this.#changes;
      const page = await this.#fetch(start, limit);
      if (refresh !== this.#refreshes) return;
      // What changed meanwhile may not be in it.
      if (changes !== this.#changes && tries < MAX_TRIES) continue;
      this.rows = Array.from({ length: page.messages_count });
      [this.total, this.unread, this.found] = [page.total, page.unread, query];
      this.#place(page);
      return;
    }
  }

  /** The same a little later, once for all that comes until then. @param {() => [number, number]} rows */
  refreshSoon(rows) {
    this.#timer ??= setTimeout(() => attempt(() => this.refresh(...rows())), REFRESH_MS);
  }

  /** Fetches what is not there of these rows. @param {number} first @param {number} last */
  need(first, last) {
    const count = this.rows.length;
    const newest = Math.floor((count - 1 - first) / PAGE);
    for (let page = Math.floor((count - 1 - last) / PAGE); page <= newest; page += 1) {
      const [low, end] = [page * PAGE, Math.min(count, (page + 1) * PAGE)];
      const seen = this.rows.slice(Math.max(low, count - 1 - last), Math.min(end, count - first));
      if (this.#asked.has(page) || !seen.includes(undefined)) continue;
      attempt(() => this.#load(page, count - end, end - low));
    }
  }

  /** Mails that came, newest last. @param {Summary[]} mails @returns {number} how many are new here */
  add(mails) {
    const known = new Set(this.rows.map((mail) => mail?.ID));
    const added = mails.filter(({ ID }) => !known.has(ID));
    this.rows.push(...added);
    this.#changes += 1;
    return added.length;
  }

  /** @param {string[]} ids @returns {boolean} whether all of them were here */
  remove(ids) {
    const gone = new Set(ids);
    const before = this.rows.length;
    this.rows = this.rows.filter((mail) => !mail || !gone.has(mail.ID));
    this.#changes += 1;
    this.#asked = new Set();
    return before - this.rows.length === gone.size;
  }

  /** @param {string[]} ids @param {Partial<Summary>} marks */
  mark(ids, marks) {
    const marked = new Set(ids);
    this.#changes += 1;
    this.rows = this.rows.map((mail) =>
      mail && marked.has(mail.ID) ? { ...mail, ...marks } : mail,
    );
  }

  /** @param {number} page @param {number} start @param {number} limit */
  async #load(page, start, limit) {
    const asked = this.#asked.add(page);
    try {
      const loaded = await this.#fetch(start, limit);
      if (asked === this.#asked) this.#place(loaded);
    } catch (error) {
      asked.delete(page);
      throw error;
    }
  }

  /** @param {number} start @param {number} limit @returns {Promise<Page>} */
  #fetch(start, limit) {
    const params = new URLSearchParams({ start: String(start), limit: String(limit) });
    if (this.query) params.set('query', this.query);
    return get(`/api/v1/${this.query ? 'search' : 'messages'}?${params}`);
  }

  /** @param {Page} page */
  #place({ messages, messages_count: count, start }) {
    for (const [index, mail] of messages.entries()) {
      const at = count - 1 - start - index;
      if (at < this.rows.length) this.rows[at] = mail;
    }
    this.changed();
  }
}

// The list

/** The rows that are seen, of all that there are. */
class List {
  /** The mail that keys act on. @type {string | undefined} */
  cursor;
  /** Rows when they were last drawn. */
  #count = 0;
  /** The row to go to once it is there. @type {number | undefined} */
  #wanted;
  #mails;
  #box = $('list');
  #rows = $('rows');
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;

  /** @param {Mails} mails @param {(id: string) => void} open */
  constructor(mails, open) {
    this.#mails = mails;
    this.#box.addEventListener('scroll', () => requestAnimationFrame(() => this.draw()));
    new ResizeObserver(() => this.draw()).observe(this.#box);
    this.#rows.addEventListener('click', (/** @type {any} */ event) => {
      const row = event.target.closest('.row:not(.hole)');
      if (row) open(row.id);
    });
  }

  /** The rows that are seen, and some around them, from the first on. @returns {[number, number]} */
  get window() {
    const first = Math.max(0, Math.floor(this.#box.scrollTop / ROW) - EXTRA);
    return [first, Math.ceil(this.#box.clientHeight / ROW) + 2 * EXTRA];
  }

  /** Moves the cursor. @param {string | undefined} id */
  choose(id) {
    this.cursor = id;
    const index = this.#mails.indexOf(id);
    if (index >= 0) this.#reveal(index);
    this.draw();
  }

  /** @param {number} index a row, or one beyond them @returns {string | undefined} its mail, if it is there */
  go(index) {
    const count = this.#mails.rows.length;
    if (count === 0) return undefined;
    const row = Math.min(Math.max(index, 0), count - 1);
    const mail = this.#mails.at(row);
    if (mail) this.choose(mail.ID);
    else {
      this.#wanted = row;
      this.#reveal(row);
    }
    return mail?.ID;
  }

  /** @param {number} by rows @returns {string | undefined} */
  move(by) {
    const index = this.#mails.indexOf(this.cursor);
    if (index >= 0 || !Number.isFinite(by)) return this.go(index + by);
    return this.go(Math.ceil(this.#box.scrollTop / ROW));
  }

  draw() {
    const count = this.#mails.rows.length;
    this.#rows.style.height = `${count * ROW}px`;
    // What is looked at stays where it is while others come above it.
    const { scrollTop } = this.#box;
    if (scrollTop > 0) this.#box.scrollTop = scrollTop + Math.max(0, count - this.#count) * ROW;
    this.#count = count;
    const [first, length] = this.window;
    /** @type {Map<string, HTMLElement>} */
    const next = new Map();
    const last = Math.min(first + length, count) - 1;
    for (let index = first; index <= last; index += 1) {
      const mail = this.#mails.at(index);
      const key = mail?.ID ?? `row-${index}`;
      const element = this.#shown.get(key) ?? h('div', { role: 'option', id: key });
      this.#fill(element, mail, index);
      next.set(key, element);
    }
    this.#place(next);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#mails.need(first, last), REST_MS);
    const isSeen = this.cursor !== undefined && next.has(this.cursor);
    if (isSeen) this.#box.setAttribute('aria-activedescendant', this.cursor);
    else this.#box.removeAttribute('aria-activedescendant');
    const wanted = this.#wanted;
    if (wanted !== undefined && this.#mails.at(wanted)) {
      this.#wanted = undefined;
      this.go(wanted);
    }
  }

  /** Scrolls no more than is needed to see a row. @param {number} index */
  #reveal(index) {
    const { scrollTop, clientHeight } = this.#box;
    const top = index * ROW;
    if (top < scrollTop) this.#box.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.#box.scrollTop = top + ROW - clientHeight;
  }

  /** Elements that stay are not touched, so that a click on one is not lost. @param {Map<string, HTMLElement>} next */
  #place(next) {
    for (const [key, element] of this.#shown) if (!next.has(key)) element.remove();
    let place = this.#rows.firstChild;
    for (const element of next.values()) {
      if (element === place) place = place.nextSibling;
      else this.#rows.insertBefore(element, place);
    }
    this.#shown = next;
  }

  /** @param {HTMLElement} element @param {Summary | undefined} mail @param {number} index */
  #fill(element, mail, index) {
    element.style.transform = `translateY(${index * ROW}px)`;
    element.setAttribute('aria-setsize', String(this.#mails.rows.length));
    element.setAttribute('aria-posinset', String(index + 1));
    element.setAttribute('aria-selected', String(mail !== undefined && mail.ID === this.cursor));
    const state = mail ? [mail.Read, mail.Tags, ago(mail.Created)].join() : '';
    if (element.dataset.state === state) return;
    element.dataset.state = state;
    element.className = mail ? `row${mail.Read ? '' : ' new'}` : 'row hole';
    element.replaceChildren(...(mail ? rowElements(mail) : ['...']));
  }
}

/** What a row says, to those who see it and to those who hear it. @param {Summary} mail */
function rowElements(mail) {
  const marks = mail.Tags.map((tag) => h('span', 'tag', tag));
  if (mail.Attachments > 0) marks.unshift(h('span', '', counted(mail.Attachments, 'file')));
  const people = [nameOf(mail.From), recipientsOf(mail)].map((name) => h('bdi', '', line(name)));
  return [
    h('span', 'subject', line(mail.Subject) || '(no subject)'),
    h('span', 'who', people[0], h('span', 'to', ' to '), people[1]),
    h('time', { datetime: mail.Created, title: full(mail.Created) }, ago(mail.Created)),
    h('span', 'snippet', line(mail.Snippet)),
    h('span', 'marks', ...marks),
    h('span', 'unseen', mail.Read ? '' : 'unread'),
  ];
}

// The mail that is open

/** What the tabs show, by their names. @type {Record<string, (mail: Message) => Node[] | Promise<Node[]>>} */
const VIEWS = {
  html: htmlView,
  source: ({ HTML }) => [textElement(HTML)],
  text: textView,
  headers: async ({ ID }) => headersView(await get(pathOf(ID, '/headers'))),
  tree: async ({ ID }) => treeView(await get(pathOf(ID, '/structure'))),
  raw: rawView,
  session: async ({ ID }) => sessionView(await get(pathOf(ID, '/session'))),
};

/** The mail that is open, in one of several views. */
class Reader {
  /** @type {Message | undefined} */
  mail;
  /** The one that was chosen last: the next mail begins with it if it can. */
  #view = 'html';
  /** @type {HTMLElement[]} */
  #tabs = [...$('tabs').children];

  constructor() {
    for (const tab of this.#tabs) tab.addEventListener('click', () => this.#turn(tab));
    $('tabs').addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      const tabs = this.#tabs.filter(({ hidden }) => !hidden);
      const at = tabs.indexOf(/** @type {any} */ (event.target));
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const tab = /** @type {HTMLElement} */ (tabs.at(next % tabs.length));
      tab.focus();
      this.#turn(tab);
    });
  }

  /** @param {Message} mail */
  open(mail) {
    this.mail = mail;
    fillHead(mail);
    const isOfHtml = (/** @type {string} */ view) => /html|source/.test(view);
    for (const tab of this.#tabs) tab.hidden = !mail.HTML && isOfHtml(tab.id);
    this.#choose(!mail.HTML && isOfHtml(this.#view) ? 'text' : this.#view);
  }

  close() {
    this.mail = undefined;
    $('stage').replaceChildren();
    $('view').replaceChildren();
  }

  /** @param {HTMLElement} tab */
  #turn(tab) {
    this.#view = tab.id.replace('tab-', '');
    this.#choose(this.#view);
  }

  /** @param {string} view */
  async #choose(view) {
    const { mail } = this;
    if (!mail) return;
    for (const tab of this.#tabs) {
      const isIt = tab.id === `tab-${view}`;
      tab.setAttribute('aria-selected', String(isIt));
      tab.tabIndex = isIt ? 0 : -1;
    }
    const content = $('content');
    content.setAttribute('aria-labelledby', `tab-${view}`);
    content.dataset.view = view;
    const failed = (/** @type {Error} */ { message }) => [h('p', '', shown(message))];
    const nodes = await Promise.resolve(mail).then(VIEWS[view]).catch(failed);
    // Another one may have been chosen meanwhile.
    if (this.mail !== mail || content.dataset.view !== view) return;
    for (const id of ['tools', 'stage']) $(id).hidden = view !== 'html';
    $('view').replaceChildren(...nodes);
    content.scrollTop = 0;
  }
}

/** @param {Message} mail */
function fillHead(mail) {
  const subject = shown(mail.Subject);
  $('subject').textContent = subject || '(no subject)';
  $('subject').classList.toggle('blank', !subject);
  const { From, ReplyTo, To, Cc, Bcc } = mail;
  const people = Object.entries({ From: [From], To, Cc, Bcc, 'Reply to': ReplyTo });
  $('facts').replaceChildren(
    ...people.flatMap(([name, addresses]) => factElements(name, addresses)),
    h('dt', '', 'Date'),
    h('dd', '', full(mail.Date), ...mail.Tags.map((tag) => h('span', 'tag', tag))),
  );
  const files = [...mail.Attachments, ...mail.Inline];
  $('files').replaceChildren(...files.map((file) => h('li', '', fileElement(mail.ID, file))));
  $('files').hidden = files.length === 0;
}

/** @param {string} name @param {Address[]} addresses */
function factElements(name, addresses) {
  const some = addresses.filter(({ Name, Address }) => Name || Address);
  if (some.length === 0) return [];
  const nodes = some
    .slice(0, MAX_ADDRESSES)
    .flatMap(({ Name, Address }) => [
      h('bdi', '', shown(Name || Address)),
      Name && Address ? h('bdi', 'address', ` <${shown(Address)}>`) : '',
      ', ',
    ]);
  nodes.pop();
  if (some.length > MAX_ADDRESSES) nodes.push(` and ${some.length - MAX_ADDRESSES} more`);
  return [h('dt', '', name), h('dd', '', ...nodes)];
}

/** @param {string} id @param {Part} part */
function fileElement(id, { PartID, FileName, ContentType, Size }) {
  const href = pathOf(id, `/part/${encodeURIComponent(PartID)}`);
  const name = h('span', 'name', shown(FileName));
  const facts = [h('small', '', shown(ContentType)), h('small', '', sized(Size))];
  return h('a', { href, download: FileName }, name, ...facts);
}

/** @param {string} text @param {(text: string) => (Node | string)[]} [piecesOf] @param {string} [type] */
function textElement(text, piecesOf = (all) => [shown(all)], type = '') {
  const rest = text.length - MAX_TEXT;
  const more = rest > 0 ? `\n... and ${rest.toLocaleString('en')} characters more` : '';
  return h('pre', type, ...piecesOf(text.slice(0, MAX_TEXT)), more);
}

/** A text with its links, which open windows of their own when they are clicked. @param {string} text */
function linked(text) {
  const pieces = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const href = found.replace(SENTENCE_END, '');
    if (pieces.length >= MAX_LINKS || !URL.canParse(href)) continue;
    const rel = 'noopener noreferrer';
    pieces.push(
      shown(text.slice(end, index)),
      h('a', { href, target: '_blank', rel }, shown(href)),
    );
    end = index + href.length;
  }
  return [...pieces, shown(text.slice(end))];
}

/** @param {Message} mail */
async function textView({ ID, HTML, Text }) {
  if (Text.trim()) return [textElement(Text, linked, 'prose')];
  if (HTML) return [h('p', '', 'This mail has no text.')];
  const { Problem } = await get(pathOf(ID, '/structure'));
  const why = Problem && ` It was not taken apart: ${Problem}.`;
  return [h('p', '', `This mail has no text.${why} “Raw” has all of it.`)];
}

/** The button of the width that somebody chose. @type {HTMLButtonElement | undefined} */
let chosenWidth;

/** The HTML, as wide as somebody's screen. @param {Message} mail */
function htmlView({ ID, HTML }) {
  // That a link leads elsewhere is no picture.
  $('pictures').hidden = !/<(?!a\s)[^<>]*\/\/|url\(/i.test(HTML);
  showFrame(ID);
  return [];
}

/** @param {string} id @param {string} [query] */
function showFrame(id, query = '') {
  const frame = h('iframe', {
    // Links open pages of their own, which are not held to this. Nothing else is let out.
    sandbox: 'allow-popups allow-popups-to-escape-sandbox',
    title: 'The mail as HTML',
    src: `/preview/${encodeURIComponent(id)}.html${query}`,
  });
  // A new one each time: one that is led elsewhere leaves a step in the history.
  $('stage').replaceChildren(frame);
}

/** Gives the frame the width that was chosen; without one the widest for which there is room. */
function fitFrame() {
  const { clientWidth } = $('stage');
  if (clientWidth === 0) return;
  const buttons = [...$('widths').children];
  const fitting = buttons.findLast(({ value }) => value <= clientWidth) ?? buttons[0];
  const button = chosenWidth ?? fitting;
  for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
  const wanted = Number(button.value);
  const width = wanted === DESKTOP ? Math.max(wanted, clientWidth) : wanted;
  $('stage').style.setProperty('--width', `${width}px`);
}

/** @param {Record<string, string[]>} headers */
function headersView(headers) {
  const row = (/** @type {string} */ name, /** @type {string} */ value) =>
    h('tr', '', h('th', { scope: 'row' }, shown(name)), h('td', '', h('bdi', '', shown(value))));
  const all = Object.entries(headers);
  const rows = all.flatMap(([name, values]) => values.map((value) => row(name, value)));
  return [h('table', 'table', h('tbody', '', ...rows))];
}

/** @param {{ Problem: string, Structure: Branch | null }} tree */
function treeView({ Problem, Structure }) {
  if (!Structure) return [h('p', '', `It was not taken apart: ${Problem}.`)];
  return [h('ul', { class: 'tree', 'aria-label': 'Parts' }, branchElement(Structure))];
}

/** @param {Branch} branch @returns {Node} */
function branchElement(branch) {
  const { Parts, ContentType, FileName, Size, Charset, Encoding, Disposition, ContentID } = branch;
  const size = Parts.length > 0 ? '' : sized(Size);
  const facts = [Charset, Encoding, Disposition, ContentID && `<${ContentID}>`, size];
  const item = h('li', '', h('code', '', shown(ContentType)), h('bdi', '', shown(FileName)));
  item.append(h('small', '', shown(facts.filter(Boolean).join(', '))));
  if (Parts.length > 0) item.append(h('ul', '', ...Parts.map(branchElement)));
  return item;
}

/** The bytes as they came; of many the first ones. @param {Message} mail */
async function rawView({ ID, Size }) {
  const path = pathOf(ID, '/raw');
  const { body } = await call(path);
  const reader = /** @type {any} */ (body).pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (text.length < MAX_TEXT) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  const size = `${sized(Size)}${text.length < MAX_TEXT ? '' : ', of which this is the beginning'}`;
  return [
    h('div', 'tools', h('a', { href: path, download: 'mail.eml' }, 'Download'), size),
    h('pre', '', shown(text.slice(0, MAX_TEXT).replace(/\r\n/g, '\n'))),
  ];
}

/** @param {any} session */
function sessionView({ RemoteAddress, Helo, Username, TLS, From, To, Transcript }) {
  const client = { Client: RemoteAddress, Name: Helo, Login: Username, TLS: TLS || 'no' };
  const facts = Object.entries({ ...client, From: From || '<>', To: To.join(', ') })
    .filter(([, value]) => value)
    .flatMap(([name, value]) => [h('dt', '', name), h('dd', '', shown(value))]);
  const lines = Transcript.map((/** @type {string} */ said) => {
    const isRefusal = /^S: [45]/.test(said);
    return h('li', said.startsWith('C:') ? 'client' : isRefusal ? 'refused' : '', shown(said));
  });
  return [
    h('dl', 'facts session', ...facts),
    h('ol', { class: 'lines', 'aria-label': 'What client (C) and server (S) said' }, ...lines),
  ];
}

// The whole

const mails = new Mails();
const list = new List(mails, open);
const reader = new Reader();
/** The process behind the page. @type {{ Instance: string, Version: string } | undefined} */
let known;
/** Mails that were deleted from here, of which the stream tells as well. @type {Set<string>} */
const removed = new Set();

mails.changed = drawAll;

function drawAll() {
  const { total, unread, found, rows } = mails;
  const isOpen = reader.mail !== undefined;
  const isFirst = found !== undefined && total === 0;
  document.body.classList.toggle('open', isOpen);
  document.body.classList.toggle('first', isFirst && !isOpen);
  $('mail').hidden = !isOpen;
  $('welcome').hidden = isOpen || !isFirst;
  $('idle').hidden = isOpen || total === 0;
  if (found === undefined) return;
  const some = unread.toLocaleString('en');
  const which = found && `${counted(rows.length)} found, of `;
  $('summary').textContent = `${which}${counted(total)}${unread > 0 ? `, ${some} unread` : ''}`;
  $('unread').textContent = some;
  $('unread').hidden = unread === 0;
  document.title = `${unread > 0 ? `(${some}) ` : ''}Mail`;
  $('delete-all').disabled = rows.length === 0;
  $('delete-all').textContent = found ? 'Delete found' : 'Delete all';
  $('none').hidden = rows.length > 0 || isFirst;
  $('list').hidden = rows.length === 0;
  list.draw();
}

/** Opens a mail. @param {string} id @param {boolean} [isFocused] whether it gets the focus */
function open(id, isFocused = NARROW.matches) {
  const hash = `#${id}`;
  // The way back leads to the list, not through every mail.
  if (location.hash.length > 1) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  return follow(isFocused);
}

/** Goes back to the list. */
function back() {
  if (location.hash.length > 1) history.pushState(null, '', location.pathname);
  follow();
}

/** Shows what the address of the page names. @param {boolean} [isFocused] */
async function follow(isFocused = false) {
  const { hash } = location;
  const id = hash.slice(1);
  if (!id) return closeMail();
  await attempt(async () => {
    list.choose(id);
    const mail = await get(pathOf(id)).catch((error) => {
      history.replaceState(null, '', location.pathname);
      closeMail();
      throw error;
    });
    if (location.hash !== hash) return;
    mails.mark([id], { Read: true });
    reader.mail = mail;
    drawAll();
    reader.open(mail);
    if (isFocused) $('subject').focus();
  });
}

function closeMail() {
  if (!reader.mail) return;
  reader.close();
  drawAll();
  $('list').focus({ preventScroll: true });
}

/** Deletes a mail; the cursor goes to the one that takes its place. @param {string} id */
function remove(id) {
  return attempt(async () => {
    if (removed.has(id)) return;
    removed.add(id);
    const before = mails.indexOf(id);
    await call('/api/v1/messages', 'DELETE', { IDs: [id] }).catch((error) => {
      removed.delete(id);
      throw error;
    });
    const row = mails.indexOf(id);
    if (mails.remove([id])) mails.total -= 1;
    if (reader.mail?.ID === id) back();
    // The list may have been fetched anew while the answer was on its way.
    list.go(row < 0 ? before : row);
    drawAll();
    note('Deleted');
  });
}

function askToDelete() {
  const { found = '', rows, total } = mails;
  const what = found ? `the ${counted(rows.length)} found` : `all ${counted(total)}`;
  $('confirm-title').textContent = `Delete ${what}?`;
  $('confirm').returnValue = '';
  $('confirm').onclose = () => {
    if ($('confirm').returnValue === 'yes') attempt(() => removeAll(found));
  };
  $('confirm').showModal();
}

/** @param {string} query '' for all there are */
async function removeAll(query) {
  if (query) await call(`/api/v1/search?${new URLSearchParams({ query })}`, 'DELETE');
  else await call('/api/v1/messages', 'DELETE', {});
  back();
  list.cursor = undefined;
  await mails.refresh();
  note('Deleted');
}

function askToRelease() {
  return attempt(async () => {
    const { MessageRelay } = await get('/api/v1/webui');
    $('release-form').hidden = !MessageRelay.Enabled;
    $('release-off').hidden = MessageRelay.Enabled;
    $('release-to').textContent = `${MessageRelay.SMTPServer} gets it as it is.`;
    $('release-fault').textContent = '';
    $('release').showModal();
  });
}

/** @param {Event} event */
async function release(event) {
  event.preventDefault();
  const to = $('recipients')
    .value.split(/[\s,;]+/)
    .filter(Boolean);
  if (!reader.mail) return;
  $('send').disabled = true;
  $('release-fault').textContent = '';
  try {
    await call(pathOf(reader.mail.ID, '/release'), 'POST', { To: to });
    $('release').close();
    note(`Released to ${to.join(', ')}`);
  } catch (/** @type {any} */ error) {
    $('release-fault').textContent = shown(error.message);
  } finally {
    $('send').disabled = false;
  }
}

// What happens elsewhere

/** What the stream tells, by the names of its events. @type {Record<string, (data: any) => void>} */
const EVENTS = {
  away() {
    $('away').textContent = 'Reconnecting…';
  },
  start({ Instance, Version }) {
    const before = known;
    known = { Instance, Version };
    $('away').textContent = '';
    // Another version may have another page.
    if (before && before.Version !== Version) location.reload();
    if (before && before.Instance !== Instance) {
      back();
      list.cursor = undefined;
    }
    loadPlace();
    attempt(() => mails.refresh(...list.window));
  },
  new(summaries) {
    if (mails.query) return mails.refreshSoon(() => list.window);
    const count = mails.add(summaries);
    if (count === 0) return;
    mails.total += count;
    $('news').textContent = `${counted(count, 'new mail')}: ${line(summaries.at(-1).Subject)}`;
    drawAll();
  },
  update({ IDs, ...marks }) {
    mails.mark(IDs, marks);
    list.draw();
  },
  delete({ IDs }) {
    const others = IDs.filter((/** @type {string} */ id) => !removed.delete(id));
    if (reader.mail && others.includes(reader.mail.ID)) {
      back();
      note('The mail that was open was deleted.');
    }
    if (!mails.remove(others)) mails.refreshSoon(() => list.window);
    drawAll();
  },
  stats({ Total, Unread }) {
    [mails.total, mails.unread] = [Total, Unread];
    // Whatever was missed is fetched.
    if (!mails.query && mails.rows.length !== Total) mails.refreshSoon(() => list.window);
    drawAll();
  },
};

/** The windows of a browser, which has six connections to a server: one of them listens for all. */
const windows = navigator.locks && new BroadcastChannel('smtp-engine');

/** @param {string} name of an event @param {any} [data] */
function tell(name, data) {
  EVENTS[name](data);
  windows?.postMessage({ name, data });
}

function listen() {
  const stream = new EventSource('/api/stream');
  for (const name of Object.keys(EVENTS)) {
    stream.addEventListener(name, ({ data }) => tell(name, JSON.parse(data)));
  }
  stream.addEventListener('error', () => {
    tell('away');
    // The browser itself tries again slowly, and after an answer that is an error not at all.
    stream.close();
    setTimeout(listen, RETRY_MS);
  });
}

function loadPlace() {
  return attempt(async () => {
    const { URL, User, Instance, Version } = await get('/api/page');
    known ??= { Instance, Version };
    const login = User && `${encodeURIComponent(User)}:PASSWORD@`;
    const place = URL.replace('//', `//${login}`);
    $('place').textContent = place;
    $('code').textContent = [
      "import nodemailer from 'nodemailer';",
      `const transport = nodemailer.createTransport('${place}');`,
      "await transport.sendMail({ from: 'me@example.com', to: 'you@example.com', text: 'Hello' });",
    ].join('\n');
  });
}

// Keys

/** @param {(event: KeyboardEvent) => unknown} work */
const inList = (work) => (/** @type {KeyboardEvent} */ event) =>
  event.target === $('list') && work(event);

/** What they do; where that returns false the key stays the browser's. @type {Record<string, (event: KeyboardEvent) => unknown>} */
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: inList(() => step(1)),
  ArrowUp: inList(() => step(-1)),
  Home: inList(() => step(-Infinity)),
  End: inList(() => step(Infinity)),
  Enter({ target }) {
    const id = list.cursor ?? list.go(0);
    if (id === undefined || (target !== document.body && target !== $('list'))) return false;
    return open(id, true);
  },
  '/': () => $('query').select(),
  '?': () => $('help').showModal(),
  Delete() {
    const id = reader.mail?.ID ?? list.cursor;
    return id !== undefined && remove(id);
  },
  Escape: back,
};

/** To another mail, which is opened where one is open. @param {number} by */
function step(by) {
  const id = list.move(by);
  if (id !== undefined && reader.mail) open(id, false);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return;
  if (target === $('query')) {
    if (key === 'Escape') $('query').value = '';
    if (key !== 'Escape' && key !== 'Enter') return;
    search();
    $('list').focus({ preventScroll: true });
  } else if (Object.hasOwn(KEYS, key) && KEYS[key](event) !== false) event.preventDefault();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;

function search() {
  clearTimeout(typing);
  const query = $('query').value.trim();
  if (query === mails.query) return;
  mails.query = query;
  $('list').scrollTop = 0;
  attempt(async () => {
    await mails.refresh();
    $('news').textContent = $('summary').textContent;
  });
}

/** What is done at a click, by the id of what is clicked. @type {Record<string, (event: any) => unknown>} */
const CLICKS = {
  'delete-all': askToDelete,
  'show-help': () => $('help').showModal(),
  back,
  'ask-release': askToRelease,
  cancel: () => $('release').close(),
  delete: () => reader.mail && remove(reader.mail.ID),
  pictures: showPictures,
  widths({ target }) {
    if (target.value) chosenWidth = target;
    fitFrame();
  },
  copy: () => attempt(copyCode),
};

function showPictures() {
  if (reader.mail) showFrame(reader.mail.ID, '?pictures=1');
  $('pictures').hidden = true;
}

async function copyCode() {
  await navigator.clipboard.writeText($('code').textContent);
  note('Copied');
}

for (const [id, clicked] of Object.entries(CLICKS)) $(id).addEventListener('click', clicked);
$('release-form').addEventListener('submit', release);
$('query').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(search, TYPING_MS);
});
// It is there for pages of this machine and of https: alone, as locks are.
$('copy').hidden = !navigator.clipboard;
document.addEventListener('keydown', pressed);
addEventListener('popstate', () => follow());
new ResizeObserver(fitFrame).observe($('stage'));
setInterval(() => list.draw(), MINUTE_MS / 2);
attempt(() => mails.refresh());
loadPlace();
follow();
if (windows) {
  windows.onmessage = ({ data: { name, data } }) => EVENTS[name](data);
  // It is held until the window is closed.
  navigator.locks.request('stream', () => new Promise(listen));
} else listen();
