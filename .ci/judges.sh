#!/usr/bin/env bash
# Makes build/venv with the independent runtimes that tests/interop judges by; again only when their list changes.
# Exits 3 when they cannot be had (no network), which is no failure of Octet.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=tests/interop/requirements.txt
if [ -e build/venv/requirements.txt ] && cmp -s "$wanted" build/venv/requirements.txt; then exit 0; fi
mkdir -p build
rm -rf build/venv
python3 -m venv build/venv
echo "Installing the judges of tests/interop" >&2
if ! build/venv/bin/pip install -q --disable-pip-version-check -r "$wanted" >build/judges.log 2>&1; then
  tail -n 3 build/judges.log >&2
  exit 3
fi
cp "$wanted" build/venv/requirements.txt
