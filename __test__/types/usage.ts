/**
 * Uses every public type the way a program does. It is compiled, never run: what must not compile
 * stands below `@ts-expect-error`.
 */
import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import {
  type AcceptedRecipient,
  type AnyListeners,
  Client,
  type ClientSocket,
  type Compat,
  type CompatListenerFunction,
  type CompatListeners,
  type Control,
  connect,
  createServer,
  type EventName,
  type ExtensionName,
  type FullListenerArguments,
  type Limits,
  type ListenerFunction,
  type Listeners,
  type Login,
  type MailCommand,
  type NetQueue,
  type NetQueueElement,
  protocol,
  type RcptParameters,
  type ScramKeys,
  Server,
  type ServerConfig,
  type ServerParams,
  type Session,
  type SessionData,
  SmtpError,
  scramKeys,
  type TlsParams,
} from 'smtp-engine';

import { Server as MailIoServer } from 'smtp-engine/mail-io';

import transport = require('smtp-engine/nodemailer');
import SmtpJs = require('smtp-engine/smtpjs');

/** Compiles where `value` is a `T` and nothing wider. */
function is<T>(_value: T): void {}

// Parameters -----------------------------------------------------------------------------------

const limits: Required<Limits> = {
  size: 30 * 1024 * 1024,
  maxClients: 10_000,
  maxClientsPerAddress: 0,
  maxRecipients: 1_000,
  maxMessages: 0,
  maxBadCommands: 20,
  maxCommandLength: 2_048,
  timeout: 0,
  greetingTimeout: 300_000,
  commandTimeout: 300_000,
  handshakeTimeout: 30_000,
  dataTimeout: 600_000,
  listenerTimeout: 300_000,
};

const control: Required<Control> = {
  rates: {
    address: { sessions: 30, messages: 60, recipients: 600 },
    network: { sessions: 300 },
  },
  tarpit: 2_000,
  greetingDelay: 1_000,
  unauthorisedPipelining: 'refuse',
  minDataRate: 100,
  maxMemory: 256 * 1024 * 1024,
};

const tls: TlsParams = {
  key: readFileSync('key.pem'),
  cert: readFileSync('cert.pem', 'utf8'),
  ca: readFileSync('ca.pem'),
  passphrase: 'secret',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  requestCert: true,
  rejectUnauthorized: false,
  sni: { '*.example.com': { key: 'key', cert: readFileSync('cert.pem'), passphrase: 'other' } },
};

const extensions: ExtensionName[] = ['CHUNKING', 'BINARYMIME', 'DSN', 'REQUIRETLS', 'LIMITS'];

const params: ServerParams = {
  ...limits,
  ...control,
  name: 'mx.example.com',
  host: '127.0.0.1',
  port: '2525',
  path: '/run/smtp.sock',
  debug(type, text, session) {
    is<'CLIENT' | 'SERVER' | 'DATA'>(type);
    is<string>(text);
    is<Session>(session);
    is<Server>(this);
  },
  secure: false,
  requireTls: true,
  tls,
  extensions,
  enhancedStatusCodes: true,
  bareNewlines: 'refuse',
  threads: 1,
  backlog: 511,
  reusePort: true,
  resolve: { beforeGreeting: true, timeout: 2_000, servers: ['192.0.2.53:53'] },
};

