/**
 * What sends mail. Times are milliseconds and sizes are bytes unless it says otherwise.
 */

/// <reference types="node" />

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { SmtpError } from '../index.js';

/** PEM. */
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
  /** How; the best that the server offers if it is not said. */
  method?: AuthMethod | Lowercase<AuthMethod>;
}

/** Where the server is. One of `host`, `path` and, for `Client.send`, `mx`. */
export interface ClientPlace {
  /** A host name or an IP address. */
  host?: string;
  /** @default 25, 465 with `tls: 'implicit'`, 24 with `lmtp` */
  port?: number | string;
  /** A unix socket. */
  path?: string;
  /**
   * The exchanges of each recipient's domain, by preference; each recipient goes to the next by itself
   * (RFC 5321 section 5.1).
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
  /** Roots of the server's certificate in place of the system's, Node's and those of NODE_EXTRA_CA_CERTS. */
  ca?: Pem | Pem[];
  /** The name that the certificate has to show. @default `host` */
  servername?: string;
  /** Whether the certificate has to be valid. @default true, but false for 'opportunistic' */
  rejectUnauthorized?: boolean;
  /** A private key of the client's own. */
  key?: Pem;
  /** Its certificate. */
  cert?: Pem;
  /** What `key` is encrypted with. */
  passphrase?: string;
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  auth?: ClientAuth;
  /**
   * What the client calls itself: a domain, or an address in brackets.
   * @default the host's name, if it is a whole one, else the address of its end in brackets
   */
  name?: string;
  /** LMTP (RFC 2033). @default false */
  lmtp?: boolean;
  /** DNS servers, as '192.0.2.53' or '[2001:db8::53]:53'. @default the system's */
  dnsServers?: string[];
  /** For a lookup. @default 30000 */
  dnsTimeout?: number;
  /** The address that connections come from. */
  localAddress?: string;
  /** From the lookup to the greeting line, all attempts together. @default 30000, 300000 with `mx` */
  connectTimeout?: number;
  /** For the greeting line alone; 0 for what is left of `connectTimeout`. @default 0 */
  greetingTimeout?: number;
  /** For most replies (RFC 5321 section 4.5.3.2). @default 300000 */
  commandTimeout?: number;
  /** For the reply to DATA. @default 120000 */
  dataInitTimeout?: number;
  /** For a block of the message to leave, or to come from its stream. @default 180000 */
  dataBlockTimeout?: number;
  /** For the reply to the message. @default 600000 */
  dataEndTimeout?: number;
}

export interface SendOptions extends ClientOptions {
  /** Gives the message up. */
  signal?: AbortSignal;
}

export interface PoolOptions extends Omit<ClientOptions, 'mx'> {
  /** At a time. @default 5 */
  maxConnections?: number;
  /** Of one connection, then it is closed; 0 for any number. @default 100 */
  maxMessages?: number;
  /** Messages that may wait; one more is refused. @default 100000 */
  maxQueue?: number;
  /** For how long a connection without work is kept. @default 30000 */
  idleTimeout?: number;
  /** Messages that begin in any `rateDelta`; 0 for any number. @default 0 */
  rateLimit?: number;
  /** @default 1000 */
  rateDelta?: number;
}

/** What is asked for about reports of delivery (RFC 3461), where the server offers DSN. */
export interface DsnOptions {
  /** What of the message a report returns. */
  ret?: 'FULL' | 'HDRS' | 'full' | 'hdrs' | 'headers';
  /** The sender's name for the message. */
  envid?: string;
  /** When there is a report. */
  notify?: string | string[];
  /** The recipient as it was given at first; true for the address itself. */
  orcpt?: string | boolean;
}

/** Who sends, and to whom. */
export interface Envelope {
  /** '' for nobody, as in reports. */
  from: string;
  to: string | string[];
  /** Of a message that comes in pieces, if it is known; that of a file is its length. */
  size?: number;
  /** What the message's bytes are. @default what they turn out to be */
  body?: '7bit' | '8bitmime' | 'binarymime';
  /** Whether the header needs SMTPUTF8 (RFC 6531); addresses are looked at anyway. */
  smtpUtf8?: boolean;
  /** Whether it may travel under TLS only (RFC 8689). */
  requireTls?: boolean;
  dsn?: DsnOptions;
}

/**
 * A message: whole, in pieces, or in a file, which is read when its turn comes and again where it has
 * to be sent again. Line ends are made CRLF, dots are doubled on the way.
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
  /** As it came: '550 5.1.1 no such user'; lines are joined by CRLF. */
  reply: string;
  replyCode?: number;
  /** RFC 3463. */
  enhancedStatus?: string;
  /** What was refused: 'RCPT', or what concerned all recipients. */
  command?: string;
  /**
   * What kept the message from the server, where the server did not say it. SMTP_ERR_EXTENSION: the
   * recipient needs SMTPUTF8.
   */
  error?: Error;
  /** The message had been sent, and may have been taken: its reply never came. */
  uncertain?: boolean;
}

export interface SendResult {
  /** The last reply: '250 2.0.0 OK'. */
  response: string;
  accepted: string[];
  rejected: Rejected[];
  /** Whether TLS was spoken: false if the message went in plain text. */
  tls: boolean;
}

export interface PoolStats {
  /** Open or being opened. */
  connections: number;
  /** Those of them without work. */
  idle: number;
  /** Messages that wait for a connection. */
  queued: number;
  /** Messages that wait or are under way. */
  pending: number;
  /** Connections so far. */
  connected: number;
  /** Messages that somebody was accepted for. */
  sent: number;
  /** All other messages. */
  failed: number;
}

/** Connections to one server that are kept. They do not keep the process alive; messages do. */
export interface Pool {
  /**
   * Sends a message over a connection that is free, or will be. Where one broke that had been used
   * before, the message is sent again, once, if the server certainly did not take it.
   *
   * @throws {SmtpError} if it was accepted for nobody; `uncertain` is true where it may have been
   */
  send(
    envelope: Envelope,
    message: Message,
    options?: { signal?: AbortSignal },
  ): Promise<SendResult>;
  /** Connects, logs in, and asks whether the server is there. */
  verify(): Promise<true>;
  /** Sends what waits, then closes; after `grace` messages are given up. */
  close(options?: { grace?: number }): Promise<void>;
  stats(): PoolStats;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * What a session calls; `this` is the call (`{ name, session, ... }`) for 'success' and 'error',
 * else the session.
 */
export interface ClassicListeners {
  /** Connected to this exchange. */
  connect?(server: string): void;
  success?(reply: string): void;
  error?(error: SmtpError | NodeJS.ErrnoException): void;
  close?(): void;
  /** A command was sent. */
  message?(command: string): void;
  /** A message was sent. */
  dataChunk?(text: string): void;
  response?(reply: string): void;
}

/** mbr-smtp's client: one session, whose commands are called one by one. */
export interface ClassicSession {
  readonly id: string;
  /** Once it is connected. */
  readonly socket: Socket | undefined;
  /** The exchange that was reached. */
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
