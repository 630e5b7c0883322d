#!/usr/bin/env bash
# Runs every fuzzer of build/fuzz for SECONDS each, as many at a time as there are cores. usage: fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}

run_one() {
  local target=$1 seconds=$2 name corpus seeds=()
  name=$(basename "$target")
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  [ -d "fuzz/seeds/$name" ] && seeds=("fuzz/seeds/$name")
  if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix=build/fuzz/ "$corpus" "${seeds[@]}" >"build/fuzz/$name.log" 2>&1; then
    echo "clean: $name, $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log") runs in $seconds s"
  else
    tail -40 "build/fuzz/$name.log"
    echo "FOUND: $name"
    return 1
  fi
}
export -f run_one
printf '%s\n' build/fuzz/fuzz/*_fuzz | xargs -P "$(nproc)" -I{} bash -c 'run_one "$1" "$2"' _ {} "$seconds"