// @ts-expect-error A parameter that there is not.
new Server({ prot: 25 });
// @ts-expect-error A port is a number or a numeric string.
new Server({ port: true });
// @ts-expect-error It is spelt differently.
new Server({ bareNewlines: 'normalize' });
// @ts-expect-error There is no such rate.
new Server({ rates: { address: { bytes: 1 } } });
// @ts-expect-error It is spelt differently.
new Server({ unauthorisedPipelining: 'reject' });
// @ts-expect-error There is no such extension.
new Server({ extensions: ['XCLIENT'] });
// @ts-expect-error A certificate belongs to it.
new Server({ tls: { key: '' } });
// @ts-expect-error It is too old.
new Server({ tls: { ...tls, minVersion: 'TLSv1.1' } });
// @ts-expect-error Roots of clients are of the server as a whole.
new Server({ tls: { ...tls, sni: { host: { ...tls, requestCert: 1 } } } });
// @ts-expect-error A server is an address.
new Server({ resolve: { servers: [53] } });
new Server({}, { sni: async (servername) => ({ key: servername, cert: new Uint8Array() }) });
new Server(
  {},
  {
    sni(servername) {
      is<Server>(this);
      return servername === 'a.example' ? { key: '', cert: '', ca: [''] } : undefined;
    },
  },
);
// @ts-expect-error keys have both
new Server({}, { sni: () => ({ key: '' }) });
new Server(
  { xclient: ['192.0.2.1'], xforward: ['::/0'] as const },
  {
    connect(socket) {
      is<string | null | undefined>(this.xclient?.login);
      is<string | null | undefined>(this.xforward?.ident);
      is<string | undefined>(socket.proxy?.remoteAddress);
    },
  },
);
new Server(
  {},
  {
    vrfy(name, { smtpUtf8 }) {
      is<string>(name);
      is<true | undefined>(smtpUtf8);
      this.success(name);
    },
    expn: async (list, parameters) => list !== '' && parameters.smtpUtf8 === true,
    etrn: (host) => is<string>(host),
  },
);
// @ts-expect-error one function for all events is not asked
new Server({}, (type) => type === 'vrfy');
// @ts-expect-error not everybody may
new Server({ xclient: true });
// @ts-expect-error addresses are strings
new Server({ proxy: [1] });
is<Server>(new Server({ proxy: true }));
is<Server>(new Server({ proxy: ['192.0.2.0/24'] as const }));
is<Server>(new Server({ resolve: true }));
// @ts-expect-error There is one older shape.
new Server({ compat: '0.9' });
// @ts-expect-error A list of milliseconds is none.
new Server({ timeout: [1000] });

// Making servers -------------------------------------------------------------------------------

is<Server>(new Server());
is<Server>(Server());
is<Server>(new Server(params));
is<Server>(Server({ port: 25 }, { data: () => true }));
is<Server>(new Server({}, () => true));

// Listeners in the object form -------------------------------------------------------------------

const server = new Server(params, {
  start() {
    is<Server>(this);
    is<AddressInfo | string | null>(this.address());
  },
  stop() {
    is<Server>(this);
  },
  error(error) {
    is<Error>(error);
    is<Server | Session>(this);
    if (error instanceof SmtpError) {
      is<string>(error.code);
      is<number | undefined>(error.replyCode);
      is<string | undefined>(error.enhancedStatus);
      is<string | undefined>(error.command);
      is<boolean>(error.transient || error.permanent);
    }
    if ('smtp' in this) this.failure(451, 'Try again later');
    else this.stop();
  },
  secure(socket) {
    is<Session>(this);
    is<'TLSv1.2' | 'TLSv1.3' | undefined>(socket.protocol);
    is<string | undefined>(socket.cipher?.standardName);
    is<string | undefined>(socket.servername);
    is<boolean>(socket.authorized);
    is<string | null>(socket.authorizationError);
    is<string | null>(socket.getProtocol());
    is<string | undefined>(socket.getCipher()?.name);
    const certificate = socket.getPeerCertificate();
    if ('subject' in certificate) is<string>(certificate.fingerprint256);
    is<string | undefined>(socket.getPeerX509Certificate()?.subject);
    is<Server>(this.smtp.setTls(tls));
  },
  connect(socket) {
    is<ClientSocket>(socket);
    is<Session>(this);
    if (socket.remoteAddress === '192.0.2.1') this.failure(554, 'Not you');
    return true;
  },
  disconnect(socket) {
    is<ClientSocket>(socket);
  },
  timeout() {
    is<Session>(this);
    this.success();
  },
  message(line) {
    is<string>(line);
    if (line === 'XYZZY') this.ok('Nothing happens');
    else return true;
  },
  response(line) {
    is<string>(line);
  },
  helo(origin) {
    is<string>(origin);
    this.success([`${this.smtp.config.name} greets you`, 'HELP']);
  },
  mail({ from, size }) {
    is<string>(from);
    is<number | undefined>(size);
    // @ts-expect-error The size is not always given.
    is<number>(size);
    return true;
  },
  async rcpt(address) {
    is<string>(address);
    await Promise.resolve();
  },
  dataStart() {
    return true;
  },
  dataChunk(chunk) {
    is<Buffer>(chunk);
  },
  data(message) {
    is<string>(message);
    is<Buffer>(this.raw);
    this.success(`Taken as ${this.id}`);
  },
});

