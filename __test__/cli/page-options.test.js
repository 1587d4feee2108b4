'use strict';
// What the command line says of the page and of failures, as objects, and what comes of them; what makes no
// sense is in arguments.test.js.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { UsageError } = require('../../src/js/cli/arguments.js');
const { failOptions, pageOptions } = require('../../src/js/cli/page-options.js');
const { Child } = require('../support/child.js');
const { Client } = require('../support/client.js');
const { CLI, command, deliver } = require('../support/command.js');

const MAIL = 'Subject: Hello\r\n\r\ntext\r\n';
const SECRET = { SMTP_ENGINE_PAGE_PASSWORD: 'Tr0ub4dor' };

/** @param {object} values @param {NodeJS.ProcessEnv} [env] */
const optionsOf = (values, env = {}) => pageOptions({ 'no-page': false, ...values }, env);

describe('the options of a page', () => {
  test('have defaults', () => {
    assert.deepEqual(optionsOf({}), {
      port: undefined,
      host: '127.0.0.1',
      auth: undefined,
      release: undefined,
      keep: 10_000,
    });
    assert.equal(pageOptions({ 'no-page': true }, {}), undefined);
  });

  for (const [values, wanted] of /** @type {[object, object][]} */ ([
    [{ 'page-port': '0' }, { port: 0 }],
    [{ 'page-host': '[::1]' }, { host: '::1' }],
    [{ 'page-host': 'LocalHost' }, { host: 'LocalHost' }],
    [{ 'page-host': '127.8.0.1' }, { host: '127.8.0.1' }],
    [{ keep: '7' }, { keep: 7 }],
    [{ release: 'mail.example' }, { release: { host: 'mail.example', port: 25 } }],
    [{ release: '192.0.2.1:587' }, { release: { host: '192.0.2.1', port: 587 } }],
    [{ release: '[::1]:2526' }, { release: { host: '::1', port: 2_526 } }],
    [{ release: '::1' }, { release: { host: '::1', port: 25 } }],
    [{ 'page-auth': 'tim' }, { auth: { user: 'tim', password: 'Tr0ub4dor' } }],
    [{ 'page-auth': 'tim', 'page-host': '0.0.0.0' }, { host: '0.0.0.0' }],
  ])) {
    test(JSON.stringify(values), () => {
      const options = /** @type {Record<string, any>} */ (optionsOf(values, SECRET));
      for (const [name, value] of Object.entries(wanted)) {
        assert.deepEqual(options[name], value);
      }
    });
  }

  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'mail.example', '::ffff:192.0.2.1']) {
    test(`demand a login at ${host}`, () => {
      assert.throws(() => optionsOf({ 'page-host': host }, SECRET), UsageError);
      assert.ok(optionsOf({ 'page-host': host, 'page-auth': 'tim' }, SECRET));
    });
  }

  test('have no login without a password', () => {
    for (const env of [{}, { SMTP_ENGINE_PAGE_PASSWORD: '' }, { SMTP_ENGINE_PASSWORD: 'x' }]) {
      assert.throws(
        () => optionsOf({ 'page-auth': 'tim' }, env),
        /--page-auth needs the password in the environment, SMTP_ENGINE_PAGE_PASSWORD/,
      );
    }
  });
});

