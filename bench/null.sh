#!/bin/sh
# usage: bench/null.sh DIR [HEPAR] [SEEDS [CASES...]]
#
# Does the procedure find anything where there is nothing? The virtual cohort's labels are permuted over all roles before
# anything else is done, for SEEDS seeds (20); then the external AUC must be 0.5 on average: the mean within 3.5 standard
# errors (spread over seeds / sqrt n) and within 0.05 of 0.5. The same runs with --allow-leakage, whose selection sees every
# role's labels, must fail that test: it can tell.
#
# Features are extracted once; of the cohort table the label's column alone is permuted. DIR keeps what is finished: call it
# again to go on. CASES are `-n ROLE=N` of hepar phantom (the default size otherwise). Prints a table and a verdict; exits 0 when
# both halves come out as they must, 1 when not.
set -eu
export LC_ALL=C
[ $# -ge 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$1 hepar=${2:-$top/build/hepar} seeds=${3:-20}
shift; [ $# -lt 1 ] || shift; [ $# -lt 1 ] || shift
[ -x "$hepar" ] || { echo "bench/null.sh: no program at $hepar (./bootstrap build makes it)" >&2; exit 2; }
mkdir -p "$dir"

# ---- the cohort and its features, once ----
[ -d "$dir/cohort" ] || "$hepar" phantom cohort -o "$dir/cohort" --seed 1 "$@" -q
[ -d "$dir/features" ] || "$hepar" run "$dir/cohort/study.yaml" -o "$dir/features" --set validation=quick --set deep.use=none --set 'score_blocks=[]' --set 'learners=[ridge]' -q --resume
[ -s "$dir/radiomics.csv" ] || {
  awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if (i == 1 || $i ~ /^(arterial|portal)\./) keep[++n] = i }
    { row = $keep[1]; for (k = 2; k <= n; k++) row = row OFS $keep[k]; print row }' "$dir/features/features.csv" >"$dir/radiomics.part"
  mv "$dir/radiomics.part" "$dir/radiomics.csv"
}
cat >"$dir/study.yaml" <<'YAML'
name: "null"
cohort:
  - {file: cohort.csv}
  - {file: ../radiomics.csv}
roles: {column: role}
target:
  label: {column: proliferative, positive: [1], negative: [0]}
blocks:
  clinical: {columns: [age, sex, afp]}
  radiomics: {columns: ["arterial.*", "portal.*"]}
YAML

# permute SEED: the cohort table with the known labels in another order (Park and Miller's generator, Fisher and Yates' shuffle).
permute() {
  awk -F, -v OFS=, -v seed="$1" '
    function below(n) { state = state * 16807 % 2147483647; return int(state / 2147483647 * n) }
    BEGIN { state = (seed * 7919 + 12345) % 2147483647; for (i = 0; i < 20; i++) below(2) }
    { line[NR] = $0 }
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == "proliferative") at = i; next }
    $at != "" { row[++n] = NR; label[n] = $at }
    END {
      for (k = n; k > 1; k--) { j = 1 + below(k); t = label[k]; label[k] = label[j]; label[j] = t }
      for (k = 1; k <= n; k++) new[row[k]] = label[k]
      print line[1]
      for (r = 2; r <= NR; r++) { $0 = line[r]; if (r in new) $at = new[r]; print }
    }' "$dir/cohort/cohort.csv"
}

# auc SEED NAME ARGS...: the external AUC of that run, which is made when it is not there yet.
auc() {
  folder=$dir/$1 run=$2
  shift 2
  if [ ! -s "$folder/$run.auc" ]; then
    rm -rf "${folder:?}/$run" "$folder/$run.partial"
    "$hepar" run "$dir/study.yaml" --set data="$folder" --set validation=quick --set seed="${folder##*/}" -o "$folder/$run" -q "$@" 2>"$folder/$run.log" ||
      { tail -n 1 "$folder/$run.log" >&2; exit 1; }
    awk -f "$top/bench/external_auc.awk" -v role=external "$folder/$run/metrics.json" >"$folder/$run.part"
    mv "$folder/$run.part" "$folder/$run.auc"
    rm -rf "${folder:?}/$run"
  fi
  cat "$folder/$run.auc"
}

echo "seed  honest  leaky"
seed=1
while [ "$seed" -le "$seeds" ]; do
  mkdir -p "$dir/$seed"
  [ -s "$dir/$seed/cohort.csv" ] || { permute "$seed" >"$dir/$seed/part" && mv "$dir/$seed/part" "$dir/$seed/cohort.csv"; }
  honest=$(auc "$seed" honest) leaky=$(auc "$seed" leaky --allow-leakage)
  printf '%4d  %.4f  %.4f\n' "$seed" "$honest" "$leaky" | tee "$dir/$seed/row"
  seed=$((seed + 1))
done

seed=1; : >"$dir/rows"
while [ "$seed" -le "$seeds" ]; do cat "$dir/$seed/row" >>"$dir/rows"; seed=$((seed + 1)); done
awk '
  function judge(name, sum, square,   mean, error, off) {
    mean = sum / n; error = sqrt((square - n * mean * mean) / (n - 1) / n); off = mean < 0.5 ? 0.5 - mean : mean - 0.5
    passes = off <= 3.5 * error && off <= 0.05
    printf "%-7s mean external AUC %.4f, standard error %.4f, %.2f errors from 0.5: %s\n", name, mean, error, off / error, passes ? "passes" : "fails"
    return passes
  }
  { n++; h += $2; hh += $2 * $2; l += $3; ll += $3 * $3 }
  END {
    honest = judge("honest", h, hh); leaky = judge("leaky", l, ll)
    good = honest && !leaky
    print good ? "as it must be: the honest runs pass, the leaky runs fail" : "NOT as it must be: honest runs have to pass, leaky runs to fail"
    exit !good
  }' "$dir/rows"
