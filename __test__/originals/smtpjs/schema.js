const Server = require('smtp-engine/smtpjs');
const schema = {
  logger: { level: 'all' },
  events: {
    HELO(ctx) {
      // when server receives the `HELO` it runs this code block
      this.logger.debug(' - promise');
      return new Promise((resolve, reject) => {
        this.logger.debug(' - timeout');
        setTimeout(() => {
          this.logger.info('wait 1 second');
          resolve('done');
        }, 1000);
      });
    },
    connect(socket) {
      const ip = socket.remoteAddress;
      const id = socket.id;
      this.logger.log(`id: ${id} ip: ${ip}`);
    },
    error(error, mail) {
      // log error?
      this.logger.log('Error', error);
      // still want to see what the mail is
      this.logger.log(mail);
    },
  },
};
const server = new Server(schema);
