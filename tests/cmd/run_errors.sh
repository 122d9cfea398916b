#!/bin/sh
# hepar run as a new user gets it wrong: one line with what was found and expected, the documented exit code, nothing
# half-written. A case that fails ends no run. usage: run_errors.sh HEPAR
set -u
. "${0%/*}/tap.sh"

cohort=$work/cohort
"$hepar" phantom cohort -o "$cohort" -n train=24 -n internal=6 -n external=10 -n rfa=6 --seed 21 >"$work/log" 2>&1 ||
  { echo "Bail out! no virtual cohort: $(tail -n 1 "$work/log")"; exit 1; }
study=$cohort/study.yaml out=$work/out

# try STUDY ARGS...: `hepar run STUDY ARGS`, quick and with one learner; $status and $work/err are what came of it.
try() {
  try_study=$1; shift
  status=0; "$hepar" run "$try_study" --set validation=quick --set deep.use=none --set 'score_blocks=[]' --set 'learners=[ridge]' -q "$@" >"$work/stdout" 2>"$work/err" || status=$?
}
# What a refused run may leave: nothing.
left() { find "$work" -maxdepth 2 \( -name 'out' -o -name 'out.partial' -o -name '*.tmp*' \) | head -n 3; }
# refused NAME STATUS TEXT ARGS...: that exit code, one closing line that is `hepar run: TEXT` (a pattern of the shell), and nothing left.
refused() {
  refused_name=$1 refused_status=$2 refused_text=$3; shift 3
  try "$@"
  line=$(tail -n 1 "$work/err")
  fits=false; case $line in "hepar run: "$refused_text) fits=true ;; esac
  if [ $status = "$refused_status" ] && $fits && [ "$(grep -c '^hepar' "$work/err")" = 1 ] && [ -z "$(left)" ]; then ok "$refused_name"
  else not_ok "$refused_name" "exit $status, expected $refused_status" "$line" "expected: $refused_text" "left: $(left)"; fi
  rm -rf "$out" "$out.partial"
}
# goes_on NAME STATUS ARGS...: the run ends with a whole folder and that exit code; it stays for a look.
goes_on() {
  goes_name=$1 goes_status=$2; shift 2
  rm -rf "$out"
  try "$@"
  if [ $status = "$goes_status" ] && [ -s "$out/metrics.json" ] && [ ! -e "$out.partial" ]; then ok "$goes_name"
  else not_ok "$goes_name" "exit $status, expected $goes_status" "$(tail -n 2 "$work/err")"; fi
}
# with_table NAME PROGRAM: the cohort with its table gone through awk: col[] by name, OFS the comma.
with_table() {
  mkdir "$work/$1" && ln -s "$cohort/images" "$work/$1/images" && cp "$study" "$work/$1/study.yaml" &&
    awk -F, -v OFS=, "NR == 1 { for (i = 1; i <= NF; i++) col[\$i] = i } $2" "$cohort/cohort.csv" >"$work/$1/cohort.csv"
}

# ---- names ----
refused a_missing_study_is_named 3 "$work/none.yaml: no such file" "$work/none.yaml" -o "$out"
refused a_missing_cohort_is_named 3 "cohort: $work/none.csv: no such file" "$study" -o "$out" --set cohort="$work/none.csv"
refused a_missing_column_names_the_nearest 2 "--set: blocks.clinical: no column 'agee' in the cohort; did you mean 'age'[?]" "$study" -o "$out" --set 'blocks.clinical.columns=[agee]'
refused a_missing_label_names_the_nearest 2 "cohort: --set: target.label: no column 'proliferativ' in the cohort; did you mean 'proliferative'[?]" "$study" -o "$out" --set target.label=proliferativ
sed 's/^target:/taget:/' "$study" >"$cohort/misspelt.yaml"
refused a_misspelt_key_stands_with_its_place 2 "$cohort/misspelt.yaml:*:1: unknown key 'taget'; did you mean 'target'[?]" "$cohort/misspelt.yaml" -o "$out"
refused a_misspelt_key_on_the_line_too 2 "--set: unknown key 'valdation'; did you mean 'validation'[?]" "$study" -o "$out" --set valdation=quick
refused a_misspelt_learner_costs_no_extraction 2 "--set: learners: no learner 'lassso'; did you mean 'lasso'[?]" "$study" -o "$out" --set 'learners=[lassso]'
refused a_missing_parameter_file_is_named 3 "*extraction: $work/p.yaml: no such file" "$study" -o "$out" --set extraction="$work/p.yaml"
printf 'setting: {binWidth: wide}\n' >"$work/p.yaml"
refused a_bad_parameter_is_refused_before_any_image 2 "*extraction: *binWidth*" "$study" -o "$out" --set extraction="$work/p.yaml"

