#!/usr/bin/env bash
# Installs what is missing of the system packages (.ci/packages) and npm modules, and nothing when all is there.
# usage: setup.sh build|test
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=$1

# True when a package's probe (third column of .ci/packages) is found, whoever installed it.
present() {
  case $1 in
    /*) [ -e "$1" ] ;;
    */*.h | */*.hpp) [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ] ;;
    ensurepip) python3 -c 'import ensurepip' 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing=()
while read -r package when probe; do
  case $package in '#'* | '') continue ;; esac
  if [ "$when" = build ] || [ "$purpose" = test ]; then
    present "$probe" || missing+=("$package")
  fi
done <.ci/packages

if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "These packages are missing, and there is no apt to install them with: ${missing[*]}." >&2
    echo "Install them (the names are Debian's) and run the command again." >&2
    exit 1
  fi
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
fi

# npm writes node_modules/.package-lock.json last, so it is older than the lock file exactly when modules are stale.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "Installing npm modules" >&2
  # Not `npm ci`: it refuses the lock file where a registry lacks some other platform's optional binaries.
  npm install --no-audit --no-fund >&2
  touch node_modules/.package-lock.json
fi
