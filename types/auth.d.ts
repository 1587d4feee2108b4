/**
 * Logging in to a server (RFC 4954): the parameters, what the listener of 'auth' is given, and what a
 * server keeps in place of passwords.
 */

/// <reference types="node" />

import type { X509Certificate } from 'node:crypto';

/** How clients log in. */
export type AuthMechanism =
  | 'PLAIN'
  | 'LOGIN'
  | 'SCRAM-SHA-256'
  | 'SCRAM-SHA-256-PLUS'
  | 'CRAM-MD5'
  | 'XOAUTH2'
  | 'OAUTHBEARER'
  | 'EXTERNAL';

/** Who logs in, and how. */
export interface AuthParams {
  /**
   * Offer AUTH although the listeners are one function, or one of 'auth' is yet to come.
   * @default false
   */
  auth?: boolean;
  /**
   * Answer MAIL with 530 before a login; needs a listener of 'auth'. RFC 4954 section 6.
   * @default false
   */
  requireAuth?: boolean;
  /** Offer AUTH without TLS as well, where others can read passwords. @default false */
  allowInsecureAuth?: boolean;
  /**
   * The mechanisms, in the order in which EHLO lists them. SCRAM-SHA-256-PLUS is offered under TLS,
   * EXTERNAL to clients that have shown TLS a valid certificate.
   * @default ['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']
   */
  authMechanisms?: readonly AuthMechanism[];
  /**
   * Refused logins of a session, after which the next AUTH is answered with 421; 0 lifts the limit.
   * @default 3
   */
  maxAuthFailures?: number;
}

/** What a server keeps of a password in place of it (RFC 5803); bytes are base64. */
export interface ScramKeys {
  salt: string;
  /** From 1,000 to 1,000,000. */
  iterations: number;
  storedKey: string;
  serverKey: string;
}

/** The same with bytes as base64 or as they are. */
export type StoredKeys = {
  readonly [Name in keyof ScramKeys]: ScramKeys[Name] extends number ? number : string | Uint8Array;
};

/** What the client is told whose token is refused (RFC 7628 section 3.2.2). */
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
  /** '' where the token or the certificate is to name the user. */
  readonly username: string;
  /** For whom the client wants to act, '' for itself (RFC 4616 section 2). */
  readonly authzid: string;
  /** PLAIN and LOGIN. */
  readonly password?: string;
  /** XOAUTH2 and OAUTHBEARER. */
  readonly token?: string;
  /** EXTERNAL. */
  readonly certificate?: X509Certificate;
  /** What the client is told if its token is refused. */
  problem?: TokenProblem | undefined;
  /**
   * Whether a user with this secret is the client: a password, stored keys, or null for a user who is
   * not there. SCRAM carries out the rest of its exchange for that. False once the login is over.
   *
   * @throws {TypeError} For a token or a certificate, for what is no secret, and for stored keys with
   *   CRAM-MD5.
   * @throws {RangeError} For stored keys that are none.
   */
  verify(secret: string | StoredKeys | null): Promise<boolean>;
}

/**
 * Makes what a server may keep of a password in place of it, on another thread.
 *
 * @param options `salt`: bytes, or base64; 16 random bytes if there is none. `iterations`: 4,096 if
 *   it is not said.
 */
export function scramKeys(
  password: string,
  options?: { salt?: string | Uint8Array; iterations?: number } | null,
): Promise<ScramKeys>;
