/**
 * An SMTP engine: everything between the socket and a listener runs in Rust, JavaScript decides.
 *
 * Times are milliseconds and sizes are bytes unless it says otherwise.
 */

/// <reference types="node" />

import type { Buffer } from 'node:buffer';
import type { X509Certificate } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import type { CipherNameAndProtocol, DetailedPeerCertificate, PeerCertificate } from 'node:tls';
import type { AuthParams, Login } from './types/auth.js';
import type { Pem } from './types/client.js';

export * from './types/auth.js';
export * from './types/client.js';
export { connect, createServer, protocol } from './types/smtp-protocol.js';
// For programs that have this package under the name smtp-server.
export type * from './types/smtp-server.js';
export { SMTPServer } from './types/smtp-server.js';

// ---------------------------------------------------------------------------------------------
// Parameters
// ---------------------------------------------------------------------------------------------

/** What a client may use. 0 lifts a limit. */
export interface Limits {
  /**
   * The longest message in bytes, after doubled dots are undone. Beyond it 552, at MAIL or at the
   * end of DATA. RFC 1870 section 6, RFC 5321 section 4.5.3.1.7.
   * @default 31457280 (30 MiB)
   */
  size?: number;
  /** Connections at a time. Beyond it 421 and close. @default 10000 */
  maxClients?: number;
  /** Connections at a time from one address. Beyond it 421 and close. @default 0 */
  maxClientsPerAddress?: number;
  /**
   * Recipients of a message. Beyond it 452. RFC 5321 section 4.5.3.1.8.
   * @default 1000
   */
  maxRecipients?: number;
  /** Messages of a session. Beyond it 421 and close. @default 0 */
  maxMessages?: number;
  /**
   * Unknown, malformed or misplaced commands of a session. Beyond it 421 and close.
   * RFC 5321 section 7.8.
   * @default 20
   */
  maxBadCommands?: number;
  /**
   * Bytes of a command line with its line end; inside AUTH 12288. Beyond it 500 and the line is
   * skipped; after 20 of them, before a greeting, and for a line that goes on beyond 64 KiB, 421 and
   * close. RFC 5321 section 4.5.3.1.4.
   * @default 2048
   */
  maxCommandLength?: number;
  /**
   * Milliseconds without traffic after which 'timeout' is raised and, if that goes on, the
   * connection is closed.
   * @default 0
   */
  timeout?: number;
  /** Milliseconds from the connection to a greeting. Beyond it 421 and close. @default 300000 */
  greetingTimeout?: number;
  /**
   * Milliseconds to complete a command line, a deadline and no idle timer. Beyond it 421 and
   * close. RFC 5321 section 4.5.3.2.7.
   * @default 300000
   */
  commandTimeout?: number;
  /**
   * Milliseconds to complete a TLS handshake, and to complete a PROXY header. Beyond it the connection
   * is closed.
   * @default 30000
   */
  handshakeTimeout?: number;
  /**
   * Milliseconds without a byte of message data. Beyond it 421 and close.
   * RFC 5321 section 4.5.3.2.5.
   * @default 600000
   */
  dataTimeout?: number;
  /**
   * Milliseconds for a listener to answer. Beyond it the client gets 451 and 'error' is raised
   * with the code `SMTP_ERR_LISTENER_TIMEOUT`.
   * @default 300000
   */
  listenerTimeout?: number;
}

/** A version of TLS that is spoken. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Numbers a minute; 0 or nothing is off. */
export interface RateLimits {
  /** Sessions. Beyond it 421 and close. */
  sessions?: number;
  /** Messages, counted at MAIL. Beyond it 451. */
  messages?: number;
  /** Recipients. Beyond it 451. */
  recipients?: number;
}

/** What is done about clients that behave badly. Each is off until it is set. */
export interface Control {
  /**
   * What the clients of one address may do in a minute, and those of one network (an IPv4 /24, an
   * IPv6 /64) together. A minute's worth may come at once; what is used comes back evenly. What a
   * listener refuses does not count. Clients of a unix socket have no address and no rate.
   * @default {}
   */
  rates?: { address?: RateLimits; network?: RateLimits };
  /**
   * Milliseconds for which each negative reply is held back, those of listeners included, while
   * nothing more of the client is read or done.
   * @default 0
   */
  tarpit?: number;
  /**
   * Milliseconds for which the greeting waits. A client that sends something meanwhile gets 554
   * and is closed, and no listener hears of it. RFC 5321 section 4.3.1.
   * @default 0
   */
  greetingDelay?: number;
  /**
   * What becomes of a client that sends on behind a command whose reply it has to wait for:
   * `'refuse'` answers 503 and closes. RFC 2920 section 3.1.
   * @default 'accept'
   */
  unauthorisedPipelining?: 'accept' | 'refuse';
  /**
   * Bytes of message data a second, on average, once a message has taken 10 seconds. Below it 421
   * and close. Time in which listeners brake the client does not count.
   * @default 0
   */
  minDataRate?: number;
  /**
   * Bytes of memory for the messages of all sessions together, until listeners get them. Where
   * there is none left DATA gets 452, and so does a message that needs more on its way.
   * @default 0
   */
  maxMemory?: number;
}

/** Keys for TLS, as PEM. */
export interface TlsKeys {
  /** The private key. */
  key: Pem;
  /** The certificate, followed by what its chain needs. */
  cert: Pem;
  /** Certificates among which the issuers of `cert` are found, where it does not have them. */
  ca?: Pem | readonly Pem[];
  /** The passphrase of an encrypted `key`. */
  passphrase?: string;
}

