/**
 * smtp-protocol's interface: `createServer`, `connect` and `protocol`. Events and methods are the
 * original's; docs/migration says where ours differs.
 */

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type { ListenOptions, Server as NetServer, Socket } from 'node:net';
import type { Duplex, PassThrough, Readable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { ClientSocket, Control, Limits, ServerParams, TlsParams } from '../index.js';

/** The text of a reply. Line breaks and the items of an array make several lines. */
type ReplyText = string | readonly string[];

/** A command, as 'command' and 'greeting' show it. */
export interface Command {
  /** The verb in lower case; 'greeting' for HELO, EHLO and LHLO. */
  name: string;
  /** The line without its verb. */
  data?: string;
  greeting?: 'helo' | 'ehlo' | 'lhlo';
  /** What the client calls itself, with a greeting. */
  hostname?: string;
  /** The sender, with `mail`. */
  from?: string;
  /** The recipient, with `rcpt`. */
  to?: string;
  /** The parameters behind the address, such as `SIZE=1000`. */
  ext?: string;
  /** False for an unknown verb, else undefined. */
  recognized?: false;
}

/** The listener's answer to a command. The first call counts. */
export interface Acknowledgement {
  /**
   * Accepts the command.
   * @param code default 250, and 354 for 'message'
   * @param text default 'OK'
   * @throws RangeError for a code that is not from 200 to 599
   */
  accept(code?: number | string, text?: ReplyText): void;
  accept(text: ReplyText): void;
  /**
   * Refuses the command.
   * @param code default 500
   * @throws RangeError for a code that is not from 200 to 599
   */
  reject(code?: number | string, text?: ReplyText): void;
  reject(text: ReplyText): void;
}

/** What a listener of 'command' may do with the command. */
export interface CommandControl {
  /** Keeps the command from being carried out; `next` goes on with the next command. */
  preventDefault(): void;
  /** Sends a reply. @param code default 250 */
  write(code: number | string, text?: ReplyText): void;
  write(text: ReplyText): void;
  /** Goes on with the next command, after `preventDefault`. */
  next(): void;
}

/**
 * A message, with doubled dots undone. Pieces in UTF-8 are strings, all others are Buffers. A listener
 * that does not read slows its client down.
 */
export interface IncomingMessage extends Readable {
  readonly aborted: boolean;
  /**
   * Refuses the message, and skips the rest of it.
   * @param code default 554
   */
  abort(code?: number | string, text?: ReplyText): void;
  abort(text: ReplyText): void;
}

/** The events of a `Request`. */
export interface RequestEvents {
  greeting: [command: Command, ack: Acknowledgement];
  from: [address: string, ack: Acknowledgement];
  to: [address: string, ack: Acknowledgement];
  /** The client said DATA. Without a listener it gets 554. */
  message: [message: IncomingMessage, ack: Acknowledgement];
  /** The message has come, and its reader has read it to the end. */
  received: [ack: Acknowledgement];
  reset: [];
  rset: [];
  quit: [];
  /** The TLS handshake behind STARTTLS is over; the socket tells version and cipher. */
  tls: [socket: ClientSocket];
  error: [error: Error & { code?: string }];
  command: [command: Command, control: CommandControl];
}

/** A client of a server. */
export interface Request<S = ClientSocket> extends EventEmitter<RequestEvents> {
  greeting: 'helo' | 'ehlo' | 'lhlo' | undefined;
  /** What the client calls itself. */
  hostname: string | undefined;
  /** The sender; undefined before MAIL and after RSET. */
  from: string | undefined;
  /** The parameters behind the sender. */
  fromExt: string | undefined;
  to: string[] | undefined;
  /** The parameters behind each recipient. */
  toExt: (string | undefined)[] | undefined;
  /** The client's socket; behind `protocol.client` the stream that was given. */
  socket: S;
}

/**
 * Options of a server. All limits and controls of `Server` may stand beside the original's; `size`,
 * `maxRecipients` and `maxBadCommands` have none by default.
 */
export interface ServerOptions
  extends Limits,
    Partial<Control>,
    Pick<
      ServerParams,
      'bareNewlines' | 'requireTls' | 'proxy' | 'resolve' | 'reusePort' | 'threads'
    >,
    Partial<Omit<TlsParams, 'key' | 'cert'>> {
  /** What the server calls itself. @default the host's name */
  domain?: string;
  /** Whether TLS begins with the first byte. @default false */
  tls?: boolean;
  key?: string | Uint8Array | (string | Uint8Array)[];
  cert?: string | Uint8Array | (string | Uint8Array)[];
  /**
   * Whether LF dot LF ends a message where every line of the session has ended in a bare LF.
   * @default true
   */
  lineFeeds?: boolean;
}

/** The events of a `Server`. */
export interface ServerEvents {
  listening: [];
  /** A client has connected, and is not served yet. */
  connection: [socket: ClientSocket];
  /** A client was dropped because of `maxConnections`. */
  drop: [data: { remoteAddress?: string; remotePort?: number }];
  error: [error: Error & { code?: string }];
  /** The server has stopped listening, and its last session has ended. */
  close: [];
}

/** As much of a `net.Server` as there is, but for its events. */
export interface Listening {
  readonly listening: boolean;
  /** The most clients at a time; more are dropped. */
  maxConnections: number | undefined;
  listen(port?: number, hostname?: string, backlog?: number, listener?: () => void): this;
  listen(port?: number, hostname?: string, listener?: () => void): this;
  listen(port?: number, backlog?: number, listener?: () => void): this;
  listen(port?: number, listener?: () => void): this;
  listen(path: string, listener?: () => void): this;
  listen(options: ListenOptions, listener?: () => void): this;
  close(callback?: (error?: Error) => void): this;
  address(): ReturnType<NetServer['address']>;
  getConnections(callback: (error: Error | null, count: number) => void): this;
  ref(): this;
  unref(): this;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server of `createServer`. */
export interface Server extends Listening, EventEmitter<ServerEvents> {}

/** Called with the server's reply. A refusal is a code and no error. */
export type ReplyCallback = (error: Error | null, code?: number, lines?: string[]) => void;

/** The events of a `Client`. */
export interface ClientEvents {
  /** The server's greeting line; also for a listener that comes after it. */
  greeting: [code: number, lines: string[]];
  /** The TLS handshake behind STARTTLS is over. */
  tls: [socket: Duplex];
  error: [error: Error & { code?: string }];
}

/** A client of a server. It sends commands in the order of the calls. */
export interface Client extends EventEmitter<ClientEvents> {
  /** The stream to the server; after startTLS it is the one under TLS. */
  readonly stream: Duplex;
  helo(hostname: string, callback?: ReplyCallback): void;
  ehlo(hostname: string, callback?: ReplyCallback): void;
  from(address: string, callback?: ReplyCallback): void;
  from(address: string, ext: string | undefined, callback?: ReplyCallback): void;
  to(address: string, callback?: ReplyCallback): void;
  to(address: string, ext: string | undefined, callback?: ReplyCallback): void;
  data(callback?: ReplyCallback): void;
  /** Sends the message that is written to the returned stream. */
  message(callback?: ReplyCallback): PassThrough;
  message<S extends Readable | NodeJS.ReadableStream>(source: S, callback?: ReplyCallback): S;
  verify(user: string, callback?: ReplyCallback): void;
  login(user: string, password: string, callback?: ReplyCallback): void;
  login(
    user: string,
    password: string,
    type: 'PLAIN' | 'LOGIN' | 'CRAM-MD5' | (string & {}),
    callback?: ReplyCallback,
  ): void;
  startTLS(callback?: ReplyCallback): void;
  startTLS(options: ConnectionOptions, callback?: ReplyCallback): void;
  reset(callback?: ReplyCallback): void;
  quit(callback?: ReplyCallback): void;
}

/** Options of `connect`. */
export interface ConnectOptions {
  port?: number;
  host?: string;
  /** A connected stream, in place of a new socket. */
  stream?: Duplex;
  /** Whether TLS begins with the first byte, or with which options. */
  tls?: boolean | ConnectionOptions;
}

/**
 * Makes a server, which listens once `listen` is called; `callback` is called with each client.
 * @throws TypeError or RangeError naming the option that is wrong, and its value
 */
export function createServer(callback?: (request: Request) => void): Server;
export function createServer(
  domainOrOptions: string | ServerOptions | undefined,
  callback?: (request: Request) => void,
): Server;

/**
 * Connects to a server: a port, a host or the path of a unix socket, options and a callback, in any
 * order. The socket is returned.
 */
export function connect(
  ...args: (number | string | ConnectOptions | ((client: Client) => void))[]
): Socket;

/** Both ends of SMTP, over streams that the program gives. */
export const protocol: {
  /** Serves the client at the other end of a stream. */
  client<S extends Duplex>(stream: S): Request<S>;
  client<S extends Duplex>(options: ServerOptions | string | undefined, stream: S): Request<S>;
  /** Speaks to the server at the other end of a stream. */
  server(stream: Duplex): Client;
};
