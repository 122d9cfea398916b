#!/bin/sh
# usage: bench/nsclc_deep.sh DATA DIR [HEPAR] [SEEDS]
#
# What networks are worth on 193 patients with lung cancer (DATA: the folder nsclc_ct), by examples/nsclc/deep.yaml with validation quick.
# (a) The study with networks and without: the logit's AUC and C-index by cohort, what it adds to hand-crafted features and to volume, age and
#     stage, and what cohort and volume alone do (bench/nsclc_deep.c, which the build folder of HEPAR must hold: ninja bench/nsclc_deep).
# (b) Labels permuted over all roles before anything else, for SEEDS seeds (10), networks and all: the winner's external AUC must be
#     0.5 on average, the mean within 3.5 standard errors (spread over seeds / sqrt n) and within 0.05 of 0.5. SEEDS 0 leaves (b) out.
#
# Hand-crafted features are extracted once. l1 cases without a two-year label, which nothing is trained on, are a role of their own and get
# scores. DIR keeps what is finished: call it again to go on. Prints tables, times and a verdict; exits 1 when (b) fails.
set -eu
export LC_ALL=C
[ $# -ge 2 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
top=$(cd "$(dirname "$0")/.." && pwd)
data=$(cd "$1" && pwd)
mkdir -p "$2"
dir=$(cd "$2" && pwd) hepar=${3:-$top/build/hepar} seeds=${4:-10}
judge=$(dirname "$hepar")/bench/nsclc_deep
for program in "$hepar" "$judge"; do
  [ -x "$program" ] || { echo "bench/nsclc_deep.sh: no program at $program" >&2; exit 2; }
done

# parts SEED: ID, role and label; the known labels in another order when SEED is not 0 (Park and Miller's generator, Fisher and Yates' shuffle).
parts() {
  awk -F, -v OFS=, -v seed="$1" '
    function below(n) { state = state * 16807 % 2147483647; return int(state / 2147483647 * n) }
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { id[++rows] = $at["ID"]; cohort[rows] = $at["cohort"]; label[rows] = $at["dead_2y"] }
    END {
      for (r = 1; r <= rows; r++) if (label[r] != "") known[++n] = r
      state = (seed * 7919 + 12345) % 2147483647; for (i = 0; i < 20; i++) below(2)
      if (seed > 0) for (k = n; k > 1; k--) { j = 1 + below(k); t = label[known[k]]; label[known[k]] = label[known[j]]; label[known[j]] = t }
      print "ID,part,label"
      for (r = 1; r <= rows; r++) print id[r], cohort[r] == "l2" ? "external" : label[r] == "" ? "l1_unlabelled" : "train", label[r]
    }' "$data/cohort.csv"
}

# study NAME PARTS ARGS...: the run DIR/NAME with that table of parts, unless it is there; its time in DIR/NAME.seconds.
study() {
  name=$1 parts=$2
  shift 2
  [ ! -d "$dir/$name" ] || return 0
  start=$(date +%s)
  "$hepar" run "$top/examples/nsclc/deep.yaml" -o "$dir/$name" -q --resume --set "cohort=[{file: $data/cohort.csv}, {file: $parts}]" \
    --set 'roles={column: part}' --set target.label.column=label --set validation=quick --set 'privacy=[no-images]' "$@" 2>"$dir/$name.log" ||
    { tail -n 1 "$dir/$name.log" >&2; exit 1; }
  echo $(($(date +%s) - start)) >"$dir/$name.seconds"
}

# ---- (a) ----
[ -s "$dir/parts.csv" ] || { parts 0 >"$dir/part" && mv "$dir/part" "$dir/parts.csv"; }
study without "$dir/parts.csv" --set deep.use=none
[ -s "$dir/radiomics.csv" ] || {
  awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if (i == 1 || $i ~ /original_/) keep[++n] = i }
    { row = $keep[1]; for (k = 2; k <= n; k++) row = row OFS $keep[k]; print row }' "$dir/without/features.csv" >"$dir/part"
  mv "$dir/part" "$dir/radiomics.csv"
}
extracted() { # extracted NAME PARTS ARGS...: a study with the features that stand
  name=$1 parts=$2
  shift 2
  study "$name" "$parts}, {file: $dir/radiomics.csv" --set 'blocks.radiomics={columns: ["*original_*"]}' "$@"
}
extracted with "$dir/parts.csv"
"$judge" "$data/cohort.csv" "$dir/with" "$dir/without"
echo "without networks, features extracted: $(cat "$dir/without.seconds") s; with: $(cat "$dir/with.seconds") s"
[ "$seeds" -gt 0 ] || exit 0

# ---- (b) ----
printf '\nLabels permuted\n\nseed  winner  networks   external AUC\n'
seed=1
: >"$dir/rows"
while [ "$seed" -le "$seeds" ]; do
  run=null$seed
  if [ ! -s "$dir/$run.row" ]; then
    parts "$seed" >"$dir/$run.csv"
    extracted "$run" "$dir/$run.csv" --set seed="$seed"
    winner=$(awk -f "$top/bench/external_auc.awk" -v role=external "$dir/$run/metrics.json")
    logit=$(awk '/^  "deep": / { inside = 1 } inside && /"role": "external".*"out_of_fold":/ { sub(/.*"auc": \{"value": /, ""); sub(/[,}].*/, ""); print; exit }' "$dir/$run/metrics.json")
    model() { sed -n '/^  "model": /,/^  }/s/^    "'"$1"'": "\([^"]*\)".*/\1/p' "$dir/$run/metrics.json"; }
    echo "$seed $winner $logit $(model block) $(model learner)" >"$dir/part"
    mv "$dir/part" "$dir/$run.row"
    rm -rf "${dir:?}/$run"
  fi
  cat "$dir/$run.row" >>"$dir/rows"
  awk -v seconds="$(cat "$dir/$run.seconds")" '{ printf "%4d  %.4f  %.4f    %s with %s, %d s\n", $1, $2, $3, $4, $5, seconds }' "$dir/$run.row"
  seed=$((seed + 1))
done
cat "$dir"/null*.seconds | awk '{ sum += $1 } END { printf "%d s in all\n", sum }'
awk '
  function judge(name, sum, square,   mean, error, off, passes) {
    mean = sum / n; error = sqrt((square - n * mean * mean) / (n - 1) / n); off = mean < 0.5 ? 0.5 - mean : mean - 0.5
    passes = off <= 3.5 * error && off <= 0.05
    printf "%-8s mean external AUC %.4f, standard error %.4f, %.2f errors from 0.5: %s\n", name, mean, error, off / error, passes ? "passes" : "fails"
    return passes
  }
  { n++; w += $2; ww += $2 * $2; l += $3; ll += $3 * $3 }
  END {
    if (n < 2) { print "one seed has no spread"; exit 1 }
    judge("networks", l, ll)
    good = judge("winner", w, ww)
    print good ? "as it must be: nothing is found where there is nothing" : "NOT as it must be: something is found where there is nothing"
    exit !good
  }' "$dir/rows"
