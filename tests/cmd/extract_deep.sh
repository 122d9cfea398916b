#!/bin/sh
# hepar extract --deep: deep columns beside the hand-crafted ones, which they leave alone; the same bytes for any number of threads and
# shards and after kill -9; refusals.
# usage: extract_deep.sh HEPAR TOP
set -u
. "${0%/*}/tap.sh"
data=$2/tests/data

make() { awk -v n="$1" -v seed="$2" -v image="$work/case$2.nrrd" -v mask="$work/case$2_mask.nrrd" -f "$data/case.awk"; }
k=0
while [ $k -lt 4 ]; do make $((10 + 3 * k)) $k; k=$((k + 1)); done
{
  echo 'ID,Image,Mask'
  k=0
  while [ $k -lt 36 ]; do
    [ $k = 5 ] && echo 'P05,case1.nrrd,nowhere.nrrd' || printf 'P%02d,case%d.nrrd,case%d_mask.nrrd\n' $k $((k % 4)) $((k % 4))
    k=$((k + 1))
  done
} >"$work/cases.csv"
printf 'setting:\n  additionalInfo: false\nfeatureClass:\n  firstorder: [Mean, Energy]\n' >"$work/few.yaml"

# extract NAME ARGS...: the table into NAME.csv; says so when the exit code is not 1, which the failed case makes it.
extract() {
  name=$1; shift
  "$hepar" extract "$work/cases.csv" -p "$work/few.yaml" -o "$work/$name.csv" "$@" >"$work/$name.log" 2>&1; status=$?
  [ $status = 1 ] || { not_ok "extract_$name" "exit $status" "$(tail -n 3 "$work/$name.log")"; return 1; }
}
same() { cmp "$work/whole.csv" "$work/$1.csv" && cmp "$work/whole.notes.csv" "$work/$1.notes.csv"; }
deep='--deep small3d --input-size 16 --input-spacing 1'

extract plain || finish
extract whole $deep -j 1 || finish
cut -d, -f 1-5 "$work/whole.csv" >"$work/front.csv"
check hand_crafted_columns_stay_as_they_are cmp "$work/plain.csv" "$work/front.csv"
head -1 "$work/whole.csv" | tr ',' '\n' | grep -c '^deep.small3d.f0[0-9][0-9]$' >"$work/count"
if [ "$(cat "$work/count")" = 32 ]; then ok there_is_a_column_for_each_value_before_the_classifier
else not_ok there_is_a_column_for_each_value_before_the_classifier "$(cat "$work/count")"; fi
if grep -q 'network small3d: no weights are given: its values are random (seed 1)' "$work/whole.log"; then ok random_values_are_said
else not_ok random_values_are_said "$(cat "$work/whole.log")"; fi
if [ "$(sed -n 7p "$work/whole.csv" | tr -d -c , | wc -c)" = 36 ] && ! sed -n 7p "$work/whole.csv" | grep -q '[0-9],[0-9]' && grep -q '^P05,,.*nowhere.nrrd' "$work/whole.notes.csv"
then ok a_failed_case_keeps_its_row_empty
else not_ok a_failed_case_keeps_its_row_empty "$(sed -n 7p "$work/whole.csv")" "$(grep ^P05 "$work/whole.notes.csv")"; fi

# Whole columns of one value, or rows alike for unlike cases, would be no features.
tail -n +2 "$work/whole.csv" | cut -d, -f 6- | grep -v '^,' | sort -u | wc -l >"$work/count"
if [ "$(cat "$work/count")" = 4 ]; then ok the_four_images_have_four_rows
else not_ok the_four_images_have_four_rows "$(cat "$work/count")"; fi

for threads in 2 8; do
  extract "j$threads" $deep -j $threads && check "${threads}_threads_give_the_same_bytes" same "j$threads"
done
parts=
for i in 1 2 3; do
  "$hepar" extract "$work/cases.csv" -p "$work/few.yaml" -o "$work/part$i.csv" $deep --shard $i/3 -j 2 >/dev/null 2>&1
  parts="$work/part$i.csv $parts"
done
"$hepar" merge $parts -o "$work/merged.csv" >"$work/merged.log" 2>&1
check three_shards_give_the_same_bytes same merged

