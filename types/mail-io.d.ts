// biome-ignore-all lint/suspicious/noExplicitAny: handlers and schemas put there what they like
/**
 * mail-io's interface: a server whose handlers decide each command. The documents are the
 * original's; docs/migration says where ours differs.
 */

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type { Stream as NodeStream, Readable } from 'node:stream';
import type { ClientSocket, ListenerError, TlsParams } from '../index.js';
import type { Listening } from './smtp-protocol.js';

export type Level = 'debug' | 'verbose' | 'info' | 'warn' | 'error' | 'protocol';

export type LogFunctions = Partial<Record<Level, (line: string) => void>>;

/** Who says to be there. */
export interface User {
  username: string;
  password: string;
  /** Whom a PLAIN login wants to act for, if that is another: refused unless it becomes `username`. */
  identity?: string;
}

/** A client's command, and what handlers learn from it. */
export interface Request {
  command: { name: string; cmd: string; data: any };
  session: Session;
  /** The configuration of the plugin `command/name`. */
  config: any;
  /** AUTH: who says to be there. */
  user?: User;
  /** MAIL: the sender, its domain in lower case, `<>` for none. */
  from?: string;
  /** RCPT: the recipient, its domain in lower case. */
  to?: string;
  /** DATA: the message as it comes. */
  readonly stream?: Readable;
  /** queue: where the message is, until its handlers are done. */
  readonly file?: string;
  /** queue: what the message says. */
  mail?: Mail;
  [name: string]: any;
}

/** What a handler says. `accept`, `reject`, `final` or `end` is called once. */
export interface Response {
  /** Goes on with the next handler. @param code default 250 @param text default 'OK' */
  accept(code?: number, text?: string): void;
  /** Refuses: `code Error: text`. */
  reject(code: number, text: string): void;
  /** Accepts without the handlers that are left. */
  final(code?: number, text?: string): void;
  /** Answers, if it is told what, and closes the connection. */
  end(code?: number, text?: string): void;
  /** Sends a line. */
  write(line: string): void;
  /** Reads the next line. */
  read(listener: (line: string) => void): void;
  /** Keeps something for other handlers. */
  set(value: unknown): void;
  /** What the handlers of a command, or one of them, have kept. */
  get(name: string): any;
  log: Record<Level, (message: unknown, ...data: unknown[]) => void>;
}

/** What the handlers of a command find in `req`, which those before them have put there. */
export interface Requests {
  auth: Request & { user: User };
  mail: Request & { from: string };
  rcpt: Request & { to: string };
  data: Request & { readonly stream: Readable };
  /** `mail` is there for handlers that do not say `mail: false`. */
  queue: Request & { readonly file: string; mail: Mail };
}

export type RequestOf<Event extends string> = Event extends keyof Requests
  ? Requests[Event]
  : Request;

export interface Handler<Event extends string = string> {
  name: string;
  handler(req: RequestOf<Event>, res: Response): unknown;
  /** Names, as `plugin` or `command/plugin`; those that nobody has are ignored. */
  before?: string | string[];
  after?: string | string[];
  /** The same as `after`. */
  requires?: string | string[];
  /** Of 'queue': `false` where it needs no `req.mail`. @default true */
  mail?: boolean;
}

export interface Address {
  address: string;
  name: string;
}

/** A message, in the shape that mailparser 0.6 gave. */
export interface Mail {
  /** Why this is not all of the message. */
  problem?: string;
  /** By name in lower case; a field that came more than once is an array. */
  headers: Record<string, string | string[]>;
  subject?: string;
  from?: Address[];
  to?: Address[];
  cc?: Address[];
  bcc?: Address[];
  replyTo?: Address[];
  messageId?: string;
  inReplyTo: string[];
  references: string[];
  priority: 'high' | 'normal' | 'low';
  date?: Date;
  text?: string;
  html?: string;
  attachments: {
    contentType: string;
    contentDisposition?: string;
    transferEncoding: string;
    fileName?: string;
    generatedFileName: string;
    contentId?: string;
    checksum: string;
    /** In bytes. */
    length: number;
    content: Buffer;
  }[];
}

/** Listing in `res.get('queue/spamd')`. */
export interface SpamScore {
  spam: boolean;
  score: number;
  baseScore: number;
  /** Rules that matched. */
  symbols: string[];
  err: Error | null;
}

export interface RelayConfig {
  /** @default true */
  enabled?: boolean;
  /** @default the host's name */
  hostname?: string;
  /** @default mail-io-queue in the temporary folder */
  queueDir?: string;
  /** @default 48 */
  retryHours?: number;
  /** Seconds, times the square of the failures. @default 60 */
  retryBaseInterval?: number;
  /** @default 5 */
  concurrentTransactions?: number;
  /** @default false */
  allowUnauthenticated?: boolean;
  /** @default false */
  openRelay?: boolean;
  /** @default 25 */
  smtpPort?: number;
  /** DNS servers that are asked for exchanges, with their ports; the system's by default. */
  dnsServers?: string[];
}

/** Where mail for an address goes: nowhere for none; undefined for one that calls back. */
export type MailboxesOf = string | string[] | null | undefined;

