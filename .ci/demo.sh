#!/usr/bin/env bash
# npm run demo: everything from a fresh machine to the embedded model quantized. Options go to `octet demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
bash .ci/setup.sh build
bash .ci/build.sh wasm js
exec node bindings/cli/dist/main.js demo "$@"
