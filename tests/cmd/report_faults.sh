#!/bin/sh
# hepar report with a call failing: each call site once, and every 11th call (HEPAR_FAULT_STEP=1: every one).
# Good ends: the whole report, or 2-5 with one line "hepar ...: ..." and each of figures/, report.html, checklist.csv whole or absent.
set -u
. "${0%/*}/tap.sh"
top=$2 step=${HEPAR_FAULT_STEP:-11}
fixture=$top/tests/cmd/fixtures/report
fresh() { rm -rf "$work/run"; mkdir "$work/run"; cp "$fixture/metrics.json" "$fixture/study.lock.yaml" "$work/run/"; }

fresh
HEPAR_FAULT_LOG=$work/log "$hepar" report -q -j 1 "$work/run" || { echo 'Bail out! no report without a fault'; exit 1; }
cp -r "$work/run" "$work/whole"
{ sort -u "$work/log" | sed 's/^/@/'; seq 1 "$step" "$(wc -l <"$work/log")"; } > "$work/faults"

tried=0 bad=''
while IFS= read -r fault; do
  fresh
  HEPAR_FAULT=$fault timeout 60 "$hepar" report -q -j 1 "$work/run" 2>"$work/err" </dev/null; status=$?
  why=
  if [ $status -gt 5 ] || [ $status = 1 ]; then why="exit $status"
  elif [ $status = 0 ]; then diff -r "$work/run" "$work/whole" >/dev/null || why='exit 0, but the report is not whole'
  else
    [ "$(wc -l <"$work/err")" = 1 ] && grep -q '^hepar' "$work/err" || why="exit $status without one error line"
    for part in "$work/run"/*; do diff -r "$part" "$work/whole/${part##*/}" >/dev/null 2>&1 || why="exit $status, and ${part##*/} is left half-made"; done
  fi
  tried=$((tried + 1))
  [ -z "$why" ] || bad="$bad
fault $fault: $why: $(head -n 1 "$work/err")"
done < "$work/faults"
if [ -z "$bad" ] && [ $tried -gt 100 ]; then ok every_fault_ends_cleanly; else not_ok every_fault_ends_cleanly "$tried tried" "$bad"; fi
finish