/** Keys and settings for TLS. */
export interface TlsParams extends TlsKeys {
  /**
   * Certificates among which the issuers of `cert` are found; with `requestCert`, the roots of
   * clients' certificates as well, in place of `rootCertificates` of node:tls.
   */
  ca?: Pem | readonly Pem[];
  /** The lowest version. @default 'TLSv1.2' */
  minVersion?: TlsVersion;
  /** The highest version. @default 'TLSv1.3' */
  maxVersion?: TlsVersion;
  /** Ask clients for a certificate (RFC 8446 section 4.3.2). @default false */
  requestCert?: boolean;
  /**
   * With `requestCert`: whether the handshake fails without a valid certificate. If not, any
   * certificate or none gets in, and `socket.authorized` tells.
   * @default true
   */
  rejectUnauthorized?: boolean;
  /**
   * Keys by the host that a client names (RFC 6066 section 3); `*.example.com` stands for names
   * with exactly one label more. For a name that is not here, `key` and `cert` above count.
   */
  sni?: Readonly<Record<string, TlsKeys>>;
}

/** An EHLO keyword that `extensions` can name. */
export type ExtensionName =
  | 'PIPELINING'
  | '8BITMIME'
  | 'SMTPUTF8'
  | 'SIZE'
  | 'STARTTLS'
  | 'HELP'
  | 'ENHANCEDSTATUSCODES'
  | 'CHUNKING'
  | 'BINARYMIME'
  | 'DSN'
  | 'REQUIRETLS'
  | 'LIMITS';

/** Which version's listener arguments are wanted. */
export type Compat = '1.0';

/** The parameters of a server. */
export interface ServerParams extends Limits, Control, AuthParams {
  /** What the server calls itself. @default 'example.domain' */
  name?: string;
  /** The address to listen to. @default '0.0.0.0' */
  host?: string;
  /** The port to listen to, a numeric string as well; 0 takes a free one. @default 25, with `lmtp` 24 */
  port?: number | string;
  /** A unix socket to listen to, in place of `host` and `port`. */
  path?: string;
  /**
   * Called with each command line ('CLIENT'), reply line ('SERVER') and chunk of data ('DATA'). It gets
   * nothing of what clients log in with.
   */
  debug?: (this: Server, type: DebugType, text: string, session: Session) => void;
  /** Speak TLS from the first byte; needs `tls`. RFC 8314 section 3.3. @default false */
  secure?: boolean;
  /**
   * Answer MAIL with 530 until TLS is on; needs `tls`. RFC 3207 section 4.
   * @default false
   */
  requireTls?: boolean;
  /** Keys for TLS. Where there are any, STARTTLS is offered (RFC 3207). */
  tls?: TlsParams;
  /**
   * What EHLO lists: true for what needs nothing of the program, false for nothing but HELP and SIZE,
   * or the names. BINARYMIME, DSN, REQUIRETLS and LIMITS are listed by name alone: they promise what the program
   * does with a message, or limits. RFC 5321 section 4.1.1.1.
   * @default true
   */
  extensions?: boolean | readonly ExtensionName[];
  /**
   * Offer ENHANCEDSTATUSCODES and put enhanced status codes into the replies that the engine
   * gives by itself; texts of listeners stay as they are. RFC 2034, RFC 3463.
   * @default false
   */
  enhancedStatusCodes?: boolean;
  /**
   * Speak LMTP in place of SMTP: clients greet by LHLO, and a message is answered for each recipient, see
   * {@link Session.results}. `port` is then 24 and `enhancedStatusCodes` true by default. RFC 2033.
   * @default false
   */
  lmtp?: boolean;
  /** Which version's arguments listeners get; see {@link CompatServerParams}. */
  compat?: undefined;
  /**
   * What becomes of a CR or LF in a message that is not part of a CRLF: delivered as it was sent,
   * the message refused with 554, or made a CRLF. RFC 5321 section 2.3.8.
   * @default 'accept'
   */
  bareNewlines?: 'accept' | 'refuse' | 'normalise';
  /**
   * What becomes of parameters of MAIL and RCPT that no extension which is offered has: 555, or they
   * are ignored. RFC 5321 section 4.1.1.11. Those that common clients send unasked are always taken:
   * AUTH, BODY, RET, ENVID, NOTIFY, ORCPT and SIZE.
   * @default 'refuse'
   */
  unknownParameters?: 'refuse' | 'ignore';
  /**
   * Whether LF dot LF ends a message, too, where every line of the session has ended in a bare LF, as
   * people type it into `nc`; its lines are delivered with CRLF. After the first CRLF nothing but
   * CRLF dot CRLF does.
   * @default false
   */
  lineFeeds?: boolean;
  /**
   * Worker threads of the engine, which all servers of a process share: the first server decides.
   * The environment variable `SMTP_ENGINE_THREADS` says it as well.
   * @default 1
   */
  threads?: number;
  /**
   * Connections that the kernel may hold ready until they are accepted, a whole number from 1; it
   * takes less if its own limit (`somaxconn`) is lower.
   * @default 4096
   */
  backlog?: number;
  /**
   * Share the port with other servers that do so, in other processes or worker threads
   * (`SO_REUSEPORT`). Where the platform cannot, listening fails with the code ENOTSUP.
   * @default false
   */
  reusePort?: boolean;
  /**
   * The peers that send a header of the PROXY protocol, version 1 or 2, before all else: everybody, or
   * those at these addresses and in these networks (`'192.0.2.0/24'`). The session then shows the client
   * that the header names, and all that counts by address counts the client's.
   * @default false
   */
  proxy?: boolean | readonly string[];
  /**
   * Addresses and networks (`'192.0.2.0/24'`) of the peers that may say XCLIENT, and so speak for other
   * clients. EHLO lists it to these alone, and others get 550.
   * @default []
   */
  xclient?: readonly string[];
  /**
   * The same of XFORWARD, by which a peer tells of its client and changes nothing else.
   * @default []
   */
  xforward?: readonly string[];
  /**
   * Find out what clients' addresses are called, for `session.socket.hostname`.
   * @default false
   */
  resolve?: boolean | ResolveParams;
}

