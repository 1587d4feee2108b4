'use strict';
// The configuration of an exim4 that a test starts.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const NOBODY = 65_534;

/**
 * The path of a configuration of exim4, which keeps all it has in a folder.
 *
 * @param {string} command
 * @param {string} at the folder
 * @param {string} more lines
 */
function eximConfig(command, at, more) {
  const config = path.join(at, 'exim.conf');
  fs.mkdirSync(path.join(at, 'spool'));
  fs.writeFileSync(
    config,
    `exim_path = ${command}
exim_user = ${NOBODY}
exim_group = ${NOBODY}
never_users =
keep_environment =
spool_directory = ${at}/spool
log_file_path = ${at}/log-%s
${more}`,
  );
  spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, at]);
  fs.chownSync(config, 0, 0);
  return config;
}

module.exports = { NOBODY, eximConfig };
