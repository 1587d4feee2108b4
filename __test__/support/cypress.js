'use strict';
// As much of Cypress as its commands need that ask an HTTP API: `Cypress.Commands.add`, `cy.request` and the like.
// A chain is a promise.

const assert = require('node:assert/strict');
const { setTimeout: pause } = require('node:timers/promises');

/** @typedef {{ method?: string, url: string, qs?: Record<string, unknown>, body?: unknown, auth?: { user: string, pass: string } }} RequestOptions */

/**
 * A stand-in for Cypress.
 *
 * @param {Record<string, string | undefined>} settings of `Cypress.expose` and `cy.env`
 */
function cypressOf(settings) {
  /** @type {Map<string, { options: { prevSubject?: boolean }, command: (...args: any[]) => any }>} */
  const commands = new Map();
  const Cypress = {
    expose: (/** @type {string} */ name) => settings[name],
    config: (/** @type {string} */ name) => ({ defaultCommandTimeout: 1_000 })[name],
    Commands: {
      /** @param {string} name @param {any} options @param {any} command */
      add: (name, options, command) => commands.set(name, { options, command }),
    },
  };
  const cy = {
    wrap: async (/** @type {unknown} */ value) => value,
    wait: (/** @type {number} */ ms) => pause(ms),
    env: async (/** @type {string[]} */ names) =>
      Object.fromEntries(names.map((name) => [name, settings[name]])),
    request,
  };
  /** Calls a command; those that follow another get what it gave first. @param {string} name @param {any[]} args */
  const run = async (name, ...args) => {
    const { command } = commands.get(name) ?? assert.fail(`there is no command ${name}`);
    return command(...args);
  };
  return { Cypress, cy, commands, run };
}

/** `cy.request`: it fails for what is not 2xx, sends objects as JSON, and reads what is JSON. @param {RequestOptions} options */
async function request({ method = 'GET', url, qs = {}, body, auth }) {
  const place = new URL(url);
  for (const [name, value] of Object.entries(qs)) place.searchParams.set(name, String(value));
  /** @type {Record<string, string>} */
  const headers = {};
  if (auth) headers.authorization = `Basic ${btoa(`${auth.user}:${auth.pass}`)}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const given = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(place, { method, headers, ...given });
  const text = await response.text();
  const isJson = /^application\/json/.test(response.headers.get('content-type') ?? '');
  if (!response.ok) {
    throw new Error(`cy.request() failed on ${method} ${url}: ${response.status}: ${text}`);
  }
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

module.exports = { cypressOf };
