'use strict';
// What the client reads: the replies that never reach a listener, what EHLO lists, and the texts
// that listeners give.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { Log, serve } = require('../support/serve.js');

const INTRODUCE = 'Introduce yourself, please (EHLO example.com)';
const BACK = 'Provide back address, please (MAIL FROM:<example@example.com> | MAIL FROM:<>)';
const RECIPIENT = 'Provide recipient address, please (RCPT TO:<example@example.com>)';
const UNKNOWN = 'Unknown command. Type HELP to see all available commands';
const BYE = '221 Connection is being closed. Hope to see you next time';
const TOO_LARGE = '552 Message exceeded maximum message size';
const COMMANDS = ['QUIT', 'HELO', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'NOOP', 'HELP', 'RSET'];

describe('replies that never reach a listener', { timeout: 30_000 }, () => {
  const EHLO = 'EHLO client.example';
  const MAIL = 'MAIL FROM:<a@client.example>';
  /** [what was said before, the command, the reply] */
  const rows = [
    [[], 'HELO', `501 ${INTRODUCE}`],
    [[], 'EHLO', `501 ${INTRODUCE}`],
    [[], 'EHLO   ', `501 ${INTRODUCE}`],
    [[], 'ehlo', `501 ${INTRODUCE}`],
    [[], MAIL, `503 ${INTRODUCE}`],
    [['NOOP', 'RSET', 'HELP'], MAIL, `503 ${INTRODUCE}`],
    [[EHLO], 'MAIL', `501 ${BACK}`],
    [[EHLO], 'MAIL FROM:', `501 ${BACK}`],
    [[EHLO], 'MAIL FROM:a@client.example', `501 ${BACK}`],
    [[EHLO], 'MAIL TO:<a@client.example>', `501 ${BACK}`],
    [[EHLO], 'MAIL FROM:<a@client.example', `501 ${BACK}`],
    [[EHLO], `${MAIL} SIZE=31457281`, TOO_LARGE],
    [[EHLO], `${MAIL} SIZE=99999999999999999999`, TOO_LARGE],
    [[EHLO], `${MAIL} NOSUCH=1`, 555],
    [[EHLO], 'RCPT TO:<b@example.domain>', `503 ${BACK}`],
    [[EHLO, MAIL, 'RSET'], 'RCPT TO:<b@example.domain>', `503 ${BACK}`],
    [[EHLO, MAIL], 'RCPT', `501 ${RECIPIENT}`],
    [[EHLO, MAIL], 'RCPT TO:', `501 ${RECIPIENT}`],
    [[EHLO, MAIL], 'RCPT TO:b@example.domain', `501 ${RECIPIENT}`],
    [[EHLO, MAIL], 'RCPT FROM:<b@example.domain>', `501 ${RECIPIENT}`],
    [[EHLO, MAIL], 'RCPT TO:<>', 501],
    [[EHLO, MAIL], 'RCPT TO:<b@example.domain> NOSUCH=1', 555],
    [[EHLO, MAIL], 'DATA', `503 ${RECIPIENT}`],
    [[EHLO], 'DATA', 503],
    [[], 'DATA', 503],
    [[], 'RCPT TO:<b@example.domain>', 503],
    [[], 'NOSUCH', `500 ${UNKNOWN}`],
    [[EHLO, MAIL], 'MAILFROM:<a@client.example>', `500 ${UNKNOWN}`],
    [[EHLO], 'EHLOO client.example', `500 ${UNKNOWN}`],
    [[], '', 500],
    [[], 'RSET', '250 OK'],
    [[], 'NOOP', '250 OK'],
    [[EHLO], 'rset', '250 OK'],
    [[EHLO], 'NOOP with something behind it', '250 OK'],
    [[], 'HELP NOSUCH', `214 ${UNKNOWN}`],
  ];
  for (const [before, command, wanted] of rows) {
    const title = [...before, JSON.stringify(command)].join(', ');
    test(`${title}: ${wanted}`, async (t) => {
      const log = new Log();
      const { connect } = await serve(t, {}, log.listeners());
      const client = await connect();
      for (const line of before) await client.command(line);
      const events = () => log.names('helo', 'mail', 'rcpt', 'dataStart', 'data', 'error').length;
      const count = events();
      await client.command(command, wanted);
      assert.equal(events(), count);
      await client.command('NOOP', '250 OK');
    });
  }

  test('the same without a listener', async (t) => {
    const { connect } = await serve(t, { maxBadCommands: 0 });
    for (const [before, command, wanted] of rows) {
      const client = await connect();
      for (const line of before) await client.command(line);
      await client.command(command, wanted);
      client.destroy();
    }
  });

  test('a whole session, byte for byte', async (t) => {
    const { connect } = await serve(t, { name: 'mx.example' });
    const client = await connect({ greeting: false });
    client.write('HELO\r\nHELO c\r\nDATA\r\nMAIL FROM:<a@b>\r\nDATA\r\nXX\r\nRSET\r\nQUIT\r\n');
    await client.ended();
    assert.equal(
      client.received,
      [
        '220 mx.example at your service',
        `501 ${INTRODUCE}`,
        '250 mx.example greets c',
        `503 ${RECIPIENT}`,
        '250 OK',
        `503 ${RECIPIENT}`,
        `500 ${UNKNOWN}`,
        '250 OK',
        BYE,
        '',
      ].join('\r\n'),
    );
  });

  test('QUIT closes the connection, what is behind it is not answered', async (t) => {
    const { connect, greeted } = await serve(t);
    const fresh = await connect();
    fresh.write('QUIT\r\nNOOP\r\n');
    await fresh.expect(BYE);
    assert.equal(await fresh.ended(), '');
    const client = await greeted();
    await client.command('quit', BYE);
    assert.equal(await client.ended(), '');
  });

  test('HELP lists the commands, a line each', async (t) => {
    const { connect } = await serve(t);
    const client = await connect();
    const { lines } = await client.command('HELP', 211);
    const first = (line) => line.trim().split(/[\s:]/)[0];
    assert.deepEqual(
      lines.map(first).filter((word) => COMMANDS.includes(word)),
      COMMANDS,
    );
  });

  test('HELP command tells of its syntax', async (t) => {
    const { connect } = await serve(t);
    const client = await connect();
    for (const name of COMMANDS) {
      const { text } = await client.command(`HELP ${name}`, 214);
      assert.ok(text.includes(name), text);
      await client.command(`help ${name.toLowerCase()}`, text);
    }
    assert.match((await client.command('HELP MAIL', 214)).text, /MAIL FROM:<.*>/);
    assert.match((await client.command('HELP RCPT', 214)).text, /RCPT TO:<.*>/);
  });

  test('a second MAIL begins a new transaction', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners());
    const client = await greeted();
    await client.command('MAIL FROM:<first@client.example>', '250 OK');
    await client.command('RCPT TO:<first@example.domain>', '250 OK');
    await client.command('MAIL FROM:<second@client.example>', '250 OK');
    await client.command('DATA', `503 ${RECIPIENT}`);
    await client.command('RCPT TO:<second@example.domain>', '250 OK');
    await client.message('text\r\n', '250 OK');
    const { data } = log.all('data')[0].self;
    assert.equal(data.from, 'second@client.example');
    assert.deepEqual(data.recipients, ['second@example.domain']);
  });

  test('RSET keeps the greeting and drops the transaction', async (t) => {
    const { greeted } = await serve(t);
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', '250 OK');
    await client.command('RCPT TO:<b@example.domain>', '250 OK');
    await client.command('RSET', '250 OK');
    await client.command('DATA', 503);
    await client.transaction();
  });

  test('a second greeting drops the transaction', async (t) => {
    const { greeted } = await serve(t);
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', '250 OK');
    await client.command('RCPT TO:<b@example.domain>', '250 OK');
    await client.command('EHLO again.example', 250);
    await client.command('DATA', 503);
    await client.command('RCPT TO:<b@example.domain>', 503);
    await client.transaction();
  });
});

