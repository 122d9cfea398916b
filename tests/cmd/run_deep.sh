#!/bin/sh
# A study with networks: one way from images to a model that holds them, the same bytes for any number of threads and after a kill, the
# same probabilities from `hepar predict`, and refusals. usage: run_deep.sh HEPAR
set -u
. "${0%/*}/tap.sh"

cohort=$work/cohort
"$hepar" phantom cohort -o "$cohort" -n train=30 -n internal=8 -n external=8 -n rfa=6 --seed 31 >"$work/log" 2>&1 ||
  { echo "Bail out! no virtual cohort: $(tail -n 1 "$work/log")"; exit 1; }
cat >"$work/study.yaml" <<'T'
name: deep
seed: 5
data: cohort
cohort: cohort.csv
roles: {column: role}
target:
  label: {column: proliferative, positive: [1], negative: [0], title: proliferative HCC}
endpoints:
  RFS: {time: rfs_days, event: rfs_event}
blocks:
  clinical: {columns: [age, afp]}
  radiomics: {from: images}
deep: {use: crossfit, epochs: 4, batch: 8, input: {size: 8, fit: 1.25, values: centred}}
learners: [ridge, lasso]
late_fusion: both
validation: quick
T
study=$work/study.yaml
# The winner holds networks, whatever the ranking of so few cases says.
study_into() { into=$1; shift; "$hepar" run "$study" -o "$into" --set 'score_blocks=[radiomics+deep]' "$@" >"$into.log" 2>&1; }
whole=$work/whole
same() { diff -r -x log.txt "$whole" "$1"; }

if study_into "$whole" -j 1; then ok a_study_with_networks_runs
else not_ok a_study_with_networks_runs "$(tail -n 3 "$whole.log")"; finish; fi
says() { if grep -Eq "$2" "$3"; then ok "$1"; else not_ok "$1" "no line like: $2" "$(tail -n 20 "$3")"; fi; }
says networks_are_counted_before_they_are_trained '^networks: at most 77 trainings of small3d \(13 to rank, 24 nested, 40 with permuted labels, 0 bootstrap\)$' "$whole.log"
says their_time_is_told_before '^about [0-9]+ s on one core, from [0-9]+ ms a step of 8 cases$' "$whole.log"
says quick_leaves_the_bootstrap_out_and_says_so '^warning: the bootstrap was left out: each sample of it would train' "$whole.log"
says the_winner_is_named_by_its_blocks '"score_name": "DLR score"' "$whole/metrics.json"
says the_learning_curves_stand_in_the_metrics '"curves": \[' "$whole/metrics.json"
says blocks_are_compared_with_each_other '"first": "radiomics", .*"second": "radiomics\+deep.mean"' "$whole/metrics.json"
says blocks_are_judged_by_follow_up_too '"endpoint": "RFS", "block": "deep", .*"c_index": \{"value": 0' "$whole/metrics.json"
counts=$(awk -F, 'NR > 1 { n[$2]++; if ($4 != "") out[$2]++; alike += $3 == "" || $3 == $4 } END { print n["train"], out["train"] + 0, n["external"], out["external"] + 0, alike + 0 }' "$whole/logits.csv")
if [ "$counts" = "30 30 8 0 0" ]; then ok a_case_has_its_logit_and_a_training_case_another_out_of_fold
else not_ok a_case_has_its_logit_and_a_training_case_another_out_of_fold "$counts, expected 30 30 8 0 0"; fi
[ -s "$whole/figures/learning.svg" ] && ok the_learning_curve_is_drawn || not_ok the_learning_curve_is_drawn "$(ls "$whole/figures")"
says the_report_has_a_section_on_networks '<h2>Networks</h2>' "$whole/report.html"

# Where the score comes from: four cases of each of the five roles, as files, numbers and pictures.
maps_are_whole() {
  [ "$(ls "$whole/maps" | wc -l)" = 20 ] && [ "$(ls "$whole"/slices/*~map.png | wc -l)" = 20 ] && [ "$(grep -c '"share_even": ' "$whole/metrics.json")" = 20 ] &&
    grep -q '"sanity": {"value": [-0-9.]*, "limit": 0.3, "n": [1-9]' "$whole/metrics.json" && grep -q '"maps_share": {"median": 0' "$whole/metrics.json"
}
check maps_of_the_score_are_written maps_are_whole
[ -s "$whole/figures/gradcam.svg" ] && ok the_maps_are_drawn || not_ok the_maps_are_drawn "$(ls "$whole/figures")"
says the_report_tells_what_the_networks_saw 'a box around the tumour of 8 x 8 x 8 voxels that grows with the tumour, 1.25 times its longest side .3d., with the mask as a channel, each phase minus its mean in the tumour and 0 outside of it. Computed by (oneDNN|plain)' "$whole/report.html"
says the_report_tells_what_random_weights_give 'With random weights in the networks' "$whole/report.html"

