'use strict';
// The engine's transcripts (src/protocol/transcripts) over a real socket, through the wrapper:
// whole, byte by byte and at a handful of splits; the engine's own tests have every split.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { ROOT } = require('../support/child.js');
const { serveOriginal } = require('../support/serve-original.js');
const { serve } = require('../support/serve.js');

const FOLDER = path.join(ROOT, 'src', 'protocol', 'transcripts');
const ESCAPES = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' };

const decode = (text) =>
  text.replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (_, hex, char) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : ESCAPES[char],
  );
const encode = (text) =>
  text.replace(/[\\\r\n\t\0]/g, (char) => {
    const [name] = Object.entries(ESCAPES).find(([, value]) => value === char);
    return `\\${name}`;
  });

/** What a listener is given, as the transcripts write it. */
function describe(event, argument, parameters) {
  if (event === 'connect' || event === 'dataStart') return event;
  if (event === 'mail') return ['mail', argument.from, argument.size].join(' ').trim();
  if (event === 'auth') {
    const { mechanism, username, authzid } = argument;
    return ['auth', mechanism, username, authzid && `for ${authzid}`].join(' ').trim();
  }
  if (parameters?.smtpUtf8) return `${event} ${argument} smtpUtf8`;
  return `${event} ${event === 'data' || event === 'stream' ? encode(argument) : argument}`;
}

/** Parameters that name several, with commas between them. */
const LISTS = new Set(['authMechanisms', 'extensions', 'xclient', 'xforward']);

function parameter(name, value) {
  if (name === 'tls') return p256();
  if (value === 'true' || value === 'false') return value === 'true';
  if (LISTS.has(name)) return value.split(',');
  return /^\d+$/.test(value) ? Number(value) : value;
}

/** Sets a parameter, or one within others. */
function set(params, [name, ...rest], value) {
  if (rest.length > 0) params[name] ??= {};
  if (rest.length > 0) set(params[name], rest, value);
  else params[name] = value;
}

function parse(text) {
  const params = {};
  const acts = [];
  for (const line of text.split('\n').filter((line) => line && !line.startsWith('#'))) {
    const mark = line.slice(0, 2);
    const rest = line.slice(2).replace(/^ /, '');
    if (line === '=') acts.push({ kind: 'closed' });
    else if (mark === '! ') {
      const [name, value] = rest.split(' ');
      set(params, name.split('.'), parameter(name, value));
    } else if (mark === 'C:') acts.push({ kind: 'send', bytes: Buffer.from(`${rest}\r\n`) });
    else if (mark === 'C>') acts.push({ kind: 'send', bytes: Buffer.from(decode(rest), 'latin1') });
    else if (mark === 'S:') acts.push({ kind: 'reply', line: rest });
    else if (mark === 'E:') acts.push({ kind: 'event', event: rest, verdict: 'accept' });
    else if (mark === 'V:') acts.at(-1).verdict = rest;
    else assert.fail(`not a line of a transcript: ${line}`);
  }
  return { params, acts };
}

function give(session, verdict) {
  const [, word, rest] = verdict.match(/^(\w+) ?(.*)$/);
  const text = decode(rest);
  if (word === 'ok') session.ok();
  else if (word === 'each') session.results(text.split(' | ').map(result));
  else if (word === 'answer') session.failure(Number(text.slice(0, 3)), text.slice(4));
  else session.success(text || undefined);
}

/** `CODE TEXT` of a recipient. */
function result(text) {
  return { code: Number(text.slice(0, 3)), message: text.slice(4).split('\n') };
}

/** A listener of 'dataStart' that reads the message and hands it to `done`. */
function reads(done) {
  return async function () {
    const bytes = [];
    for await (const chunk of this.message()) bytes.push(...chunk);
    done.call(this, Buffer.from(bytes).toString('latin1'));
  };
}

/** A server of the dialect that a transcript names, and what opens a connection to it. */
async function serverOf(t, { dialect, ...params }, listeners, heard) {
  if (dialect === undefined) return serve(t, params, listeners);
  const { tls, ...rest } = params;
  return serveOriginal(t, { ...rest, ...tls, domain: 'example.domain' }, (req) =>
    req.on('message', (stream, ack) => {
      let text = '';
      stream.on('data', (piece) => {
        text += piece;
      });
      stream.on('end', () => heard(describe('data', text)));
      ack.accept();
    }),
  );
}

async function perform(t, { params, acts }, pieces) {
  const expected = acts.filter(({ kind }) => kind === 'event');
  const events = [];
  const listeners = {};
  for (const name of new Set(expected.map(({ event }) => event.split(' ')[0]))) {
    listeners[name] = function (argument, parameters) {
      const next = expected[events.length];
      events.push(describe(name, argument, parameters));
      const verdict = next?.verdict ?? 'accept';
      if (verdict.startsWith('verify ')) return argument.verify(verdict.slice('verify '.length));
      give(this, verdict);
    };
  }
  if (listeners.stream) listeners.dataStart = reads(listeners.stream);
  const heard = (event) => events.push(event);
  const { connect } = await serverOf(t, params, listeners, heard);
  const client = await connect({ greeting: false });
  for (const act of acts) {
    if (act.kind === 'reply') assert.equal(await client.line(act.line), act.line);
    else if (act.kind === 'closed') await client.ended();
    else if (act.kind === 'send') {
      for (const piece of pieces(act.bytes)) {
        client.write(piece);
        // Behind a turn of the event loop, a piece mostly is a segment of its own.
        await new Promise(setImmediate);
      }
    }
  }
  assert.deepEqual(
    events,
    expected.map(({ event }) => event),
  );
  assert.equal(client.unread, '');
}

const WAYS = {
  whole: (bytes) => [bytes],
  'byte by byte': (bytes) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
  'at a third': (bytes) => cut(bytes, Math.floor(bytes.length / 3)),
  'before the last byte': (bytes) => cut(bytes, bytes.length - 1),
  'before the last line end': (bytes) => cut(bytes, bytes.length - 2),
};

function cut(bytes, at) {
  return [bytes.subarray(0, Math.max(at, 0)), bytes.subarray(Math.max(at, 0))];
}

const TRANSCRIPTS = fs.readdirSync(FOLDER).filter((name) => name.endsWith('.smtp'));
/** No fewer than there have been. */
const LEAST = 55;

test('there are transcripts, and something is said in each', () => {
  assert.ok(TRANSCRIPTS.length >= LEAST, `${TRANSCRIPTS.length} transcripts`);
  for (const name of TRANSCRIPTS) {
    const { acts } = parse(fs.readFileSync(path.join(FOLDER, name), 'utf8'));
    const kinds = new Set(acts.map(({ kind }) => kind));
    assert.ok(kinds.has('send') && kinds.has('reply'), name);
  }
});

for (const name of TRANSCRIPTS) {
  const transcript = parse(fs.readFileSync(path.join(FOLDER, name), 'utf8'));
  for (const [way, pieces] of Object.entries(WAYS)) {
    test(`${name} ${way}`, (t) => perform(t, transcript, pieces));
  }
}