# Killed once a chunk is there; another input does not go on from it, the same one does.
"$hepar" extract "$work/cases.csv" -p "$work/few.yaml" -o "$work/killed.csv" $deep -j 1 >/dev/null 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null && [ ! -e "$work/killed.csv.partial/chunk-000000000" ]; do sleep 0.005; done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
if [ -e "$work/killed.csv.partial" ]; then
  cp -R "$work/killed.csv.partial" "$work/other.csv.partial"
  extract other --deep small3d --input-size 20 --input-spacing 1 --resume
  if grep -q 'other.csv.partial is of another table or other settings: begun anew' "$work/other.log"; then ok another_input_does_not_go_on_from_it
  else not_ok another_input_does_not_go_on_from_it "$(cat "$work/other.log")"; fi
  extract killed $deep --resume && check after_a_kill_resume_gives_the_same_bytes same killed
else
  skip after_a_kill_resume_gives_the_same_bytes 'it had ended before it was killed'
fi

extract slices --deep small2d --input-view 2d-all --input-size 16 --input-spacing 1 --input-slices 12
head -1 "$work/slices.csv" | tr ',' '\n' | grep -c '^deep.small2d.\(max.\)\{0,1\}f0' >"$work/count"
if [ "$(cat "$work/count")" = 64 ]; then ok all_slices_give_means_and_maxima
else not_ok all_slices_give_means_and_maxima "$(cat "$work/count")"; fi

"$hepar" extract "$work/case2.nrrd" "$work/case2_mask.nrrd" -p "$work/few.yaml" $deep -q >"$work/one" 2>"$work/err"
sed -n 4p "$work/whole.csv" | tr ',' '\n' | tail -n 34 >"$work/row"
cut -d, -f 2 "$work/one" >"$work/values"
check one_case_on_the_screen_has_the_tables_values cmp "$work/row" "$work/values"

# A net that hepar trained brings its input with it.
{ echo 'ID,Image,Mask,outcome'
  k=0
  while [ $k -lt 8 ]; do echo "P$k,case$((k % 4)).nrrd,case$((k % 4))_mask.nrrd,$((k % 2))"; k=$((k + 1)); done
} >"$work/cases.csv"
"$hepar" net train "$work/cases.csv" -o "$work/net" --target outcome --epochs 1 --batch 4 --input-size 18 --input-spacing 1 >"$work/net.log" 2>&1
trained() {
  name=$1; shift
  "$hepar" extract "$work/cases.csv" -p "$work/few.yaml" -o "$work/$name.csv" --deep "small3d:$work/net/weights.safetensors" "$@" >"$work/$name.log" 2>&1 || cat "$work/net.log" "$work/$name.log"
}
trained as_trained
trained as_said --input-size 18 --input-spacing 1
trained other --input-size 24 --input-spacing 1
check a_trained_nets_input_is_taken cmp "$work/as_trained.csv" "$work/as_said.csv"
check which_is_said grep -q 'weights.safetensors: inputs are made as for its training' "$work/as_trained.log"
check another_input_is_warned_of grep -q 'warning: weights.safetensors was trained on other inputs than the --input options give' "$work/other.log"
if grep -q warning "$work/as_said.log" || cmp -s "$work/other.csv" "$work/as_said.csv"; then not_ok and_the_same_is_not "$(cat "$work/as_said.log")"; else ok and_the_same_is_not; fi

one="extract $work/case2.nrrd $work/case2_mask.nrrd"
says a_misspelt_net_names_the_nearest 2 "hepar extract: option --deep: network smal3d: not known; did you mean 'small3d'?" $one --deep smal3d
says a_view_of_another_rank_is_refused 2 'hepar extract: option --deep: option --input-view: 2d: the network takes 3-D inputs' $one --deep small3d --input-view 2d
says a_size_that_is_none_is_refused 2 'hepar extract: option --deep: option --input-size: 16,16: expected a number, or 3 with commas between them' $one --deep small3d --input-size 16,16
says a_missing_file_of_weights_is_named 3 "hepar extract: option --deep: $work/none.pth: no such file" $one --deep "small3d:$work/none.pth"
echo nothing >"$work/text.pth"
says a_file_that_is_no_weights_is_refused 3 "hepar extract: option --deep: $work/text.pth: no weights file: neither safetensors nor PyTorch's (zip or legacy)" $one --deep "small3d:$work/text.pth"
says an_input_too_small_for_the_net_is_refused 3 'warning: network small3d: no weights are given: its values are random (seed 1)
hepar extract: option --deep: network small3d: an input of 2 x 2 x 2 voxels (z, y, x) is too small: the window of layer 8 does not fit into 1 x 1 x 1' $one --deep small3d --input-size 2
finish
