// biome-ignore-all lint/suspicious/noExplicitAny: programs put into sessions and users what they like
/**
 * smtp-server's interface: one class, whose handlers share a session.
 */

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import type { SecureContext, SecureContextOptions, TlsOptions } from 'node:tls';
import type { ClientSocket } from '../index.js';
import type { Server as NetServer } from './smtp-protocol.js';

export interface SMTPServerAddress {
  /** Empty for the null sender. */
  address: string;
  /** Parameters by their names in upper case; `true` for those without a value. */
  args: Record<string, string | true> | false;
  /** Of RCPT, with `hideDSN: false` (RFC 3461). */
  dsn?: { notify?: string[] | undefined; orcpt?: string | undefined } | undefined;
}

export interface SMTPServerEnvelope {
  mailFrom: SMTPServerAddress | false;
  rcptTo: SMTPServerAddress[];
  /** @default '7bit' */
  bodyType?: string | undefined;
  smtpUtf8?: boolean | undefined;
  requireTLS?: boolean | undefined;
  dsn?: { ret: string | null; envid: string | null } | undefined;
}

export interface SMTPServerSession {
  id: string;
  secure: boolean;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** The client's name, or its address in brackets. */
  clientHostname: string;
  /** 'HELO', 'EHLO' or 'LHLO'. */
  openingCommand: string;
  hostNameAppearsAs: string;
  transmissionType: string;
  tlsOptions: { name: string; standardName: string; version: string } | false;
  servername?: string | false | null | undefined;
  envelope: SMTPServerEnvelope;
  /** Counts the transactions of the session from 1. */
  transaction: number;
  xClient: Map<string, string | number | false>;
  xForward: Map<string, string | number | false>;
  /** What onAuth gave. */
  user?: any;
  /** The last error that the client was told. */
  error?: string | undefined;
  isWizard?: boolean | undefined;
  /** In place of the option of that name, for this session. */
  disabledCommands?: string[] | undefined;
}

export interface SMTPServerAuthentication {
  method: string;
  username?: string | undefined;
  password?: string | null | undefined;
  authcid?: string | undefined;
  authzid?: string | undefined;
  accessToken?: string | undefined;
  /**
   * Whether this is the client's password; a promise of that for CRAM-MD5 and SCRAM, where the exchange
   * decides whatever the handler says.
   */
  validatePassword(password: any): boolean | Promise<boolean>;
}

export interface SMTPServerAuthenticationResponse {
  user?: any;
  data?: object | undefined;
  message?: string | undefined;
  responseCode?: number | undefined;
}

export interface SMTPServerDataStream extends Readable {
  /** Bytes that have come. */
  byteLength: number;
  /** Whether these are more than the option `size`. */
  sizeExceeded: boolean;
}

export interface SMTPServerError extends Error {
  responseCode?: number | undefined;
}

type Callback = (error?: SMTPServerError | null) => void;

/** A handler calls back, or returns a promise. */
export interface SMTPServerOptions extends Omit<TlsOptions, 'SNICallback'> {
  /**
   * Is asked for each host that a client names, in place of `sniOptions`; it calls back with the options of
   * the host, or with nothing for the server's own. A context of node:tls tells nobody its key: with one the
   * handshake is refused.
   */
  SNICallback?:
    | ((
        servername: string,
        callback: (error: Error | null, keys?: SecureContextOptions | SecureContext | null) => void,
      ) => void)
    | undefined;
  secure?: boolean | undefined;
  secured?: boolean | undefined;
  needsUpgrade?: boolean | undefined;
  name?: string | undefined;
  banner?: string | undefined;
  heloResponse?: string | undefined;
  size?: number | undefined;
  hideSize?: boolean | undefined;
  rejectOversized?: boolean | undefined;
  authMethods?: string[] | undefined;
  authOptional?: boolean | undefined;
  authRequiredMessage?: string | undefined;
  allowInsecureAuth?: boolean | undefined;
  disabledCommands?: string[] | undefined;
  hideSTARTTLS?: boolean | undefined;
  hidePIPELINING?: boolean | undefined;
  hide8BITMIME?: boolean | undefined;
  hideSMTPUTF8?: boolean | undefined;
  hideENHANCEDSTATUSCODES?: boolean | undefined;
  hideDSN?: boolean | undefined;
  hideREQUIRETLS?: boolean | undefined;
  hideCHUNKING?: boolean | undefined;
  hideBINARYMIME?: boolean | undefined;
  disableReverseLookup?: boolean | undefined;
  resolver?:
    | { reverse(ip: string, callback: (error: Error | null, names?: string[]) => void): void }
    | undefined;
  sniOptions?: Record<string, TlsOptions> | Map<string, TlsOptions> | undefined;
  logger?: any;
  component?: string | undefined;
  maxClients?: number | undefined;
  maxRecipients?: number | undefined;
  maxCommandLength?: number | undefined;
  maxAllowedUnauthenticatedCommands?: number | false | undefined;
  /** In milliseconds. @default 60_000 */
  socketTimeout?: number | undefined;
  /** In milliseconds. @default 30_000 */
  closeTimeout?: number | undefined;
  useProxy?: boolean | string[] | undefined;
  /** Addresses of clients that are not logged when they come by a proxy. */
  ignoredHosts?: string[] | undefined;
  useXClient?: boolean | string[] | undefined;
  useXForward?: boolean | string[] | undefined;
  lmtp?: boolean | undefined;
  lenientAddressParsing?: boolean | undefined;
  onConnect?(session: SMTPServerSession, callback: Callback): unknown;
  onSecure?(
    socket: ClientSocket & { alpnProtocol: string | false },
    session: SMTPServerSession,
    callback: Callback,
  ): unknown;
  onAuth?(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: (
      error: SMTPServerError | null | undefined,
      response?: SMTPServerAuthenticationResponse,
    ) => void,
  ): unknown;
  onMailFrom?(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): unknown;
  onRcptTo?(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): unknown;
  onData?(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (error?: SMTPServerError | null, message?: string | (string | Error)[]) => void,
  ): unknown;
  onClose?(session: SMTPServerSession, callback?: Callback): unknown;
}

/** Events: 'listening', 'connect', 'error', 'close'. */
export declare class SMTPServer extends EventEmitter {
  constructor(options?: SMTPServerOptions | null);
  options: SMTPServerOptions & { disabledCommands: string[]; authMethods: string[] };
  server: NetServer;
  logger: any;
  connections: Set<any>;
  /** The promise is rejected where it cannot listen, and 'error' is raised. */
  listen(...args: any[]): NetServer & Promise<NetServer>;
  /** Serves the client behind a stream of the program's. */
  connect(socket: Duplex): void;
  /** The promise is fulfilled when the last session has ended. */
  close(callback?: (() => void) | null): Promise<void>;
  /** Sets what handshakes from then on use. */
  updateSecureContext(options?: TlsOptions | SMTPServerOptions | null): void;
  onConnect(session: SMTPServerSession, callback: Callback): unknown;
  onSecure(socket: any, session: SMTPServerSession, callback: Callback): unknown;
  onAuth(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: (
      error: SMTPServerError | null | undefined,
      response?: SMTPServerAuthenticationResponse,
    ) => void,
  ): unknown;
  onMailFrom(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): unknown;
  onRcptTo(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): unknown;
  onData(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (error?: SMTPServerError | null, message?: string | (string | Error)[]) => void,
  ): unknown;
  onClose(session: SMTPServerSession, callback?: Callback): unknown;
}
