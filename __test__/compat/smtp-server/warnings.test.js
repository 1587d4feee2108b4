'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { warn } = require('../../../src/js/compat/smtp-server/warnings.js');

test('the process is warned once of each option', async (t) => {
  const texts = [];
  const note = ({ name, message }) => texts.push(`${name}: ${message}`);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  for (const name of ['one', 'one', 'two']) warn(name, `options.${name} has no effect`);
  while (texts.length < 2) await once(process, 'warning');
  await new Promise(setImmediate);
  assert.deepEqual(texts, [
    'SmtpEngineWarning: options.one has no effect',
    'SmtpEngineWarning: options.two has no effect',
  ]);
});
