const { Server } = require('mbr-smtp');

const params = {
  name: 'example.domain',
  port: 25,
  host: '0.0.0.0',
  size: 30 * 1024 * 1024,
  timeout: 0,
};

const listeners = {
  // Server events. Receives SMTP server instance as `this`.
  start: () => {
    console.log('start');
  },
  stop: () => {
    console.log('stop');
  },
  error: (error) => {
    console.log('error', error);
  },

  // Client events. Receives Session instance as `this`.
  connect: function (socket) {
    console.log('connect', typeof socket.remotePort, this.socket === socket, this.smtp === server);
    this.success();
  },
  disconnect: () => {
    console.log('disconnect');
    server.stop();
  },
  timeout: () => true,
  message: function (message) {
    console.log('message', message.toString().trim());
    this.success();
  },
  response: (response) => {
    console.log('response', response.toString().trim().split('\n').length);
  },
  helo: function (origin) {
    console.log('helo', origin);
    this.success();
  },
  mail: function ({ from, size }) {
    console.log('mail', from, size);
    this.success();
  },
  rcpt: function (email) {
    console.log('rcpt', email);
    if (email.endsWith('@example.domain')) this.success();
    else this.failure(550, 'Not here');
  },
  dataStart: function () {
    console.log('dataStart');
    this.ok();
  },
  dataChunk: (chunk) => {
    console.log('dataChunk', chunk.length > 0);
  },
  data: function (data) {
    console.log('data', JSON.stringify(data));
    this.success();
  },
};

const server = new Server(params, listeners);

server.start();