/** How names of clients are found; what is absent is as with `resolve: true`. */
export interface ResolveParams {
  /** Whether clients are greeted, and 'connect' is raised, only when it is done. @default false */
  beforeGreeting?: boolean;
  /** Milliseconds for all lookups of a client. Beyond it there is no name. @default 5000 */
  timeout?: number;
  /**
   * DNS servers such as '192.0.2.53', '192.0.2.53:5353' or '[2001:db8::53]:53', in place of the
   * system's servers and hosts file.
   */
  servers?: readonly string[];
}

/** The parameters of a server whose listeners take the arguments of an older version. */
export interface CompatServerParams extends Omit<ServerParams, 'compat'> {
  /** `'1.0'` gives the `mail` listener `(email, size)` as two arguments. */
  compat: Compat;
}

/** What `debug` is called with. */
export type DebugType = 'CLIENT' | 'SERVER' | 'DATA';

// ---------------------------------------------------------------------------------------------
// Listeners
// ---------------------------------------------------------------------------------------------

/**
 * What MAIL said (RFC 5321 section 4.1.1.2); what the client did not give is not there. Its words are
 * those of a client's envelope.
 */
export interface MailCommand {
  /** The reverse-path, '' for `<>`. */
  from: string;
  /** The size in bytes that the client announced, if it did (RFC 1870 section 6). */
  size?: number;
  /** What the message's bytes may be (RFC 6152 section 3, RFC 3030 section 3). */
  body?: '7bit' | '8bitmime' | 'binarymime';
  /** Whether addresses or header fields need SMTPUTF8 (RFC 6531 section 3.4). */
  smtpUtf8?: true;
  /** Whether the message may travel under TLS only (RFC 8689 section 4.1). */
  requireTls?: true;
  /** Who submitted the message, '<>' where that is not known (RFC 4954 section 5). */
  auth?: string;
  /** What reports of delivery bring back, and their name for it (RFC 3461 sections 4.3 and 4.4). */
  dsn?: { ret?: 'FULL' | 'HDRS'; envid?: string };
}

/** The parameters of VRFY and EXPN, as far as the client gave them. */
export interface InquiryParameters {
  /**
   * The client takes a reply in UTF-8 (RFC 6531 section 3.7.4.2). Without it, a reply that is not ASCII is
   * 252 where it agrees, and has `?` for what is not ASCII where it refuses.
   */
  smtpUtf8?: true;
}

/**
 * Parameters of RCPT; what the client did not give is not there. They have the form of a client's
 * `envelope.dsn`.
 */
export interface RcptParameters {
  /** Of what a report is to be sent (RFC 3461 section 4.1). */
  notify?: ('NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY')[];
  /** Whom the sender meant in the first place: `rfc822;` and an address (RFC 3461 section 4.2). */
  orcpt?: string;
}

/** A recipient that was accepted. */
export interface AcceptedRecipient extends RcptParameters {
  /** The forward-path. */
  address: string;
}

/**
 * A listener for each event, all optional. An event without a listener is answered by the engine
 * and costs JavaScript nothing.
 *
 * An interruptable event goes on when its listener returns a truthy value, when the promise that
 * it returns is fulfilled, or when `success` or `ok` is called, then or later. It is refused by
 * `failure`, and by a promise that is fulfilled with false (550; 554 at connect, dataStart and
 * data; 459 at etrn; at timeout the client stays). The first of these wins. A falsy value that is returned at
 * once decides nothing. A listener that throws or whose promise is rejected raises 'error' and the
 * client gets 451, or the `replyCode` and message of the error if it has one.
 */
