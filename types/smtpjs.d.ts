// biome-ignore-all lint/suspicious/noExplicitAny: handlers and schemas put there what they like
/**
 * smtpjs' interface: a server that listens at once, and a schema of events.
 */

/// <reference types="node" />

import type { ClientSocket } from '../index.js';
import type { Server as NetServer } from './smtp-protocol.js';

declare namespace Server {
  /** A client's mail; addresses are as they were sent, brackets included. */
  interface Mail {
    from: string;
    to: string[];
    /** The message in pieces: strings where it is text, else Buffers. */
    message: (string | Buffer)[];
  }

  /** A command ('HELO', 'MAIL FROM', ...) and the text behind it. */
  interface Context {
    action: string;
    params: string;
  }

  type Level = 'all' | 'debug' | 'log' | 'info' | 'warn' | 'error' | 'fatal';

  type Logger = Record<Exclude<Level, 'all'>, (...message: unknown[]) => unknown>;

  /** A listener of a command. The reply waits for its promise; if it throws or rejects, the client gets 451. */
  type Listener<T> = (this: T & { logger: Logger }, context: Context) => unknown;

  interface Events<T> {
    connect?(this: T & { logger: Logger }, socket: ClientSocket & { readonly id: string }): unknown;
    error?(this: T & { logger: Logger }, error: Error & { code?: string }, mail: Mail): unknown;
    /** A mail is complete, or its client has left. */
    done?(this: T & { logger: Logger }, mail: Mail): unknown;
    HELO?: Listener<T>;
    EHLO?: Listener<T>;
    'MAIL FROM'?: Listener<T>;
    'RCPT TO'?: Listener<T>;
    SIZE?: Listener<T>;
    DATA?: Listener<T>;
    VRFY?: Listener<T>;
    TURN?: Listener<T>;
    AUTH?: Listener<T>;
    RSET?: Listener<T>;
    EXPN?: Listener<T>;
    HELP?: Listener<T>;
    QUIT?: Listener<T>;
  }

  interface Config {
    /** The address to listen to. @default '127.0.0.1' */
    ip?: string;
    /** The port to listen to. @default 1337 */
    port?: number;
    /** The private key in PEM. TLS is used if NODE_ENV is set to something other than 'development'. */
    key?: string | Uint8Array;
    cert?: string | Uint8Array;
    [name: string]: unknown;
  }

  interface Schema<D extends object = Record<string, any>> {
    /** Settings, which are on `this` of every event. */
    config?: Config;
    /** Called for each client. The properties of what it returns are on `this` of every event. */
    data?(): D;
    events?: Events<D & Record<string, any>>;
    logger?: { level?: Level };
  }

  interface Dependencies {
    logger?: Logger;
  }

  /** A client that is connected. */
  interface Connection {
    readonly id: string;
    getMail(): Mail;
    parse(line?: string): void;
    end(): void;
    destroy(): void;
  }
}

declare class Server {
  /**
   * A server that listens at once.
   * @throws TypeError or RangeError naming what cannot be used
   */
  constructor(schema?: Server.Schema, dependencies?: Server.Dependencies);
  static factory(schema?: Server.Schema, dependencies?: Server.Dependencies): Server;
  /** Takes a command line apart. Parts that are not there are empty strings. */
  static parser(line?: string): { full: string; action: string; params: string };

  readonly connections: Record<string, Server.Connection>;
  readonly logger: Server.Logger;
  readonly schema: Server.Schema;
  getServer(): NetServer;
  /** Ids of the clients that are connected. */
  list(): string[];
  getMail(id: string): Server.Mail | undefined;
  /**
   * Takes a line as if the client had sent it.
   * @throws RangeError for a client that is not connected
   */
  send(id: string, line: string): void;
  getConnectionCount(): Promise<number>;
}

export = Server;
