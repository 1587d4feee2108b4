'use strict';
// `smtp-engine repl`: smtpjs' console over a server of its interface.

const { once } = require('node:events');
const { homedir } = require('node:os');
const path = require('node:path');
const repl = require('node:repl');
const { SIGNALS } = require('./ending.js');
const { UsageError, hostOf, parsed, portOf } = require('./arguments.js');
const { complain } = require('./output.js');
const { messageOf } = require('../errors.js');

const HELP = `Usage: smtp-engine repl [options]

Receives mail and looks at it in a console, in which these are commands:

  ls               ids of the clients that are connected
  count            how many there are
  mail ID          what a client has sent
  send ID LINE     takes LINE as if that client had sent it
  help, exit

  --port N         the port to listen to (default 1337; 0 takes a free one)
  --host ADDRESS   the address to listen to (default 127.0.0.1)
  --level LEVEL    what is logged: all, debug, log, info, warn, error, fatal (default warn)
  --help           print this
`;
const OPTIONS = /** @type {const} */ ({
  port: { type: 'string', default: '1337' },
  host: { type: 'string', default: '127.0.0.1' },
  level: { type: 'string', default: 'warn' },
  help: { type: 'boolean', default: false },
});
const LEVELS = ['all', 'debug', 'log', 'info', 'warn', 'error', 'fatal'];
const COMMANDS = ['ls', 'count', 'mail', 'send', 'help', 'exit'];
const HISTORY = path.join(homedir(), '.smtp_engine_history');
const WITH_ID = /^(mail|send) +(\S*)$/;

/**
 * @param {string[]} argv behind the word `repl`
 * @param {InstanceType<typeof import('./output.js').Output>} output
 * @throws {UsageError}
 */
async function run(argv, output) {
  const options = parse(argv);
  if (options.help) return void output.write(HELP);
  const Server = require('../compat/smtpjs/index.js');
  const schema = {
    config: { ip: options.host, port: options.port, lineFeeds: true },
    logger: { level: options.level },
  };
  const server = new Server(schema);
  const listening = server.getServer();
  await once(listening, 'listening');
  listening.on('error', (error) => complain(messageOf(error)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (listening.address());
  // Before anybody can know that it listens.
  for (const signal of SIGNALS) process.once(signal, () => prompt.close());
  output.write(`listening on ${options.host}:${port}; 'help' has the commands\n`);
  const prompt = converse(server);
  output.onFailure(() => prompt.close());
}

function parse(/** @type {string[]} */ argv) {
  const { values } = parsed({ args: argv, options: OPTIONS, allowPositionals: false });
  const { port, host, level, help } = values;
  if (!LEVELS.includes(level)) {
    throw new UsageError(`--level must be one of ${LEVELS.join(', ')}, not '${level}'`);
  }
  return { port: portOf(port), host: hostOf(host), level, help };
}

/** @param {any} server */
function converse(server) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  const prompt = repl.start({
    prompt: 'repl > ',
    ignoreUndefined: true,
    writer: (value) => (typeof value === 'string' ? value : require('node:util').inspect(value)),
    eval: (line, _context, _file, done) => {
      // Lines that come together are answered in their order.
      last = last.then(() => answer(server, prompt, line.trim()));
      last.then(
        (value) => done(null, value),
        (error) => done(null, `error: ${messageOf(error)}`),
      );
      last = last.catch(() => {});
    },
    completer: (/** @type {string} */ line) => completions(server, line),
  });
  // Its own dot commands are about JavaScript.
  for (const name of Object.keys(prompt.commands)) {
    if (!['exit', 'help'].includes(name)) Reflect.deleteProperty(prompt.commands, name);
  }
  if (process.stdin.isTTY) prompt.setupHistory(HISTORY, () => {});
  prompt.on('exit', () => {
    server.getServer().close();
    // Clients that are connected would keep it.
    for (const id of server.list()) server.connections[id].destroy();
  });
  if (prompt.terminal) prompt.displayPrompt();
  return prompt;
}

/** What a line is answered. @param {any} server @param {import('node:repl').REPLServer} prompt @param {string} line */
async function answer(server, prompt, line) {
  const [, command = '', id = '', text = ''] = /^(\S*) *(\S*) *(.*)$/.exec(line) ?? [];
  switch (command) {
    case '':
      return undefined;
    case 'ls':
      return server.list();
    case 'count':
      return `connection count: ${await server.getConnectionCount()}`;
    case 'mail':
      return server.getMail(id) ?? `no client has the id '${id}'`;
    case 'send':
      if (text === '') return 'send needs an id and a line';
      server.send(id, text);
      return text;
    case 'help':
      return HELP.split('\n').slice(4, 9).join('\n');
    case 'exit':
      prompt.close();
      return undefined;
    default:
      return `there is no command '${command}': ${COMMANDS.join(', ')}`;
  }
}

/** Commands, and ids where one is wanted. @param {any} server @param {string} line @returns {[string[], string]} */
function completions(server, line) {
  const [, , begun] = WITH_ID.exec(line) ?? [];
  if (begun !== undefined) {
    return [server.list().filter((/** @type {string} */ id) => id.startsWith(begun)), begun];
  }
  return [COMMANDS.filter((name) => name.startsWith(line)).map((name) => `${name} `), line];
}

module.exports = { completions, run };