export interface Listeners {
  /** The server listens. */
  start?(this: Server): unknown;
  /** The server has stopped and its last session is gone. */
  stop?(this: Server): unknown;
  /**
   * Something failed: the server (`this` is the server) or a listener or the connection of a
   * session (`this` is the session). A verdict given here counts for the event that failed; the
   * value returned does not.
   */
  error?(this: Server | Session, error: ListenerError): unknown;
  /**
   * A TLS handshake is complete: after the 220 to STARTTLS and before the next command's events;
   * before 'connect' where TLS begins with the first byte.
   */
  secure?(this: Session, socket: ClientSocket): unknown;
  /**
   * A client names a host in its handshake that `tls.sni` does not have (RFC 6066 section 3). What is
   * returned are its keys, or undefined for those of the server, or a promise of either. A listener that
   * fails ends the handshake. Not for one function for all events.
   */
  sni?(
    this: Server,
    servername: string,
  ): TlsKeys | null | undefined | PromiseLike<TlsKeys | null | undefined>;
  /** Interruptable: a client has connected. Goes on with 220. */
  connect?(this: Session, socket: ClientSocket): unknown;
  /** The connection has ended. */
  disconnect?(this: Session, socket: ClientSocket): unknown;
  /** Interruptable: nothing happened for `timeout` milliseconds. Goes on by closing. */
  timeout?(this: Session): unknown;
  /**
   * Interruptable: a command line, trimmed, before the event of its command. `ok()` answers 250
   * and skips the command.
   */
  message?(this: Session, line: string): unknown;
  /** A line of a reply, without CRLF, before its bytes leave. */
  response?(this: Session, line: string): unknown;
  /**
   * A client wants to log in (RFC 4954). What is returned decides at once: a truthy value, a promise of
   * one, `success()` and `ok()` let it in; anything else refuses it with 535, and a failure of the
   * listener with 454.
   */
  auth?(this: Session, login: Login): unknown;
  /** Interruptable: HELO or EHLO with the client's domain (RFC 5321 section 4.1.1.1). */
  helo?(this: Session, origin: string): unknown;
  /** Interruptable: MAIL (RFC 5321 section 4.1.1.2). */
  mail?(this: Session, mail: MailCommand): unknown;
  /** Interruptable: RCPT with its forward-path and parameters (RFC 5321 section 4.1.1.3). */
  rcpt?(this: Session, address: string, parameters: RcptParameters): unknown;
  /**
   * Interruptable: VRFY with a mailbox or a user's name (RFC 5321 section 4.1.1.6). Goes on with 252, and
   * with 250 where `success` or `ok` has a text. Not for one function for all events.
   */
  vrfy?(this: Session, name: string, parameters: InquiryParameters): unknown;
  /** Interruptable: EXPN with the name of a list (RFC 5321 section 4.1.1.7). As `vrfy`. */
  expn?(this: Session, list: string, parameters: InquiryParameters): unknown;
  /**
   * Interruptable: ETRN with a host, perhaps behind `@` or `#` (RFC 1985). Goes on with 250; a promise that
   * is fulfilled with false refuses with 459. Not for one function for all events.
   */
  etrn?(this: Session, host: string): unknown;
  /**
   * Interruptable: DATA (RFC 5321 section 4.1.1.4). Goes on with 354. `this.message()` gives the
   * message as a stream.
   */
  dataStart?(this: Session): unknown;
  /**
   * Message data as it came from the wire: dots still doubled, the end-of-data line included.
   */
  dataChunk?(this: Session, chunk: Buffer): unknown;
  /**
   * Interruptable: the message as a string (UTF-8), every line with its CRLF, doubled dots undone
   * (RFC 5321 section 4.5.2). `session.raw` has its bytes.
   */
  data?(this: Session & { readonly raw: Buffer }, message: string): unknown;
}

/** The listeners with `compat: '1.0'`. */
export interface CompatListeners extends Omit<Listeners, 'mail'> {
  /** Interruptable: MAIL with the reverse-path and the announced size in bytes, if there is one. */
  mail?(this: Session, email: string, size?: number): unknown;
}

/** The name of an event. */
export type EventName = Exclude<keyof Listeners, 'sni' | 'vrfy' | 'expn' | 'etrn'>;

/** The arguments of the function form: an event's name and what its listener would get. */
export type ListenerArguments =
  | [type: 'start' | 'stop' | 'timeout' | 'dataStart', param: undefined]
  | [type: 'error', param: Error]
  | [type: 'secure' | 'connect' | 'disconnect', param: ClientSocket]
  | [type: 'message' | 'response' | 'helo' | 'data', param: string]
  | [type: 'rcpt', param: string]
  | [type: 'mail', param: MailCommand]
  | [type: 'auth', param: Login]
  | [type: 'dataChunk', param: Buffer];

/** The same with the third argument, which 'rcpt' alone has. */
export type FullListenerArguments =
  | [...event: Exclude<ListenerArguments, [type: 'rcpt', param: string]>, parameters?: undefined]
  | [type: 'rcpt', param: string, parameters: RcptParameters];

/** The arguments of the function form with `compat: '1.0'`. */
export type CompatListenerArguments =
  | [type: 'start' | 'stop' | 'timeout' | 'dataStart', param: undefined, size: undefined]
  | [type: 'error', param: Error, size: undefined]
  | [type: 'secure' | 'connect' | 'disconnect', param: ClientSocket, size: undefined]
  | [type: 'message' | 'response' | 'helo' | 'data', param: string, size: undefined]
  | [type: 'rcpt', param: string, parameters: RcptParameters]
  | [type: 'mail', param: string, size: number | undefined]
  | [type: 'auth', param: Login, size: undefined]
  | [type: 'dataChunk', param: Buffer, size: undefined];

/**
 * One function for all events. It returns a truthy value for an event to go on; `this` is the
 * server for 'start' and 'stop' and for what failed there, else the session.
 *
 * Inside it, `switch (type)` narrows `param`. One that takes `type` alone says so:
 * `(type: EventName) => ...`.
 */
export type ListenerFunction =
  | ((this: Server | Session, ...event: ListenerArguments) => unknown)
  | ((this: Server | Session, ...event: FullListenerArguments) => unknown)
  | ((this: Server | Session, type: EventName) => unknown);

