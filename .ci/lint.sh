#!/usr/bin/env bash
# Every linter, or the one named: clang-format, clang-tidy, biome, tsc, ruff.
# usage: lint.sh [NAME...]
set -uo pipefail
cd "$(dirname "$0")/.."

lint() {
  case $1 in
    clang-format) git ls-files -z '*.cc' '*.h' | xargs -0 clang-format --dry-run -Werror ;;
    clang-tidy) bash .ci/tidy.sh ;;
    biome) npx --no-install biome check . ;;
    tsc)
      npx --no-install tsc -b bindings/js bindings/cli tests/js &&
        npx --no-install tsc -p web && npx --no-install tsc -p tests/web && npx --no-install tsc -p tests/package
      ;;
    ruff) build/venv/bin/ruff check -q tests/interop && build/venv/bin/ruff format -q --check tests/interop ;;
    *)
      echo "There is no linter '$1'." >&2
      return 2
      ;;
  esac
}

if [ $# -eq 0 ]; then set -- clang-format clang-tidy biome tsc ruff; fi
failed=0
for name in "$@"; do
  if lint "$name"; then
    echo "$name: clean"
  else
    echo "$name: failed"
    failed=1
  fi
done
exit $failed
