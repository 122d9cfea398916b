#!/bin/sh
# hepar report: draws a run folder, twice the same bytes, and says what is wrong with one that is none.
set -u
. "${0%/*}/tap.sh"
top=$2
fixture=$top/tests/cmd/fixtures/report

fresh() { rm -rf "$work/run"; mkdir "$work/run"; cp "$fixture/metrics.json" "$fixture/study.lock.yaml" "$work/run/"; }

fresh
says a_run_folder_is_drawn 0 "$work/run/report.html, with figures/ and checklist.csv" report "$work/run"
check every_figure_is_there_as_svg_and_pdf sh -c 'cd "$1/figures" && ls > "$2" && for f in flow comparison roc calibration decision_curve contributions scores \
  waterfall_train waterfall_internal waterfall_external waterfall_rfa waterfall_tace kaplan_meier_rfa_RFS kaplan_meier_tace_TTP; do \
  [ -s $f.svg ] && [ -s $f.pdf ] || { echo "no $f"; exit 1; }; done; [ $(wc -l < "$2") = 28 ]' sh "$work/run" "$work/list"
check the_checklist_has_every_item sh -c '[ $(grep -c "^CLEAR,1.0," "$1") = 58 ] && [ $(grep -c "^METRICS,1.0,.*,#[0-9]" "$1") = 30 ] && [ $(grep -c "^TRIPOD+AI,2024," "$1") = 52 ] &&
  grep -q "^METRICS,1.0,10.1186/s13244-023-01572-w,score,\"Score, percent\"," "$1"' sh "$work/run/checklist.csv"
check nothing_in_the_page_comes_from_elsewhere sh -c '! grep -E "(src|href)=\"(https?:)?//|<script|@import|url\(" "$1"' sh "$work/run/report.html"

cp -r "$work/run" "$work/first"
touch "$work/run/figures/old.svg"
sleep 1
"$hepar" report -q "$work/run"
check drawing_again_gives_the_same_bytes_and_leaves_nothing_old diff -r "$work/first" "$work/run"

says a_folder_that_is_absent_is_named 3 "hepar report: report: $work/none/metrics.json: no such file" report "$work/none"
fresh; echo '{"hepar": "0.1.0"}' > "$work/run/metrics.json"
says a_file_that_is_no_metrics_is_refused 3 "hepar report: report: $work/run/metrics.json: no \"hepar\" or no \"roles\", expected the metrics of hepar run" report "$work/run"
fresh; printf 'name: \377\n' > "$work/run/study.lock.yaml"
says settings_that_are_no_text_are_refused 3 "hepar report: report: $work/run/study.lock.yaml line 1: the text is not UTF-8" report "$work/run"
check a_refused_folder_is_left_as_it_was sh -c '[ "$(ls "$1")" = "metrics.json
study.lock.yaml" ]' sh "$work/run"
fresh; rm "$work/run/study.lock.yaml"; "$hepar" report -q "$work/run"
check a_run_without_its_settings_says_so grep -q 'study.lock.yaml is not in the folder' "$work/run/report.html"

# Every reporting key that an item asks for is explained in doc/reporting.md, and no other.
fresh; sed -i 's/^  "reporting": {.*}$/  "reporting": {}/' "$work/run/metrics.json"; "$hepar" report -q "$work/run"
grep -o 'reporting\.[a-z_.]*[a-z_]' "$work/run/checklist.csv" | sort -u > "$work/asked"
sed -n 's/^| `\(reporting\.[a-z_.]*\)` |.*/\1/p' "$top/doc/reporting.md" | sort -u > "$work/explained"
check every_reporting_key_is_explained sh -c '[ $(wc -l < "$1") -gt 30 ] && [ -z "$(comm -23 "$1" "$2")" ] || { comm -23 "$1" "$2"; exit 1; }' sh "$work/asked" "$work/explained"
finish