for threads in 2 4; do
  study_into "$work/j$threads" -j "$threads"
  check "${threads}_threads_give_the_same_bytes" same "$work/j$threads"
done

# killed_at NAME WHEN...: the run is killed as soon as the command WHEN succeeds, then resumed.
killed_at() {
  name=$1 out=$work/$1; shift
  "$hepar" run "$study" -o "$out" --set 'score_blocks=[radiomics+deep]' -j 2 >"$out.log" 2>&1 &
  pid=$!
  while kill -0 $pid 2>/dev/null && ! "$@" >/dev/null 2>&1; do sleep 0.01; done
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null; status=$?
  if [ $status != 137 ] || [ -e "$out" ] || [ ! -d "$out.partial" ]; then
    not_ok "killed_$name" "exit $status, expected 137 with only $name.partial left" "$(tail -n 3 "$out.log")"
    return
  fi
  if [ "$name" = in_permuted_runs ]; then
    if ls "$out.partial/work" | grep -q '^net-.*\.safetensors$'; then ok trained_networks_are_kept_till_the_run_ends
    else not_ok trained_networks_are_kept_till_the_run_ends "$(ls "$out.partial/work")"; fi
  fi
  study_into "$out" -j 1 --resume || { not_ok "resumed_after_a_kill_$name" "$(tail -n 3 "$out.log")"; return; }
  check "after_a_kill_${name}_resume_gives_the_same_bytes" same "$out"
}
killed_at in_ranking grep -q '^ranking' "$work/in_ranking.log"
killed_at in_permuted_runs grep -q '^permuted labels:' "$work/in_permuted_runs.log"

# The model makes its networks' input from images by its own settings.
"$hepar" predict "$whole" "$cohort/cohort.csv" -o "$work/predicted.csv" >"$work/out" 2>&1 || not_ok a_table_is_predicted "$(cat "$work/out")"
awk -F, 'NR > 1 { print $1 "," $2 }' "$work/predicted.csv" | sort >"$work/now"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
  NR > 1 && $at["repeat"] == "" && $at["group"] != "" { print $at["ID"] "," $at["score"] }' "$whole/predictions.csv" | sort >"$work/then"
check the_model_file_scores_the_cohort_as_the_run_did cmp "$work/now" "$work/then"
image() { echo "$cohort/images/external-0001_$1.nii.gz"; }
"$hepar" predict "$whole" --image arterial="$(image arterial)" --image portal="$(image portal)" --mask "$(image mask)" --json >"$work/one.json" 2>"$work/err" ||
  not_ok one_case_is_predicted "$(cat "$work/err")"
expected=$(grep '^external-0001,' "$work/now" | cut -d, -f2)
says one_case_has_the_same_probability "\"probability\": $expected" "$work/one.json"
mapped=$(ls "$whole/maps" | sed -n 's/^\(external-.*\)\.nii\.gz/\1/p' | head -n 1)
"$hepar" predict "$whole" --image arterial="$cohort/images/${mapped}_arterial.nii.gz" --image portal="$cohort/images/${mapped}_portal.nii.gz" \
  --mask "$cohort/images/${mapped}_mask.nii.gz" --map "$work/maps" >"$work/out" 2>&1 || not_ok a_case_is_mapped "$(cat "$work/out")"
check a_new_case_has_the_map_that_the_run_gave_it cmp "$work/maps/map.nii.gz" "$whole/maps/$mapped.nii.gz"
status=0; "$hepar" predict "$whole" "$whole/features.csv" >"$work/out" 2>"$work/err" || status=$?
if [ $status = 3 ] && grep -q "no column 'Image_arterial', expected one for each phase that the model was made from" "$work/err"; then ok features_without_images_are_refused
else not_ok features_without_images_are_refused "exit $status" "$(cat "$work/err")"; fi

# A case whose image can't be read fails alone.
mkdir "$work/spoilt" && ln -s "$cohort/images" "$work/spoilt/images"
sed 's|^\(external-0002,.*\)images/external-0002_portal.nii.gz|\1images/none.nii.gz|' "$cohort/cohort.csv" >"$work/spoilt/cohort.csv"
status=0; "$hepar" run "$study" --set "data=$work/spoilt" --set 'learners=[ridge]' --set deep.epochs=1 --set 'blocks.radiomics.from=' --set fusion=none --set 'score_blocks=[deep]' --set 'privacy=[no-images]' -o "$work/failing" >"$work/failing.log" 2>&1 || status=$?
if [ $status = 1 ] && grep -q '^external-0002,external,0,no deep value: ' "$work/failing/cases.csv"; then ok a_case_without_its_image_fails_alone
else not_ok a_case_without_its_image_fails_alone "exit $status" "$(grep 'external-0002' "$work/failing/cases.csv")" "$(tail -n 3 "$work/failing.log")"; fi

private() { [ ! -e "$work/failing/maps" ] && [ ! -e "$work/failing/slices" ] && grep -q '"map": null, "picture": null' "$work/failing/metrics.json" && grep -q '"share": 0' "$work/failing/metrics.json"; }
check without_pictures_maps_are_measured_alone private

