#!/bin/sh
# hepar net: it learns a pattern that is there, the same bytes for any -j and after a kill, and refuses what it can't use.
set -u
. "${0%/*}/tap.sh"

# array FILE N SIDE SEED: N images (n, y, x) of noise, label i mod 2; those of label 1 are brighter in their left half.
array() {
  file=$1 n=$2 side=$3
  header="{\"image\":{\"dtype\":\"U8\",\"shape\":[$n,$side,$side],\"data_offsets\":[0,$((n * side * side))]},\"label\":{\"dtype\":\"U8\",\"shape\":[$n],\"data_offsets\":[$((n * side * side)),$((n * side * side + n))]}}"
  length=${#header}
  {
    # shellcheck disable=SC2059
    printf "$(printf '\\%03o\\%03o\\0\\0\\0\\0\\0\\0' $((length % 256)) $((length / 256)))"
    printf '%s' "$header"
    # shellcheck disable=SC2059
    printf "$(awk -v n="$n" -v side="$side" -v start="$4" 'BEGIN {
      s = start
      for (i = 0; i < n; i++) for (k = 0; k < side * side; k++) {
        s = (s * 1103515245 + 12345) % 2147483648
        printf "\\%03o", 90 + int(s / 65536) % 60 + (i % 2 && k % side < side / 2 ? 40 : 0)
      }
      for (i = 0; i < n; i++) printf "\\%03o", i % 2
    }')"
  } >"$file"
}
array "$work/train.safetensors" 24 12 1
array "$work/test.safetensors" 16 12 77
settings='--net patches2d --offset 128 --scale 64 --augment none --batch 8 --warmup 1'

# train OUT EPOCHS RATE ARGS...
# shellcheck disable=SC2086
train() { out=$1 epochs=$2 rate=$3; shift 3; "$hepar" net train -q "$work/train.safetensors" --val "$work/test.safetensors" $settings --epochs "$epochs" --lr "$rate" -o "$work/$out" "$@"; }
for j in 1 2 4; do train "a$j" 12 0.003 -j $j || not_ok "arrays_are_trained_on_with_j_$j"; done
check two_threads_write_the_bytes_of_one diff -r "$work/a1" "$work/a2"
check four_threads_write_the_bytes_of_one diff -r "$work/a1" "$work/a4"
if [ "$(wc -l <"$work/a1/history.csv")" = 13 ] && [ "$(head -1 "$work/a1/history.csv")" = epoch,lr,loss,held_loss,held_auc ]; then ok the_learning_curve_has_a_row_an_epoch
else not_ok the_learning_curve_has_a_row_an_epoch "$(cat "$work/a1/history.csv")"; fi
"$hepar" net apply -q "$work/a1" "$work/test.safetensors" -o "$work/p.csv" >"$work/line"
if [ "$(cut -d' ' -f1-2 "$work/line")" = 'AUC 1.0000' ] && [ "$(wc -l <"$work/p.csv")" = 17 ]; then ok a_pattern_that_is_there_is_found_in_new_images
else not_ok a_pattern_that_is_there_is_found_in_new_images "$(cat "$work/line" "$work/p.csv")"; fi
"$hepar" net apply -q "$work/a1/weights.safetensors" "$work/test.safetensors" >"$work/q.csv"
check predictions_on_the_screen_are_those_of_the_file cmp "$work/p.csv" "$work/q.csv"

# A kill in the middle, and on to the same bytes.
train whole 150 0.003
# shellcheck disable=SC2086
"$hepar" net train -q "$work/train.safetensors" --val "$work/test.safetensors" $settings --epochs 150 --lr 0.003 --checkpoint 0 -o "$work/killed" & pid=$!
tries=0; while [ ! -e "$work/killed.partial/work/checkpoint.safetensors" ] && [ $tries -lt 500 ]; do sleep 0.02; tries=$((tries + 1)); done
kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
if [ -e "$work/killed.partial/work/checkpoint.safetensors" ] && [ ! -e "$work/killed" ]; then ok a_kill_leaves_a_checkpoint
else not_ok a_kill_leaves_a_checkpoint "$(ls "$work")"; fi
# shellcheck disable=SC2086
"$hepar" net train -q "$work/train.safetensors" --val "$work/test.safetensors" $settings --epochs 150 --lr 0.003 --checkpoint 0 -o "$work/asked" 2>"$work/err" & pid=$!
tries=0; while [ ! -e "$work/asked.partial/work/checkpoint.safetensors" ] && [ $tries -lt 500 ]; do sleep 0.02; tries=$((tries + 1)); done
kill -TERM $pid; status=0; wait $pid || status=$?
if [ $status = 5 ] && [ "$(cat "$work/err")" = 'hepar net: stopped by the user' ] && [ -e "$work/asked.partial/work/checkpoint.safetensors" ]; then ok a_stop_keeps_the_checkpoint_and_says_so
else not_ok a_stop_keeps_the_checkpoint_and_says_so "exit $status" "$(cat "$work/err")"; fi
train asked 150 0.003 --resume
check a_stopped_training_goes_on_to_the_same_bytes diff -r "$work/whole" "$work/asked"
says another_setting_does_not_go_on_from_it 2 "hepar net: checkpoint $work/killed.partial/work/checkpoint.safetensors: it was made with other settings or cases; remove it to start anew" net train -q "$work/train.safetensors" --val "$work/test.safetensors" --net patches2d --offset 128 --scale 64 --augment none --epochs 151 --batch 8 --lr 0.003 --warmup 1 -o "$work/killed" --resume
train killed 150 0.003 --resume
check a_killed_training_goes_on_to_the_same_bytes diff -r "$work/whole" "$work/killed"

