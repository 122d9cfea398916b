#!/bin/sh
# usage: bench/dlr.sh DIR [HEPAR] [SEEDS [EFFECT [VALIDATION]]]
#
# What radiomics and deep columns give together on the virtual cohorts of seeds 1..SEEDS (5): the external AUC of each single block, of the
# fusion of radiomics and deep, and of the winner; then the paired difference between the fusion and the better single block, pooled
# over the cohorts, with its 95 % interval. Of each block the learner, and of the fusions the form, is the one that ranked first on train.
# With EFFECT 0 (1 otherwise) there is nothing to find: the winner's mean external AUC must lie within 3.5 standard errors (spread
# over seeds / sqrt n) and within 0.05 of 0.5; exits 1 when it does not.
# VALIDATION is quick (the default), standard or full. DIR keeps what is finished: call it again to go on.
set -eu
export LC_ALL=C
[ $# -ge 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$1 hepar=${2:-$top/build/hepar} seeds=${3:-5} effect=${4:-1} validation=${5:-quick}
[ -x "$hepar" ] || { echo "bench/dlr.sh: no program at $hepar (./bootstrap build makes it)" >&2; exit 2; }
mkdir -p "$dir"

seed=1
set --
while [ "$seed" -le "$seeds" ]; do
  name=effect$effect-seed$seed
  cohort=$dir/$name.cohort out=$dir/$name.$validation
  if [ ! -d "$out" ]; then
    [ -d "$cohort" ] || "$hepar" phantom cohort -o "$cohort" --seed "$seed" --effect "$effect" -q
    start=$(date +%s)
    "$hepar" run "$cohort/study.yaml" -o "$out" --set validation="$validation" --set 'privacy=[no-images]' -q --resume
    echo $(($(date +%s) - start)) >"$out.seconds"
    rm -rf "$cohort/images"
  fi
  set -- "$@" "$out"
  seed=$((seed + 1))
done
python3 "$top/bench/dlr.py" "$effect" "$@"
