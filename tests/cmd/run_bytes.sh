#!/bin/sh
# Same study, inputs and seed: the same bytes in every file of the run folder but log.txt, for any number of threads, and
# after kill -9 in the middle and --resume. usage: run_bytes.sh HEPAR
set -u
. "${0%/*}/tap.sh"

# 66 cases are three chunks of the extraction, so there is a middle to be killed in.
"$hepar" phantom cohort -o "$work/cohort" -n train=36 -n internal=12 -n external=10 -n rfa=8 --seed 11 >"$work/log" 2>&1 ||
  { echo "Bail out! no virtual cohort: $(tail -n 1 "$work/log")"; exit 1; }
study=$work/cohort/study.yaml

# study_into OUT ARGS...: the study of this test; what it says goes to OUT.log.
study_into() { into=$1; shift; "$hepar" run "$study" -o "$into" --set validation=quick --set deep.use=none --set 'score_blocks=[]' "$@" >"$into.log" 2>&1; }
whole=$work/plain
same() { diff -r -x log.txt "$whole" "$1"; }

if study_into "$work/plain" -j 1; then ok a_study_runs_on_one_thread
else not_ok a_study_runs_on_one_thread "$(tail -n 3 "$work/plain.log")"; finish; fi
for file in study.lock.yaml cases.csv features.csv features.notes.csv predictions.csv metrics.json model.hepar log.txt; do
  [ -s "$work/plain/$file" ] || not_ok the_run_folder_is_whole "no $file"
done
if [ -e "$work/plain.partial" ] || [ -e "$work/plain/work" ]; then not_ok nothing_unfinished_is_left "$(ls "$work/plain")"
else ok nothing_unfinished_is_left; fi
if grep -rlF "$work" "$work/plain" | grep -v '/log.txt$' >"$work/named"; then not_ok no_file_names_the_place_it_was_made_in "$(cat "$work/named")"
else ok no_file_names_the_place_it_was_made_in; fi

for threads in 2 8; do
  study_into "$work/j$threads" -j "$threads"
  check "${threads}_threads_give_the_same_bytes" same "$work/j$threads"
done

# From elsewhere: another working folder, relative paths.
(cd "$work/cohort" && "$hepar" run study.yaml -o ../elsewhere --set validation=quick --set deep.use=none --set 'score_blocks=[]' -q) >"$work/elsewhere.log" 2>&1
check another_working_folder_gives_the_same_bytes same "$work/elsewhere"

cp "$work/plain/study.lock.yaml" "$work/cohort/lock.yaml"
"$hepar" run "$work/cohort/lock.yaml" -o "$work/locked" -q >"$work/locked.log" 2>&1
check the_lock_gives_the_same_run_again same "$work/locked"

# The rest with two learners: what is killed and resumed is the same with all of them.
few='learners=[ridge, forest]'
whole=$work/whole
study_into "$whole" --set "$few" || not_ok a_study_with_two_learners_runs "$(tail -n 3 "$whole.log")"

# killed_at NAME WHEN...: the run is killed as soon as the command WHEN succeeds, then resumed.
killed_at() {
  name=$1 out=$work/$1; shift
  "$hepar" run "$study" -o "$out" --set validation=quick --set deep.use=none --set 'score_blocks=[]' --set "$few" -j 2 >"$out.log" 2>&1 &
  pid=$!
  while kill -0 $pid 2>/dev/null && ! "$@" >/dev/null 2>&1; do sleep 0.01; done
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null; status=$?
  if [ $status != 137 ] || [ -e "$out" ] || [ ! -d "$out.partial" ]; then
    not_ok "killed_$name" "exit $status, expected 137 with only $name.partial left" "$(tail -n 3 "$out.log")"
    return 1
  fi
}
resumed() {
  study_into "$out" --set "$few" -j 1 --resume || { not_ok "resumed_after_a_kill_$name" "$(tail -n 3 "$out.log")"; return; }
  check "after_a_kill_${name}_resume_gives_the_same_bytes" same "$out"
}
killed_at before_extraction test -e "$work/before_extraction.partial/study.lock.yaml" && resumed
killed_at in_extraction test -e "$work/in_extraction.partial/work/features.0000.csv" && resumed
killed_at in_ranking grep -q ranking "$work/in_ranking.log" && resumed
killed_at in_estimates grep -q 'permuted labels:' "$work/in_estimates.log" && resumed

# What was finished is taken: a value changed by hand in a finished chunk stands in the features of the resumed run.
if killed_at after_a_chunk test -e "$work/after_a_chunk.partial/work/features.0000.csv"; then
  chunk=$out.partial/work/features.0000.csv
  awk 'NR == 2 { sub(/^[^,]*/, "123456.5") } { print }' "$chunk" >"$work/chunk" && cp "$work/chunk" "$chunk"
  study_into "$out" --set "$few" --resume
  check resume_takes_the_finished_chunks grep -q ',123456.5,' "$out/features.csv"
fi
if killed_at of_another_study test -e "$work/of_another_study.partial/study.lock.yaml"; then
  status=0; "$hepar" run "$study" -o "$out" --set seed=2 --set validation=quick --set deep.use=none --set 'score_blocks=[]' --set "$few" --resume >"$work/out" 2>"$work/err" || status=$?
  if [ $status = 2 ] && grep -q 'the interrupted run had other settings or inputs; start anew without --resume$' "$work/err"; then ok another_studys_run_is_not_resumed
  else not_ok another_studys_run_is_not_resumed "exit $status" "$(cat "$work/err")"; fi
fi
finish