// @ts-expect-error There is no such event.
server.on({ recipient: () => true });
// @ts-expect-error The address is a string.
server.on({ rcpt: (address: number) => address > 0 });
// @ts-expect-error Two arguments are the older shape, which was not asked for.
server.on({ mail: (from: string, size?: number) => from !== '' || size === 0 });
server.on({
  start() {
    // @ts-expect-error A server is no session.
    this.success();
  },
  helo() {
    // @ts-expect-error A session is no server.
    this.listen();
  },
});
// @ts-expect-error A listener is a function.
server.on({ data: true });

// Listeners in the function form -----------------------------------------------------------------

server.on(function (type, param) {
  is<Server | Session>(this);
  is<EventName>(type);
  switch (type) {
    case 'start':
    case 'stop':
    case 'timeout':
    case 'dataStart':
      is<undefined>(param);
      break;
    case 'error':
      is<Error>(param);
      break;
    case 'secure':
    case 'connect':
    case 'disconnect':
      is<ClientSocket>(param);
      break;
    case 'message':
    case 'response':
    case 'helo':
    case 'rcpt':
      is<string>(param);
      break;
    case 'mail':
      is<MailCommand>(param);
      // @ts-expect-error It is an object.
      is<string>(param);
      break;
    case 'auth':
      is<Login>(param);
      break;
    case 'dataChunk':
      is<Buffer>(param);
      break;
    case 'data':
      is<string>(param);
      if ('smtp' in this) is<SessionData>(this.data);
      break;
    default:
      // Every event was there.
      is<never>(type);
  }
  return true;
});

const kept: Promise<ScramKeys> = scramKeys('secret', { iterations: 10_000 });
new Server(
  {
    requireAuth: true,
    authMechanisms: ['PLAIN', 'SCRAM-SHA-256-PLUS'],
    maxAuthFailures: 0,
    allowInsecureAuth: true,
  },
  {
    async auth(login) {
      is<string | undefined>(login.password);
      login.problem = { status: 'invalid_token', scope: 'mail' };
      // @ts-expect-error A problem has a status.
      login.problem = {};
      // @ts-expect-error Nobody is told a number.
      await login.verify(5);
      this.user = { id: 7 };
      return (await login.verify(await kept)) || (await login.verify(null));
    },
  },
);
// @ts-expect-error There is no such mechanism.
new Server({ authMechanisms: ['NTLM'] });

const every: ListenerFunction = (type, _param) => type !== 'data';
server.on((...[type, param, parameters]: FullListenerArguments) => {
  if (type !== 'rcpt') return true;
  is<string>(param);
  is<RcptParameters>(parameters);
  return parameters.notify?.includes('NEVER');
});
server.on({
  mail({ from, body, smtpUtf8, requireTls, auth, dsn }) {
    is<'7bit' | '8bitmime' | 'binarymime' | undefined>(body);
    is<true | undefined>(smtpUtf8 ?? requireTls);
    is<string | undefined>(auth ?? dsn?.envid);
    is<string>(this.receivedField() + this.receivedField({ id: 'x', for: 'a@b' }));
    is<MailCommand | undefined>(this.data.mail);
    is<AcceptedRecipient[]>(this.data.rcpt);
    return dsn?.ret === 'HDRS' || from;
  },
  rcpt: (address, { notify, orcpt }) => address === orcpt || notify?.includes('SUCCESS'),
});
server.on(every);
server.on((type: EventName) => type !== 'data');
server.on(() => true);
// @ts-expect-error There is no such event.
server.on((type: EventName) => type === 'recipient');

// The first README's arguments -------------------------------------------------------------------

