/**
 * An inbox for tests: a server in the process of the test that keeps each mail, and waits for it.
 *
 * Times are milliseconds and sizes are bytes.
 */

/// <reference types="node" />

import type { Buffer } from 'node:buffer';
import type {
  AcceptedRecipient,
  Envelope,
  ExtensionName,
  MailCommand,
  SendOptions,
  SendResult,
  Server,
  ServerParams,
  SmtpError,
  TlsParams,
  TlsVersion,
} from '../index.js';

// ---------------------------------------------------------------------------------------------
// Options
// ---------------------------------------------------------------------------------------------

export interface CatchOptions {
  /** The address to listen to. @default '127.0.0.1' */
  host?: string | undefined;
  /** The port to listen to; 0 takes a free one. @default 0 */
  port?: number | undefined;
  /**
   * Offer STARTTLS, with these keys or with a certificate that is made for the inbox, which is in
   * `inbox.ca`.
   * @default false
   */
  tls?: boolean | TlsParams | undefined;
  /** Speak TLS from the first byte. A certificate is made where `tls` has no keys. @default false */
  secure?: boolean | undefined;
  /**
   * Who may log in: anybody, who need not; these users by their passwords, who have to; or nobody.
   * @default true
   */
  auth?: boolean | Readonly<Record<string, string>> | undefined;
  /** Speak LMTP (RFC 2033) in place of SMTP; `inbox.url` is then `lmtp:`. @default false */
  lmtp?: boolean | undefined;
  /** The longest message; 0 for no limit. Beyond it 552. @default 31457280 (30 MiB) */
  size?: number | undefined;
  /** How many mails are kept. @default 1000 */
  maxMessages?: number | undefined;
  /** How many bytes of mails are kept. @default 268435456 (256 MiB) */
  maxBytes?: number | undefined;
  /** Rules that are there from the beginning; see {@link Inbox.fail}. @default [] */
  fail?: readonly FailureRule[] | undefined;
  /** Extensions that EHLO does not list. @default [] */
  without?: readonly (Exclude<ExtensionName, 'HELP' | 'LIMITS'> | 'AUTH')[] | undefined;
  /** More parameters of the server; the options above come before them. @default {} */
  server?: Omit<ServerParams, 'compat'> | undefined;
}

/** Where a client is when a rule makes it fail. */
export type FailurePlace =
  | 'connect'
  | 'tls'
  | 'helo'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'message';

/** A failure on purpose. */
export interface FailureRule {
  /** Where the client is: 'data' is the command, 'message' the end of the message. */
  at: FailurePlace;
  /**
   * Whom it concerns. It is asked with the client's address at 'connect', and at 'tls' with `secure`; with the
   * name that the client gives at 'helo', and at 'tls' before STARTTLS; with the user at 'auth', the sender
   * at 'mail', the recipient at 'rcpt', and each recipient at 'data' and 'message'.
   */
  match?: RegExp | ((argument: string) => unknown) | undefined;
  /** What is replied: a code from 200 to 599, or a code and its text. */
  reply?: number | readonly [code: number, text?: string | readonly string[]] | undefined;
  /** How often it hits. @default 1 */
  times?: number | undefined;
  /** How many that match pass before. @default 0 */
  skip?: number | undefined;
  /** How long the client is kept waiting first. @default 0 */
  delay?: number | undefined;
  /**
   * What happens: a reply; a reset of the connection (RST); its end; or nothing, for ever.
   * @default 'reply'
   */
  how?: 'reply' | 'reset' | 'close' | 'stall' | undefined;
  /** At 'data', with a `how` other than 'reply': after how many bytes of the message it happens. */
  after?: number | undefined;
}

/** A rule that was added. */
export interface Failure {
  /** How often it has hit. */
  readonly hits: number;
  /** It hits no more. */
  remove(): void;
}

// ---------------------------------------------------------------------------------------------
// Mails
// ---------------------------------------------------------------------------------------------

export interface MailAddress {
  /** The name, '' without one. */
  name: string;
  address: string;
}

/** What the client said of a mail: sender, recipients and parameters (RFC 5321 section 3.3). */
export interface MailEnvelope extends MailCommand {
  /** The forward-paths. */
  to: string[];
  /** The forward-paths with their parameters. */
  rcpt: AcceptedRecipient[];
}

/** The session that brought a mail. */
export interface MailSession {
  /** What the client called itself. */
  readonly helo: string;
  /** Who was logged in. */
  readonly user: string | null;
  /** The version of TLS. */
  readonly tls: TlsVersion | false;
  readonly remoteAddress?: string;
  /**
   * What was said up to the first mail, and for this one: commands behind `C: `, replies behind `S: `.
   * Secrets are not in it.
   */
  readonly transcript: string[];
}