# ---- outputs ----
mkdir "$work/there"
refused what_is_there_is_not_written_over 2 "$work/there: is there already; name another folder or remove it" "$study" -o "$work/there"
refused an_output_below_nothing_is_a_system_error 4 "cannot make the folder $work/no/where.partial: No such file or directory" "$study" -o "$work/no/where"
refused an_output_below_a_file_is_a_system_error 4 "cannot make the folder $study/out.partial: Not a directory" "$study" -o "$study/out"
disk=$work/disk; mkdir "$disk"
for size in 40k 150k 400k; do
  if ! mount -t tmpfs -o size=$size none "$disk" 2>/dev/null; then skip "a_full_disk_of_${size}_is_a_system_error" 'only root can mount a small disk'; continue; fi
  try "$study" -o "$disk/out"
  if [ $status = 4 ] && [ ! -e "$disk/out" ] && [ -z "$(find "$disk" -name '*.tmp*')" ] && [ "$(grep -c '^hepar' "$work/err")" = 1 ] &&
    tail -n 1 "$work/err" | grep -q '^hepar run: .*No space left on device$'; then ok "a_full_disk_of_${size}_is_a_system_error"
  else not_ok "a_full_disk_of_${size}_is_a_system_error" "exit $status" "$(tail -n 2 "$work/err")" "$(ls -R "$disk")"; fi
  umount "$disk"
done

# ---- outcomes ----
with_table one_class 'NR > 1 && $col["role"] == "train" { $col["proliferative"] = 0 } { print }'
refused one_class_in_train_is_refused 3 'all 24 labelled cases of role train have label 0 (proliferative HCC), expected both labels' "$work/one_class/study.yaml" -o "$out"
with_table no_label 'NR > 1 { $col["proliferative"] = "" } { print }'
refused no_label_in_train_is_refused 3 'no case of role train has a label (proliferative HCC)' "$work/no_label/study.yaml" -o "$out"
with_table bad_label 'NR == 3 { $col["proliferative"] = "maybe" } { print }'
refused a_label_that_is_none_names_its_case 3 "cohort: case train-0002: column proliferative: found 'maybe', expected 0, 1 or nothing" "$work/bad_label/study.yaml" -o "$out" --set target.label=proliferative
with_table one_class_tested 'NR > 1 && $col["role"] == "external" { $col["proliferative"] = 0 } { print }'
goes_on one_class_in_a_test_role_is_a_status 0 "$work/one_class_tested/study.yaml" -o "$out"
check and_it_is_named grep -q '"status": "one_class"' "$out/metrics.json"
with_table no_events 'NR > 1 && $col["rfs_event"] != "" { $col["rfs_event"] = 0 } { print }'
goes_on an_endpoint_without_events_is_a_status 0 "$work/no_events/study.yaml" -o "$out"
check and_it_says_so grep -q '"status": "no_events"' "$out/metrics.json"
with_table six '$col["role"] != "train" || NR <= 7 { print }'
goes_on six_patients_get_a_model_and_warnings 0 "$work/six/study.yaml" -o "$out"
check and_what_was_too_small_is_told grep -q '^warning: nested cross-validation was left out: ' "$work/err"