const old = new Server(
  { compat: '1.0' },
  {
    mail(email, size) {
      is<string>(email);
      is<number | undefined>(size);
      is<Session>(this);
      return true;
    },
    data(message) {
      is<string>(message);
      this.success();
    },
  },
);
is<Server<'1.0'>>(old);
is<Server>(old);
is<Server>(Server({ compat: '1.0' }, { mail: (email: string) => email !== '' }));
old.on(function (type, param, size) {
  is<Server | Session>(this);
  if (type === 'mail') {
    is<string>(param);
    is<number | undefined>(size);
  }
  if (type === 'connect') is<ClientSocket>(param);
  // @ts-expect-error Only MAIL has a size.
  if (type === 'data') is<number>(size);
  return true;
});
// @ts-expect-error The older shape has no object.
old.on({ mail: ({ from }: MailCommand) => from !== '' });
const compatObject: CompatListeners = { mail: (email) => email.length > 0 };
const compatFunction: CompatListenerFunction = (type, param, size) =>
  type === 'mail' && param !== '' && size !== 0;
old.on(compatObject).on(compatFunction);
is<AnyListeners<'1.0'>>(old.listeners);
is<Compat>('1.0');

// The server -------------------------------------------------------------------------------------

is<Server>(server.start().stop().on({}));
is<Listeners | ListenerFunction>(server.listeners);
is<ServerConfig>(server.config);
is<string>(server.config.name);
is<number | string>(server.config.port);
is<boolean>(server.config.secure);
is<string | undefined>(server.config.path);
is<number>(server.config.size + server.config.timeout);
is<number>(server.connections);
// @ts-expect-error It counts by itself.
server.connections = 0;

export async function life(): Promise<void> {
  is<Server>(await server.listen());
  const address = server.address();
  if (address !== null && typeof address !== 'string') is<number>(address.port);
  is<Server>(await server.listen({ signal: AbortSignal.timeout(1_000) }));
  is<Server>(server.unref().ref());
  is<AsyncDisposable>(server);
  is<void>(await server[Symbol.asyncDispose]());
  // @ts-expect-error A controller is no signal.
  await server.listen({ signal: new AbortController() });
  is<void>(await server.close());
  await server.close({ grace: 5_000 });
  // @ts-expect-error A grace is milliseconds.
  await server.close({ grace: '5s' });
  // @ts-expect-error It is not the number itself.
  await server.close(5_000);
}

// The session ------------------------------------------------------------------------------------

export function decide(this: Session): void {
  is<string>(this.id);
  is<Server>(this.smtp);
  is<string | undefined>(this.data.origin);
  is<string | undefined>(this.data.from);
  is<number | undefined>(this.data.size);
  is<string | undefined>(this.data.message);
  this.data.recipients.push('archive@example.com');
  this.send(250);
  this.send(250, 'Fine');
  this.send(250, ['Fine', 'indeed'] as const);
  this.success();
  this.ok('Fine');
  this.failure(550);
  this.failure(550, 'Mailbox unavailable');
  this.send(250).write('250 Fine').end();
  is<Buffer | undefined>(this.raw);
  is<boolean>(this.data.received);
  this.results(this.data.rcpt.map(({ address }) => `for ${address}`)).end();
  this.results([true, 'Stored', { code: 550 }, { code: 452, message: ['Full', 'for now'] }]);
  // @ts-expect-error Who refuses says how.
  this.results([false]);
  // @ts-expect-error There is one for each recipient.
  this.results('Stored');
  // @ts-expect-error A code belongs to it.
  this.failure('550 Mailbox unavailable');
  // @ts-expect-error A code belongs to it.
  this.send();
  // @ts-expect-error A text is no number.
  this.success(250);
  // @ts-expect-error A session keeps its id.
  this.id = 'x';
  // @ts-expect-error There is no message of one's own choice.
  this.raw = 'x';
}

export function answer(queue: NetQueue): void {
  if (queue.isEmpty()) {
    const element = queue.push({
      init() {
        is<NetQueueElement>(this);
      },
      continue(line: Buffer) {
        is<NetQueueElement | null>(this.queue.next(line));
      },
    });
    is<unknown>(element.params);
  }
  is<unknown>(queue.trigger('success', 'x'));
  queue.trigger('success');
  queue.next();
  queue.clear();
}

