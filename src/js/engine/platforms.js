'use strict';
// The platforms that addons are built for in advance, named as in the names of their packages:
// `smtp-engine-linux-x64-gnu`; and the packages, each by a `require` that bundlers can follow.

const PLATFORMS = Object.freeze([
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
]);

/** This platform, named as in `PLATFORMS`. */
function platform() {
  const { platform: os, arch } = process;
  if (os === 'linux') return `${os}-${arch}-${isGlibc() ? 'gnu' : 'musl'}`;
  return os === 'win32' ? `${os}-${arch}-msvc` : `${os}-${arch}`;
}

function isGlibc() {
  const report = /** @type {any} */ (process.report);
  // Else it looks up the names of peers.
  report.excludeNetwork = true;
  return report.getReport().header.glibcVersionRuntime !== undefined;
}

/**
 * The addon in the package of a platform. The names are literal, and within `try`: what puts
 * programs together (esbuild, ncc, webpack, tracers of files) finds so which packages belong to it,
 * and which may be missing.
 *
 * @param {string} name one of `PLATFORMS`
 * @returns {typeof import('../native.js')}
 * @throws {Error} as `require`
 */
function requirePackage(name) {
  try {
    switch (name) {
      case 'linux-x64-gnu':
        return require('smtp-engine-linux-x64-gnu');
      case 'linux-arm64-gnu':
        return require('smtp-engine-linux-arm64-gnu');
      case 'linux-x64-musl':
        return require('smtp-engine-linux-x64-musl');
      case 'linux-arm64-musl':
        return require('smtp-engine-linux-arm64-musl');
      case 'darwin-x64':
        return require('smtp-engine-darwin-x64');
      case 'darwin-arm64':
        return require('smtp-engine-darwin-arm64');
      case 'win32-x64-msvc':
        return require('smtp-engine-win32-x64-msvc');
      default:
        throw new Error(`there is no package for ${name}`);
    }
  } catch (error) {
    // biome-ignore lint/complexity/noUselessCatch: bundlers want a `require` outside of `try` to be there
    throw error;
  }
}

module.exports = { PLATFORMS, platform, requirePackage };
