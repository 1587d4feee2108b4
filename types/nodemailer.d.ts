/**
 * A transport for nodemailer: `nodemailer.createTransport(transport({ host, pool: true }))`.
 * Options, results and codes of errors are nodemailer's.
 */

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type { Pem } from './client.js';

declare namespace transport {
  interface Options {
    /** @default 'localhost' */
    host?: string;
    /** @default 587, 465 with `secure` */
    port?: number | string;
    /** A unix socket. */
    path?: string;
    /** TLS from the first byte. @default true for port 465 */
    secure?: boolean;
    requireTLS?: boolean;
    ignoreTLS?: boolean;
    /** Plain text where STARTTLS is offered and refused. @default false */
    opportunisticTLS?: boolean;
    /** Its parts stand above the other options. */
    url?: string;
    tls?: {
      ca?: Pem | Pem[];
      key?: Pem;
      cert?: Pem;
      passphrase?: string;
      servername?: string;
      /** @default true */
      rejectUnauthorized?: boolean;
      minVersion?: 'TLSv1.2' | 'TLSv1.3';
      maxVersion?: 'TLSv1.2' | 'TLSv1.3';
    };
    auth?:
      | { type?: 'login' | 'LOGIN'; user: string; pass: string; method?: string }
      | { type: 'oauth2' | 'OAuth2' | 'OAUTH2'; user: string; accessToken: string };
    authMethod?: string;
    /** `verify` fails without `auth`. @default false */
    forceAuth?: boolean;
    name?: string;
    localAddress?: string;
    lmtp?: boolean;
    /** From the lookup to the greeting line. @default 120000 */
    connectionTimeout?: number;
    /** For the greeting line. @default 30000 */
    greetingTimeout?: number;
    dnsTimeout?: number;
    /** For each wait of a session. */
    socketTimeout?: number;
    pool?: boolean;
    maxConnections?: number;
    maxMessages?: number;
    rateDelta?: number;
    rateLimit?: number;
    /** @default 240000 */
    idleTimeout?: number;
    /** What nodemailer itself reads: `dkim`, `logger`, `disableFileAccess`, ... */
    [option: string]: unknown;
  }

  /** What became of a message. */
  interface Info {
    envelope: { from: string; to: string[] };
    messageId: string;
    /** The server's reply to the message. */
    response: string;
    /** Whether TLS was spoken: false if the message went in plain text. */
    tls: boolean;
    accepted: string[];
    rejected: string[];
    /** One for each recipient that was refused. */
    rejectedErrors?: Error[];
    /** What the server offers, as it said to EHLO. */
    ehlo?: string[];
    /** Milliseconds from MAIL until the server wanted the message. */
    envelopeTime: number;
    /** Milliseconds from then until its last reply. */
    messageTime: number;
    /** Bytes of the message as they are after DATA. */
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
    /** A message that is under way is sent, but with `force`; one that waits is given up. */
    close(options?: { force?: boolean }): Promise<void> | undefined;
  }
}

/** @throws {TypeError} for an option that would change where mail goes and that is not known here */
declare function transport(options?: transport.Options | string): transport.Transport;

export = transport;
