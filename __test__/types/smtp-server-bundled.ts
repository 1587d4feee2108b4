/**
 * A program typed against smtp-server's own typings (3.21), with every name that these export and every
 * member of them. It is compiled against both, never run.
 */
import type net from 'node:net';
import type tls from 'node:tls';
import {
  type ms,
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerAddressArgs,
  type SMTPServerAuthentication,
  type SMTPServerAuthenticationMethod,
  type SMTPServerAuthenticationResponse,
  type SMTPServerConnectionInfo,
  type SMTPServerDataResult,
  type SMTPServerDataStream,
  type SMTPServerEnvelope,
  type SMTPServerEnvelopeDSN,
  type SMTPServerError,
  type SMTPServerEvents,
  type SMTPServerOptions,
  type SMTPServerRecipientDSN,
  type SMTPServerResolvedOptions,
  type SMTPServerResolver,
  type SMTPServerSession,
} from 'smtp-server';

type Done = (err?: Error | null) => void;
const timeout: ms = 1_000;
const resolver: SMTPServerResolver = {
  reverse: (ip: string, callback: (err: Error | null, hostnames?: string[]) => void) =>
    callback(null, [ip]),
};

function argsOf(address: SMTPServerAddress): SMTPServerAddressArgs {
  const { args } = address;
  return args === false ? {} : args;
}

function noticesOf({ dsn }: SMTPServerAddress): string[] {
  const own: SMTPServerRecipientDSN = dsn ?? {};
  return [...(own.notify ?? []), own.orcpt ?? ''];
}

function sizeOf(envelope: SMTPServerEnvelope): number {
  const sender: SMTPServerAddress | false = envelope.mailFrom;
  const recipients: SMTPServerAddress[] = envelope.rcptTo;
  const flags: (boolean | string | undefined)[] = [
    envelope.requireTLS,
    envelope.bodyType,
    envelope.smtpUtf8,
  ];
  const dsn: SMTPServerEnvelopeDSN | undefined = envelope.dsn;
  const texts: (string | null | undefined)[] = [dsn?.ret, dsn?.envid];
  return (sender ? sender.address.length : 0) + recipients.length + flags.length + texts.length;
}

function shown(session: SMTPServerSession): unknown[] {
  const text: string[] = [
    session.id,
    session.localAddress,
    session.remoteAddress,
    session.clientHostname,
    session.openingCommand,
    session.hostNameAppearsAs,
    session.transmissionType,
  ];
  const numbers: number[] = [session.localPort, session.remotePort, session.transaction];
  const cipher: tls.CipherNameAndProtocol | false = session.tlsOptions;
  const told: Map<string, string | number | false>[] = [session.xClient, session.xForward];
  const flags: (boolean | undefined)[] = [session.secure, session.isWizard];
  const servername: string | false | null | undefined = session.servername;
  const error: string | undefined = session.error;
  session.disabledCommands = ['AUTH'];
  session.user = { name: 'u' };
  return [
    text,
    numbers,
    cipher,
    told,
    flags,
    servername,
    error,
    session.user.name,
    sizeOf(session.envelope),
  ];
}

