'use strict';
// What can be watched through node:diagnostics_channel, without a listener of the program's own.

const { channel } = require('node:diagnostics_channel');
const { INTEREST } = require('../engine/constants.js');

const CHANNELS = {
  /** A client has connected: { server, session }. */
  sessionStart: channel('smtp-engine:session:start'),
  /** A connection has ended: { server, session }. */
  sessionEnd: channel('smtp-engine:session:end'),
  /** MAIL was accepted: { server, session, from, size }. */
  transaction: channel('smtp-engine:transaction'),
  /** A message was answered: { server, session, from, recipients, bytes, accepted, replyCode }. */
  message: channel('smtp-engine:message'),
};

/** The events that the engine has to tell of for those who watch now. */
function watched() {
  let interest = 0;
  if (CHANNELS.sessionStart.hasSubscribers) interest |= INTEREST.connect;
  if (CHANNELS.sessionEnd.hasSubscribers) interest |= INTEREST.disconnect;
  if (CHANNELS.transaction.hasSubscribers) interest |= INTEREST.mail;
  if (CHANNELS.message.hasSubscribers) interest |= INTEREST.data;
  return interest;
}

module.exports = { CHANNELS, watched };
