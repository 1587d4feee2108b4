const { Server, Client } = require('smtp-engine');
const server = new Server({ host: '127.0.0.1', port: 0 }, {
    start() {
      const { port } = server.address();
      Client.send({ host: '127.0.0.1', port }, { from: 'a@x', to: 'b@x' }, Buffer.from('Subject: x\r\n\r\nHello\r\n'))
        .then(() => server.stop());
    },
    data(text) { console.log('bytes', text.length); return true; },
  });
  server.start();