const options: SMTPServerOptions = {
  secure: false,
  secured: false,
  name: 'mx.example',
  banner: 'hello',
  heloResponse: '%s %s',
  size: 1_024,
  hideSize: true,
  rejectOversized: true,
  authMethods: ['PLAIN'],
  authOptional: true,
  authRequiredMessage: 'log in',
  disabledCommands: ['AUTH'],
  hideSTARTTLS: true,
  hidePIPELINING: true,
  hide8BITMIME: true,
  hideSMTPUTF8: true,
  hideENHANCEDSTATUSCODES: false,
  hideDSN: false,
  hideREQUIRETLS: false,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  resolver,
  sniOptions: { 'mx.example': { key: '', cert: '' } },
  needsUpgrade: false,
  logger: true,
  component: 'mx',
  maxClients: 5,
  useProxy: ['127.0.0.1'],
  ignoredHosts: ['127.0.0.1'],
  useXClient: true,
  useXForward: ['127.0.0.1'],
  lmtp: false,
  socketTimeout: timeout,
  closeTimeout: timeout,
  maxAllowedUnauthenticatedCommands: false,
  maxCommandLength: 1_024,
  maxRecipients: 5,
  lenientAddressParsing: true,
  key: '',
  cert: Buffer.alloc(0),
  minVersion: 'TLSv1.2',
  SNICallback(servername: string, cb: (err: Error | null, ctx?: tls.SecureContext) => void) {
    cb(servername ? null : new Error('no name'));
  },
  noDelay: true,
  onAuth(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: (err: Error | null | undefined, response?: SMTPServerAuthenticationResponse) => void,
  ) {
    const method: SMTPServerAuthenticationMethod = auth.method;
    const given: (string | null | undefined)[] = [
      auth.username,
      auth.password,
      auth.authcid,
      auth.authzid,
    ];
    const proofs: (string | undefined)[] = [
      auth.accessToken,
      auth.challenge,
      auth.challengeResponse,
    ];
    const response: SMTPServerAuthenticationResponse = {
      user: shown(session),
      message: 'no',
      responseCode: 535,
    };
    if (auth.validatePassword('x') && method === 'PLAIN') return callback(null, response);
    callback(given.length > proofs.length ? new Error('no') : null, { data: {} });
  },
  onConnect(session: SMTPServerSession, callback: Done) {
    callback(shown(session).length > 0 ? null : new Error('no'));
  },
  onSecure(socket: net.Socket | tls.TLSSocket, _session: SMTPServerSession, callback: Done) {
    callback(socket.remoteAddress ? null : new Error('gone'));
  },
  onMailFrom(address: SMTPServerAddress, _session, callback: Done) {
    const refused: SMTPServerError = new Error('no');
    refused.responseCode = 553;
    callback(argsOf(address).SIZE === true ? refused : null);
  },
  onRcptTo(address: SMTPServerAddress, _session, callback) {
    callback(noticesOf(address).length > 9 ? new Error('no') : null);
  },
  onData(stream: SMTPServerDataStream, session, callback) {
    const results: SMTPServerDataResult[] = session.envelope.rcptTo.map(() => 'OK');
    stream.pipe(process.stdout);
    stream.on('end', () =>
      callback(null, stream.sizeExceeded || stream.byteLength > 9 ? results : 'OK'),
    );
  },
  onClose(session: SMTPServerSession, callback: Done) {
    shown(session);
    callback();
  },
};

class Own extends SMTPServer {
  constructor(given?: SMTPServerOptions | null) {
    super(given);
    const resolved: SMTPServerResolvedOptions = this.options;
    this.logger.info(
      { tnx: 'start' },
      '%s',
      resolved.disabledCommands.concat(resolved.authMethods).join(),
    );
  }

  override onAuth(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: (err: Error | null | undefined, response?: SMTPServerAuthenticationResponse) => void,
  ): void {
    super.onAuth(auth, session, callback);
  }

  override onConnect(session: SMTPServerSession, callback: Done): void {
    super.onConnect(session, callback);
  }

  override onMailFrom(
    address: SMTPServerAddress,
    session: SMTPServerSession,
    callback: Done,
  ): void {
    super.onMailFrom(address, session, callback);
  }

  override onRcptTo(address: SMTPServerAddress, session: SMTPServerSession, callback: Done): void {
    super.onRcptTo(address, session, callback);
  }

  override onSecure(
    socket: net.Socket | tls.TLSSocket,
    session: SMTPServerSession,
    callback: Done,
  ): void {
    super.onSecure(socket as tls.TLSSocket & never, session, callback);
  }

  override onData(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (err?: Error | null, message?: string | SMTPServerDataResult[]) => void,
  ): void {
    super.onData(stream, session, callback);
  }

  override onClose(session: SMTPServerSession, callback?: Done): void {
    super.onClose(session, callback);
  }
}

const server = new Own(options);
const listeners: { [K in keyof SMTPServerEvents]?: (...args: SMTPServerEvents[K]) => void } = {
  close: () => {},
  error: (error) => console.log(error.message),
  connect: (info: SMTPServerConnectionInfo) =>
    console.log(info.id, info.localAddress, info.localPort, info.remoteAddress, info.remotePort),
};
server.on('error', (error) => console.log(error.message)).once('close', () => {});
server.on('connect', (info) =>
  console.log(info.hostNameAppearsAs || info.clientHostname || listeners),
);
server
  .off('close', () => {})
  .addListener('close', () => {})
  .removeListener('close', () => {});
server.prependListener('close', () => {}).prependOnceListener('own event', () => {});
server.emit('close');
const all: net.Server[] = [
  server.listen(25),
  server.listen(25, 'localhost'),
  server.listen(25, 'localhost', 5),
  server.listen(25, 'localhost', 5, () => {}),
  server.listen(25, () => {}),
  server.listen('/tmp/socket', () => {}),
  server.listen({ port: 25 }, () => {}),
  server.server,
];
console.log(all.length, server.connections.size);
server.connect({} as net.Socket | tls.TLSSocket);
server.updateSecureContext({ key: '', cert: '' });
server.close(() => {});
server.close();
