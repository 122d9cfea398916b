#!/bin/sh
# hepar predict as a user types it: new cases with the model of a run, and everything that does not fit it. usage: predict.sh HEPAR
set -u
. "${0%/*}/tap.sh"

cohort=$work/cohort
"$hepar" phantom cohort -o "$cohort" -n train=32 -n internal=6 -n external=10 -n rfa=2 -n tace=2 --seed 21 >"$work/log" 2>&1 ||
  { echo "Bail out! no virtual cohort: $(tail -n 1 "$work/log")"; exit 1; }

# study_into OUT ARGS...: the virtual cohort's study. images: phases and clinical values; table: clinical values alone.
study_into() { into=$1; shift; "$hepar" run "$cohort/study.yaml" -o "$into" --set validation=quick --set deep.use=none --set 'score_blocks=[]' --set 'blocks.clinical.columns=[age, sex, afp]' "$@" >"$into.log" 2>&1; }
images=$work/images table=$work/table forest=$work/forest
study_into "$images" --set 'learners=[ridge]' --set 'score_blocks=[clinical+radiomics]' --set fusion=early &&
  study_into "$forest" --set 'learners=[forest]' --set 'privacy=[no-images]' --set 'score_blocks=[clinical+radiomics]' --set fusion=late &&
  grep -v '^  radiomics:' "$cohort/study.yaml" | grep -v 'from: images' >"$cohort/clinical.yaml" &&
  "$hepar" run "$cohort/clinical.yaml" -o "$table" --set validation=quick --set deep.use=none --set 'score_blocks=[]' --set 'blocks.clinical.columns=[age, sex, afp]' --set 'learners=[ridge]' >"$work/table.log" 2>&1 ||
  { echo "Bail out! no model: $(tail -qn 1 "$work"/images.log "$work"/forest.log "$work"/table.log)"; exit 1; }

# predict NAME STATUS ARGS...: exits so; what it prints goes to $work/out and $work/err.
predict() {
  predict_name=$1 predict_status=$2; shift 2
  status=0; "$hepar" predict "$@" >"$work/out" 2>"$work/err" || status=$?
  if [ $status = "$predict_status" ]; then ok "$predict_name"; else not_ok "$predict_name" "exit $status, expected $predict_status" "$(tail -n 3 "$work/err")"; fi
}
# has NAME TEXT FILE
has() { if grep -qF -- "$2" "$3"; then ok "$1"; else not_ok "$1" "expected: $2" "$(cat "$3")"; fi; }
# winners RUN: "ID,score,group" of the locked model, from the run's own predictions.
winners() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next } $col["group"] != "" { print $col["ID"] "," $col["score"] "," $col["group"] }' "$1/predictions.csv"; }
# scored: the same of what predict has printed.
scored() { awk -F, 'NR > 1 { print $1 "," $2 "," $3 }' "$1"; }
same_as_run() { winners "$1" >"$work/wanted"; scored "$2" >"$work/found"; [ -s "$work/wanted" ] && diff "$work/wanted" "$work/found"; }

# ---- tables ----
for model in images table forest; do
  predict "${model}_table_is_scored" 0 "$work/$model" "$cohort/cohort.csv" -q
  check "${model}_probabilities_are_the_runs_own_to_the_bit" same_as_run "$work/$model" "$work/out"