export interface Attachment {
  /** The name without folders and invisible characters, 'attachment' where there is none. */
  readonly filename: string;
  readonly contentType: string;
  /** What HTML names it by. */
  readonly cid?: string | undefined;
  readonly size: number;
  /** Its bytes, a copy each time. */
  readonly content: Buffer;
}

/** A mail that was caught. */
export interface Mail {
  /** Grows from mail to mail of an inbox. */
  readonly id: number;
  readonly envelope: MailEnvelope;
  readonly from: MailAddress[];
  readonly to: MailAddress[];
  readonly cc: MailAddress[];
  /** Recipients of the envelope that the header does not name. */
  readonly bcc: MailAddress[];
  readonly replyTo: MailAddress[];
  /** The subject, '' without one. */
  readonly subject: string;
  /** What the field Date says; undefined where that is no date. */
  readonly date?: Date | undefined;
  readonly messageId?: string | undefined;
  /** The plain text, made of the HTML where there is none; '' if it has neither. */
  readonly text: string;
  /** The HTML, '' if it has none. */
  readonly html: string;
  /** The fields of the header by their names in lower case; several of one name are an array. */
  readonly headers: Record<string, string | string[]>;
  readonly attachments: Attachment[];
  /** The message as it came. */
  readonly raw: Buffer;
  readonly size: number;
  readonly receivedAt: Date;
  readonly session: MailSession;
  /** Why parts of it could not be read, if so. */
  readonly problem?: string | undefined;
  /** The links of the HTML, then those of the text that are not among them. */
  readonly links: string[];
  /**
   * The first link that matches; a string is contained.
   * @throws {SmtpError} `SMTP_ERR_NO_LINK`, with the links that there are.
   */
  link(pattern?: string | RegExp): string;
  /**
   * The first code that matches, and of a RegExp with a group what that matched. Without a pattern: the
   * code of the field OTP-Token, else 4 to 8 digits in the text or the subject.
   * @throws {SmtpError} `SMTP_ERR_NO_CODE`, with the codes that there are.
   */
  code(pattern?: string | RegExp): string;
}

// ---------------------------------------------------------------------------------------------
// Waiting
// ---------------------------------------------------------------------------------------------

/** What a mail has to be; all that is given counts. */
export interface MatchObject {
  /** A recipient of the envelope, or in To or Cc. An address is whole, its domain in any case. */
  to?: string | RegExp | undefined;
  /** The sender of the envelope or of the header. An address is whole, its domain in any case. */
  from?: string | RegExp | undefined;
  /** The subject; a string is the whole of it. */
  subject?: string | RegExp | undefined;
  /** The text; a string is contained. */
  text?: string | RegExp | undefined;
  /** The HTML; a string is contained. */
  html?: string | RegExp | undefined;
  /** Fields by their names in any case; a string is contained. */
  header?: Readonly<Record<string, string | RegExp>> | undefined;
}

export type Match = MatchObject | ((mail: Mail) => boolean);

export interface WaitOptions {
  /** How long it waits; Infinity is for ever. @default 5000 */
  timeout?: number | undefined;
  /** Ends the wait with an AbortError. */
  signal?: AbortSignal | undefined;
}

export interface NoneOptions extends WaitOptions {
  /** How long nothing has to come. @default 100 */
  within?: number | undefined;
}

/** Why a wait had no mail: what came, and the parts of `match` that each missed. */
export interface NoMailError extends SmtpError {
  code: 'SMTP_ERR_NO_MAIL';
  missed: { mail: Mail; missed: string[] }[];
}

/** Why `none` was rejected. */
export interface MailError extends SmtpError {
  code: 'SMTP_ERR_MAIL';
  mail: Mail;
}

/** Waiting for mails, of an inbox in this process or in another. */
export interface Waiting extends AsyncIterable<Mail> {
  /** The first mail that matches, among those there and those to come. */
  waitFor(match?: Match, options?: WaitOptions): Promise<Mail>;
  /** The same, but each mail is given out once. */
  next(match?: Match, options?: WaitOptions): Promise<Mail>;
  /** So many mails, each given out once; it gives out all of them or none. */
  take(count: number, match?: Match, options?: WaitOptions): Promise<Mail[]>;
  /**
   * Resolves if none that matches is there or comes, and no client is about to bring one; for such a client
   * it waits up to `timeout`.
   */
  none(match?: Match, options?: NoneOptions): Promise<void>;
  /** Those that are there and those to come; it ends when the inbox is closed. */
  [Symbol.asyncIterator](): AsyncIterator<Mail, undefined>;
}

