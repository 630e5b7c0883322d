#!/usr/bin/env bash
# clang-tidy over the sources, with the compile commands of the fuzz preset: the one that is clang's own.
# Arguments: files; none: all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p build
[ -f build/fuzz/compile_commands.json ] || cmake --preset fuzz >build/configure-fuzz.log
cmake --build build/fuzz --target ct_page_table >/dev/null
files=("$@")
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(git ls-files 'src/**/*.cc' | grep -vE '_test\.cc$|/main\.cc$')
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy-14 -p build/fuzz --quiet --warnings-as-errors='*' \
  --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument 2>build/tidy.stderr || { tail -5 build/tidy.stderr; exit 1; }
echo "clang-tidy: clean"