done
predict a_model_file_does_as_well_as_its_run_folder 0 "$images/model.hepar" "$cohort/cohort.csv" -o "$work/p1.csv" --contributions "$work/c1.csv" -j 1 -q
predict threads_do_not_matter 0 "$images" "$cohort/cohort.csv" -o "$work/p8.csv" --contributions "$work/c8.csv" -j 8 -q
check threads_change_no_byte sh -c "cmp '$work/p1.csv' '$work/p8.csv' && cmp '$work/c1.csv' '$work/c8.csv'"
if [ "$(head -n 1 "$work/p1.csv")" = 'ID,probability,group,distance,percentile,outside,notes,notice' ]; then ok the_columns_are_as_written_down; else not_ok the_columns_are_as_written_down "$(head -n 1 "$work/p1.csv")"; fi
if [ "$(grep -c 'Research use only; not a medical device.$\|Research use only; not a medical device."$' "$work/p1.csv")" = 52 ]; then ok every_row_says_that_it_is_for_research; else not_ok every_row_says_that_it_is_for_research "$(tail -n 2 "$work/p1.csv")"; fi

# Only the external cases, from another folder, give the same rows.
awk -F, 'NR == 1 || /^external/' "$cohort/cohort.csv" >"$cohort/external.csv"
(cd "$cohort" && "$hepar" predict ../images external.csv -q) >"$work/out" 2>"$work/err"
grep '^ID\|^external' "$work/p1.csv" >"$work/wanted"
check a_case_does_not_depend_on_its_company diff "$work/wanted" "$work/out"

# Two tables do as one: the values apart from the images.
awk -F, -v OFS=, '{ print $1, $7, $8, $11 }' "$cohort/cohort.csv" >"$work/values.csv"
awk -F, -v OFS=, '{ print $4, $5, $6, $1 }' "$cohort/cohort.csv" >"$cohort/files.csv"
predict two_tables_are_joined_by_id 0 "$images" "$cohort/files.csv" "$work/values.csv" -q
check two_tables_do_as_one cmp "$work/p1.csv" "$work/out"

# Pictures of the cases that were used.
if [ "$(ls "$images/slices" | wc -l)" = 52 ] && [ -s "$images/slices/external-0003.png" ]; then ok a_run_draws_its_cases; else not_ok a_run_draws_its_cases "$(ls "$images/slices" 2>&1 | head -n 3)"; fi
if [ ! -e "$forest/slices" ]; then ok a_private_run_draws_none; else not_ok a_private_run_draws_none; fi

# log(p / (1 - p)) is the constant and all contributions.
sums() {
  awk -F, -v p="$1" 'BEGIN { while ((getline line < p) > 0) { split(line, cell, ","); prob[cell[1]] = cell[2] } }
    NR > 1 { sum = 0; for (i = 2; i < NF; i++) sum += $i; odds = log(prob[$1] / (1 - prob[$1])); n++
      if ((sum - odds) ^ 2 > 1e-18 || (sum - $NF) ^ 2 > 1e-18) { print $1, sum, odds; bad = 1 } }
    END { exit bad || n == 0 }' "$2"
}
check contributions_sum_to_the_log_odds sums "$work/p1.csv" "$work/c1.csv"
predict a_forest_tells_its_contributions 0 "$forest" "$cohort/cohort.csv" -q -o "$work/pf.csv" --contributions "$work/cf.csv"
check contributions_of_a_fused_forest_sum_to_the_log_odds sums "$work/pf.csv" "$work/cf.csv"

# ---- one case ----
case_id=external-0003
case=$cohort/images/$case_id
values=$(awk -F, -v id=$case_id 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i } $1 == id { print "--value age=" $col["age"], "--value sex=" $col["sex"], "--value afp=" $col["afp"] }' "$cohort/cohort.csv")
one="--image arterial=${case}_arterial.nii.gz --image portal=${case}_portal.nii.gz --mask ${case}_mask.nii.gz"
predict one_case_is_scored 0 "$images" $one $values --json
json_probability=$(sed -n 's/^  "probability": \(.*\),$/\1/p' "$work/out")
if [ "$json_probability" = "$(sed -n "s/^$case_id,\([^,]*\),.*/\1/p" "$work/p1.csv")" ]; then ok one_case_is_scored_as_its_row; else not_ok one_case_is_scored_as_its_row "$json_probability"; fi
has json_says_that_it_is_for_research '"notice": "Research use only; not a medical device."' "$work/out"
predict one_case_is_told_to_people 0 "$images" $one $values --mask portal="${case}_mask.nii.gz"
has text_says_that_it_is_for_research 'Research use only; not a medical device.' "$work/out"
has text_says_the_group '(high at or above' "$work/out"
predict missing_values_and_new_levels_are_named 0 "$table" --value sex=other --value age=
has a_value_not_given_is_named 'afp is imputed (not given)' "$work/out"
has an_empty_value_is_named 'age is imputed (missing)' "$work/out"
has a_new_level_is_named "sex 'other' was not seen in training and is taken as missing" "$work/out"
predict a_value_beyond_the_training_range_is_named 0 "$table" --value age=150 --value sex=M --value afp=20
has the_range_is_shown 'age: 150, trained on' "$work/out"

# ---- what does not fit ----
says an_unknown_value_is_refused_with_the_nearest 2 "hepar predict: --value afb: the model reads no such column; did you mean 'afp'?" predict "$images" $one --value afb=12
says a_value_that_is_no_number_is_refused 2 "hepar predict: --value age: found 'old', expected a number" predict "$images" $one --value age=old
says a_value_given_twice_is_refused 2 "hepar predict: --value age: given twice" predict "$images" $one --value age=5 --value age=6
says a_value_of_the_images_is_refused 2 "hepar predict: --value portal.tumour.original_shape_Maximum3DDiameter: the model makes this column from the images itself" predict "$images" $one --value portal.tumour.original_shape_Maximum3DDiameter=12
says a_missing_phase_is_refused 2 "hepar predict: --image: no image for the phase portal: expected --image portal=FILE" predict "$images" --image arterial="${case}_arterial.nii.gz" --mask "${case}_mask.nii.gz" --value afp=12
says an_unknown_phase_is_refused 2 "hepar predict: --image venous=x.nii: the model has no phase 'venous', expected one of arterial, portal" predict "$images" --image venous=x.nii --mask m.nii
says an_image_without_its_phase_is_refused 2 "hepar predict: --image x.nii: names no phase, expected PHASE=FILE with a phase of the model: arterial, portal" predict "$images" --image x.nii --mask m.nii
says a_missing_mask_is_refused 2 "hepar predict: --mask: no mask for the phase arterial: expected --mask FILE" predict "$images" --image arterial=a.nii --image portal=p.nii
says images_for_a_model_of_tables_are_refused 2 "hepar predict: --image: the model was made from tables and reads no images" predict "$table" --image x.nii --value age=50
says a_model_without_networks_has_no_maps 2 "hepar predict: maps: the model's score (clinical with ridge) is not made with networks, so it has none" predict "$table" --value age=50 --map "$work/maps"
says no_case_is_refused 2 "hepar predict: no case is given: expected a table, or one case by --image, --mask and --value" predict "$table"
says a_table_and_a_case_are_refused 2 "hepar predict: $cohort/cohort.csv: a table is given, and --image, --mask or --value of one case as well" predict "$table" "$cohort/cohort.csv" --value age=50
predict a_missing_image_is_refused 3 "$images" --image arterial=nowhere.nii.gz --image portal="${case}_portal.nii.gz" --mask "${case}_mask.nii.gz" $values
says a_missing_image_is_told_in_one_line 3 "hepar predict: no radiomics value: arterial: nowhere.nii.gz: no such file" predict "$images" --image arterial=nowhere.nii.gz --image portal="${case}_portal.nii.gz" --mask "${case}_mask.nii.gz" $values
# The mask with 2 for its 1, behind the header.
gzip -dc "${case}_mask.nii.gz" >"$work/mask.nii"
{ head -c 352 "$work/mask.nii"; tail -c +353 "$work/mask.nii" | tr '\001' '\002'; } >"$work/other.nii"
predict a_mask_without_the_label_is_refused 3 "$images" --image arterial="${case}_arterial.nii.gz" --image portal="${case}_portal.nii.gz" --mask "$work/other.nii" $values
if [ "$(wc -l <"$work/err")" = 1 ] && grep -q 'label 1' "$work/err"; then ok the_missing_label_is_told_in_one_line; else not_ok the_missing_label_is_told_in_one_line "$(cat "$work/err")"; fi
says no_model_is_refused 3 "hepar predict: model: $work/none: no such file" predict "$work/none" --value age=50
says a_table_is_no_model 3 "hepar predict: model: $cohort/cohort.csv: its header has no hash sha256: not a file of hepar, or damaged" predict "$cohort/cohort.csv" --value age=50
sed '1s/,afp,/,AFP_ng,/' "$cohort/cohort.csv" >"$cohort/narrow.csv"
says a_table_that_lacks_a_column_is_refused 3 "hepar predict: $cohort/narrow.csv: no column 'afp', which the model reads" predict "$table" "$cohort/narrow.csv"
sed '1s/Image_portal/Image_venous/' "$cohort/cohort.csv" >"$cohort/venous.csv"
says a_table_that_lacks_a_phase_is_refused 3 "hepar predict: $cohort/venous.csv: no column 'Image_portal', expected one for each phase that the model was made from" predict "$images" "$cohort/venous.csv"
says an_unknown_id_column_is_refused 2 "hepar predict: $cohort/cohort.csv: no column 'patient' for the case IDs" predict "$table" "$cohort/cohort.csv" --id patient

# A byte in the middle of the tensors, a byte in the header, a cut file.
size=$(wc -c <"$table/model.hepar")
for at in 200 $((size / 2)) $((size - 3)); do
  cp "$table/model.hepar" "$work/altered.hepar"
  byte=$(dd if="$work/altered.hepar" bs=1 skip="$at" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
  printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$work/altered.hepar" bs=1 seek="$at" conv=notrunc 2>/dev/null
  predict "a_model_altered_at_byte_${at}_is_refused" 3 "$work/altered.hepar" --value age=50
done
has an_altered_model_is_named 'the file was changed or damaged' "$work/err"
head -c $((size - 100)) "$table/model.hepar" >"$work/altered.hepar"
predict a_cut_model_is_refused 3 "$work/altered.hepar" --value age=50

# A failing case keeps its row, empty, with its reason.
awk -F, -v OFS=, '$1 == "external-0002" { $4 = "images/gone.nii.gz" } $1 == "external-0004" { $7 = "sixty" } $1 == "external-0005" { $7 = $8 = $11 = "" } { print }' "$cohort/external.csv" >"$cohort/failing.csv"
predict failing_cases_are_exit_code_1 1 "$images" "$cohort/failing.csv"
if [ "$(wc -l <"$work/out")" = 11 ]; then ok failing_cases_keep_their_rows; else not_ok failing_cases_keep_their_rows "$(cat "$work/out")"; fi
has a_missing_image_is_the_rows_reason 'external-0002,,,,,,no radiomics value: arterial: ' "$work/out"
has a_word_for_a_number_is_the_rows_reason "external-0004,,,,,,\"column age: found 'sixty', expected a number\"," "$work/out"
has an_empty_block_is_the_rows_reason 'external-0005,,,,,,no clinical value: missing,' "$work/out"
if [ "$(grep -c '^warning: case' "$work/err")" = 3 ]; then ok each_failing_case_is_told_once; else not_ok each_failing_case_is_told_once "$(cat "$work/err")"; fi
grep -v '^external-000[245]' "$work/wanted" >"$work/rest"
grep -v '^external-000[245]' "$work/out" >"$work/found"
check a_failing_case_changes_no_other diff "$work/rest" "$work/found"

# Every call site that can fail, made to fail once.
mkdir "$work/faults"
faults() { sh "${0%/*}/faults.sh" sites "$@" && grep -q '^ok 1' "$work/check"; }
head -n 4 "$cohort/cohort.csv" >"$cohort/few.csv"
check faults_in_a_table_end_cleanly faults table "$work/faults/out.csv" "$hepar" predict "$images" "$cohort/few.csv" -q -o "$work/faults/out.csv" --contributions "$work/faults/out.csv.parts"
check faults_in_one_case_end_cleanly faults one "$work/faults/one.json" "$hepar" predict "$forest" $one $values --json -o "$work/faults/one.json"

finish
