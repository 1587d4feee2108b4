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

/** Lines of a reply: line breaks in a text, and the items of an array, make many. */
type ReplyText = string | readonly string[];

/** A command, as 'command' and 'greeting' show it. */
export interface Command {
  /** In lower case; 'greeting' for HELO, EHLO and LHLO. */
  name: string;
  /** The rest of the line. */
  data?: string;
  greeting?: 'helo' | 'ehlo' | 'lhlo';
  /** What the client calls itself, with a greeting. */
  hostname?: string;
  /** The sender, with `mail`. */
  from?: string;
  /** The recipient, with `rcpt`. */
  to?: string;
  /** What stands behind the address, such as `SIZE=1000`. */
  ext?: string;
  /** Present for a verb that nobody knows. */
  recognized?: false;
}

/** What becomes of a command. The first word counts. */
export interface Acknowledgement {
  /**
   * Goes on.
   * @param code default 250, and 354 for 'message'
   * @param text default 'OK'
   * @throws RangeError for a code that is not from 200 to 599
   */
  accept(code?: number | string, text?: ReplyText): void;
  accept(text: ReplyText): void;
  /**
   * Leaves it undone.
   * @param code default 500
   * @throws RangeError for a code that is not from 200 to 599
   */
  reject(code?: number | string, text?: ReplyText): void;
  reject(text: ReplyText): void;
}

/** What a listener of 'command' may do with it. */
export interface CommandControl {
  /** The command is not carried out; `next` goes on with the one behind it. */
  preventDefault(): void;
  /** Sends a reply. @param code default 250 */
  write(code: number | string, text?: ReplyText): void;
  write(text: ReplyText): void;
  /** After `preventDefault`: goes on. */
  next(): void;
}

/**
 * A message, dots undone. Its pieces are strings where they are UTF-8, and Buffers where they are
 * not. A sender whose message is not read is braked.
 */
export interface IncomingMessage extends Readable {
  readonly aborted: boolean;
  /**
   * Skips the rest and refuses the message.
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
  /** DATA. Without a listener it is answered 554. */
  message: [message: IncomingMessage, ack: Acknowledgement];
  /** The message is whole, and read by whoever reads it. */
  received: [ack: Acknowledgement];
  reset: [];
  rset: [];
  quit: [];
  /** STARTTLS is done; the socket says what was agreed on. */
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
  /** What stood behind the sender. */
  fromExt: string | undefined;
  to: string[] | undefined;
  /** What stood behind each recipient. */
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
  /** TLS from the first byte. @default false */
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
  /** Before the client is served. */
  connection: [socket: ClientSocket];
  /** One client too many for `maxConnections`. */
  drop: [data: { remoteAddress?: string; remotePort?: number }];
  error: [error: Error & { code?: string }];
  /** It listens no more, and the last session is gone. */
  close: [];
}

/** As much of a `net.Server` as there is, but for its events. */
export interface Listening {
  readonly listening: boolean;
  /** More clients than that are dropped. */
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

/** Is called with what a server replied: a refusal is a code, and no error. */
export type ReplyCallback = (error: Error | null, code?: number, lines?: string[]) => void;

/** The events of a `Client`. */
export interface ClientEvents {
  /** The server's greeting line; also for a listener that comes after it. */
  greeting: [code: number, lines: string[]];
  /** startTLS is done. */
  tls: [socket: Duplex];
  error: [error: Error & { code?: string }];
}

/** A client of a server: calls are sent in their order. */
export interface Client extends EventEmitter<ClientEvents> {
  /** The stream, another one after startTLS. */
  readonly stream: Duplex;
  helo(hostname: string, callback?: ReplyCallback): void;
  ehlo(hostname: string, callback?: ReplyCallback): void;
  from(address: string, callback?: ReplyCallback): void;
  from(address: string, ext: string | undefined, callback?: ReplyCallback): void;
  to(address: string, callback?: ReplyCallback): void;
  to(address: string, ext: string | undefined, callback?: ReplyCallback): void;
  data(callback?: ReplyCallback): void;
  /** Sends a message; the returned stream is the one to write to. */
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
  /** A stream that is connected, in place of a socket. */
  stream?: Duplex;
  /** TLS from the first byte. */
  tls?: boolean | ConnectionOptions;
}

/**
 * A server, to `listen`; `callback` is called with each client.
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

/** Both ends over streams of the program's. */
export const protocol: {
  /** The server's side of a stream: its client. */
  client<S extends Duplex>(stream: S): Request<S>;
  client<S extends Duplex>(options: ServerOptions | string | undefined, stream: S): Request<S>;
  /** The client's side of a stream. */
  server(stream: Duplex): Client;
};
