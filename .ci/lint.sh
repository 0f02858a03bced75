#!/usr/bin/env bash
# Every linter, or the one named: clang-format, clang-tidy, libm, layers, biome, tsc, ruff.
# usage: lint.sh [NAME...]
set -uo pipefail
cd "$(dirname "$0")/.."

# The C library's functions that differ between platforms in their last bits; square roots, remainders and rounding do not.
libm='(?:exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|cbrt|hypot|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|erf|erfc|tgamma|lgamma)[fl]?'

# Results are the same bits everywhere: outside kernels/arithmetic/math nothing calls, or takes the address of, what is named above.
lint_libm() {
  local code='^(?:(?!//).)*?' # What stands before a comment.
  local found
  found=$(git grep -nP "$code(?:\bstd::$libm\b|(?<![\w.:>])(?:::)?$libm\()" -- 'core/*.cc' 'core/*.h' \
    'bindings/embind/*.cc' 'bindings/embind/*.h' ':!core/kernels/arithmetic/math*')
  case $? in
    0) printf '%s\n' "$found" >&2 ;;
    1) return 0 ;;
    *) return 2 ;; # git's own failure is no clean bill.
  esac
  echo "These use the C library's functions, whose last bits differ between platforms: call those of core/kernels/arithmetic/math.h." >&2
  return 1
}

lint() {
  case $1 in
    clang-format) git ls-files -z '*.cc' '*.h' | xargs -0 clang-format --dry-run -Werror ;;
    clang-tidy) bash .ci/tidy.sh ;;
    libm) lint_libm ;;
    layers) node .ci/layers.mjs ;;
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

if [ $# -eq 0 ]; then set -- clang-format clang-tidy libm layers biome tsc ruff; fi
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