describe('pipelining', { timeout: 30_000 }, () => {
  const GROUP = 'MAIL FROM:<a@client.example>\r\nRCPT TO:<b@example.domain>\r\n'.concat(
    'RCPT TO:<c@example.domain>\r\nDATA\r\n',
  );
  for (const [title, listeners] of [
    ['without listeners', {}],
    ['with a listener for each', new Log().listeners()],
  ]) {
    test(`the replies of a group leave in one write, ${title}`, async (t) => {
      const { greeted } = await serve(t, {}, listeners);
      const client = await greeted();
      client.chunks.length = 0;
      client.write(GROUP);
      for (const code of [250, 250, 250, 354]) await client.expect(code);
      assert.equal(client.chunks.length, 1);
      client.chunks.length = 0;
      client.write(`text\r\n.\r\n${GROUP}`);
      for (const code of [250, 250, 250, 250, 354]) await client.expect(code);
      if (title === 'without listeners') assert.equal(client.chunks.length, 1);
      client.write('text\r\n.\r\n');
      await client.expect(250);
    });
  }
});

describe('what EHLO lists', { timeout: 30_000 }, () => {
  const tls = { key: p256().key, cert: p256().cert };
  /** The lines behind the first. */
  async function lines(t, params) {
    const { connect } = await serve(t, params);
    const client = await connect();
    const [first, ...rest] = (await client.command('EHLO client.example', 250)).lines;
    assert.equal(first, 'example.domain greets client.example');
    return rest;
  }
  const DEFAULT = ['HELP', 'SIZE 31457280', 'PIPELINING', '8BITMIME', 'SMTPUTF8', 'CHUNKING'];
  const rows = [
    ['by default', {}, DEFAULT],
    ['extensions: true', { extensions: true }, DEFAULT],
    ['with keys', { tls }, [...DEFAULT, 'STARTTLS']],
    [
      'enhancedStatusCodes: true',
      { tls, enhancedStatusCodes: true },
      [...DEFAULT, 'STARTTLS', 'ENHANCEDSTATUSCODES'],
    ],
    ['enhancedStatusCodes: false', { enhancedStatusCodes: false }, DEFAULT],
    ['size: 1000', { size: 1000 }, DEFAULT.with(1, 'SIZE 1000')],
    ['size: 0', { size: 0 }, DEFAULT.toSpliced(1, 1)],
    ['extensions: false', { tls, extensions: false }, ['HELP', 'SIZE 31457280']],
    ['extensions: false, size: 0', { extensions: false, size: 0 }, ['HELP']],
  ];
  for (const [title, params, wanted] of rows) {
    test(title, async (t) => assert.deepEqual(await lines(t, params), wanted));
  }

  test('an array names which', async (t) => {
    const some = await lines(t, { tls, extensions: ['PIPELINING', 'STARTTLS'] });
    assert.ok(some.includes('PIPELINING') && some.includes('STARTTLS'));
    assert.ok(!some.includes('8BITMIME') && !some.includes('SMTPUTF8'));
    const other = await lines(t, { tls, extensions: ['SIZE', 'SMTPUTF8', 'HELP'] });
    assert.deepEqual(other, ['HELP', 'SIZE 31457280', 'SMTPUTF8']);
  });

  test('HELO lists nothing', async (t) => {
    const { connect } = await serve(t, { tls, enhancedStatusCodes: true });
    const client = await connect();
    await client.command('HELO client.example', '250 example.domain greets client.example');
  });
});