# A winner without networks holds none; they are trained for the comparison alone.
if "$hepar" run "$study" -o "$work/without" --set 'score_blocks=[radiomics]' >"$work/without.log" 2>&1; then
  says networks_of_a_losing_block_are_compared_all_the_same '"first": "radiomics", .*"second": "deep"' "$work/without/metrics.json"
  says their_learning_curves_are_told '"trained_on": 20' "$work/without/metrics.json"
  if grep -aq 'crop.view' "$work/without/model.hepar"; then not_ok a_model_without_a_deep_column_holds_no_network; else ok a_model_without_a_deep_column_holds_no_network; fi
else not_ok networks_of_a_losing_block_are_compared_all_the_same "$(tail -n 3 "$work/without.log")"; fi
for winner in deep radiomics; do
  if "$hepar" run "$study" -o "$work/leaky_$winner" --set "score_blocks=[$winner]" --set 'learners=[ridge]' --allow-leakage >"$work/leaky.log" 2>&1 &&
    ! grep -q 'was left out: columns' "$work/leaky.log"; then ok "a_leak_reaches_every_block_where_${winner}_wins"
  else not_ok "a_leak_reaches_every_block_where_${winner}_wins" "$(tail -n 4 "$work/leaky.log")"; fi
done

# Frozen features are plain columns; the network goes with the model.
"$hepar" net train "$cohort/cohort.csv" --target proliferative --epochs 1 --input-size 8 --input-fit 1.25 --input-values centred -o "$work/net" -q >"$work/out" 2>&1
[ -s "$work/net/weights.safetensors" ] || not_ok a_network_is_trained "$(cat "$work/out")"
frozen=$work/frozen
if "$hepar" run "$study" --set deep.use=both --set "deep.weights=$work/net/weights.safetensors" --set 'score_blocks=[deep]' --set 'learners=[ridge]' -o "$frozen" >"$work/frozen.log" 2>&1; then
  says frozen_features_are_columns_of_the_run '(^|,)deep\.small3d\.f000,' "$frozen/features.csv"
  says the_values_of_the_weights_are_locked '^# sha256 [0-9a-f]{64} values of the network that deep.weights gives$' "$frozen/study.lock.yaml"
  "$hepar" predict "$frozen" "$cohort/cohort.csv" -o "$work/predicted.csv" >"$work/out" 2>&1 || not_ok frozen_features_are_made_anew "$(cat "$work/out")"
  awk -F, 'NR > 1 { print $1 "," $2 }' "$work/predicted.csv" | sort >"$work/now"
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
    NR > 1 && $at["repeat"] == "" && $at["group"] != "" { print $at["ID"] "," $at["score"] }' "$frozen/predictions.csv" | sort >"$work/then"
  check a_model_with_a_frozen_network_scores_as_the_run_did cmp "$work/now" "$work/then"
else not_ok frozen_features_are_columns_of_the_run "$(tail -n 3 "$work/frozen.log")"; fi

if "$hepar" run "$study" --set deep.use=both --set deep.pretrain=2 --set 'score_blocks=[deep]' --set 'learners=[ridge]' -o "$work/pretrained" >"$work/pretrained.log" 2>&1; then
  says pre_training_says_what_it_has_seen '^pre-training small3d without labels on 30 training cases, 2 epochs: ' "$work/pretrained.log"
  says its_errors_stand_in_the_metrics '"pretraining": \[[0-9.]+, [0-9.]+\]' "$work/pretrained/metrics.json"
  says networks_are_pretrained_by_themselves '"last_fit": \{"networks": [0-9]+, "epochs": [0-9]+, "pretraining_epochs": 2, "images": 8\}' "$work/pretrained/metrics.json"
else not_ok pre_training_says_what_it_has_seen "$(tail -n 3 "$work/pretrained.log")"; fi

# refused NAME MESSAGE ARGS...
refused() {
  name=$1 message=$2; shift 2
  status=0; "$hepar" run "$study" -o "$work/refused" -q "$@" >"$work/out" 2>"$work/err" || status=$?
  if [ $status = 2 ] && grep -qF -- "$message" "$work/err" && [ "$(wc -l <"$work/err")" = 1 ] && [ ! -e "$work/refused.partial" ]; then ok "$name"
  else not_ok "$name" "exit $status" "$(cat "$work/err")"; fi
}
refused an_unknown_network_names_its_neighbour "deep.net: no network 'smal3d'; did you mean 'small3d'?" --set deep.net=smal3d
refused a_view_of_another_dimension_is_refused '2d: the network takes 3-D inputs' --set deep.input.view=2d
refused a_strength_that_is_none_is_refused "no strength 'rotate_degree'; did you mean 'rotate_degrees'?" --set deep.augment_by.rotate_degree=3
refused frozen_features_need_weights "deep.use: frozen features of random weights say nothing; name deep.weights or deep.pretrain" --set deep.use=frozen
finish
