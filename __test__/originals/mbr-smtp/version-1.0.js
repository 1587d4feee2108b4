const { Server } = require('mbr-smtp');

const params = {
  name: 'example.domain',
  port: 25,
  host: '0.0.0.0',
  size: 30 * 1024 * 1024,
  timeout: 0,
  compat: '1.0',
};

const listeners = {
  start: () => {
    console.log('start');
  },
  mail: function (email, messageSize) {
    console.log('mail', email, messageSize);
    this.success();
  },
  rcpt: function (email) {
    console.log('rcpt', email);
    this.success();
  },
  data: function (data) {
    console.log('data', JSON.stringify(data));
    this.success();
    this.smtp.stop();
  },
};

const server = new Server(params);

server.on(listeners);

server.start();
