#!/bin/sh
# hepar phantom: refusals, same bytes, what an effect of 0 leaves, the recipe's page.
set -u
. "${0%/*}/tap.sh"
top=$2

says a_missing_output_is_named 2 'hepar phantom: option --output is missing: the folder to write' phantom cohort
says an_unknown_job_is_refused 2 'hepar phantom: found "cohrt", expected cohort or recipe' phantom cohrt -o "$work/x"
says an_unknown_role_names_the_nearest 2 'hepar phantom: option --cases: role "tran" is not known, did you mean "train"; expected train, internal, external, rfa or tace' phantom cohort -o "$work/x" -n tran=3
says half_a_case_is_refused 2 'hepar phantom: option --cases train: found "1.5", expected a whole number from 0 to 1000000' phantom cohort -o "$work/x" -n train=1.5
says a_cohort_of_nobody_is_refused 2 'hepar phantom: option --cases: no role has a case' phantom cohort -o "$work/x" -n train=0 -n internal=0 -n external=0 -n rfa=0 -n tace=0
says a_negative_effect_is_refused 2 'hepar phantom: option --effect: -1 is out of range, expected 0 to 10' phantom cohort -o "$work/x" --effect -1
says a_folder_that_cannot_be_made_is_a_system_error 4 "hepar phantom: virtual cohort: cannot make the folder $work/no/x.partial: No such file or directory" phantom cohort -o "$work/no/x"

small='-n train=4 -n internal=1 -n external=2 -n rfa=1 -n tace=1'
# shellcheck disable=SC2086
for run in 'a -j 1' 'b -j 2' 'c -j 8' 'd --effect 0' 'e --seed 2'; do
  folder=${run%% *}
  "$hepar" phantom cohort -q -o "$work/$folder" $small ${run#* } || not_ok "cohort_${folder}_is_written"
done
check two_threads_write_the_bytes_of_one diff -r "$work/a" "$work/b"
check eight_threads_write_the_bytes_of_one diff -r "$work/a" "$work/c"
check without_effect_the_images_stay diff -r "$work/a/images" "$work/d/images"
if cmp -s "$work/a/images/train-0001_portal.nii.gz" "$work/e/images/train-0001_portal.nii.gz"; then not_ok another_seed_gives_other_patients
else ok another_seed_gives_other_patients; fi
check the_study_file_is_the_examples cmp "$work/a/study.yaml" "$top/examples/phantom/study.yaml"
if [ "$(wc -l <"$work/a/cohort.csv")" = 10 ] && [ "$(find "$work/a/images" -name '*.nii.gz' | wc -l)" = 27 ]; then ok a_case_has_two_phases_a_mask_and_a_row
else not_ok a_case_has_two_phases_a_mask_and_a_row "$(ls "$work/a/images")"; fi
if [ "$(cut -d, -f4 "$work/d/truth.csv" | sort -u | wc -l)" = 2 ]; then ok without_effect_all_probabilities_are_one_number
else not_ok without_effect_all_probabilities_are_one_number; fi
says a_folder_in_use_is_refused 3 "hepar phantom: virtual cohort: output folder $work/a is there already; expected a new or empty one" phantom cohort -o "$work/a"
if [ -e "$work/x" ] || [ -e "$work/x.partial" ] || [ -e "$work/a.partial" ]; then not_ok nothing_half_written_stays
else ok nothing_half_written_stays; fi

"$hepar" phantom recipe >"$work/recipe"
sed '1,/^<!-- hepar phantom recipe -->$/d' "$top/doc/phantom.md" >"$work/page"
check the_recipe_in_doc_is_the_programs diff "$work/recipe" "$work/page"
finish
