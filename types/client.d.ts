/**
 * What sends mail. Times are milliseconds and sizes are bytes unless it says otherwise.
 */

/// <reference types="node" />

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { SmtpError } from '../index.js';

/** A key or a certificate in PEM. */
export type Pem = string | Uint8Array;

/** How a name and its secret are shown. */
export type AuthMethod =
  | 'PLAIN'
  | 'LOGIN'
  | 'CRAM-MD5'
  | 'SCRAM-SHA-256'
  | 'SCRAM-SHA-256-PLUS'
  | 'XOAUTH2'
  | 'OAUTHBEARER';

/** Who logs in: a password or a token (RFC 4954). */
export interface ClientAuth {
  user: string;
  password?: string;
  /** The same as `password`. */
  pass?: string;
  /** An OAuth 2.0 access token (RFC 7628). */
  token?: string;
  /** The mechanism. @default the best one that the server offers */
  method?: AuthMethod | Lowercase<AuthMethod>;
}

/** Where the server is: by one of `host`, `path` and, for `Client.send`, `mx`. */
export interface ClientPlace {
  /** A host name or an IP address. */
  host?: string;
  /** The server's port. @default 25, 465 with `tls: 'implicit'`, 24 with `lmtp` */
  port?: number | string;
  /** The path of a unix socket to connect to. */
  path?: string;
  /**
   * Whether the mail goes to the mail exchanges of each recipient's domain, in the order of their
   * preference (RFC 5321 section 5.1). A recipient whom one exchange does not take goes to the next one.
   */
  mx?: boolean;
}

export interface ClientOptions extends ClientPlace {
  /**
   * Whether the session is encrypted: never; by STARTTLS where that is offered; by STARTTLS or not
   * at all; from the first byte.
   * @default 'implicit' for port 465; 'required' with `ca`, `servername` or `key`, with `auth`, but for
   *   this machine itself, and with `rejectUnauthorized: true`; else 'opportunistic'
   */
  tls?: 'none' | 'opportunistic' | 'required' | 'implicit';
  /** Root certificates, in place of the system's, Node's and those of NODE_EXTRA_CA_CERTS. */
  ca?: Pem | Pem[];
  /** The host name that the server's certificate has to show. @default `host` */
  servername?: string;
  /** Whether the server's certificate has to be valid. @default true, but false for 'opportunistic' */
  rejectUnauthorized?: boolean;
  /** The private key of the client's own certificate. */
  key?: Pem;
  /** The client's own certificate, for a server that asks for one. */
  cert?: Pem;
  /** The passphrase of an encrypted `key`. */
  passphrase?: string;
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  auth?: ClientAuth;
  /**
   * What the client calls itself: a domain, or an address in brackets.
   * @default the host's name, if it is a whole one, else the address of its end in brackets
   */
  name?: string;
  /** Whether the server speaks LMTP (RFC 2033) in place of SMTP. @default false */
  lmtp?: boolean;
  /** DNS servers, as '192.0.2.53' or '[2001:db8::53]:53'. @default the system's */
  dnsServers?: string[];
  /** How long a DNS lookup may take. @default 30000 */
  dnsTimeout?: number;
  /** The local address that the client connects from. */
  localAddress?: string;
  /**
   * How long connecting may take, from the lookup to the greeting line, all attempts together.
   * @default 30000, 300000 with `mx`
   */
  connectTimeout?: number;
  /** How long the greeting line may take; 0 for what is left of `connectTimeout`. @default 0 */
  greetingTimeout?: number;
  /** How long most replies may take (RFC 5321 section 4.5.3.2). @default 300000 */
  commandTimeout?: number;
  /** How long the reply to DATA may take. @default 120000 */
  dataInitTimeout?: number;
  /** How long a block of the message may take to leave, or to come from its stream. @default 180000 */
  dataBlockTimeout?: number;
  /** How long the reply to the message may take. @default 600000 */
  dataEndTimeout?: number;
}

export interface SendOptions extends ClientOptions {
  /** When this signal is aborted, the client gives the message up. */
  signal?: AbortSignal;
}

export interface PoolOptions extends Omit<ClientOptions, 'mx'> {
  /** The most connections at a time. @default 5 */
  maxConnections?: number;
  /** Messages after which a connection is closed; 0 for no limit. @default 100 */
  maxMessages?: number;
  /** The most messages that may wait; one more is refused. @default 100000 */
  maxQueue?: number;
  /** How long a connection without work is kept. @default 30000 */
  idleTimeout?: number;
  /** The most messages that begin in any `rateDelta` milliseconds; 0 for no limit. @default 0 */
  rateLimit?: number;
  /** The milliseconds that `rateLimit` is counted over. @default 1000 */
  rateDelta?: number;
}

/** Which reports of delivery the sender asks for (RFC 3461), where the server offers DSN. */
export interface DsnOptions {
  /** Whether a report returns the whole message or its header. */
  ret?: 'FULL' | 'HDRS' | 'full' | 'hdrs' | 'headers';
  /** The sender's own name for the message, which a report repeats. */
  envid?: string;
  /** The cases in which there is a report: some of SUCCESS, FAILURE and DELAY, or NEVER. */
  notify?: string | string[];
  /** The recipient's original address; true for the address that the mail goes to. */
  orcpt?: string | boolean;
}