test('rules are those of an inbox, with what JSON cannot say in strings', () => {
  assert.deepEqual(failOptions(), []);
  assert.deepEqual(
    failOptions([
      '{"at":"rcpt","match":"^ann@","times":"Infinity"}',
      '[{"at":"mail","match":"/x$/i"},{"at":"helo","match":"/"}]',
      '[]',
    ]),
    [
      { at: 'rcpt', match: /^ann@/, times: Infinity },
      { at: 'mail', match: /x$/i },
      { at: 'helo', match: /\// },
    ],
  );
});

test('which of several rules makes no sense is said', () => {
  assert.throws(() => failOptions(['[{"at":"rcpt"},{"at":"x"}]']), {
    message: /^--fail: at must be .*, not 'x', in \{"at":"x"\}$/,
  });
  const long = JSON.stringify({ at: 'rcpt', times: 0, match: 'y'.repeat(1_000) });
  assert.throws(
    () => failOptions(['{"at":"rcpt"}', long]),
    (/** @type {Error} */ { message }) =>
      /, in \{"at":"rcpt"/.test(message) && message.length < 250,
  );
});

/** What a client says and hears up to each place, where the rule hits. @type {Record<string, [string, number][]>} */
const WAYS = {
  connect: [],
  helo: [['EHLO c.example', 550]],
  tls: [
    ['EHLO c.example', 250],
    ['STARTTLS', 454],
  ],
  auth: [
    ['EHLO c.example', 250],
    [`AUTH PLAIN ${Buffer.from('\0u\0p').toString('base64')}`, 535],
  ],
  mail: [
    ['EHLO c.example', 250],
    ['MAIL FROM:<a@b.example>', 451],
  ],
  rcpt: [
    ['EHLO c.example', 250],
    ['MAIL FROM:<a@b.example>', 250],
    ['RCPT TO:<c@d.example>', 451],
  ],
  data: [
    ['EHLO c.example', 250],
    ['MAIL FROM:<a@b.example>', 250],
    ['RCPT TO:<c@d.example>', 250],
    ['DATA', 451],
  ],
  message: [
    ['EHLO c.example', 250],
    ['MAIL FROM:<a@b.example>', 250],
    ['RCPT TO:<c@d.example>', 250],
    ['DATA', 354],
    ['Subject: x\r\n\r\n.', 451],
  ],
};
/** Events that tell of what a rule has failed, if they are there. @type {Record<string, string>} */
const EVENTS = { helo: 'helo', mail: 'mail', rcpt: 'rcpt', data: 'data', message: 'data' };

describe('--fail', { timeout: 60_000, concurrency: 2 }, () => {
  for (const [at, way] of Object.entries(WAYS)) {
    test(`${at}: once, without an event, and the next mail is there`, async (t) => {
      const rule = JSON.stringify({ at });
      const args = ['--port', '0', '--page-port', '0', '--json', '--tls-self-signed'];
      const child = command(t, ...args, '--fail', rule);
      const { port, page } = JSON.parse(await child.line());
      const client = await Client.connect(port, { greeting: false });
      t.after(() => client.destroy());
      await client.expect(way.length > 0 ? 220 : 421);
      for (const [line, code] of way) await client.command(line, code);
      client.destroy();
      /** @type {any[]} */
      const events = [];
      while (events.at(-1)?.event !== 'disconnect') events.push(JSON.parse(await child.line()));
      assert.ok(events.every(({ event }) => event !== EVENTS[at] && event !== 'error'));
      const logins = events.filter(({ event }) => event === 'auth');
      assert.ok(logins.every(({ accepted }) => accepted === false));
      assert.equal(await deliver(port, MAIL), 250);
      const { total } = await (await fetch(`${page}/api/v1/messages`)).json();
      assert.equal(total, 1);
      child.process.kill('SIGINT');
      let line = '{}';
      while (JSON.parse(line).event !== 'stop') line = await child.line();
      assert.equal(JSON.parse(line).messages, 1);
    });
  }

  test('may be given several times, each in its turn, and without a page', async (t) => {
    const rules = ['{"at":"rcpt","reply":452}', '[{"at":"rcpt","reply":[553,"No"]}]'];
    const fails = rules.flatMap((rule) => ['--fail', rule]);
    const child = command(t, '--port', '0', '--no-page', '--json', ...fails);
    const { port } = JSON.parse(await child.line());
    const client = await Client.connect(port);
    t.after(() => client.destroy());
    await client.command('EHLO c.example', 250);
    await client.command('MAIL FROM:<a@b.example>', 250);
    await client.command('RCPT TO:<c@d.example>', 452);
    await client.command('RCPT TO:<c@d.example>', '553 No');
    await client.command('RCPT TO:<c@d.example>', 250);
  });
});

test('--keep is how many mails the page has: the newest', { timeout: 60_000 }, async (t) => {
  const child = command(t, '--port', '0', '--page-port', '0', '--json', '--keep', '2');
  const { port, page } = JSON.parse(await child.line());
  for (const name of ['one', 'two', 'three']) {
    assert.equal(await deliver(port, `Subject: ${name}\r\n\r\n`), 250);
  }
  const { messages } = await (await fetch(`${page}/api/v1/messages`)).json();
  assert.deepEqual(
    messages.map((/** @type {any} */ { Subject }) => Subject),
    ['three', 'two'],
  );
});

/** @param {string} url @param {string} path @param {object} [body] */
async function post(url, path, body = {}) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

test('--release is where mails are sent on to', { timeout: 60_000 }, async (t) => {
  const target = command(t, '--port', '0', '--page-port', '0', '--json');
  const { port: targetPort, page: targetPage } = JSON.parse(await target.line());
  const place = `localhost:${targetPort}`;
  const child = command(t, '--port', '0', '--page-port', '0', '--json', '--release', place);
  const { port, page } = JSON.parse(await child.line());
  assert.equal(await deliver(port, MAIL), 250);
  const webui = await (await fetch(`${page}/api/v1/webui`)).json();
  assert.deepEqual(
    [webui.MessageRelay.Enabled, webui.MessageRelay.SMTPServer],
    [true, `localhost:${targetPort}`],
  );
  const [{ ID }] = (await (await fetch(`${page}/api/v1/messages`)).json()).messages;
  const to = { To: ['ann@example.com'] };
  assert.equal((await post(page, `/api/v1/message/${ID}/release`, to)).status, 200);
  const { messages } = await (await fetch(`${targetPage}/api/v1/messages`)).json();
  assert.deepEqual(
    messages.map((/** @type {any} */ mail) => [mail.Subject, mail.Bcc[0].Address]),
    [['Hello', 'ann@example.com']],
  );
  const raw = await (await fetch(`${targetPage}/api/v1/message/latest/raw`)).text();
  assert.equal(raw, MAIL);
});

describe('--page-auth', { timeout: 60_000 }, () => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    test(`shows the page at ${host} to one alone`, async (t) => {
      const args = ['--port', '0', '--page-port', '0', '--json', '--page-host', host];
      const child = new Child(t, process.execPath, [CLI, ...args, '--page-auth', 'tim'], SECRET);
      const line = await child.line();
      assert.ok(!line.includes(SECRET.SMTP_ENGINE_PAGE_PASSWORD));
      const { page } = JSON.parse(line);
      const statusOf = async (/** @type {string=} */ login) => {
        const headers = login && {
          Authorization: `Basic ${Buffer.from(login).toString('base64')}`,
        };
        return (await fetch(`${page}/api/v1/info`, { headers: headers || {} })).status;
      };
      assert.deepEqual(
        [await statusOf(), await statusOf('tim:x'), await statusOf('tom:Tr0ub4dor')],
        [401, 401, 401],
      );
      assert.equal(await statusOf('tim:Tr0ub4dor'), 200);
    });
  }
});
