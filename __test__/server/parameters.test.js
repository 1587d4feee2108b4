'use strict';
// Parameters of MAIL and RCPT, as listeners and `session.data` have them.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { Log, serve } = require('../support/serve.js');

/** What stands behind MAIL FROM:<a@x.test>, and what its listener gets beside `from`. */
/** @type {[string, object][]} */
const MAIL = [
  ['', { size: undefined }],
  [' SIZE=5', { size: 5 }],
  [' BODY=7BIT', { size: undefined, body: '7bit' }],
  [' BODY=8bitmime SIZE=0', { size: 0, body: '8bitmime' }],
  [' SMTPUTF8', { size: undefined, smtpUtf8: true }],
  [' AUTH=<>', { size: undefined, auth: '<>' }],
  [' AUTH=e+3Dmc2@x.test', { size: undefined, auth: 'e=mc2@x.test' }],
  [' RET=FULL', { size: undefined, dsn: { ret: 'FULL' } }],
  [' ENVID=a+2Bb', { size: undefined, dsn: { envid: 'a+b' } }],
  [' RET=hdrs ENVID=__proto__', { size: undefined, dsn: { ret: 'HDRS', envid: '__proto__' } }],
];

/** The same of RCPT TO:<b@x.test>. @type {[string, object][]} */
const RCPT = [
  ['', {}],
  [' NOTIFY=NEVER', { notify: ['NEVER'] }],
  [' NOTIFY=failure,SUCCESS', { notify: ['SUCCESS', 'FAILURE'] }],
  [' ORCPT=rfc822;b+2Bc@x.test', { orcpt: 'rfc822;b+c@x.test' }],
  [' ORCPT=utf-8;b\\x{FC}@x.test', { orcpt: 'utf-8;bü@x.test' }],
  [' NOTIFY=DELAY ORCPT=rfc822;constructor', { notify: ['DELAY'], orcpt: 'rfc822;constructor' }],
];