describe('enhancedStatusCodes: true', { timeout: 30_000 }, () => {
  test('our own replies carry them, but the greeting, the answer to EHLO and 354', async (t) => {
    const { connect } = await serve(t, { enhancedStatusCodes: true });
    const client = await connect({ greeting: false });
    await client.expect('220 example.domain at your service');
    await client.command('NOSUCH', new RegExp(`^500 5\\.\\d+\\.\\d+ ${UNKNOWN}$`));
    await client.command('MAIL FROM:<a@b.example>', /^503 5\.\d+\.\d+ Introduce/);
    const { lines } = await client.command('EHLO client.example', 250);
    assert.equal(lines[0], 'example.domain greets client.example');
    await client.command('MAIL FROM:<a@b.example>', /^250 2\.\d+\.\d+ OK$/);
    await client.command('RCPT TO:<b@example.domain>', /^250 2\.\d+\.\d+ OK$/);
    await client.command('DATA', /^354 Ready to take/);
    client.write('text\r\n.\r\n');
    await client.expect(/^250 2\.\d+\.\d+ OK$/);
    for (const line of (await client.command('HELP', 211)).lines) assert.match(line, /^2\.\d\.\d /);
    await client.command('QUIT', /^221 2\.\d+\.\d+ Connection is being closed/);
  });

  test('texts that a listener gives stay as given', async (t) => {
    const listeners = {
      mail: (mail) => mail.from !== 'ok' || true,
      rcpt(address) {
        if (address.startsWith('no')) this.failure(550, 'who is that');
        else this.success('very well');
      },
    };
    const { greeted } = await serve(t, { enhancedStatusCodes: true }, listeners);
    const client = await greeted();
    await client.command('MAIL FROM:<a@b.example>', /^250 2\.\d+\.\d+ OK$/);
    await client.command('RCPT TO:<no@example.domain>', '550 who is that');
    await client.command('RCPT TO:<b@example.domain>', '250 very well');
  });

  test('without it no reply has one', async (t) => {
    const { connect } = await serve(t);
    const client = await connect();
    await client.envelope();
    await client.message('text\r\n');
    for (const line of ['NOSUCH', 'HELP', 'HELP MAIL', 'RCPT', 'QUIT']) await client.command(line);
    assert.doesNotMatch(client.received, /^\d\d\d[ -]\d\.\d+\.\d+/m);
  });
});
