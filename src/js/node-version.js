'use strict';
// Refuses a Node that is too old for the rest. Every entry of the package requires this before
// anything else, so it is written in what an old Node can read.

const OLDEST = 20;

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  const error = new Error(
    `smtp-engine needs Node ${OLDEST} or newer, and this is Node ${process.versions.node}.`,
  );
  throw Object.assign(error, { code: 'SMTP_ERR_NODE' });
}
