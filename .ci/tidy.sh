#!/usr/bin/env bash
# clang-tidy over the core: the sources changed since they last passed, or all when a header or .clang-tidy changed.
# Reads build/native/compile_commands.json, so the native build comes first.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
stamp=build/tidy.stamp
started=build/tidy.started
touch "$started"
newer=()
if [ -e "$stamp" ] && [ -z "$(find core .clang-tidy \( -name '*.h' -o -name .clang-tidy \) -newer "$stamp" -print -quit)" ]; then
  newer=(-newer "$stamp")
fi
find core -name '*.cc' "${newer[@]}" -print0 | sort -z |
  xargs -0 -r -n 1 -P "$(nproc)" clang-tidy -p build/native --quiet 2> >(grep -v 'warnings\? generated\|^Suppressed\|^Use -header' >&2)
mv "$started" "$stamp"
