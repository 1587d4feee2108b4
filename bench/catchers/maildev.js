'use strict';
// MailDev as a program starts it, with its API, by which its mails are found: those to one recipient are
// asked for until there is one. It writes each mail to a file below the folder for temporary files.

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { WAIT_MS } = require('./catcher.js');

const HOST = '127.0.0.1';
const AGAIN_MS = 5;
const agent = new http.Agent({ keepAlive: true });

/** @type {import('./catcher.js').Open} */
async function open() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-bench-maildev-'));
  process.env.TMPDIR = folder;
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  process.on('SIGTERM', () => process.exit());
  // It tells where it listens, on the stdout that is for figures.
  console.info = () => {};
  const { MailDev } = await import('maildev');
  const maildev = new MailDev({ smtp: 0, ip: HOST, web: 0, webIp: HOST, silent: true });
  const { smtp, api } = await maildev.start();
  const web = api.getPort();
  return { port: smtp.getPort(), web, find: finder(web) };
}

/** @param {number} web the port of an API @returns {import('./catcher.js').Catcher['find']} */
function finder(web) {
  return async ({ recipient }) => {
    for (const begun = Date.now(); Date.now() - begun < WAIT_MS; await delay(AGAIN_MS)) {
      const [mail] = await ask(web, `/api/email?to.address=${encodeURIComponent(recipient)}`);
      if (mail) return { subject: mail.subject, text: mail.text, html: mail.html };
    }
    throw new Error(`MailDev has no mail to ${recipient}`);
  };
}

/** @param {number} port @param {string} path @returns {Promise<any>} what the JSON says */
function ask(port, path) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: HOST, port, path, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      })
      .on('error', reject);
  });
}

module.exports = { finder, open };
