// Load the module
const mio = require('smtp-engine/mail-io');

// Create a new SMTP server
const server = new mio.Server({ domains: ['foo.com'] });

// Listen for new client connections
server.on('session', (session) => {
  // Register a custom authentication handler
  session.on('auth', (req, res) => {
    // Only accept user "john" with password "doe"
    if (req.user && req.user.username === 'john' && req.user.password === 'doe') {
      return res.accept(250, 'OK');
    } else {
      return res.reject(535, 'Authentication failed');
    }
  });
});

// Register a global handler to reject all recipients that do not belong
// to "foo.com" domain
server.addHandler('rcpt', {
  name: 'my-rcpt-handler',
  before: 'dnsbl',
  handler: (req, res) => {
    if (req.to.split('@')[1] === 'foo.com') {
      res.accept();
    } else {
      res.reject(502, 'We only accept mail for the "foo.com" domain');
    }
  },
});

// Listen on port 25
server.listen(25);
