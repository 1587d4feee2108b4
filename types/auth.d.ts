/**
 * Logging in to a server (RFC 4954): the parameters, what the listener of 'auth' is given, and what a
 * server keeps in place of passwords.
 */

/// <reference types="node" />

import type { X509Certificate } from 'node:crypto';

/** A mechanism by which clients log in. */
export type AuthMechanism =
  | 'PLAIN'
  | 'LOGIN'
  | 'SCRAM-SHA-256'
  | 'SCRAM-SHA-256-PLUS'
  | 'CRAM-MD5'
  | 'XOAUTH2'
  | 'OAUTHBEARER'
  | 'EXTERNAL';

/** The parameters of a server that clients log in to. */
export interface AuthParams {
  /**
   * Offer AUTH although the listeners are one function, or the listener of 'auth' is set later.
   * @default false
   */
  auth?: boolean;
  /**
   * Answer MAIL with 530 before a login (RFC 4954 section 6). It needs a listener of 'auth'.
   * @default false
   */
  requireAuth?: boolean;
  /** Offer AUTH without TLS as well, where others can read passwords. @default false */
  allowInsecureAuth?: boolean;
  /**
   * The mechanisms, in the order in which EHLO lists them. SCRAM-SHA-256-PLUS is offered under TLS only,
   * EXTERNAL only to clients that have shown a valid certificate.
   * @default ['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']
   */
  authMechanisms?: readonly AuthMechanism[];
  /**
   * Refused logins of a session, after which the next AUTH is answered with 421; 0 lifts the limit.
   * @default 3
   */
  maxAuthFailures?: number;
}

/** The keys that a server keeps in place of a password (RFC 5803); bytes are in base64. */
export interface ScramKeys {
  salt: string;
  /** How often the password was hashed: 1,000 to 1,000,000 times. */
  iterations: number;
  storedKey: string;
  serverKey: string;
}

/** Keys in place of a password, with bytes in base64 or as they are. */
export type StoredKeys = {
  readonly [Name in keyof ScramKeys]: ScramKeys[Name] extends number ? number : string | Uint8Array;
};

/** What a client is told when its token is refused (RFC 7628 section 3.2.2). */
export interface TokenProblem {
  status: string;
  scope?: string;
  schemes?: string;
  'openid-configuration'?: string;
  [name: string]: unknown;
}

/** A client that wants to log in; its secret is not enumerable, so that logs do not show it. */
export interface Login {
  readonly mechanism: AuthMechanism;
  /** The user's name; '' where the token or the certificate is to name the user. */
  readonly username: string;
  /** The user for whom the client wants to act; '' for itself (RFC 4616 section 2). */
  readonly authzid: string;
  /** The password, by PLAIN and LOGIN. */
  readonly password?: string;
  /** The OAuth 2.0 access token, by XOAUTH2 and OAUTHBEARER. */
  readonly token?: string;
  /** The client's certificate, by EXTERNAL. */
  readonly certificate?: X509Certificate;
  /** What the client is told if its token is refused. */
  problem?: TokenProblem | undefined;
  /**
   * Tells whether this is the client's secret: a password, stored keys, or null for a user who does not
   * exist. An empty password is as null. With SCRAM and CRAM-MD5 it carries out the rest of the exchange.
   * It is false once the login is over.
   *
   * @throws {TypeError} For a token or a certificate, for what is no secret, and for stored keys with
   *   CRAM-MD5.
   * @throws {RangeError} For stored keys that are none.
   */
  verify(secret: string | StoredKeys | null): Promise<boolean>;
}

/**
 * Makes keys that a server may keep in place of a password, on another thread.
 *
 * @param options `salt`: bytes or base64, 16 random bytes by default. `iterations`: how often the
 *   password is hashed, 4,096 times by default.
 */
export function scramKeys(
  password: string,
  options?: { salt?: string | Uint8Array; iterations?: number } | null,
): Promise<ScramKeys>;