# ---- cases ----
# spoil NAME: a cohort whose images may be changed.
spoil() { mkdir "$work/$1" && cp "$study" "$cohort/cohort.csv" "$work/$1" && cp -R "$cohort/images" "$work/$1/images"; }
spoil spoilt
mask=$work/spoilt/images/train-0003_mask.nii.gz # all 0
gzip -dc "$mask" >"$work/m.nii"; bytes=$(($(wc -c <"$work/m.nii") - 352))
{ head -c 352 "$work/m.nii"; head -c $bytes /dev/zero; } | gzip >"$mask"
mask=$work/spoilt/images/external-0002_mask.nii.gz # origin x at 1000 mm, in sform and qform
gzip -dc "$mask" >"$work/m.nii"
for at in 292 268; do printf '\000\000\172\104' | dd of="$work/m.nii" bs=1 seek=$at conv=notrunc 2>/dev/null; done
gzip -c "$work/m.nii" >"$mask"
image=$work/spoilt/images/rfa-0001_portal.nii.gz # cut short
head -c 20000 "$image" >"$work/cut" && mv "$work/cut" "$image"
rm "$work/spoilt/images/internal-0002_arterial.nii.gz"
goes_on failing_cases_end_no_run 1 "$work/spoilt/study.yaml" -o "$out"
case_says() { check "$1" grep -q "^$2,[a-z]*,0,.*$3" "$out/cases.csv"; }
case_says an_empty_mask_is_a_reason train-0003 'arterial: the mask is empty: every voxel is 0'
case_says a_shifted_mask_is_a_reason_with_its_distance external-0002 "arterial: the mask's grid differs from the image's: origin x is off by .* mm .*the region lies outside the image"
case_says a_cut_image_is_a_reason rfa-0001 'portal: .*gzip content is damaged or cut short'
case_says a_missing_image_is_a_reason internal-0002 'arterial: .*no such file'
if [ "$(grep -c '^warning: case ' "$work/err")" = 4 ]; then ok each_failed_case_is_told_once; else not_ok each_failed_case_is_told_once "$(cat "$work/err")"; fi
if grep -rF "$work" "$out" | grep -v '/log.txt:' >"$work/named"; then not_ok a_failed_case_names_no_place "$(cut -c1-300 "$work/named" | head -n 3)"
else ok a_failed_case_names_no_place; fi
rm -rf "$out"
refused too_many_failed_cases_end_the_run 3 '1 of 24 cases of role train failed, more than max_failed = 0.01 allows; the first, train-0003: arterial: the mask is empty: every voxel is 0' \
  "$work/spoilt/study.yaml" -o "$out" --set max_failed=0.01
refused a_wrong_mask_label_tells_those_there_are 3 '24 of 24 cases of role train failed, *label 7 is not in the mask, which has 1 (*' "$study" -o "$out" --set mask_label=7

# ---- Ctrl-C ----
"$hepar" run "$study" --set validation=quick --set deep.use=none --set 'score_blocks=[]' --set 'learners=[ridge]' -o "$out" -j 1 >"$work/stdout" 2>"$work/err" &
pid=$!
while kill -0 $pid 2>/dev/null && [ ! -e "$out.partial/work/features.0000.csv" ]; do sleep 0.01; done
kill -INT $pid; wait $pid; status=$?
if [ $status = 5 ] && [ ! -e "$out" ] && [ -d "$out.partial" ] && [ "$(tail -n 1 "$work/err")" = 'hepar run: stopped by the user' ] &&
  [ -z "$(find "$out.partial" -name '*.tmp*')" ]; then ok ctrl_c_ends_with_its_code_and_keeps_what_is_finished
else not_ok ctrl_c_ends_with_its_code_and_keeps_what_is_finished "exit $status" "$(tail -n 2 "$work/err")" "$(ls "$work")"; fi
check and_it_says_how_to_go_on grep -qF "$out.partial: kept; the same command with --resume goes on from it" "$work/err"
goes_on and_resume_goes_on 0 "$study" -o "$out" --resume
finish