export interface Config {
  /** @default the host's name */
  hostname?: string;
  greeting?: string;
  /** The domains that are served here, in any case. @default [the host's domain] */
  domains?: string[];
  auth?: {
    /** AUTH is for clients under TLS. @default true where `tls` has a key */
    requireTls?: boolean;
  };
  handlers?: {
    [Event in keyof Requests]?: Handler<Event>[];
  } & { [event: string]: Handler[] | undefined };
  relay?: RelayConfig;
  plugins?: {
    'ehlo/core'?: { features?: string[] } | false;
    'rcpt/dnsbl'?:
      | { blacklist?: string | string[]; resolver?: string | string[]; timeout?: number }
      | false;
    'queue/spamd'?:
      | { host?: string; port?: number; timeout?: number; maxSize?: number; baseScore?: number }
      | false;
    'queue/maildir'?:
      | {
          /** %d is the domain of an address and %n its name. */
          mailDir?: string;
          extend?(
            address: string,
            callback: (mailboxes?: string | string[] | null) => void,
          ): MailboxesOf | Promise<MailboxesOf>;
        }
      | false;
    [plugin: string]: any;
  };
  limits?: {
    /** Milliseconds. @default 60000 */
    idleTimeout?: number;
    /** Bytes. @default 104857600 */
    messageSize?: number;
    /** @default 5 */
    authFailures?: number;
    /** @default 5 */
    unrecognizedCommands?: number;
    /** @default 100 */
    maxConnections?: number;
    /** @default 100 */
    maxRecipients?: number;
  };
  logger?: LogFunctions;
  /** `false` for no STARTTLS. Without a key one is made, and a warning says so. */
  tls?: Partial<TlsParams> | false;
}

/** A client's session, which is shared by all its handlers. */
export interface Session {
  readonly id: string;
  /** How many messages are behind it. */
  transaction: number;
  accepted: Record<string, any>;
  rejected: Record<string, any>;
  envelope: { from: string | null; to: string[] };
  client: { address: string | undefined; hostname: string };
  config: any;
  connection: { socket: ClientSocket; closed: boolean };
  readonly socket: ClientSocket;
  readonly handlers: Record<string, Handler[]>;
  data: Record<string, any>;
  secure: boolean;
  counters: { authFailures: number; unrecognizedCommands: number };
  user: User | null;
  readonly log: Record<Level, (...args: any[]) => void>;
  relay: Relay;
  server: Server;
  /** Appends a handler for this session. */
  on<Event extends string>(event: Event, handler: Handler<Event>['handler']): void;
  /** Runs the handlers of a command as if the client had sent it. */
  emit(
    command: string,
    data?: unknown,
    callback?: (rejected: unknown, accepted?: unknown) => void,
    internal?: boolean,
  ): void;
  reset(): void;
  resetTransaction(): void;
  /** Closes the connection, with a reply if there is one to give. */
  close(code?: number, message?: string): void;
}

export interface ServerEvents {
  session: [session: Session];
  listening: [];
  connection: [socket: ClientSocket];
  drop: [data: { remoteAddress?: string; remotePort?: number }];
  error: [error: ListenerError];
  close: [];
}

export interface Server extends Listening, EventEmitter<ServerEvents> {
  /** Null before it listens. */
  readonly port: number | null;
  readonly config: any;
  readonly relay: Relay;
  readonly handlers: Record<string, Handler[]>;
  /** @throws for what is no handler, for a name that is taken, and for a cycle */
  addHandler<Event extends string>(event: Event, definition: Handler<Event>): void;
  /** Sends a message, as nodemailer takes it, through this server. */
  sendMail(message: any): Promise<void>;
}

export const Server: {
  new (config?: Config, onSession?: (session: Session) => void): Server;
};

export function createServer(config?: Config, onSession?: (session: Session) => void): Server;

export const Session: { new (...args: any[]): Session };

export interface Client {
  /** @throws Error with `response` and `responseCode` where the server said why */
  send(
    envelope: { from: string | false; to: string | string[]; dsn?: unknown },
    message: string | Buffer | Readable,
  ): Promise<void>;
}

export const Client: {
  new (config?: {
    host?: string;
    port?: number;
    path?: string;
    name?: string;
    secure?: boolean;
    login?: { user: string; pass: string };
    tls?: { rejectUnauthorized?: boolean; ca?: string | Uint8Array; servername?: string };
    greetingTimeout?: number;
    socketTimeout?: number;
    connectionTimeout?: number;
    logger?: LogFunctions;
    identity?: string;
  }): Client;
};

export interface Logger {
  log(
    level: Level,
    id: string,
    subId: string | number | null,
    event: string,
    subEvent?: string | null,
    type?: string | null,
    data?: unknown,
    dim?: boolean,
  ): void;
}

export const Logger: { new (logger?: LogFunctions): Logger };

/** Mail on its way to others. */
export interface Relay {
  start(): Promise<void>;
  reload(): Promise<void>;
  close(): void;
  /** Queues a message for each recipient; it is on the disk when this resolves. */
  add(
    envelope: { from: string; to: string | string[] },
    message: NodeStream,
    headers?: Record<string, unknown>,
  ): Promise<void>;
}

export const Relay: { new (server: Server): Relay };

/** The connection of a session. */
export interface Stream {
  socket: ClientSocket;
  closed: boolean;
}

export const Stream: { new (...args: any[]): Stream };

export const Util: {
  readFile(path: string): Promise<string>;
  writeFile(path: string, data: string): Promise<void>;
  readDir(path: string): Promise<string[]>;
  mkdirp(path: string): Promise<unknown>;
  unlink(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  resolveDNS(host: string, type: string): Promise<unknown>;
  getHandlers(handlers: Record<string, Handler[]>, config: unknown): Record<string, Handler[]>;
  sortHandlers(handlers: Record<string, Handler[]>): void;
  queue<T>(
    options: { concurrency?: number },
    run: (task: T, done: (error?: unknown) => void) => void,
  ): {
    concurrency: number;
    tasks: { time: number; task: T; running: boolean }[];
    running: { time: number; task: T; running: boolean }[];
    schedule(offsetMs: number, task: T): void;
    kill(): void;
  };
};
