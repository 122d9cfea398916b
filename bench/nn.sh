#!/usr/bin/env bash
# usage: bench/nn.sh [BUILD [ROUNDS]]
#
# hepar's networks against PyTorch 2.13 on this CPU: the same network, weights and batch on both sides (their first results are compared),
# one process a measurement, alternating, medians of ROUNDS (default 3). Training steps (forward, backward, AdamW) of 3-D ResNet-18, -10 and
# hepar's small3d on 8 x 2 x 64 x 64 x 32, and ResNet-50 features of 8 images of 224 x 224; in f32, in f32 capped to AVX2, and
# in bf16 where the machine has AMX; hepar also with two threads. PyTorch runs in each of its modes (eager, channels last; for features also
# traced, frozen and optimised), and the best is taken.
#
# ONLY="f32 avx2 bf16" narrows. PyTorch comes from the Python package index into an environment of its own (TORCH_VENV, default BUILD/bench-torch).
# Columns: CPU and wall seconds a step, peak memory in MiB, seconds to the first result (from the start of main, or of the interpreter); at
# the end of a line hepar's over PyTorch's best: speed (CPU time), memory.
set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$top/build}
rounds=${2:-3}
venv=${TORCH_VENV:-$build/bench-torch}
steps=${STEPS:-5}

ninja -C "$build" bench/bench_nn >/dev/null
if [ ! -x "$venv/bin/python" ]; then
    echo "installing PyTorch 2.13.0 into $venv" >&2
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

median() { sort -g | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
column() { awk -v c="$1" '{print $c}' "$2" | median; }
caps() { if [ "$1" = avx2 ]; then echo "ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2"; fi; } # both sides' oneDNN reads the second
hepar() { # ISA NET WHAT BATCH GRID THREADS NUMBER
    # shellcheck disable=SC2046
    env $(caps "$1") "$build/bench/bench_nn" "$2" "$3" "$4" "$5" "$6" "$steps" "$7"
}
torch() { # the same, and MODE
    # shellcheck disable=SC2046
    env $(caps "$1") "$venv/bin/python" "$top/bench/nn_torch.py" "$2" "$3" "$4" "$5" "$6" "$steps" "$7" "$8" 2>/dev/null
}

compare() { # ISA NUMBER NET WHAT BATCH GRID
    local isa=$1 number=$2 net=$3 what=$4 batch=$5 grid=$6 modes="eager channels_last" mode best="" one two
    [ "$what" = infer ] && modes="$modes frozen"
    rm -f "$work"/*
    for _ in $(seq "$rounds"); do
        hepar "$isa" "$net" "$what" "$batch" "$grid" 1 "$number" >>"$work/hepar"
        for mode in $modes; do
            torch "$isa" "$net" "$what" "$batch" "$grid" 1 "$number" "$mode" >>"$work/$mode"
        done
        hepar "$isa" "$net" "$what" "$batch" "$grid" 2 "$number" >>"$work/two"
    done
    for mode in $modes; do
        if [ -s "$work/$mode" ] && { [ -z "$best" ] || awk -v a="$(column 2 "$work/$mode")" -v b="$(column 2 "$work/$best")" 'BEGIN {exit !(a < b)}'; }; then
            best=$mode
        fi
    done
    one=$(column 3 "$work/hepar") two=$(column 3 "$work/two")
    printf '%-12s %-5s %-4s %-5s | hepar %8.4f %8.4f %7.0f %6.2f | torch %-13s %8.4f %8.4f %7.0f %6.2f | speed %5.2f memory %4.2f two threads %4.2f\n' \
        "$net" "$what" "$number" "$isa" "$(column 2 "$work/hepar")" "$one" "$(column 4 "$work/hepar")" "$(column 1 "$work/hepar")" "$best" \
        "$(column 2 "$work/$best")" "$(column 3 "$work/$best")" "$(column 4 "$work/$best")" "$(column 1 "$work/$best")" \
        "$(awk -v a="$(column 2 "$work/$best")" -v b="$(column 2 "$work/hepar")" 'BEGIN {print a / b}')" \
        "$(awk -v a="$(column 4 "$work/hepar")" -v b="$(column 4 "$work/$best")" 'BEGIN {print a / b}')" \
        "$(awk -v a="$one" -v b="$two" 'BEGIN {print a / b}')"
    awk -v a="$(column 5 "$work/hepar")" -v b="$(column 5 "$work/$best")" -v net="$net" -v half="$([ "$number" = bf16 ] && echo 1 || echo 0)" '
        BEGIN {d = a - b; if (d < 0) d = -d; if (d > (half ? 0.02 : 1e-4) * (b < 0 ? -b : b) && net != "small3d") {print "  first results differ: " a " " b; exit 1}}'
}

configurations() { # ISA NUMBER
    compare "$1" "$2" small3d train 8 32x64x64
    compare "$1" "$2" resnet10_3d train 8 32x64x64
    compare "$1" "$2" resnet18_3d train 8 32x64x64
    compare "$1" "$2" resnet50 infer 8 1x224x224
}

for part in ${ONLY:-f32 avx2 bf16}; do
    case $part in
    f32) configurations best f32 ;;
    avx2) configurations avx2 f32 ;;
    bf16) if grep -q amx_bf16 /proc/cpuinfo; then configurations best bf16; else echo "no AMX: bf16 left out"; fi ;;
    esac
done
