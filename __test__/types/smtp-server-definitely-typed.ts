/**
 * A program typed against `@types/smtp-server` 3.5, with every name that it exports and every member. It is
 * compiled against both, never run.
 */
import type net from 'node:net';
import type { PassThrough } from 'node:stream';
import {
  type ms,
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerAuthentication,
  type SMTPServerAuthenticationResponse,
  type SMTPServerDataStream,
  type SMTPServerEnvelope,
  type SMTPServerOptions,
  type SMTPServerSession,
} from 'smtp-server';

const wait: ms = 1_000;

function recipients({ mailFrom, rcptTo }: SMTPServerEnvelope): string[] {
  return [...(mailFrom ? [mailFrom.address] : []), ...rcptTo.map(({ address }) => address)];
}

function take(stream: PassThrough): void {
  stream.resume();
}

const options: SMTPServerOptions = {
  secure: false,
  name: 'mx.example',
  banner: 'hello',
  size: 1_024,
  hideSize: true,
  authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  hideSTARTTLS: true,
  hidePIPELINING: true,
  hide8BITMIME: true,
  hideSMTPUTF8: true,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  sniOptions: new Map([['mx.example', { key: '', cert: '' }]]),
  logger: false,
  maxClients: 5,
  useProxy: true,
  useXClient: true,
  useXForward: true,
  lmtp: true,
  socketTimeout: wait,
  closeTimeout: wait,
  onAuth(auth: SMTPServerAuthentication, _session: SMTPServerSession, callback) {
    const given: (string | null | undefined)[] = [auth.username, auth.password, auth.accessToken];
    if (auth.method === 'XOAUTH2' || !auth.validatePassword('x')) return callback(new Error('no'));
    const response: SMTPServerAuthenticationResponse = { user: given[0], data: {} };
    callback(null, response);
  },
  onConnect(session, callback: (err?: Error | null) => void) {
    const { id, localAddress, localPort, remoteAddress, remotePort, clientHostname } = session;
    const { openingCommand, hostNameAppearsAs, envelope, secure, transmissionType } = session;
    const user: string | undefined = session.user;
    console.log(id, localAddress, localPort, remoteAddress, remotePort, clientHostname, user);
    console.log(openingCommand, hostNameAppearsAs, secure, transmissionType, session.tlsOptions);
    callback(recipients(envelope).length > 0 ? new Error('no') : undefined);
  },
  onMailFrom(address: SMTPServerAddress, _session, callback) {
    const size = address.args && 'SIZE' in address.args;
    callback(size ? null : new Error('no'));
  },
  onRcptTo(_address: SMTPServerAddress, _session: SMTPServerSession, callback) {
    callback();
  },
  onData(
    stream: SMTPServerDataStream,
    _session,
    callback: (err?: Error | null, message?: string) => void,
  ) {
    take(stream);
    stream.on('end', () => callback(null, stream.sizeExceeded ? 'big' : `${stream.byteLength}`));
  },
  onClose(session, callback: (err?: Error | null) => void) {
    callback(session ? null : new Error('no'));
  },
};

class Own extends SMTPServer {
  override onClose(session: SMTPServerSession, callback: (err?: Error | null) => void): void {
    super.onClose(session, callback);
  }

  override onData(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (err?: Error | null, message?: string) => void,
  ): void {
    super.onData(stream, session, callback);
  }
}

const server = new Own(options);
const given: SMTPServerOptions = server.options;
const listener: net.Server = server.listen(25, 'localhost', () => {});
server.on('error', (err: Error) => console.log(err.message, given, listener));
server.once('close', () => {}).off('close', () => {});
console.log(
  server.listenerCount('error'),
  server.listeners('error'),
  server.connections,
  server.logger,
);
server.updateSecureContext({ key: '', cert: '' });
server.close(() => console.log(server.server.listening));
