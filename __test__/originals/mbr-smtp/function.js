const { Server } = require('mbr-smtp');

const listeners = function (type, param) {
  switch (type) {
    case 'start':
      console.log('start');
      break;

    case 'data': {
      const sessionData = this.data; // `this` is a session instance
      const message = param;
      console.log(sessionData.from, sessionData.recipients.join(), JSON.stringify(message));
      this.success();
      this.smtp.stop();
      break;
    }
  }

  return true; // required to proceed default behavior
};

new Server({ name: 'example.domain', port: 25 }, listeners).start();