/** Who sends, and to whom. */
export interface Envelope {
  /** The sender's address; '' for nobody, as in reports of delivery. */
  from: string;
  to: string | string[];
  /** The message's size, if it comes in pieces and its size is known. A file's size is its length. */
  size?: number;
  /** What the message's bytes are. @default what they turn out to be */
  body?: '7bit' | '8bitmime' | 'binarymime';
  /** Whether the message's header needs SMTPUTF8 (RFC 6531). The client looks at the addresses itself. */
  smtpUtf8?: boolean;
  /** Whether the message may travel under TLS only (RFC 8689). */
  requireTls?: boolean;
  dsn?: DsnOptions;
}

/**
 * A message: whole, in pieces, or in a file. The client reads a file when its turn comes, and again if
 * it sends the message again. It makes line ends CRLF and doubles dots on the way.
 */
export type Message =
  | string
  | Uint8Array
  | Readable
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>
  | { path: string };

/** A recipient that the server refused. */
export interface Rejected {
  address: string;
  /** The server's reply as it came, such as '550 5.1.1 no such user'; its lines are joined by CRLF. */
  reply: string;
  replyCode?: number;
  /** The enhanced status code of the reply (RFC 3463), if it has one. */
  enhancedStatus?: string;
  /** The command that the server refused: 'RCPT', or one that concerned all recipients. */
  command?: string;
  /**
   * What kept the message from the server, where the server did not say it. SMTP_ERR_EXTENSION: the
   * recipient needs SMTPUTF8.
   */
  error?: Error;
  /** True if the message was sent and its reply never came, so the server may have taken it. */
  uncertain?: boolean;
}

export interface SendResult {
  /** The last reply that accepted the message, such as '250 2.0.0 OK'. */
  response: string;
  accepted: string[];
  rejected: Rejected[];
  /** Whether the message went under TLS. */
  tls: boolean;
}

export interface PoolStats {
  /** Connections that are open or being opened. */
  connections: number;
  /** Connections without work. */
  idle: number;
  /** Messages that wait for a connection. */
  queued: number;
  /** Messages that wait or are under way. */
  pending: number;
  /** Connections that the pool has made so far. */
  connected: number;
  /** Messages that were accepted for at least one recipient. */
  sent: number;
  /** Messages that were accepted for nobody. */
  failed: number;
}

/** Connections to one server that are kept. They do not keep the process alive; messages do. */
export interface Pool {
  /**
   * Sends a message over a free connection, or waits for one. If a connection breaks that had been used
   * before, and the server certainly did not take the message, the pool sends it once more.
   *
   * @throws {SmtpError} if it was accepted for nobody; `uncertain` is true where it may have been
   */
  send(
    envelope: Envelope,
    message: Message,
    options?: { signal?: AbortSignal },
  ): Promise<SendResult>;
  /** Connects, logs in, and checks that the server answers. */
  verify(): Promise<true>;
  /** Sends the messages that wait, then closes. After `grace` milliseconds the rest is given up. */
  close(options?: { grace?: number }): Promise<void>;
  stats(): PoolStats;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * What a session calls; `this` is the call (`{ name, session, ... }`) for 'success' and 'error',
 * else the session.
 */
export interface ClassicListeners {
  /** The session has connected to this mail exchange. */
  connect?(server: string): void;
  success?(reply: string): void;
  error?(error: SmtpError | NodeJS.ErrnoException): void;
  close?(): void;
  /** The session has sent a command. */
  message?(command: string): void;
  /** The session has sent a message. */
  dataChunk?(text: string): void;
  response?(reply: string): void;
}

/** mbr-smtp's client: one session, whose commands are called one by one. */
export interface ClassicSession {
  readonly id: string;
  /** The connection's socket; undefined before the session is connected. */
  readonly socket: Socket | undefined;
  /** The mail exchange that the session has reached. */
  readonly server: string | undefined;
  listeners: ClassicListeners;
  /** Sets the listeners, in place of all there were. */
  on(listeners: ClassicListeners): this;
  /**
   * Connects to a host: localhost and an IP address as they are, else its mail exchanges in turn.
   *
   * @param port default 25
   * @returns the greeting line
   */
  connect(
    host: string,
    port?: number,
    options?: { dnsServers?: string[]; timeout?: number },
  ): Promise<string>;
  helo(origin: string): Promise<string>;
  ehlo(origin: string): Promise<string>;
  /** @param size in bytes */
  mail(from: string, size?: number): Promise<string>;
  rcpt(recipient: string): Promise<string>;
  /** Sends a text that `Client.prepare` made; one with a lone dot before its end is refused. */
  data(text: string): Promise<string>;
  rset(): Promise<string>;
  quit(): Promise<string>;
  /** Ends the connection. */
  close(): void;
}

interface ClassicSessionConstructor {
  new (): ClassicSession;
  (): ClassicSession;
}

type OnePool = Pool;

/** What sends mail. */
export namespace Client {
  /**
   * Sends a message over a connection of its own.
   *
   * @throws {SmtpError} if it was accepted for nobody
   */
  export function send(
    options: SendOptions,
    envelope: Envelope,
    message: Message,
  ): Promise<SendResult>;
  /** Makes line ends CRLF, doubles the dots that begin lines, and adds the end of data. For `Session.data`. */
  export function prepare(text: string): string;
  export const Pool: new (options: PoolOptions) => OnePool;
  export type Pool = OnePool;
  export const Session: ClassicSessionConstructor;
  export type Session = ClassicSession;
}
