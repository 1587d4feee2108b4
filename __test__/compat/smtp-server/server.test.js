'use strict';
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const nodemailer = require('nodemailer');
const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');

const MAIL = { from: 'a@example.com', to: ['b@example.com'], text: 'hello' };

async function listening(t, options) {
  const server = new SMTPServer({
    logger: false,
    name: 'mx.example',
    disableReverseLookup: true,
    ...options,
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return { server, port: server.server.address().port };
}

function transport(port, more = {}) {
  return nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    tls: { rejectUnauthorized: false },
    ...more,
  });
}

test('a mail comes over STARTTLS from a user who has logged in', async (t) => {
  const seen = [];
  const { port } = await listening(t, {
    onSecure: (_socket, session, done) => {
      seen.push(`secure ${session.secure} ${session.tlsOptions.version}`);
      done();
    },
    onAuth: async ({ username, password }) => ({ user: `${username}:${password}` }),
    onData: async (stream, session) => {
      for await (const _ of stream);
      seen.push(`${session.user} ${session.transmissionType} ${stream.byteLength > 0}`);
      return 'taken';
    },
  });
  const sent = await transport(port, { auth: { user: 'u', pass: 'p' } }).sendMail(MAIL);
  assert.equal(sent.response, '250 taken');
  assert.deepEqual(seen, ['secure true TLSv1.3', 'u:p ESMTPSA true']);
});

test('CRAM-MD5 lets in by what the exchange says, whatever the handler says', async (t) => {
  for (const method of ['CRAM-MD5']) {
    const { port } = await listening(t, {
      authMethods: [method],
      onAuth: async (auth) => {
        await auth.validatePassword('right');
        return { user: auth.username };
      },
    });
    const login = (pass) =>
      transport(port, { auth: { user: 'u', pass }, authMethod: method }).verify();
    assert.equal(await login('right'), true);
    await assert.rejects(login('wrong'), { responseCode: 535 });
  }
});

test('a promise that is rejected refuses, with the code of its error', async (t) => {
  const { port } = await listening(t, {
    authOptional: true,
    onMailFrom: async () => {
      throw Object.assign(new Error('not today'), { responseCode: 452 });
    },
  });
  await assert.rejects(transport(port).sendMail(MAIL), {
    responseCode: 452,
    response: '452 not today',
  });
});

test('implicit TLS, and handlers of a subclass', async (t) => {
  class Own extends SMTPServer {
    onRcptTo({ address }, session, done) {
      done(session.secure && address === 'b@example.com' ? null : new Error('no'));
    }
  }
  const server = new Own({ secure: true, logger: false, authOptional: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const { port } = server.server.address();
  assert.match((await transport(port, { secure: true }).sendMail(MAIL)).response, /^250 OK/);
});

test('close tells idle clients at once, and onClose is called once a client', async (t) => {
  const closed = [];
  const { server, port } = await listening(t, { onClose: (session) => closed.push(session.id) });
  const socket = require('node:net').connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  await once(socket, 'data');
  assert.equal(server.connections.size, 1);
  server.close();
  await once(socket, 'close');
  await once(server, 'close');
  await new Promise(setImmediate);
  assert.match(text, /\r\n421 Server shutting down\r\n$/);
  assert.equal(closed.length, 1);
  assert.equal(server.connections.size, 0);
});

test('connect serves a client of a server of the program', async (t) => {
  const net = require('node:net');
  const own = new SMTPServer({ logger: false, authOptional: true, disableReverseLookup: true });
  const seen = [];
  own.onRcptTo = async (_address, session) => {
    seen.push([session.remoteAddress, own.connections.size]);
  };
  const listener = net.createServer((socket) => own.connect(socket));
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  t.after(() => listener.close());
  const mailer = transport(listener.address().port, { ignoreTLS: true });
  assert.match((await mailer.sendMail(MAIL)).response, /^250 OK/);
  assert.deepEqual(seen, [['127.0.0.1', 1]]);
});