/** Mails, and waiting for them. */
export interface Mails extends Waiting {
  /** Those that are there now, in the order in which they came. */
  readonly messages: Mail[];
  /** The first mail that is there and matches. */
  find(match?: Match): Mail | undefined;
  /** All mails that are there and match. */
  filter(match?: Match): Mail[];
  /** Forgets the mails that are there; a `take` that had some of them waits for others in their place. */
  clear(): void;
}

/** The mails to one address. */
export interface View extends Mails {
  /** The address. */
  readonly email: string;
  /** The address. */
  toString(): string;
}

export interface Inbox extends Mails {
  /** Where to send: `smtp://127.0.0.1:40123`, or `smtps:` with `secure`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The certificate to trust, as PEM, where one was made. */
  readonly ca?: string;
  readonly server: Server;
  /**
   * A new address, `name-` and four random characters at `catch.test`, and a view of the mails to it.
   * @param name letters and digits, with one of `.-_+` between them, up to 59 characters. 'test' by default
   */
  address(name?: string): View;
  /** Makes clients fail on purpose; rules are asked in the order in which they were added. */
  fail(rule: FailureRule): Failure;
  /**
   * Sends a mail on.
   *
   * @param envelope what is to differ from the mail's own
   */
  release(mail: Mail, options: SendOptions, envelope?: Partial<Envelope>): Promise<SendResult>;
  /** Stops listening; whatever waits is rejected with an AbortError. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens an inbox.
 *
 * @returns Once it listens.
 * @throws {TypeError | RangeError} For an option that makes no sense.
 */
export function catchMail(options?: CatchOptions): Promise<Inbox>;

// ---------------------------------------------------------------------------------------------
// An inbox in another process
// ---------------------------------------------------------------------------------------------

export interface ConnectOptions {
  /**
   * How long it tries until the inbox answers. A loop, and what looks at the mails that are there, give up when
   * the inbox was gone for that long.
   * @default 5000
   */
  timeout?: number | undefined;
  /** Ends the attempt with an AbortError. */
  signal?: AbortSignal | undefined;
}

/** Mails of an inbox in another process, and waiting for them. */
export interface RemoteMails extends Waiting {
  /** Those that are there now, in the order in which they came. */
  messages(): Promise<Mail[]>;
  /** The first mail that is there and matches. */
  find(match?: Match): Promise<Mail | undefined>;
  /** All mails that are there and match. */
  filter(match?: Match): Promise<Mail[]>;
  /** Forgets the mails that are there, for everybody. */
  clear(): Promise<void>;
}

/** The mails to one address in another process. */
export interface RemoteView extends RemoteMails {
  /** The address. */
  readonly email: string;
  /** The address. */
  toString(): string;
}

/** A rule of failure, whose `match` is no function: it would have to leave its process. */
export interface RemoteFailureRule extends Omit<FailureRule, 'match'> {
  /** Whom it concerns; see {@link FailureRule.match}. */
  match?: RegExp | undefined;
}

/** A rule that was added in another process. */
export interface RemoteFailure {
  /** How often it has hit. */
  hits(): Promise<number>;
  /** It hits no more. */
  remove(): Promise<void>;
}

/** An inbox in another process. */
export interface RemoteInbox extends RemoteMails {
  /** Where to send. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The certificate to trust, as PEM, where one was made for the inbox. */
  readonly ca: string | undefined;
  /**
   * A new address, `name-` and twelve random characters at `catch.test`, and a view of the mails to it.
   * @param name letters and digits, with one of `.-_+` between them, up to 51 characters. 'test' by default
   */
  address(name?: string): RemoteView;
  /** Makes clients fail on purpose; resolves once the rule holds. */
  fail(rule: RemoteFailureRule): Promise<RemoteFailure>;
  /**
   * Sends a mail on, from this process.
   *
   * @param envelope what is to differ from the mail's own
   */
  release(mail: Mail, options: SendOptions, envelope?: Partial<Envelope>): Promise<SendResult>;
  /** Rejects what waits here with an AbortError and removes the rules that were added here. The inbox goes on. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Connects to an inbox in another process.
 *
 * @param url that of its page, such as `http://127.0.0.1:8025`; it may have user and password
 * @returns Once the inbox has answered.
 * @throws {TypeError} For what is no such URL.
 * @throws {SmtpError} `SMTP_ERR_NO_INBOX`, where there is none.
 */
export function connectInbox(url: string | URL, options?: ConnectOptions): Promise<RemoteInbox>;