describe('parameters of MAIL and RCPT', { timeout: 60_000 }, () => {
  test('reach the listeners and data, in every form of listeners', async (t) => {
    const log = new Log();
    const answers = { mail: () => true, rcpt: () => true, data: () => true };
    const forms = {
      object: log.listeners(answers, []),
      function(/** @type {string} */ type, /** @type {any[]} */ ...args) {
        log.add(type, this, args);
        return true;
      },
      engine: { data: log.listeners(answers, []).data },
    };
    for (const [form, listeners] of Object.entries(forms)) {
      const { greeted } = await serve(t, {}, listeners);
      const client = await greeted();
      for (const [mail, expected] of MAIL) {
        for (const [rcpt, others] of RCPT) {
          log.entries = [];
          await client.command(`MAIL FROM:<a@x.test>${mail}`, 250);
          await client.command(`RCPT TO:<b@x.test>${rcpt}`, 250);
          await client.command('RCPT TO:<c@x.test>', 250);
          await client.command('DATA', 354);
          await client.command('.', 250);
          const { data } = log.all('data')[0].self;
          const said = `${form}:${mail}${rcpt}`;
          assert.deepEqual(data.mail, { from: 'a@x.test', ...expected }, said);
          const accepted = [{ address: 'b@x.test', ...others }, { address: 'c@x.test' }];
          assert.deepEqual(data.rcpt, accepted, said);
          assert.deepEqual(data.recipients, ['b@x.test', 'c@x.test'], said);
          if (form === 'engine') continue;
          assert.deepEqual(log.all('mail')[0].args, [data.mail], said);
          const told = log.all('rcpt').map(({ args }) => args);
          assert.deepEqual(
            told,
            [
              ['b@x.test', others],
              ['c@x.test', {}],
            ],
            said,
          );
        }
      }
    }
  });

  test('are of the transaction at hand, and of recipients that were accepted', async (t) => {
    const log = new Log();
    const { greeted } = await serve(
      t,
      {},
      log.listeners(
        {
          mail({ from }) {
            if (from === 'bad@x.test') this.failure(550);
            return from !== 'bad@x.test';
          },
          async rcpt(address) {
            return address !== 'nobody@x.test';
          },
        },
        [],
      ),
    );
    const client = await greeted();
    const data = () => log.entries.at(-1)?.self.data;
    await client.command('MAIL FROM:<a@x.test> RET=FULL', 250);
    await client.command('RCPT TO:<b@x.test> NOTIFY=NEVER', 250);
    await client.command('RCPT TO:<nobody@x.test> NOTIFY=NEVER', 550);
    assert.deepEqual(data().rcpt, [{ address: 'b@x.test', notify: ['NEVER'] }]);
    await client.command('MAIL FROM:<bad@x.test>', 550);
    assert.deepEqual(data().mail, { from: 'a@x.test', size: undefined, dsn: { ret: 'FULL' } });
    assert.equal(data().rcpt.length, 1);
    await client.command('MAIL FROM:<a@x.test> BODY=7BIT', 250);
    assert.deepEqual(data().mail, { from: 'a@x.test', size: undefined, body: '7bit' });
    assert.deepEqual(data().rcpt, []);
    await client.command('RSET', 250);
    await client.command('MAIL FROM:<bad@x.test>', 550);
    assert.equal(data().mail, undefined);
  });

  test('can be handed on by a client as they are', async (t) => {
    const log = new Log();
    const { target } = await serve(
      t,
      { extensions: ['8BITMIME', 'SMTPUTF8', 'DSN'] },
      log.listeners(),
    );
    const relay = await serve(
      t,
      {},
      {
        async data(message) {
          const [{ address, ...dsn }] = this.data.rcpt;
          const { dsn: own, ...envelope } = this.data.mail;
          const server = { host: '127.0.0.1', port: target, tls: 'none' };
          await Client.send(server, { ...envelope, to: address, dsn: { ...own, ...dsn } }, message);
        },
      },
    );
    const client = await relay.greeted();
    await client.command('MAIL FROM:<a@x.test> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb', 250);
    await client.command('RCPT TO:<b@x.test> NOTIFY=SUCCESS ORCPT=rfc822;b+2Bc@x.test', 250);
    await client.command('DATA', 354);
    await client.command('.', 250);
    const { data } = log.all('data')[0].self;
    assert.deepEqual(data.mail, {
      ...{ from: 'a@x.test', size: data.mail.size, body: '8bitmime', smtpUtf8: true },
      dsn: { ret: 'HDRS', envid: 'a+b' },
    });
    const recipient = { notify: ['SUCCESS'], orcpt: 'rfc822;b+c@x.test' };
    assert.deepEqual(data.rcpt, [{ address: 'b@x.test', ...recipient }]);
  });

  test('that decode to a control character, or have no end, are refused', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { maxBadCommands: 0 }, log.listeners({}, ['mail', 'rcpt']));
    const client = await greeted();
    const mail = 'MAIL FROM:<a@x.test>';
    for (const text of [
      'ENVID=a+0D+0A',
      'AUTH=a+00',
      'RET=X',
      'SIZE=-1',
      'ENVID=',
      'RET=FULL RET=FULL',
    ])
      await client.command(`${mail} ${text}`, 501);
    await client.command(`${mail}${' SIZE=1'.repeat(200)}`, 501);
    await client.command(`${mail}${' SIZE=1'.repeat(1_000)}`, 500);
    await client.command(`${mail} ENVID=${'a'.repeat(100)}`, 250);
    await client.command(`${mail} ENVID=${'a'.repeat(101)}`, 501);
    for (const text of ['ORCPT=rfc822;a+0D+0A', 'NOTIFY=NEVER,DELAY', 'NOTIFY=', 'ORCPT=b@x.test'])
      await client.command(`RCPT TO:<b@x.test> ${text}`, 501);
    assert.equal(log.all('mail').length, 1);
    assert.equal(log.all('rcpt').length, 0);
  });

  const many = (/** @type {(at: number) => string} */ parameter) =>
    Array.from({ length: 1_000 }, (_, at) => ` ${parameter(at)}`).join('');
  /** What they are, and the replies to MAIL and RCPT with them: refused and ignored where not known. */
  const THOUSAND = /** @type {const} */ ({
    same: [many(() => 'SIZE=1'), [501, 555], [501, 250]],
    'of many names': [many((at) => `X${at}=${at}`), [555, 555], [250, 250]],
    'flags of many names': [many((at) => `X${at}`), [555, 555], [250, 250]],
    'keys of objects': [many((at) => `constructor${at}=x`), [555, 555], [250, 250]],
    'malformed at last': [`${many((at) => `X${at}`)} =x`, [501, 501], [501, 501]],
    'no names': [many(() => '__proto__=x'), [501, 501], [501, 501]],
  });
  for (const [what, [text, refused, ignored]] of Object.entries(THOUSAND)) {
    for (const [params, [atMail, atRcpt]] of /** @type {const} */ ([
      [{}, [500, 500]],
      [{ maxCommandLength: 0 }, refused],
      [{ maxCommandLength: 0, unknownParameters: 'ignore' }, ignored],
    ])) {
      test(`1,000, ${what}: ${JSON.stringify(params)}`, async (t) => {
        const log = new Log();
        const listeners = log.listeners({}, ['mail', 'rcpt']);
        const { greeted } = await serve(t, { maxBadCommands: 0, ...params }, listeners);
        const client = await greeted();
        await client.command(`MAIL FROM:<a@x.test>${text}`, atMail);
        await client.command('MAIL FROM:<a@x.test>', 250);
        await client.command(`RCPT TO:<b@x.test>${text}`, atRcpt);
        await client.command('RCPT TO:<b@x.test>', 250);
        await client.message('x\r\n');
        const mail = { from: 'a@x.test', size: undefined };
        assert.deepEqual(log.values('mail'), Array(atMail === 250 ? 2 : 1).fill(mail));
        assert.deepEqual(log.values('rcpt'), Array(atRcpt === 250 ? 2 : 1).fill('b@x.test'));
      });
    }
  }

  test('of 1 MB on one line end the session, and no listener hears of them', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners({}, ['mail']));
    const client = await greeted();
    client.write(`MAIL FROM:<a@x.test> ENVID=${'a'.repeat(1_000_000)}`);
    await client.expect(421);
    assert.equal(log.all('mail').length, 0);
  });
});
