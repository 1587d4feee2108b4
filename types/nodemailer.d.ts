/**
 * A transport for nodemailer: `nodemailer.createTransport(transport({ host, pool: true }))`.
 * Options, results and codes of errors are nodemailer's.
 */

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type { Pem } from './client.js';

declare namespace transport {
  interface Options {
    /** The server's host name or IP address. @default 'localhost' */
    host?: string;
    /** The server's port. @default 587, 465 with `secure` */
    port?: number | string;
    /** The path of a unix socket to connect to. */
    path?: string;
    /** Whether TLS begins with the first byte. @default true for port 465 */
    secure?: boolean;
    requireTLS?: boolean;
    ignoreTLS?: boolean;
    /** Whether mail goes in plain text if the server offers STARTTLS and then refuses it. @default false */
    opportunisticTLS?: boolean;
    /** A URL whose parts come before the other options. */
    url?: string;
    tls?: {
      ca?: Pem | Pem[];
      key?: Pem;
      cert?: Pem;
      passphrase?: string;
      servername?: string;
      /** Whether the server's certificate has to be valid. @default true */
      rejectUnauthorized?: boolean;
      minVersion?: 'TLSv1.2' | 'TLSv1.3';
      maxVersion?: 'TLSv1.2' | 'TLSv1.3';
    };
    auth?:
      | { type?: 'login' | 'LOGIN'; user: string; pass: string; method?: string }
      | { type: 'oauth2' | 'OAuth2' | 'OAUTH2'; user: string; accessToken: string };
    authMethod?: string;
    /** Whether `verify` fails without `auth`. @default false */
    forceAuth?: boolean;
    name?: string;
    localAddress?: string;
    lmtp?: boolean;
    /** How long connecting may take, from the lookup to the greeting line. @default 120000 */
    connectionTimeout?: number;
    /** How long the greeting line may take. @default 30000 */
    greetingTimeout?: number;
    dnsTimeout?: number;
    /** How long a session may wait for the server at a time. */
    socketTimeout?: number;
    pool?: boolean;
    maxConnections?: number;
    maxMessages?: number;
    rateDelta?: number;
    rateLimit?: number;
    /** How long an idle connection of a pool is kept. @default 240000 */
    idleTimeout?: number;
    /** Options that nodemailer itself reads: `dkim`, `logger`, `disableFileAccess`, ... */
    [option: string]: unknown;
  }

  /** The outcome of a message. */
  interface Info {
    envelope: { from: string; to: string[] };
    messageId: string;
    /** The server's reply to the message. */
    response: string;
    /** Whether the message went under TLS. */
    tls: boolean;
    accepted: string[];
    rejected: string[];
    /** An error for each recipient that was refused. */
    rejectedErrors?: Error[];
    /** The lines of the server's reply to EHLO that list its extensions. */
    ehlo?: string[];
    /** Milliseconds from MAIL until the server wanted the message. */
    envelopeTime: number;
    /** Milliseconds from when the server wanted the message until its last reply. */
    messageTime: number;
    /** Bytes of the message as it was sent, with doubled dots and the end of data. */
    messageSize: number;
    /** The Message-ID that the server gave the message, where it says so. */
    serverMessageId?: string;
  }

  interface Transport extends EventEmitter {
    name: string;
    version: string;
    send(mail: unknown, callback: (error: Error | null, info: Info) => void): void;
    verify(): Promise<true>;
    verify(callback: (error: Error | null, success?: true) => void): void;
    isIdle(): boolean;
    /** Gives up messages that wait. Messages under way are still sent, except with `force`. */
    close(options?: { force?: boolean }): Promise<void> | undefined;
  }
}

/** @throws {TypeError} for an option that would change where mail goes and that is not known here */
declare function transport(options?: transport.Options | string): transport.Transport;

export = transport;