# Pre-training without labels, killed as well.
train pre 12 0.003 --pretrain 100
# shellcheck disable=SC2086
"$hepar" net train -q "$work/train.safetensors" --val "$work/test.safetensors" $settings --epochs 12 --lr 0.003 --pretrain 100 --checkpoint 0 -o "$work/prekilled" & pid=$!
tries=0; while [ ! -e "$work/prekilled.partial/work/pretrain.safetensors" ] && [ $tries -lt 500 ]; do sleep 0.02; tries=$((tries + 1)); done
kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
train prekilled 12 0.003 --pretrain 100 --resume
check a_killed_pretraining_goes_on_to_the_same_bytes diff -r "$work/pre" "$work/prekilled"
if cmp -s "$work/pre/weights.safetensors" "$work/a1/weights.safetensors"; then not_ok pretraining_changes_what_training_starts_from
else ok pretraining_changes_what_training_starts_from; fi

# Weights that are there.
train again 1 0.000000001 --weights "$work/a1/weights.safetensors"
if awk -F, 'NR == 2 {exit !($5 > 0.99)}' "$work/again/history.csv"; then ok start_values_are_taken_from_a_file
else not_ok start_values_are_taken_from_a_file "$(cat "$work/again/history.csv")"; fi

# Cases with images, a label and an endpoint.
"$hepar" phantom cohort -q -o "$work/cohort" -n train=10 -n internal=0 -n external=2 -n rfa=0 -n tace=0
cp -R "$work/cohort" "$work/odd"
: >"$work/odd/images/train-0003_mask.nii.gz"
small='--input-size 12 --input-spacing 4 --epochs 1 --batch 4'
status=0
# shellcheck disable=SC2086
"$hepar" net train "$work/odd" --target proliferative $small -o "$work/cases" 2>"$work/err" || status=$?
if [ $status = 1 ] && grep -q '^warning: case train-0003: ' "$work/err" && [ -e "$work/cases/weights.safetensors" ]; then ok a_case_that_fails_is_named_and_the_rest_is_trained_on
else not_ok a_case_that_fails_is_named_and_the_rest_is_trained_on "exit $status" "$(cat "$work/err")"; fi
"$hepar" net apply -q "$work/cases" "$work/cohort/cohort.csv" -o "$work/cases.csv"
if [ "$(head -1 "$work/cases.csv")" = ID,logit,probability,notes ] && [ "$(grep -c ',0\.[0-9]*,$' "$work/cases.csv")" = 12 ]; then ok a_trained_net_is_applied_to_cases
else not_ok a_trained_net_is_applied_to_cases "$(cat "$work/cases.csv")"; fi
# shellcheck disable=SC2086
"$hepar" net train -q "$work/cohort/cohort.csv" --time rfs_days --event rfs_event $small --net resnet10_3d -o "$work/cox" 2>"$work/err"
"$hepar" net apply -q "$work/cox" "$work/cohort" --time rfs_days --event rfs_event -o "$work/cox.csv" >"$work/line" 2>>"$work/err"
if [ "$(head -1 "$work/cox.csv")" = ID,risk,notes ] && grep -q "^Harrell's C 0\.[0-9]* on 12 cases$" "$work/line"; then ok an_endpoint_gives_a_risk
else not_ok an_endpoint_gives_a_risk "$(cat "$work/err" "$work/line" "$work/cox.csv")"; fi

