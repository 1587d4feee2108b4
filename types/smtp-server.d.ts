// biome-ignore-all lint/suspicious/noExplicitAny: programs put into sessions and users what they like
/**
 * smtp-server's interface: one class, whose handlers share a session.
 */

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type { Server as NodeServer, ServerOpts } from 'node:net';
import type { Duplex, PassThrough } from 'node:stream';
import type { SecureContext, SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls';
import type { ClientSocket } from '../index.js';
import type { Server as NetServer } from './smtp-protocol.js';

/** Milliseconds. */
export type ms = number;

/** An error of a handler. */
export interface SMTPServerError extends Error {
  /** The reply code that the client is told, by default that of the handler. */
  responseCode?: number | undefined;
}

/** Parameters by their names in upper case; `true` for those without a value. */
export type SMTPServerAddressArgs = Record<string, string | true>;

/** Parameters of RCPT that ask for notifications (RFC 3461 section 4). */
export interface SMTPServerRecipientDSN {
  /** Of NOTIFY, in upper case: NEVER, or of SUCCESS, FAILURE and DELAY. */
  notify?: string[] | undefined;
  /** Of ORCPT: the type of the original address, a semicolon, the address. */
  orcpt?: string | undefined;
}

export interface SMTPServerAddress {
  /** Empty for the null sender. */
  address: string;
  /** Parameters of the command, false if it had none. */
  args: SMTPServerAddressArgs | false;
  /** Of RCPT, with `hideDSN: false`. */
  dsn?: SMTPServerRecipientDSN | undefined;
}

/** How a client logs in; 'XCLIENT' is a proxy's word for it. */
export type SMTPServerAuthenticationMethod =
  | 'PLAIN'
  | 'LOGIN'
  | 'XOAUTH2'
  | 'OAUTHBEARER'
  | 'CRAM-MD5'
  | 'SCRAM-SHA-256'
  | 'SCRAM-SHA-256-PLUS'
  | 'XCLIENT';

export interface SMTPServerAuthentication {
  method: SMTPServerAuthenticationMethod;
  username?: string | undefined;
  /** Of PLAIN and LOGIN; null for XCLIENT. */
  password?: string | null | undefined;
  /** Of PLAIN: who logs in (RFC 4616). */
  authcid?: string | undefined;
  /** Of PLAIN: whom the client wants to act for (RFC 4616). */
  authzid?: string | undefined;
  /** Of XOAUTH2 and OAUTHBEARER. */
  accessToken?: string | undefined;
  /** Is not there: the exchange keeps it. */
  challenge?: undefined;
  /** Is not there: the exchange checks it, see `validatePassword`. */
  challengeResponse?: undefined;
  /**
   * Whether this is the client's password; a promise of that for CRAM-MD5 and SCRAM, where the exchange
   * decides whatever the handler says.
   */
  validatePassword(password: any): boolean | Promise<boolean>;
}

export interface SMTPServerAuthenticationResponse {
  /** Whatever `session.user` is to be; without it the login is refused. */
  user?: any;
  /** What a client is told of its token that is refused. */
  data?: object | undefined;
  /** The text of the refusal. */
  message?: string | undefined;
  /** The code of the refusal. @default 535 */
  responseCode?: number | undefined;
}

/** Parameters of MAIL that are about notifications (RFC 3461 section 4). */
export interface SMTPServerEnvelopeDSN {
  /** 'FULL', 'HDRS', or null if the client did not say. */
  ret: string | null;
  /** The client's name for the mail, null if there is none. */
  envid: string | null;
}

export interface SMTPServerEnvelope {
  /** False before MAIL. */
  mailFrom: SMTPServerAddress | false;
  rcptTo: SMTPServerAddress[];
  /** '7bit', '8bitmime' or 'binarymime'. @default '7bit' */
  bodyType?: string | undefined;
  /** Whether the client sent SMTPUTF8 (RFC 6531). */
  smtpUtf8?: boolean | undefined;
  /** Whether the client sent REQUIRETLS (RFC 8689). */
  requireTLS?: boolean | undefined;
  /** With `hideDSN: false`. */
  dsn?: SMTPServerEnvelopeDSN | undefined;
}

export interface SMTPServerSession {
  /** 16 letters and digits at random. */
  id: string;
  /** Whether the client is under TLS. */
  secure: boolean;
  /** Our end of the connection. */
  localAddress: string;
  /** The port of our end. */
  localPort: number;
  /** The client's address, also where a proxy has told it. */
  remoteAddress: string;
  /** The client's port, also where a proxy has told it. */
  remotePort: number;
  /** The client's name, or its address in brackets. */
  clientHostname: string;
  /** 'HELO', 'EHLO' or 'LHLO'; false before. */
  openingCommand: string;
  /** The name behind that command; false before. */
  hostNameAppearsAs: string;
  /** The protocol for a Received field, such as 'ESMTPSA' (RFC 3848). */
  transmissionType: string;
  /** The cipher of TLS, false in plain text. */
  tlsOptions: { name: string; standardName: string; version: string } | false;
  /** The host that the client named in its handshake, false for none. */
  servername?: string | false | null | undefined;
  envelope: SMTPServerEnvelope;
  /** Counts the transactions of the session from 1. */
  transaction: number;
  /** What XCLIENT told, by keys in upper case. */
  xClient: Map<string, string | number | false>;
  /** What XFORWARD told, by keys in upper case. */
  xForward: Map<string, string | number | false>;
  /** What onAuth gave. */
  user?: any;
  /** The last error that the client was told. */
  error?: string | undefined;
  /** Whether the client has said WIZ. */
  isWizard?: boolean | undefined;
  /** In place of the option of that name, for this session. */
  disabledCommands?: string[] | undefined;
}

/** A message as it comes. It is typed as smtp-server's; nothing can be written to it. */
export interface SMTPServerDataStream extends PassThrough {
  /** Bytes that have come. */
  byteLength: number;
  /** Whether these are more than the option `size`. */
  sizeExceeded: boolean;
}

/** A result of a message: the text for the client, or an error. In LMTP each recipient has one. */
export type SMTPServerDataResult = string | Error;

/** Who has connected, as 'connect' tells it. */
export interface SMTPServerConnectionInfo {
  /** That of the session. */
  id: string;
  /** Our end of the connection. */
  localAddress: string;
  /** The port of our end. */
  localPort: number;
  /** The client's address. */
  remoteAddress: string;
  /** The client's port. */
  remotePort: number;
  /** False before HELO or EHLO. */
  hostNameAppearsAs: string | false;
  clientHostname: string | false;
}

/** Finds the names of addresses. */
export interface SMTPServerResolver {
  reverse(ip: string, callback: (error: Error | null, names?: string[]) => void): void;
}

/**
 * The client's end. Of a client that the server accepted it has the members of `ClientSocket`; a socket that
 * `connect()` was given is that socket.
 */
export type SMTPServerSocket = ClientSocket & TLSSocket;

type Callback = (error?: SMTPServerError | null) => void;

/** Of a method: where a subclass has one that takes texts alone, it may be given to `super.onData`. */
type DataCallback = {
  done(error?: SMTPServerError | null, message?: string | SMTPServerDataResult[]): void;
}['done'];

/** A handler calls back, or returns a promise. */
export interface SMTPServerOptions extends Omit<TlsOptions, 'SNICallback'>, ServerOpts {
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
  /** TLS from the first byte. */
  secure?: boolean | undefined;
  /** TLS ends before this server. */
  secured?: boolean | undefined;
  /** As `secure`, also for plain sockets that `connect()` is given. */
  needsUpgrade?: boolean | undefined;
  /** The name of the server. @default the host's */
  name?: string | undefined;
  /** Stands behind the greeting. */
  banner?: string | undefined;
  /** The reply to HELO and EHLO; `%s` is the server's name, then the client's. */
  heloResponse?: string | undefined;
  /** Bytes of a message, beyond which `stream.sizeExceeded` is true. */
  size?: number | undefined;
  /** EHLO lists SIZE without the number. */
  hideSize?: boolean | undefined;
  /** Messages beyond `size` are answered 552. */
  rejectOversized?: boolean | undefined;
  /** @default ['LOGIN', 'PLAIN'] */
  authMethods?: string[] | undefined;
  /** Mail is taken without a login. */
  authOptional?: boolean | undefined;
  /** The text of 530. */
  authRequiredMessage?: string | undefined;
  /** Clients may log in without TLS. */
  allowInsecureAuth?: boolean | undefined;
  /** Commands that are not known. */
  disabledCommands?: string[] | undefined;
  /** EHLO does not list STARTTLS. */
  hideSTARTTLS?: boolean | undefined;
  /** EHLO does not list PIPELINING. */
  hidePIPELINING?: boolean | undefined;
  /** EHLO does not list 8BITMIME. */
  hide8BITMIME?: boolean | undefined;
  /** EHLO does not list SMTPUTF8. */
  hideSMTPUTF8?: boolean | undefined;
  /** Replies have no enhanced status codes. @default true */
  hideENHANCEDSTATUSCODES?: boolean | undefined;
  /** Parameters of notifications are not read. @default true */
  hideDSN?: boolean | undefined;
  /** EHLO does not list REQUIRETLS. @default true */
  hideREQUIRETLS?: boolean | undefined;
  /** EHLO lists neither CHUNKING nor BINARYMIME. */
  hideCHUNKING?: boolean | undefined;
  /** EHLO does not list BINARYMIME. */
  hideBINARYMIME?: boolean | undefined;
  /** Clients have no names. */
  disableReverseLookup?: boolean | undefined;
  /** Finds the names of clients. @default node:dns */
  resolver?: SMTPServerResolver | undefined;
  /** The options of each host that clients name. */
  sniOptions?: Record<string, TlsOptions> | Map<string, TlsOptions> | undefined;
  /** `true` for the console, or an object with methods such as `debug`, `info` and `error`. */
  logger?: any;
  /** Of each entry of the log. @default 'smtp-server' */
  component?: string | undefined;
  /** The next is told 421. */
  maxClients?: number | undefined;
  /** The next is told 452. */
  maxRecipients?: number | undefined;
  /** In bytes. @default 16_384 */
  maxCommandLength?: number | undefined;
  /** `false` for any number. @default 10 */
  maxAllowedUnauthenticatedCommands?: number | false | undefined;
  /** In milliseconds. @default 60_000 */
  socketTimeout?: number | undefined;
  /** In milliseconds. @default 30_000 */
  closeTimeout?: number | undefined;
  /** `true`, or addresses of peers that send a PROXY header. */
  useProxy?: boolean | string[] | undefined;
  /** Addresses of clients that are not logged when they come by a proxy. */
  ignoredHosts?: string[] | undefined;
  /** `true`, or addresses of peers that may say XCLIENT. */
  useXClient?: boolean | string[] | undefined;
  /** `true`, or addresses of peers that may say XFORWARD. */
  useXForward?: boolean | string[] | undefined;
  /** LMTP in place of SMTP (RFC 2033). */
  lmtp?: boolean | undefined;
  /** Takes addresses with loose dots, and of any length. */
  lenientAddressParsing?: boolean | undefined;
  /** Before the greeting; an error is 554, and ends the session. */
  onConnect?(session: SMTPServerSession, callback: Callback): unknown;
  /** After a TLS handshake; an error is 554, and ends the session. */
  onSecure?(socket: SMTPServerSocket, session: SMTPServerSession, callback: Callback): unknown;
  /** When a client logs in; an error is 535. */
  onAuth?(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: (
      error: SMTPServerError | null | undefined,
      response?: SMTPServerAuthenticationResponse,
    ) => void,
  ): unknown;
  /** At MAIL; an error is 550. */
  onMailFrom?(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): unknown;
  /** At RCPT; an error is 550. */
  onRcptTo?(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): unknown;
  /** At DATA and BDAT; an error is 450. */
  onData?(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: DataCallback,
  ): unknown;
  /** When a client has left; there is nothing to call back. */
  onClose?(session: SMTPServerSession, callback: Callback): unknown;
}

/** Options with their defaults filled in. */
export type SMTPServerResolvedOptions = SMTPServerOptions & {
  disabledCommands: string[];
  authMethods: string[];
};

/** Events and what their listeners are given. */
export interface SMTPServerEvents {
  listening: [];
  /** It listens no more, and the last client has left. */
  close: [];
  /** Of the listener, or of a connection. */
  error: [error: Error];
  /** A client is there; behind XCLIENT or XFORWARD once it is known. */
  connect: [info: SMTPServerConnectionInfo];
}

/** What is known of a client whose socket does not say it. */
export interface SMTPConnectionOptions {
  /** Of the session, in place of one made for it. */
  id?: string | undefined;
  /** The original's mark of `ignoredHosts`; it has no effect. */
  ignore?: boolean | undefined;
  /** Our end of the connection. */
  localAddress?: string | undefined;
  /** The port of our end. */
  localPort?: number | undefined;
  /** The client's address. */
  remoteAddress?: string | undefined;
  /** The client's port. */
  remotePort?: number | undefined;
}

type Listener<K extends keyof SMTPServerEvents> = (...args: SMTPServerEvents[K]) => void;

/** Listeners of the server's events, and of those of the program. */
export interface SMTPServer {
  on<K extends keyof SMTPServerEvents>(event: K, listener: Listener<K>): this;
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  once<K extends keyof SMTPServerEvents>(event: K, listener: Listener<K>): this;
  once(event: string | symbol, listener: (...args: any[]) => void): this;
  off<K extends keyof SMTPServerEvents>(event: K, listener: Listener<K>): this;
  off(event: string | symbol, listener: (...args: any[]) => void): this;
  addListener<K extends keyof SMTPServerEvents>(event: K, listener: Listener<K>): this;
  addListener(event: string | symbol, listener: (...args: any[]) => void): this;
  removeListener<K extends keyof SMTPServerEvents>(event: K, listener: Listener<K>): this;
  removeListener(event: string | symbol, listener: (...args: any[]) => void): this;
  prependListener<K extends keyof SMTPServerEvents>(event: K, listener: Listener<K>): this;
  prependListener(event: string | symbol, listener: (...args: any[]) => void): this;
  prependOnceListener<K extends keyof SMTPServerEvents>(event: K, listener: Listener<K>): this;
  prependOnceListener(event: string | symbol, listener: (...args: any[]) => void): this;
  emit<K extends keyof SMTPServerEvents>(event: K, ...args: SMTPServerEvents[K]): boolean;
  emit(event: string | symbol, ...args: any[]): boolean;
}

/** Events: 'listening', 'connect', 'error', 'close'. */
export declare class SMTPServer extends EventEmitter {
  constructor(options?: SMTPServerOptions | null);
  /** The object that the program gave. */
  options: SMTPServerResolvedOptions;
  /** Has the methods and events of a net.Server. */
  server: NetServer & NodeServer;
  /** Has a method for each level; each does nothing where there is no log. */
  logger: any;
  /** Those that are open. */
  connections: Set<any>;
  /** The promise is rejected where it cannot listen, and 'error' is raised. */
  listen(...args: any[]): NetServer & NodeServer & Promise<NetServer & NodeServer>;
  /** Serves the client behind a stream of the program's. */
  connect(socket: Duplex, told?: SMTPConnectionOptions | null): void;
  /** The promise is fulfilled when the last session has ended. */
  close(callback?: (() => void) | null): Promise<void>;
  /** Sets what handshakes from then on use. */
  updateSecureContext(options?: TlsOptions | SMTPServerOptions | null): void;
  /** Before the greeting; an error is 554, and ends the session. */
  onConnect(session: SMTPServerSession, callback: Callback): unknown;
  /** After a TLS handshake; an error is 554, and ends the session. */
  onSecure(socket: SMTPServerSocket, session: SMTPServerSession, callback: Callback): unknown;
  /** When a client logs in; an error is 535. */
  onAuth(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: (
      error: SMTPServerError | null | undefined,
      response?: SMTPServerAuthenticationResponse,
    ) => void,
  ): unknown;
  /** At MAIL; an error is 550. */
  onMailFrom(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): unknown;
  /** At RCPT; an error is 550. */
  onRcptTo(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): unknown;
  /** At DATA and BDAT; an error is 450. */
  onData(stream: SMTPServerDataStream, session: SMTPServerSession, callback: DataCallback): unknown;
  /** When a client has left; there is nothing to call back. */
  onClose(session: SMTPServerSession, callback?: Callback): unknown;
}
