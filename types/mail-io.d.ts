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

/** The user that a client logs in as. */
export interface User {
  username: string;
  password: string;
  /** The other user for whom a PLAIN login wants to act. It is refused unless `username` becomes this. */
  identity?: string;
}

/** A client's command, as handlers get it. */
export interface Request {
  command: { name: string; cmd: string; data: any };
  session: Session;
  /** The configuration of the plugin `command/name`. */
  config: any;
  /** AUTH: the user that the client logs in as. */
  user?: User;
  /** MAIL: the sender, its domain in lower case, `<>` for none. */
  from?: string;
  /** RCPT: the recipient, its domain in lower case. */
  to?: string;
  /** DATA: the message as it comes. */
  readonly stream?: Readable;
  /** queue: where the message is, until its handlers are done. */
  readonly file?: string;
  /** queue: the message, parsed. */
  mail?: Mail;
  [name: string]: any;
}

/** The answer of a handler, which calls `accept`, `reject`, `final` or `end` once. */
export interface Response {
  /** Goes on with the next handler. @param code default 250 @param text default 'OK' */
  accept(code?: number, text?: string): void;
  /** Refuses the command with `code Error: text`. */
  reject(code: number, text: string): void;
  /** Accepts the command, and skips the handlers that are left. */
  final(code?: number, text?: string): void;
  /** Sends a reply, if one is given, and closes the connection. */
  end(code?: number, text?: string): void;
  /** Sends a line to the client. */
  write(line: string): void;
  /** Reads the client's next line. */
  read(listener: (line: string) => void): void;
  /** Keeps a value for other handlers. */
  set(value: unknown): void;
  /** The values that the handlers of a command, or one of them, have kept. */
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
  /** Handlers that run after this one, as `plugin` or `command/plugin`; unknown names are ignored. */
  before?: string | string[];
  after?: string | string[];
  /** The same as `after`. */
  requires?: string | string[];
  /** Whether a handler of 'queue' needs `req.mail`. @default true */
  mail?: boolean;
}

export interface Address {
  address: string;
  name: string;
}

/** A message, in the shape that mailparser 0.6 gave. */
export interface Mail {
  /** The error because of which this is not the whole message. */
  problem?: string;
  /** Header fields by their names in lower case; a field that came more than once is an array. */
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
    /** The attachment's length in bytes. */
    length: number;
    content: Buffer;
  }[];
}

/** The result of spamd, in `res.get('queue/spamd')`. */
export interface SpamScore {
  spam: boolean;
  score: number;
  baseScore: number;
  /** The rules of spamd that matched. */
  symbols: string[];
  err: Error | null;
}

export interface RelayConfig {
  /** Whether the relay sends mail. @default true */
  enabled?: boolean;
  /** The name that the relay says to other servers. @default the host's name */
  hostname?: string;
  /** The folder of the queue. @default mail-io-queue in the temporary folder */
  queueDir?: string;
  /** Hours after which the relay gives a mail up. @default 48 */
  retryHours?: number;
  /** Seconds until the first retry; the n-th retry waits n² times as long. @default 60 */
  retryBaseInterval?: number;
  /** The most mails that are sent at a time. @default 5 */
  concurrentTransactions?: number;
  /** Whether clients that have not logged in may send mail to other domains. @default false */
  allowUnauthenticated?: boolean;
  /** Whether senders whose domain is not in `domains` may send to other domains. @default false */
  openRelay?: boolean;
  /** The port of the servers that the relay sends to. @default 25 */
  smtpPort?: number;
  /** DNS servers for the lookup of mail exchanges, with their ports. @default the system's */
  dnsServers?: string[];
}

/** The mailboxes of an address: none to drop its mail; undefined from a function that calls back. */
export type MailboxesOf = string | string[] | null | undefined;

export interface Config {
  /** The server's name. @default the host's name */
  hostname?: string;
  greeting?: string;
  /** The domains whose mail this server takes, in upper or lower case. @default [the host's domain] */
  domains?: string[];
  auth?: {
    /** Whether only clients under TLS may log in. @default true where `tls` has a key */
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
          /** The folder of a mailbox: %d stands for the domain of the address, %n for its name. */
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
    /** Milliseconds that may pass without a command, or until a handler answers. @default 60000 */
    idleTimeout?: number;
    /** The longest message in bytes. @default 104857600 */
    messageSize?: number;
    /** The most failed logins of a session. @default 5 */
    authFailures?: number;
    /** The most unknown commands of a session. @default 5 */
    unrecognizedCommands?: number;
    /** The most sessions at a time. @default 100 */
    maxConnections?: number;
    /** The most recipients of a message. @default 100 */
    maxRecipients?: number;
  };
  logger?: LogFunctions;
  /** Keys for STARTTLS, or false for no STARTTLS. Without a key the server makes one, with a warning. */
  tls?: Partial<TlsParams> | false;
}

/** A client's session, which is shared by all its handlers. */
export interface Session {
  readonly id: string;
  /** The number of messages that the session has finished. */
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
  /** Sends a reply, if one is given, and closes the connection. */
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
  /** The port that the server listens to, null before it listens. */
  readonly port: number | null;
  readonly config: any;
  readonly relay: Relay;
  readonly handlers: Record<string, Handler[]>;
  /** Adds a handler. @throws for what is no handler, for a name that is taken, and for a cycle */
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
  /** Sends a message. @throws Error with `response` and `responseCode` if the server refused it */
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

/** The relay, which sends queued mail to other servers. */
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
