#!/usr/bin/env bash
# What the benchmarks run beside Octet and no test needs: onnxruntime-web in build/peers, and tests/bench/requirements.txt in
# the judges' environment.
set -euo pipefail
cd "$(dirname "$0")/.."
bash .ci/judges.sh
build/venv/bin/pip install -q --disable-pip-version-check -r tests/bench/requirements.txt
mkdir -p build/peers
npm install --prefix build/peers --no-audit --no-fund --ignore-scripts --silent onnxruntime-web@1.30.0
