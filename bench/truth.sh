#!/bin/sh
# usage: bench/truth.sh DIR [HEPAR] [SEEDS [VALIDATION]]
#
# What is found where there is something: for the virtual cohorts of seeds 1..SEEDS (5) the winner's external AUC beside that of
# the true probability on the same patients (truth.json), and the mean of the differences. DIR keeps what is finished: call it
# again to go on. VALIDATION is quick, or standard (the default).
set -eu
export LC_ALL=C
[ $# -ge 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$1 hepar=${2:-$top/build/hepar} seeds=${3:-5} validation=${4:-standard}
[ -x "$hepar" ] || { echo "bench/truth.sh: no program at $hepar (./bootstrap build makes it)" >&2; exit 2; }
mkdir -p "$dir"

# The external role's own AUC in truth.json, the one behind its name.
true_auc() { awk '/"role": "external"/ { here = 1 } here && /"auc": / { sub(/.*"auc": /, ""); sub(/,.*/, ""); print; exit }' "$1"; }
winner() {
  awk '/^  "model": /{ inside = 1 } inside && /"(block|learner)": / { sub(/.*": "/, ""); sub(/".*/, ""); printf "%s%s", n++ ? " with " : "", $0 } n == 2 { exit }' "$1"
}

echo "seed  found   truth   difference  winner"
: >"$dir/rows"
seed=1
while [ "$seed" -le "$seeds" ]; do
  cohort=$dir/cohort$seed out=$dir/$validation$seed
  [ -d "$out" ] || {
    [ -d "$cohort" ] || "$hepar" phantom cohort -o "$cohort" --seed "$seed" -q
    "$hepar" run "$cohort/study.yaml" -o "$out" --set validation="$validation" --set 'privacy=[no-images]' -q --resume
    rm -rf "$cohort/images"
  }
  found=$(awk -f "$top/bench/external_auc.awk" -v role=external "$out/metrics.json")
  true=$(true_auc "$cohort/truth.json")
  echo "$seed $found $true $(winner "$out/metrics.json")" >>"$dir/rows"
  awk -v seed="$seed" '$1 == seed { seed = $1; found = $2; true = $3; $1 = $2 = $3 = ""; sub(/^ */, ""); printf "%4d  %.4f  %.4f  %+.4f     %s\n", seed, found, true, found - true, $0 }' "$dir/rows"
  seed=$((seed + 1))
done
awk '{ n++; found += $2; true += $3; off += $2 - $3 } END { printf "mean  %.4f  %.4f  %+.4f     over %d seeds, validation '"$validation"'\n", found / n, true / n, off / n, n }' "$dir/rows"