/** The function form with `compat: '1.0'`; it takes three arguments or the event's name alone. */
export type CompatListenerFunction =
  | ((this: Server | Session, ...event: CompatListenerArguments) => unknown)
  | ((this: Server | Session, type: EventName) => unknown);

/** What the constructor and `on` take. */
export type AnyListeners<C extends Compat | undefined> = C extends '1.0'
  ? CompatListeners | CompatListenerFunction
  : Listeners | ListenerFunction;

// ---------------------------------------------------------------------------------------------
// Server
// ---------------------------------------------------------------------------------------------

/** The parameters of a server with its defaults filled in. */
export type ServerConfig = Required<Omit<ServerParams, 'path' | 'tls' | 'compat'>> &
  Pick<ServerParams, 'path' | 'tls'> & { compat?: Compat };

/** A server; it listens once `start` or `listen` is called. */
export interface Server<C extends Compat | undefined = Compat | undefined> {
  /** The parameters, defaults included. */
  readonly config: ServerConfig;
  /** The listeners as they are now. */
  listeners: AnyListeners<C>;
  /** How many sessions are open. */
  readonly connections: number;
  /** Sets listeners: an object is merged over those there are, a function replaces them all. */
  on(listeners: AnyListeners<C>): this;
  /**
   * Begins to listen; 'start' is raised when it does, 'error' with the system's code (EADDRINUSE,
   * EACCES) when it cannot. Without an 'error' listener that is an uncaught exception,
   * as it is of a net.Server.
   */
  start(): this;
  /**
   * Stops listening. Open sessions go on, and 'stop' is raised when the last of them has ended.
   */
  stop(): this;
  /**
   * Listens as `start` does. The promise resolves when the server listens.
   *
   * With a signal, aborting it stops the server as `stop` does. If that is before it listens, the
   * promise is rejected with an AbortError (code ABORT_ERR).
   *
   * @throws {SmtpError} With the system's code, such as EADDRINUSE; 'error' is not raised.
   */
  listen(options?: ListenOptions): Promise<this>;
  /**
   * Stops as `stop` does. The promise resolves when the last session has ended. With a grace, idle
   * sessions get 421 at once (RFC 5321 section 3.8), and busy ones may finish until it is over.
   */
  close(options?: CloseOptions): Promise<void>;
  /** Closes with a grace of one second, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Lets the process live while the server listens, as it does unless `unref` was called. */
  ref(): this;
  /** Lets the process end while the server listens, unless it has sessions with listeners. */
  unref(): this;
  /** What the server has done so far, and is doing. */
  stats(): ServerStats;
  /**
   * Replaces keys and settings of TLS. Later handshakes use the new ones, and open sessions go on. Old
   * tickets lead to a full handshake.
   *
   * @throws {TypeError | RangeError} As the constructor does, and if the server was made without
   *   `tls`; nothing has changed then.
   */
  setTls(tls: TlsParams): this;
  /** Where the server listens: the path of a unix socket, null if it does not. */
  address(): AddressInfo | string | null;
}

/** Why something was refused: by a listener, or with a reply of the engine's own. */
export type RefusalReason =
  | 'listener'
  | 'unknownCommand'
  | 'lineTooLong'
  | 'domainMissing'
  | 'senderMissing'
  | 'recipientMissing'
  | 'badParameter'
  | 'unknownParameter'
  | 'greetFirst'
  | 'senderFirst'
  | 'recipientFirst'
  | 'alreadyTls'
  | 'refused'
  | 'tooBig'
  | 'tooManyRecipients'
  | 'bareNewline'
  | 'localError'
  | 'notSmtp'
  | 'tooManyClients'
  | 'tooManyFromAddress'
  | 'tooManyMessages'
  | 'tooManyBadCommands'
  | 'timeout'
  | 'shuttingDown'
  | 'tlsRequired'
  | 'sessionRate'
  | 'messageRate'
  | 'recipientRate'
  | 'earlyTalker'
  | 'unauthorisedPipelining'
  | 'slowData'
  | 'outOfMemory'
  | 'dataFirst'
  | 'notImplemented'
  | 'syntaxError'
  | 'mailIncomplete'
  | 'rcptIncomplete'
  | 'tlsNotOffered'
  | 'chunkExpected'
  | 'endlessLine'
  | 'authRefused'
  | 'authUnavailable'
  | 'authRequired'
  | 'encryptionRequired'
  | 'mechanismMissing'
  | 'mechanismUnknown'
  | 'alreadyLoggedIn'
  | 'authInTransaction'
  | 'authMalformed'
  | 'authCancelled'
  | 'tooManyAuthFailures'
  | 'badProxyHeader'
  | 'notTrusted'
  | 'inTransaction';

/** What a server has done. Counts only grow; they begin with the server. */
export interface ServerStats {
  sessions: {
    open: number;
    /** All sessions so far, without the clients that were turned away. */
    total: number;
  };
  /** Messages that came whole. */
  messages: { accepted: number; refused: number };
  /** Bytes from and to clients; under TLS those within it. */
  bytes: { received: number; sent: number };
  /**
   * How often something was refused, by reason, where it ever was: `listener` for what listeners
   * refused, else the engine's own reply.
   */
  refusals: Partial<Record<RefusalReason, number>>;
  /** TLS handshakes by what they ended in. */
  tls: { 'TLSv1.2': number; 'TLSv1.3': number; failed: number };
  /**
   * How long listeners took for their verdicts, in milliseconds, the way to JavaScript and back
   * included. Median and p99 are rounded up to a power of two of microseconds.
   */
  listeners: { answers: number; mean: number; median: number; p99: number; longest: number };
  /** Events that wait for this thread at the moment, those of its other servers included. */
  waiting: number;
  /** Bytes of memory that messages take at the moment, where `maxMemory` is set; else 0. */
  memory: number;
}

