'use strict';
// The platforms that addons are built for in advance, named as in the names of their packages:
// `smtp-engine-linux-x64-gnu`.

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

module.exports = { PLATFORMS, platform };