# Refusals.
says a_missing_target_is_named 2 "hepar net: option --target is missing: the table's column with the label (0 or 1); or --time and --event" net train "$work/cohort" -o "$work/x"
says a_target_that_is_not_there_is_named 3 "hepar net: $work/cohort/cohort.csv: no column 'prolif'" net train -q "$work/cohort" --target prolif -o "$work/x"
says a_misspelt_net_names_the_nearest 2 "hepar net: network smal3d: not known; did you mean 'small3d'?" net train "$work/cohort" --target proliferative --net smal3d -o "$work/x"
says a_3d_net_does_not_take_2d_arrays 3 "hepar net: $work/train.safetensors: tensor 'image' has 3 dimensions; a 3-D net takes (n, z, y, x) or (n, z, y, x, c)" net train "$work/train.safetensors" --net small3d -o "$work/x"
says a_file_without_weights_is_refused 3 "hepar net: $work/train.safetensors: it does not say which net it is of; expected weights.safetensors of 'hepar net train'" net apply -q "$work/train.safetensors" "$work/test.safetensors"
head -c 5000 "$work/a1/weights.safetensors" >"$work/cut.safetensors"
status=0; "$hepar" net apply -q "$work/cut.safetensors" "$work/test.safetensors" 2>"$work/err" || status=$?
if [ $status = 3 ] && [ "$(wc -l <"$work/err")" = 1 ]; then ok a_truncated_file_of_weights_is_refused_in_a_line; else not_ok a_truncated_file_of_weights_is_refused_in_a_line "exit $status" "$(cat "$work/err")"; fi
says a_net_of_arrays_is_not_applied_to_cases 2 "hepar net: $work/cohort: expected arrays (.safetensors), as the net was trained on" net apply -q "$work/a1" "$work/cohort"
status=0; "$hepar" net train -q "$work/train.safetensors" --net patches2d --optimiser sgd --lr 100 --warmup 0 --weight-decay 100 --decay all --epochs 30 -o "$work/x" 2>"$work/err" || status=$?
if [ $status = 3 ] && grep -qx 'hepar net: epoch [0-9]*, batch [0-9]*: .* is -*[a-z]*.*; expected a number: a lower learning rate (now .*100) may help' "$work/err"; then ok a_rate_that_explodes_names_its_batch
else not_ok a_rate_that_explodes_names_its_batch "exit $status" "$(cat "$work/err")"; fi
says a_folder_that_is_there_is_not_written_over 2 "hepar net: $work/a1: is there already; name another folder or remove it" net train -q "$work/train.safetensors" --net patches2d -o "$work/a1"
says an_unknown_job_is_refused 2 'hepar net: found "tran" with 1 names, expected train INPUT, or apply NET INPUT' net tran "$work/train.safetensors"
says an_unknown_strength_names_the_nearest 2 "hepar net: option --augment-by: no strength 'tur'; did you mean 'turn'?" net train -q "$work/train.safetensors" --net patches2d --augment-by tur=1 -o "$work/x"

# bf16 learns the same pattern where the processor has AMX, and is refused where it would only be slower.
# shellcheck disable=SC2086
status=0; "$hepar" net train -q "$work/train.safetensors" $settings --epochs 12 --lr 0.003 --numbers bf16 -o "$work/bf16" 2>"$work/err" || status=$?
if [ $status = 2 ] && grep -qx 'hepar net: option --numbers: bf16: bf16 is slower than f32 without AMX, which this machine does not have (.*)' "$work/err"; then skip bf16_learns_the_same_pattern 'this machine has no AMX'
elif [ $status = 0 ] && [ "$("$hepar" net apply -q "$work/bf16" "$work/test.safetensors" -o "$work/half.csv" | cut -d' ' -f1-2)" = 'AUC 1.0000' ]; then ok bf16_learns_the_same_pattern
else not_ok bf16_learns_the_same_pattern "exit $status" "$(cat "$work/err")"; fi
# shellcheck disable=SC2086
status=0; DNNL_MAX_CPU_ISA=AVX2 "$hepar" net train -q "$work/train.safetensors" $settings --epochs 1 --numbers bf16 -o "$work/x" 2>"$work/err" || status=$?
if [ $status = 2 ] && grep -q '^hepar net: option --numbers: bf16: ' "$work/err"; then ok bf16_without_amx_is_refused; else not_ok bf16_without_amx_is_refused "exit $status" "$(cat "$work/err")"; fi

# Where oneDNN can't be loaded, plain loops take its place: slower, said once, and as good.
mkdir "$work/broken"; echo 'no library' >"$work/broken/libdnnl.so.2"
status=0; LD_LIBRARY_PATH=$work/broken "$hepar" net apply -q "$work/a1" "$work/test.safetensors" -o "$work/plain.csv" >"$work/line" 2>"$work/err" || status=$?
if [ $status = 0 ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -q '^warning: cannot load libdnnl.so.2 (oneDNN 2, .*; networks are computed by plain loops, 20 to 100 times slower$' "$work/err" &&
  [ "$(cut -d' ' -f1-2 "$work/line")" = 'AUC 1.0000' ]; then ok without_onednn_plain_loops_are_used_and_said
else not_ok without_onednn_plain_loops_are_used_and_said "exit $status" "$(cat "$work/err" "$work/line")"; fi
if paste -d, "$work/p.csv" "$work/plain.csv" | awk -F, 'NR > 1 { d = $2 - $(NF / 2 + 2); if (d < 0) d = -d; if (d > 1e-4) bad = 1 } END { exit bad || NR != 17 }'; then ok plain_loops_give_the_same_logits
else not_ok plain_loops_give_the_same_logits "$(cat "$work/p.csv" "$work/plain.csv")"; fi
if [ -e "$work/x" ] || [ -e "$work/x.partial" ]; then not_ok nothing_half_written_stays; else ok nothing_half_written_stays; fi
finish
