#!/usr/bin/env bash
# Builds incrementally: native (tests), sanitize (the same under ASan and UBSan), wasm, js, web. Silent but for one line a part;
# what the tools printed is shown when one fails.
# usage: build.sh PART...
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
# Debian's emscripten finds its JavaScript parser here when the machine's node is not Debian's.
export NODE_PATH="${NODE_PATH:+$NODE_PATH:}/usr/share/nodejs"

options=()
if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi

# Configures once (ninja configures again by itself when CMake's files change) and builds.
cmake_build() { # folder, wrapper ('' or emcmake), target, further CMake options
  local folder=$1 wrapper=$2 target=$3
  shift 3
  if [ ! -e "$folder/build.ninja" ]; then
    $wrapper cmake -S . -B "$folder" -G Ninja "${options[@]}" "$@"
  fi
  ninja -C "$folder" "$target"
}

part() {
  case $1 in
    native) cmake_build build/native '' all -DCMAKE_EXPORT_COMPILE_COMMANDS=ON ;;
    sanitize) cmake_build build/sanitize '' octet_fuzz -DOCTET_SANITIZE=ON -DCMAKE_CXX_FLAGS_RELEASE=-O1 ;;
    wasm) cmake_build build/wasm emcmake all ;;
    js) npm run --silent build:js ;;
    web) npm run --silent build:web ;;
    *)
      echo "There is no part '$1' to build."
      return 2
      ;;
  esac
}

for name in "$@"; do
  echo "Building $name" >&2
  # Not `if part`: inside a condition, set -e would not stop part() at its first failing command.
  set +e
  (
    set -e
    part "$name"
  ) >"build/$name.log" 2>&1
  status=$?
  set -e
  if [ $status -ne 0 ]; then
    cat "build/$name.log" >&2
    echo "Building $name failed (build/$name.log)." >&2
    exit 1
  fi
done