export function look(socket: ClientSocket): void {
  is<string | undefined>(socket.remoteAddress);
  is<number | undefined>(socket.remotePort);
  is<string | undefined>(socket.remoteFamily);
  is<string | undefined>(socket.localAddress);
  is<number | undefined>(socket.localPort);
  is<boolean>(socket.encrypted);
  is<string | undefined>(socket.hostname);
  is<boolean>(socket.destroyed);
  socket.on('error', (error) => is<Error>(error));
  socket.once('close', () => {});
  socket.on('timeout', () => socket.end());
  socket.setTimeout(1_000);
  socket.setTimeout(1_000, () => socket.destroy());
  // @ts-expect-error Its data goes to the engine.
  socket.on('data', () => {});
  socket.setNoDelay().setKeepAlive().write('250 OK');
  socket.end('221 Bye');
}

// Errors -----------------------------------------------------------------------------------------

new SmtpError('SMTP_ERR_MINE', 'Mailbox is full', { replyCode: 452, cause: new Error() });
// @ts-expect-error A code belongs to it.
new SmtpError();

export function explain(error: unknown): string {
  if (!(error instanceof SmtpError)) return 'unknown';
  is<Error>(error);
  // @ts-expect-error It is worked out from the reply code.
  error.transient = true;
  is<string | undefined>(error.syscall ?? error.address);
  is<number | undefined>(error.errno ?? error.port);
  return `${error.code}: ${error.message}`;
}

// ---------------------------------------------------------------------------------------------
// The client
// ---------------------------------------------------------------------------------------------

async function sending(): Promise<void> {
  const { signal } = new AbortController();
  const result = await Client.send(
    { host: 'mx.example', port: 587, tls: 'required', auth: { user: 'u', password: 'p' }, signal },
    { from: 'a@b.example', to: ['c@d.example'], dsn: { notify: 'never', ret: 'HDRS' } },
    'Subject: x\r\n\r\n',
  );
  const first: string | undefined = result.accepted[0] ?? result.rejected[0]?.reply;
  const encrypted: boolean = result.tls;
  await Client.send({ mx: true, dnsServers: ['192.0.2.53'] }, { from: '', to: 'a@b' }, ['x']);
  const prepared: string = Client.prepare('Subject: x\r\n\r\n.');
  const classic: Client.Session = new Client.Session();
  const line: string = await classic.on({ error: ({ code }) => code?.length }).connect('localhost');
  await classic.data(prepared + line);
  const named: Client.Pool | undefined = undefined;
  (named as Client.Pool | undefined)?.stats();
  const pool = new Client.Pool({ path: '/run/lmtp', lmtp: true, greetingTimeout: 5_000 });
  await pool.send({ from: 'a@b', to: 'c@d' }, { path: '/tmp/x.eml' });
  await pool.send({ from: 'a@b', to: 'c@d', body: 'binarymime' }, readFileSync('x'), { signal });
  const waiting: number = pool.stats().queued;
  const yes: true = await pool.verify();
  await pool.close({ grace: 100 });
  void [first, encrypted, waiting, yes];
  // @ts-expect-error there is no such policy
  new Client.Pool({ host: 'a', tls: 'maybe' });
  // @ts-expect-error a recipient is missing
  await pool.send({ from: 'a@b' }, 'x');
  // @ts-expect-error a number is no message
  await pool.send({ from: 'a@b', to: 'c@d' }, 5);
}
void sending;

const mailer = transport({ host: 'mx.example', pool: true, auth: { user: 'u', pass: 'p' } });
const verified: Promise<true> = mailer.verify();
void verified;
// @ts-expect-error true or false
transport({ pool: 'yes' });

// ---------------------------------------------------------------------------------------------
// smtp-protocol
// ---------------------------------------------------------------------------------------------

const catcher = createServer(
  { domain: 'mx.example', tls: true, key: 'k', cert: 'c', size: 5 },
  (req) => {
    req.on('greeting', (command, ack) =>
      command.hostname ? ack.accept() : ack.reject(504, 'who?'),
    );
    req.on('to', (to, ack) => ack.accept(250, [to, 'is fine']));
    req.on('message', (message, ack) => {
      const sender: string | undefined = req.from;
      message.pipe(process.stdout, { end: false });
      message.abort(552, 'enough');
      ack.accept();
      void sender;
    });
    req.on('command', (command, { preventDefault, write, next }) => {
      if (command.recognized === false) preventDefault();
      write(250, 'OK');
      next();
    });
    req.on('tls', (socket) => is<boolean>(socket.encrypted));
    // @ts-expect-error a number is no acknowledgement
    req.on('from', (_from, _ack: number) => {});
  },
);
catcher.listen(0, '127.0.0.1', () => old.close());
catcher.on('connection', (socket) => is<string | undefined>(socket.remoteAddress));
createServer('mx.example');
createServer((req) => is<string[] | undefined>(req.to));
// @ts-expect-error a domain is a string
createServer(5);