/**
 * The fields of what is published with node:diagnostics_channel, by the channel's name. Whoever
 * subscribes before the server listens, or before `on` is called, is told.
 */
export interface DiagnosticsChannels {
  /** A client has connected. */
  'smtp-engine:session:start': { server: Server; session: Session };
  /** The connection has ended. */
  'smtp-engine:session:end': { server: Server; session: Session };
  /** MAIL was accepted. */
  'smtp-engine:transaction': { server: Server; session: Session; from: string; size?: number };
  /** A message was answered. */
  'smtp-engine:message': {
    server: Server;
    session: Session;
    from: string;
    recipients: string[];
    /** The message's length in bytes, with doubled dots undone. */
    bytes: number;
    accepted: boolean;
    replyCode: number;
  };
}

/** How to listen. */
export interface ListenOptions {
  /** Stops the server when it is aborted. */
  signal?: AbortSignal;
}

/** How to close a server. */
export interface CloseOptions {
  /** Milliseconds that busy sessions may take to finish. Without it they may take forever. */
  grace?: number;
}

/** Makes servers, with and without `new`. */
export interface ServerConstructor {
  /**
   * @throws {TypeError} If a parameter is of the wrong type; it names the parameter and the value.
   * @throws {RangeError} If a parameter is out of range; it names the parameter and the value.
   */
  new (params: CompatServerParams, listeners?: AnyListeners<'1.0'>): Server<'1.0'>;
  new (params?: ServerParams, listeners?: AnyListeners<undefined>): Server<undefined>;
  (params: CompatServerParams, listeners?: AnyListeners<'1.0'>): Server<'1.0'>;
  (params?: ServerParams, listeners?: AnyListeners<undefined>): Server<undefined>;
  readonly prototype: Server;
}

export const Server: ServerConstructor;

// ---------------------------------------------------------------------------------------------
// Session
// ---------------------------------------------------------------------------------------------

/** What is known of the session and its transaction. It belongs to the listeners. */
export interface SessionData {
  /** What the client calls itself. */
  origin?: string;
  /** The reverse-path, '' for `<>`. */
  from?: string;
  /** The size in bytes that the client announced. */
  size?: number;
  /** The forward-paths; what listeners add counts. */
  recipients: string[];
  /** The message, once it was taken, until the next MAIL, RSET or greeting. */
  message?: string;
  /** Whether the message has come. */
  received: boolean;
  /** What MAIL said. */
  mail?: MailCommand;
  /** Each recipient that was accepted, with its parameters. */
  rcpt: AcceptedRecipient[];
}

/** What a program keeps with a session; programs may merge members of their own into it. */
export interface SessionState {
  [name: string]: unknown;
}

/** What a Received field tells besides what the session knows. */
export interface ReceivedClauses {
  /** What the program calls the message: printable ASCII without spaces. */
  id?: string;
  /** The recipient, where there is one: with more of them each would learn of the others. */
  for?: string;
}

