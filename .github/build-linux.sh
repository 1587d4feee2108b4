#!/bin/sh
# Builds, tests and packs on a bare Linux: AlmaLinux or Alpine, as root, in a container.
set -eu

if command -v apk >/dev/null; then
  apk add --no-cache build-base curl git openssl python3
else
  dnf -y -q module enable nodejs:20
  dnf -y -q install nodejs gcc gcc-c++ git make openssl
fi
curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal
. "$HOME/.cargo/env"
git config --global --add safe.directory "$PWD"

npm test
npm run pack