const outgoing = connect(25, 'mx.example', { tls: { ca: 'x' } }, (client) => {
  client.on('greeting', (code, lines) => is<string[]>([String(code), ...lines]));
  client.ehlo('x', (error, code) => is<number | undefined>(error ? undefined : code));
  client.from('a@b', 'SIZE=5', () => {});
  client.login('user', 'password', 'CRAM-MD5', () => {});
  client.message(process.stdin, () => {});
  client.message().end('text');
  client.startTLS({ servername: 'mx.example' }, () => client.quit());
  // @ts-expect-error there is no such method
  client.noop();
});
outgoing.end();
const behind = protocol.client({ domain: 'x' }, outgoing);
behind.socket.setNoDelay();
protocol.server(outgoing).helo('x');

// ---------------------------------------------------------------------------------------------
// mail-io and smtpjs
// ---------------------------------------------------------------------------------------------

const relaying = new MailIoServer(
  {
    domains: ['x'],
    relay: { queueDir: '/x', smtpPort: 25 },
    plugins: {
      'rcpt/dnsbl': { blacklist: ['a', 'b'] },
      'queue/spamd': false,
      'queue/maildir': { mailDir: '/%d/%n', extend: async (address) => [address] },
    },
    handlers: {
      rcpt: [{ name: 'a', after: 'core', handler: (req, res) => res.accept(250, req.to) }],
      xtra: [{ name: 'b', handler: (req, res) => res.accept(250, req.command.data) }],
    },
    logger: { verbose: () => {} },
  },
  (session) => {
    session.on('auth', (req, res) =>
      req.user.password === 'x' ? res.accept() : res.reject(535, 'no'),
    );
    session.on('rcpt', (req) => is<string[]>(req.to.split('@')));
    session.on('noop', (req) => is<string | undefined>(req.to));
    session.on('data', (req) => req.stream.pipe(process.stdout));
    session.on('queue', (req, res) => {
      is<string | undefined>(req.mail.problem ?? req.mail.subject?.trim());
      is<string | undefined>(req.mail.from?.[0]?.address ?? req.file);
      res.set({ a: 1 });
      res.accept(250, 'queued');
    });
    // @ts-expect-error a code is a number
    session.on('mail', (_req, res) => res.reject('550', 'no'));
  },
);
relaying.addHandler('data', { name: 'b', before: ['c'], handler: () => {} });
relaying.addHandler('queue', { name: 'c', mail: false, handler: ({ file }) => is<string>(file) });

// The program of the original's README, as it stands there.
const original = new MailIoServer({ domains: ['foo.com'], auth: { requireTls: true } });
original.on('session', (session) => {
  session.on('auth', (req, res) => {
    if (req.user && req.user.username === 'john' && req.user.password === 'doe') {
      return res.accept(250, 'OK');
    } else {
      return res.reject(535, 'Authentication failed');
    }
  });
});
original.addHandler('rcpt', {
  name: 'my-rcpt-handler',
  before: 'dnsbl',
  handler: (req, res) => {
    if (req.to.split('@')[1] === 'foo.com') {
      res.accept();
    } else {
      res.reject(502, 'We only accept mail for the "foo.com" domain');
    }
  },
});
original.listen(25);
relaying.listen(25).on('session', (session) => is<string[]>(session.envelope.to));
void relaying.sendMail({ to: 'a@b' });
is<number | null>(relaying.port);

const schemed = SmtpJs.factory({
  config: { port: 0 },
  data: () => ({ count: 0 }),
  events: {
    connect(socket) {
      this.logger.log(socket.id, this.count);
    },
    'MAIL FROM': ({ params }) => is<string>(params),
    done: (mail) => is<string>(mail.from),
    // @ts-expect-error a listener is a function
    HELO: 5,
  },
});
is<string[]>(schemed.list());
is<string>(SmtpJs.parser('HELO x').action);
