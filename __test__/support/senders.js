'use strict';
// The ways to send a message that have options of TLS.

const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const transport = require('../../src/js/client/nodemailer.js');

const ENVELOPE = { from: 'a@b.example', to: ['c@d.example'] };

/** Each with the client's own options, TLS and the server's place. @type {Record<string, (options: any) => Promise<{ tls: boolean }>>} */
const SENDERS = {
  'Client.send': (options) => Client.send(options, ENVELOPE, 'x'),
  'Client.Pool': async (options) => {
    const pool = new Client.Pool(options);
    try {
      return await pool.send(ENVELOPE, 'x');
    } finally {
      pool.close();
    }
  },
  'the transport for nodemailer': ({ host, port, tls: policy, ...tls }) => {
    const options = {
      ...{ host, port, tls },
      secure: policy === 'implicit',
      requireTLS: policy === 'required',
      opportunisticTLS: policy === 'opportunistic',
    };
    return nodemailer.createTransport(transport(options)).sendMail({ ...ENVELOPE, text: 'x' });
  },
};

module.exports = { SENDERS };
