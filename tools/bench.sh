#!/usr/bin/env bash
# Every benchmark, one after another, with the machine they ran on. Results: bench/results/<date>.jsonl
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=bench/results/$(date -u +%Y-%m-%d).jsonl
mkdir -p bench/results
: >"$out"
say() { printf '%s\n' "$1" | tee -a "$out"; }
export COMFYTRACE_BINARY=$PWD/build/release/comfytrace

say "{\"machine\":{\"cpu\":\"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)\",\"cores\":$(nproc),\"memoryBytes\":$(($(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo) * 1024)),\"kernel\":\"$(uname -r)\",\"compiler\":\"$(g++ --version | head -1)\",\"commit\":\"$(git rev-parse --short HEAD)\",\"load\":\"$(cut -d' ' -f1 /proc/loadavg)\"}}"
build/release/bench/ingest_bench | tee -a "$out"
node bench/decode_node.mjs | tee -a "$out"
[ ! -x build/release/bench/history_bench ] || build/release/bench/history_bench | tee -a "$out"
[ ! -x build/release/bench/insight_truth_bench ] || build/release/bench/insight_truth_bench | tee -a "$out"
[ ! -x build/release/bench/fanout_bench ] || build/release/bench/fanout_bench | tee -a "$out"
[ ! -x build/release/bench/generate_bench ] || build/release/bench/generate_bench | tee -a "$out"
# What the peers answer otherwise than the others is told, and the benchmark goes on.
bench/peers/run.py --runs "${COMFYTRACE_BENCH_RUNS:-1000,10000,100000,1000000}" --alone "${COMFYTRACE_BENCH_ALONE-10000000}" | tee -a "$out" || printf 'bench: a peer failed or disagreed, see above\n' >&2
equality_seconds=${COMFYTRACE_BENCH_EQUALITY_SECONDS:-600}
# The largest history serves the equality of answers, too.
large=$(mktemp -d)/history.db
trap 'rm -rf "$(dirname "$large")"' EXIT
"$COMFYTRACE_BINARY" generate --store "$large" --runs 1000000 --workers 12 >&2
build/release/bench/equality_bench 1000,10000,100000 1000 "$equality_seconds" | tee -a "$out" || printf 'bench: answers differ from SQL, see above\n' >&2
build/release/bench/equality_bench 1000000 1000 $((2 * equality_seconds)) "$large" | tee -a "$out" || printf 'bench: answers differ from SQL, see above\n' >&2
python3 bench/start_cost.py --store "1000000=$large" | tee -a "$out"
python3 bench/http_questions.py --store "$large" | tee -a "$out"
python3 bench/own_cost.py --seconds "${COMFYTRACE_BENCH_SECONDS:-30}" | tee -a "$out"
/usr/bin/python3 bench/extension_cost.py | tee -a "$out"
[ ! -d web/node_modules/playwright-core ] || node web/bench/page-bench.mjs --runs "${COMFYTRACE_BENCH_PAGE_RUNS:-1000000}" | tee -a "$out" || printf 'bench: the page was not measured, see above\n' >&2
tools/bench_summary.py "$out" >bench/results/README.md
printf 'results: %s and bench/results/README.md\n' "$out" >&2