/** One connection of a client; `this` in the listeners of its events. */
export interface Session {
  /** 32 letters and digits. */
  readonly id: string;
  /** The client's connection. */
  readonly socket: ClientSocket;
  /**
   * What a trusted peer says that the client is (XCLIENT), undefined without one. The socket then has the
   * addresses of that client. 'connect' is raised once more.
   */
  readonly xclient: XclientAttributes | undefined;
  /**
   * What a trusted peer has told of the client behind it (XFORWARD), for one transaction; undefined where it
   * has told nothing.
   */
  readonly xforward: XforwardAttributes | undefined;
  /** The server. */
  readonly smtp: Server;
  /** The program's own, kept as long as the session; empty at first. */
  state: SessionState;
  /**
   * Who has logged in: the user's name, or what the listener of 'auth' has set here, null included. Null before, and
   * after STARTTLS.
   */
  user: unknown;
  /** What is under way. */
  readonly queue: NetQueue;
  /** What is known of the session and its transaction. */
  data: SessionData;
  /** The bytes of the message, from 'data' until the next transaction. */
  readonly raw: Buffer | undefined;
  /**
   * Sends a reply and nothing else; `session.queue.next()` then goes on with the next command.
   * Line breaks in a text, or an array of texts, make one reply of several lines.
   *
   * @param code 200 to 599; 421 closes the connection (RFC 5321 section 3.8).
   * @param message The code's usual text if there is none.
   * @throws {RangeError} If the code is none.
   */
  send(code: number, message?: ReplyText): this;
  /** Lets the event go on: what the command says is recorded in `data`, and answered. */
  success(message?: ReplyText): this;
  /** Answers 250 (220 at connect, 354 at dataStart) without recording anything in `data`. */
  ok(message?: ReplyText): this;
  /**
   * Refuses; `data` stays as it was. 421 closes the connection (RFC 5321 section 3.8).
   *
   * @param code 400 to 599, as a rule; 200 to 599 are let through, but not at 'auth' and 'dataStart'.
   * @param message The code's usual text if there is none.
   * @throws {RangeError} If the code is none, and below 400 at 'auth' and 'dataStart': the client would believe
   *   that it is logged in, or send a message whose lines are commands.
   */
  failure(code: number, message?: ReplyText): this;
  /**
   * Answers a message for each RCPT that was accepted, in their order, where the server speaks LMTP: true
   * or a text takes it for that recipient, `{ code, message }` is its reply. Call it in the listener of
   * 'data', or in that of 'dataStart' which reads the message. RFC 2033 section 4.2.
   *
   * @throws {TypeError | RangeError} Without `lmtp: true`, for a list of another length than there are
   *   recipients, and for what is no reply to one; nothing is decided then.
   * @throws {SmtpError} `SMTP_ERR_NO_MESSAGE` where another event is to be decided.
   */
  results(results: readonly RecipientResult[]): this;
  /**
   * A trace field for programs that store the message or send it on: who sent it by which protocol, to
   * whom and when, folded, with CRLF at its end. It goes before the message. RFC 5321 section 4.4,
   * RFC 3848.
   *
   * @throws {TypeError | RangeError} For an id or recipient that cannot stand there.
   */
  receivedField(clauses?: ReceivedClauses): string;
  /**
   * The message that follows, as it comes: a Readable of its bytes, doubled dots undone (RFC 5321
   * section 4.5.2). The engine does not gather the message, and a reader that pauses slows the client
   * down. Call it in the listener of 'dataStart', before its promise is settled.
   *
   * When it was read to its end, and the listener's promise, if it returned one, is fulfilled,
   * 'data' is raised without an argument, unless the reader has given a verdict meanwhile. If the
   * stream is destroyed before, or the promise is rejected, the engine skips the rest of the message
   * and answers 451, or the `replyCode` and message of the error. The stream fails with an {@link SmtpError}: `SMTP_ERR_MESSAGE_CUT` if the
   * connection ended, `SMTP_ERR_MESSAGE_REFUSED` if the engine refused the message (size, bare
   * newlines), `SMTP_ERR_LISTENER_TIMEOUT` if nothing was read for `listenerTimeout`.
   *
   * @throws {SmtpError} `SMTP_ERR_NO_MESSAGE` anywhere else, and when the session is over.
   */
  message(): Readable;
  /** Sends a line as it is, and CRLF. Line breaks within it become spaces. */
  write(line: string): this;
  /** Sends what is ready, then ends the connection. */
  end(): this;
}

/** The text of a reply; several lines as an array or with line breaks. */
export type ReplyText = string | readonly string[];

/**
 * What a recipient of a message is answered: 250, with a text or the engine's own, or a code that is
 * 2yz, 4yz or 5yz. No text has line breaks.
 */
export type RecipientResult = true | string | { code: number; message?: ReplyText };

/** A value that a peer has given, or null where it has none. */
export type AttributeValue = string | null;

/** What a trusted peer says that the client is, by XCLIENT; what it did not say is not there. */
export interface XclientAttributes {
  /** The client's address. */
  readonly addr?: AttributeValue;
  readonly port?: AttributeValue;
  /** What the address is called. */
  readonly name?: AttributeValue;
  /** What the client has called itself. */
  readonly helo?: AttributeValue;
  /** The user that the client has logged in as. */
  readonly login?: AttributeValue;
  /** SMTP or ESMTP. */
  readonly proto?: AttributeValue;
  /** The address that the client has connected to. */
  readonly destAddr?: AttributeValue;
  readonly destPort?: AttributeValue;
}

/** What a trusted peer has told of the client behind it, by XFORWARD. */
export interface XforwardAttributes {
  readonly addr?: AttributeValue;
  readonly port?: AttributeValue;
  readonly name?: AttributeValue;
  readonly helo?: AttributeValue;
  readonly proto?: AttributeValue;
  /** The number of the message at the peer. */
  readonly ident?: AttributeValue;
  /** LOCAL or REMOTE. */
  readonly source?: AttributeValue;
}

