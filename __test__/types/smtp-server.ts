/** A program on smtp-server's interface, as its users write them. It is compiled, never run. */
import { SMTPServer as FromRoot } from 'smtp-engine';
import {
  SMTPServer,
  type SMTPServerOptions,
  type SMTPServerSession,
} from 'smtp-engine/smtp-server';

const options: SMTPServerOptions = {
  authOptional: true,
  sniOptions: new Map([['mx.example', { key: '', cert: '' }]]),
  onConnect(session, callback) {
    if (session.remoteAddress === '127.0.0.1') return callback(new Error('no'));
    return callback();
  },
  onAuth(auth, session, callback) {
    if (auth.method === 'PLAIN' && auth.validatePassword('x')) callback(null, { user: session.id });
    else callback(null, { message: 'no', responseCode: 535 });
  },
  async onMailFrom(address) {
    const size = address.args ? address.args.SIZE : undefined;
    if (size === true) throw new Error('no');
  },
  onData(stream, _session, callback) {
    stream.on('end', () => callback(null, stream.sizeExceeded ? 'big' : ['a', new Error('b')]));
    stream.resume();
  },
  // @ts-expect-error a number of bytes
  size: 'big',
};

class Own extends SMTPServer {
  override onClose(session: SMTPServerSession) {
    console.log(session.envelope.rcptTo.map(({ address }) => address));
  }
}

const server = new Own(options);
server.listen(25, '127.0.0.1', () => {}).on('error', () => {});
server.close(() => {});
server.listen(25).then((listener) => listener.address());
server.close().then(() => {});
new SMTPServer({
  ignoredHosts: ['192.0.2.1'],
  SNICallback(servername, callback) {
    callback(null, servername === 'mx.example' ? { key: '', cert: '' } : undefined);
  },
  onSecure: (socket) => console.log(socket.alpnProtocol, socket.authorized),
});
new FromRoot().updateSecureContext({ key: '', cert: '' });
