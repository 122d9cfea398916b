#!/bin/sh
# bench/null.sh in small: with labels permuted beforehand the external AUC is 0.5 by its own standard error, and selection that sees
# every role's labels (--allow-leakage) raises it. usage: run_null.sh HEPAR TOP
set -u
. "${0%/*}/tap.sh"
seeds=8
sh "$2/bench/null.sh" "$work/null" "$hepar" $seeds -n train=90 -n internal=4 -n external=60 -n rfa=2 -n tace=2 >"$work/said" 2>&1
sed 's/^/# /' "$work/said"
if [ "$(wc -l <"$work/null/rows")" = $seeds ]; then ok every_seed_has_its_runs; else not_ok every_seed_has_its_runs "$(tail -n 2 "$work/said")"; finish; fi
judge() {
  awk -v column="$1" -v test="$2" '{ n++; s += $column; ss += $column ^ 2; d += $3 - $2; dd += ($3 - $2) ^ 2 }
    END {
      m = s / n; e = sqrt((ss - n * m * m) / (n - 1) / n)
      if (test == "null") exit !(m - 0.5 <= 3.5 * e && 0.5 - m <= 3.5 * e && e < 0.06)
      exit !(d > 0)
    }' "$work/null/rows"
}
check without_signal_the_external_auc_is_a_half judge 2 null
check selection_that_sees_all_rows_raises_it judge 3 raised
finish