/** The connection between a proxy and the server. On a unix socket there are no addresses. */
export interface ProxyConnection {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: 'IPv4' | 'IPv6' | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/**
 * The client's connection as a session shows it, with what programs ask of a `net.Socket`. Data
 * goes to the engine alone.
 */
export interface ClientSocket extends EventEmitter {
  /** Undefined on a unix socket, as are all addresses and ports here. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: 'IPv4' | 'IPv6' | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /**
   * The connection of the proxy that has said who the client is, with the parameter `proxy`; undefined
   * where the client has connected by itself.
   */
  readonly proxy: ProxyConnection | undefined;
  /**
   * What the client's address is called, in lower case; undefined while that is not known, where
   * there is no name, or without the parameter `resolve`. It was looked up both ways: the address
   * has this name, and the name this address.
   */
  readonly hostname: string | undefined;
  /** Whether TLS is on. */
  readonly encrypted: boolean;
  /** The version of TLS; undefined without TLS. */
  readonly protocol: TlsVersion | undefined;
  /** The cipher suite; undefined without TLS. */
  readonly cipher: CipherNameAndProtocol | undefined;
  /** The host that the client named, in lower case (RFC 6066 section 3), if it did. */
  readonly servername: string | undefined;
  /** Whether the client showed a valid certificate. */
  readonly authorized: boolean;
  /**
   * Why the client's certificate is not valid, if it was asked for one, by OpenSSL's name: CERT_HAS_EXPIRED, CERT_NOT_YET_VALID,
   * CERT_REJECTED, CERT_SIGNATURE_FAILURE, INVALID_PURPOSE, UNABLE_TO_GET_ISSUER_CERT (it showed
   * none), UNABLE_TO_VERIFY_LEAF_SIGNATURE (its issuer is not known).
   */
  readonly authorizationError: string | null;
  /** The version of TLS, null without TLS. */
  getProtocol(): TlsVersion | null;
  /** The cipher suite; undefined without TLS. */
  getCipher(): CipherNameAndProtocol | undefined;
  /** The client's certificate as node:tls shows it, {} if there is none. */
  getPeerCertificate(detailed: true): DetailedPeerCertificate | Record<string, never>;
  getPeerCertificate(detailed?: boolean): PeerCertificate | Record<string, never>;
  /** The client's certificate, if there is one. */
  getPeerX509Certificate(): X509Certificate | undefined;
  /** Whether the connection is gone. */
  readonly destroyed: boolean;
  /** Sends what is ready, and `text`, then ends the connection. */
  end(text?: string): this;
  /** Ends the connection at once; `error` is raised as 'error'. */
  destroy(error?: Error): this;
  /** Ends the connection at once, with a reset (RST). A unix socket ends without one. */
  resetAndDestroy(): this;
  /** Sends text as it is. */
  write(text: string): boolean;
  /**
   * Raises 'timeout' after so many milliseconds without traffic; 0 never.
   * @throws {RangeError} If it is no whole number from 0 to 2147483647.
   */
  setTimeout(milliseconds: number, listener?: () => void): this;
  /** Does nothing; the engine never delays what it sends. */
  setNoDelay(): this;
  /** Does nothing. */
  setKeepAlive(): this;
  on(event: 'close' | 'timeout', listener: () => void): this;
  on(event: 'error', listener: (error: ListenerError) => void): this;
  once(event: 'close' | 'timeout', listener: () => void): this;
  once(event: 'error', listener: (error: ListenerError) => void): this;
}

/**
 * The listeners of an operation in a {@link NetQueue}, by event: 'init' when it begins, 'continue'
 * with each line of the client (a Buffer with its line end), and whatever `trigger` names.
 */
export type NetQueueListeners = Record<string, (this: NetQueueElement, data: never) => unknown>;

/** An operation in a {@link NetQueue}. */
export interface NetQueueElement {
  readonly queue: NetQueue;
  readonly listeners: NetQueueListeners;
  /** What `push` was given, else `{}`. */
  readonly params: unknown;
}

/**
 * What a session is at: the event that waits for its verdict, and behind it what listeners push.
 * While there are pushed operations, the lines of the client are theirs and no commands.
 */
export interface NetQueue {
  /** Whether nothing is under way. */
  isEmpty(): boolean;
  /**
   * Raises an event of the operation under way ('success' and 'error' for the session's own).
   *
   * @returns What its listener returned, null if there is none.
   */
  trigger(event: string, data?: unknown): unknown;
  /**
   * Ends the operation under way without a reply and begins the next.
   *
   * @param data For the 'init' of the next.
   * @returns The next, if one was pushed.
   */
  next(data?: unknown): NetQueueElement | null;
  /** Adds an operation, which begins when those before it have ended. */
  push(listeners?: NetQueueListeners, params?: unknown): NetQueueElement;
  /** Drops all pushed operations. */
  clear(): this;
}

// ---------------------------------------------------------------------------------------------
// Errors
// ---------------------------------------------------------------------------------------------

/** What went wrong, for programs. */
export class SmtpError extends Error {
  constructor(code: string, message: string, details?: SmtpErrorDetails);
  /** The system's code where there is one (EADDRINUSE, ECONNRESET, ...), else `SMTP_ERR_...`. */
  code: string;
  /** The reply code, if a reply is behind it; a rejected listener answers with it. */
  replyCode?: number;
  /** The enhanced status code, such as `5.1.1` (RFC 3463 section 2). */
  enhancedStatus?: string;
  /** The command that failed. */
  command?: string;
  /** The system's error number, negative, where there is one. */
  errno?: number;
  /** The system call that failed, if one did. */
  syscall?: string;
  /** The address or path that could not be listened to. */
  address?: string;
  /** The port that could not be listened to. */
  port?: number;
  /** Of a client: the reply that is the cause, whole. */
  response?: string;
  /** Of a client: the recipients that the server refused. */
  rejected?: import('./types/client.js').Rejected[];
  /** Of a client: whether the server may have taken the message all the same. */
  uncertain?: boolean;
  /**
   * Whether it may work later (a 4yz reply, RFC 5321 section 4.2.1); of several recipients, for one of
   * them at least.
   */
  get transient(): boolean;
  /**
   * Whether it will fail again: a 5yz reply (RFC 5321 section 4.2.1); of a client also a message that
   * the server cannot take, and a domain that takes no mail. Of several recipients it holds for each.
   */
  get permanent(): boolean;
}

/** What 'error' is raised with: an error of the package, or what a listener threw. */
export type ListenerError = SmtpError | NodeJS.ErrnoException;

/** What else an {@link SmtpError} tells. */
export interface SmtpErrorDetails {
  replyCode?: number;
  enhancedStatus?: string;
  command?: string;
  cause?: unknown;
}
