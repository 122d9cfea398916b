#!/bin/sh
# phantom_hardness.sh HEPAR JUDGE CASES ERRORS: writes CASES external patients, extracts both phases, judges (phantom_hardness.c).
set -eu
hepar=$1 judge=$2 cases=$3 errors=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$hepar" help extract >/dev/null 2>&1; then echo '1..0 # SKIP this program has no extract'; exit 0; fi
"$hepar" phantom cohort -q -o "$work/cohort" --seed 20260 -n train=0 -n internal=0 -n rfa=0 -n tace=0 -n "external=$cases"
for phase in arterial portal; do
  awk -F, -v phase="Image_$phase" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "ID,Image,Mask"; next }
    { print $at["ID"] "," $at[phase] "," $at["Mask"] }' "$work/cohort/cohort.csv" >"$work/cohort/$phase.csv"
  "$hepar" extract -q "$work/cohort/$phase.csv" -o "$work/$phase.csv"
done
"$judge" "$work/cohort/cohort.csv" "$work/arterial.csv" "$work/portal.csv" "$work/cohort/truth.csv" "$errors"
