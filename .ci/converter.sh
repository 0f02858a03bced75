#!/usr/bin/env bash
# Makes build/venv-onnx, in which npm run bench:accuracy converts nets for ONNX Runtime: tf2onnx wants a TensorFlow that the
# judges cannot be installed beside. Again only when the list changes.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted='tf2onnx==1.17.0 tensorflow-cpu==2.18.*'
if [ -e build/venv-onnx/wanted ] && [ "$(cat build/venv-onnx/wanted)" = "$wanted" ]; then exit 0; fi
rm -rf build/venv-onnx
python3 -m venv build/venv-onnx
echo "Installing tf2onnx" >&2
# shellcheck disable=SC2086 # The list is meant to be split.
build/venv-onnx/bin/pip install -q --disable-pip-version-check $wanted
echo "$wanted" >build/venv-onnx/wanted
