#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `./dev bench` runs once the programs are built: the benchmarks, what is said of them, or the gate.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
programs=build/bench report=build/bench/report
judge=$programs/tools/bench_report/rlhf_bench_report

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# measure <file> <arguments>: on the last core that we may use, all benchmarks taking turns.
measure() {
    local out=$1 pin=()
    shift
    if command -v taskset >/dev/null; then
        pin=(taskset -c "$(taskset -cp $$ | sed 's/.*[^0-9]//')")
    fi
    rm -f "$out"
    "${pin[@]}" $programs/bench/rlhf_bench --progress --benchmark_enable_random_interleaving=true \
        --benchmark_out="$out" --benchmark_out_format=json "$@"
    [ -s "$out" ] || { say "$out was not written"; exit 1; }
}

# What misses its goal is measured again, alone; it fails if it misses three times.
gate() {
    local round code filter in=()
    for round in 1 2 3; do
        filter=$($judge gate --goals bench/goals.json "${in[@]}" --filter)
        measure $report/gate$round.json --benchmark_repetitions=9 --benchmark_min_time=0.1 "$@" \
            --benchmark_filter="$filter"
        in+=(--in $report/gate$round.json)
        code=0
        $judge gate --goals bench/goals.json "${in[@]}" || code=$?
        case $code in
            0) say "All goals are met" && exit ;;
            1) ;;
            *) exit $code ;;
        esac
    done
    say "Some goals of bench/goals.json were missed three times"
    exit 1
}

gate='' peers=() rest=()
for argument in "$@"; do
    case $argument in
        --gate) gate=yes ;;
        --peers) peers=(--peers $report/peers.json) ;;
        --help | --benchmark_list_tests*) exec $programs/bench/rlhf_bench "$argument" ;;
        *) rest+=("$argument") ;;
    esac
done
mkdir -p $report
[ -z "$gate" ] || gate "${rest[@]}"
measure $report/bench.json --benchmark_repetitions=5 --benchmark_min_time=0.05 "${rest[@]}"
[ ${#peers[@]} = 0 ] || bench/peers/run.sh $report/peers.json
$judge report --in $report/bench.json --goals bench/goals.json "${peers[@]}" --out $report/bench.html
say "The figures are $report/bench.json, the page is $report/bench.html"
