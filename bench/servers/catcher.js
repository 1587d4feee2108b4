'use strict';
// A catcher of mails in a process of its own. `of` says which.

const { openCatcher } = require('../catchers/catcher.js');
const { listening, settings } = require('./serve.js');

async function serve() {
  const { port, web } = await openCatcher(settings.of, settings);
  listening(port, web);
}

serve();
