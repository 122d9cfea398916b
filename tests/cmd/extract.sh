#!/bin/sh
# hepar extract and merge: the same bytes for any number of threads and shards and after kill -9, failing cases, refusals.
# usage: extract.sh HEPAR TOP
set -u
. "${0%/*}/tap.sh"
data=$2/tests/data

# make N SEED NAME [-v ...]: a case of N^3 voxels.
make() { n=$1 seed=$2 name=$3; shift 3; awk -v n="$n" -v seed="$seed" -v image="$work/$name.nrrd" -v mask="$work/${name}_mask.nrrd" "$@" -f "$data/case.awk"; }
k=0
while [ $k -lt 8 ]; do make $((7 + 3 * (k % 4))) $k "case$k"; k=$((k + 1)); done
make 9 20 empty -v empty=1
make 9 21 shifted -v shift=5

# 60 rows of every size, five of which fail, and two large ones at the end, so that a kill comes before the end.
size=110
for kind in image:int16:$((2 * size * size * size)) mask:uint8:$((size * size * size)); do
  IFS=: read -r name type bytes <<END
$kind
END
  { printf 'NRRD0004\ntype: %s\ndimension: 3\nsizes: %s %s %s\nspacings: 1 1 1\nendian: little\nencoding: raw\n\n' "$type" $size $size $size
    if [ "$name" = image ]; then yes 'eine Leber, und was darin ist' | tr 'a-z' '\001-\032' | tr -d ' ,EL' | head -c "$bytes"; else yes "$(printf '\001')" | tr '\n' '\001' | head -c "$bytes"; fi
  } >"$work/large_$name.nrrd"
done
{
  echo 'ID,Image,Mask,Label,site'
  k=0
  while [ $k -lt 60 ]; do
    case $k in
    5) echo 'P05,case1.nrrd,nowhere.nrrd,,"a, b"' ;;
    11) echo 'P11,case2.nrrd,case2_mask.nrrd,9,x' ;;
    12) echo 'P12,empty.nrrd,empty_mask.nrrd,,x' ;;
    40) echo 'P40,shifted.nrrd,shifted_mask.nrrd,1,x' ;;
    41) echo 'P41,case3.nrrd,case3_mask.nrrd,one,x' ;;
    *) printf 'P%02d,case%d.nrrd,case%d_mask.nrrd,,x\n' $k $((k % 8)) $((k % 8)) ;;
    esac
    k=$((k + 1))
  done
  echo 'P60,large_image.nrrd,large_mask.nrrd,,x'
  echo 'P61,large_image.nrrd,large_mask.nrrd,,x'
} >"$work/cases.csv"

# extract NAME ARGS...: the table into NAME.csv; says so when the exit code is not 1, which five failed cases make it.
extract() {
  name=$1; shift
  "$hepar" extract "$work/cases.csv" -o "$work/$name.csv" "$@" >"$work/$name.log" 2>&1; status=$?
  [ $status = 1 ] || { not_ok "extract_$name" "exit $status" "$(tail -n 3 "$work/$name.log")"; return 1; }
}
same() { cmp "$work/whole.csv" "$work/$1.csv" && cmp "$work/whole.notes.csv" "$work/$1.notes.csv"; }
extract whole -j 1 || finish
if [ "$(wc -l <"$work/whole.csv")" = 63 ]; then ok every_case_has_a_row
else not_ok every_case_has_a_row "$(wc -l <"$work/whole.csv") lines"; fi
for threads in 2 8; do
  extract "j$threads" -j $threads && check "${threads}_threads_give_the_same_bytes" same "j$threads"
done
i=1 parts=
while [ $i -le 7 ]; do
  "$hepar" extract "$work/cases.csv" -o "$work/part$i.csv" --shard $i/7 -j 2 >/dev/null 2>&1
  parts="$work/part$i.csv $parts"
  i=$((i + 1))
done
"$hepar" merge $parts -o "$work/merged.csv" >"$work/merged.log" 2>&1
check seven_shards_give_the_same_bytes_in_whatever_order same merged

# Killed once a chunk is there, then resumed.
for threads in 1 2; do
  rm -rf "$work/killed.csv.partial"
  "$hepar" extract "$work/cases.csv" -o "$work/killed.csv" -j $threads >/dev/null 2>&1 &
  pid=$!
  while kill -0 $pid 2>/dev/null && [ ! -e "$work/killed.csv.partial/chunk-000000001" ]; do sleep 0.01; done
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null; status=$?
  if [ $status = 137 ] && [ ! -e "$work/killed.csv" ] && [ ! -e "$work/killed.notes.csv" ]; then ok "kill_leaves_no_output_j$threads"
  else not_ok "kill_leaves_no_output_j$threads" "exit $status, expected 137"; fi
  kept=$(ls "$work/killed.csv.partial" | grep -c chunk)
  extract killed -j 2 --resume && check "after_a_kill_resume_gives_the_same_bytes_j$threads" same killed
  rm -f "$work/killed.csv" "$work/killed.notes.csv"
done
[ "$kept" -ge 2 ] && [ "$kept" -lt 4 ] && ok the_kill_was_in_the_middle || not_ok the_kill_was_in_the_middle "$kept chunks of 4"
[ ! -e "$work/killed.csv.partial" ] && ok nothing_unfinished_is_left || not_ok nothing_unfinished_is_left

# Ctrl-C: code 5, one line, nothing half-written; --resume goes on.
"$hepar" extract "$work/cases.csv" -o "$work/stopped.csv" -j 2 >/dev/null 2>"$work/stopped.log" &
pid=$!
while kill -0 $pid 2>/dev/null && [ ! -e "$work/stopped.csv.partial/chunk-000000000" ]; do sleep 0.01; done
kill -TERM $pid 2>/dev/null
wait $pid; status=$?
if [ $status = 5 ] && [ "$(grep -c '^hepar extract: stopped' "$work/stopped.log")" = 1 ] && [ ! -e "$work/stopped.csv" ]; then ok a_stop_ends_with_one_line
else not_ok a_stop_ends_with_one_line "exit $status" "$(cat "$work/stopped.log")"; fi
extract stopped --resume && check after_a_stop_resume_gives_the_same_bytes same stopped

# A failing case keeps its row, empty behind the table's own cells, and has its reason.
row=$(grep '^P12,' "$work/whole.csv")
if [ "$(printf %s "$row" | tr -d ,)" = P12empty.nrrdempty_mask.nrrdx ]; then ok a_failing_case_keeps_its_row_empty
else not_ok a_failing_case_keeps_its_row_empty "$row"; fi
reason() { if grep -qxF "$2" "$work/whole.notes.csv"; then ok "$1"; else not_ok "$1" "$(grep "^${2%%,*}," "$work/whole.notes.csv")" "expected: $2"; fi; }
reason a_missing_file_is_named "P05,,$work/nowhere.nrrd: no such file"
reason a_missing_label_lists_those_there 'P11,,"label 9 is not in the mask, which has 1 (301 voxels)"'
reason an_empty_mask_is_named_as_such 'P12,,the mask is empty: every voxel is 0'
shifted="the mask's grid differs from the image's: origin x is off by 5 mm (5 voxels); corners are up to 5 mm (5 voxels) apart; 22 of the region's 100 voxels lie inside the image (mask-fit resample reads it)"
reason a_shifted_mask_says_by_how_much_and_whether_it_overlaps "P40,,\"$shifted\""
reason a_label_that_is_no_number_is_told 'P41,,"Label, Label_channel: expected a whole number"'

# One case, to the screen, has the values of its row.
printf 'setting:\n  additionalInfo: false\nhepar:\n  mask_fit: strict\n' >"$work/plain.yaml"
"$hepar" extract "$work/case3.nrrd" "$work/case3_mask.nrrd" -p "$work/plain.yaml" >"$work/one.txt" 2>"$work/err"
printf 'Image,Mask\ncase3.nrrd,case3_mask.nrrd\n' >"$work/one.csv"
"$hepar" extract "$work/one.csv" -p "$work/plain.yaml" -o "$work/row.csv" 2>"$work/err"
head -n 1 "$work/row.csv" | tr ',' '\n' >"$work/names"
tail -n 1 "$work/row.csv" | tr ',' '\n' | paste -d, "$work/names" - | tail -n +3 >"$work/row.txt"
if [ "$(wc -l <"$work/row.txt")" = 107 ] && cmp -s "$work/row.txt" "$work/one.txt"; then ok one_case_on_the_screen_has_the_values_of_its_row
else not_ok one_case_on_the_screen_has_the_values_of_its_row "$(diff "$work/row.txt" "$work/one.txt" | head -n 4)" "$(cat "$work/err")"; fi

# Mask policies.
says a_shifted_mask_is_refused_by_default 3 "hepar extract: $shifted" extract "$work/shifted.nrrd" "$work/shifted_mask.nrrd"
says pyradiomics_rule_is_that_of_the_parameter_file 3 "hepar extract: mask: origin differs from the image's by 5 mm on axis x, expected at most 1e-06 (geometryTolerance)" \
  extract "$work/shifted.nrrd" "$work/shifted_mask.nrrd" --mask-fit pyradiomics
says snap_refuses_a_region_that_leaves_the_image 3 "hepar extract: part of the region lies outside the image: 22 of its 100 voxels are inside, its box reaches 4 mm beyond the image's last voxel" \
  extract "$work/shifted.nrrd" "$work/shifted_mask.nrrd" --mask-fit snap

# noted NAME TEXT ARGS...: hepar extract ARGS succeeds and notes exactly TEXT.
noted() {
  noted_name=$1 noted_text=$2; shift 2
  status=0; "$hepar" extract "$@" -o "$work/noted.csv" >"$work/out" 2>"$work/err" || status=$?
  if [ $status = 0 ] && [ "$(cat "$work/err")" = "$noted_text" ]; then ok "$noted_name"; else not_ok "$noted_name" "exit $status" "$(cat "$work/err")" "expected: $noted_text"; fi
}
make 9 22 near -v shift=1
placed='Mask: the mask is placed on the image'"'"'s grid by position: origin x is off by 1 mm (1 voxels)'
noted snap_places_a_whole_shift "$placed" "$work/near.nrrd" "$work/near_mask.nrrd" --mask-fit snap
printf 'hepar:\n  mask_fit: snap\n' >"$work/snap.yaml"
noted the_parameter_file_can_say_so_too "$placed" "$work/near.nrrd" "$work/near_mask.nrrd" -p "$work/snap.yaml"
if [ "$(sed 1d "$work/noted.notes.csv")" = "1,Mask,${placed#Mask: }" ]; then ok one_case_has_its_notes_beside_its_row
else not_ok one_case_has_its_notes_beside_its_row "$(cat "$work/noted.notes.csv")"; fi
noted resample_says_what_is_lost "Mask: the mask is resampled to the image's grid (nearest voxel): origin x is off by 5 mm (5 voxels)
Mask: 78 of the region's 100 voxels lie outside the image" "$work/shifted.nrrd" "$work/shifted_mask.nrrd" --mask-fit resample
printf 'Image,Mask\nnear.nrrd,near_mask.nrrd\n' >"$work/near.csv"
"$hepar" extract "$work/near.csv" -o "$work/near_out.csv" --mask-fit snap 2>"$work/err"
if [ "$(sed 1d "$work/near_out.notes.csv")" = '1,Mask,the mask is placed on the image'"'"'s grid by position: origin x is off by 1 mm (1 voxels)' ]; then ok what_was_done_to_a_mask_stands_in_the_notes
else not_ok what_was_done_to_a_mask_stands_in_the_notes "$(cat "$work/near_out.notes.csv" "$work/err")"; fi

# A full disk: a system error, and neither output nor temporary is left.
mkdir "$work/small"
if mount -t tmpfs -o size=64k tmpfs "$work/small" 2>/dev/null; then
  status=0; "$hepar" extract "$work/cases.csv" -o "$work/small/x.csv" -j 2 >/dev/null 2>"$work/err" || status=$?
  left=$(find "$work/small" -name '*.tmp' -o -name x.csv)
  if [ $status = 4 ] && tail -n 1 "$work/err" | grep -q 'No space left on device$' && [ -z "$left" ]; then ok a_full_disk_is_a_system_error
  else not_ok a_full_disk_is_a_system_error "exit $status" "$(tail -n 2 "$work/err")" "$left"; fi
  umount "$work/small"
else skip a_full_disk_is_a_system_error 'no right to mount'; fi

# Refusals.
printf 'setting:\n  binWidht: 25\n' >"$work/typo.yaml"
says a_misspelt_key_is_refused_with_its_place 2 "hepar extract: $work/typo.yaml:2:3: setting: unknown key binWidht; did you mean binWidth?" extract "$work/cases.csv" -p "$work/typo.yaml" -o "$work/x.csv"
says a_table_without_output_is_refused 2 "hepar extract: option --output: not given; features of a table go to a file" extract "$work/cases.csv"
says a_missing_table_is_refused 3 "hepar extract: $work/no.csv: no such file" extract "$work/no.csv" -o "$work/x.csv"
says an_output_that_cannot_be_written_is_a_system_error 4 "hepar extract: cannot make the folder $work/nowhere/x.csv.partial: No such file or directory" extract "$work/cases.csv" -o "$work/nowhere/x.csv"
says a_shard_out_of_range_is_refused 2 "hepar extract: option --shard: found 8/7, expected I/N with 1 <= I <= N" extract "$work/cases.csv" -o "$work/x.csv" --shard 8/7
says a_missing_part_is_named 3 "hepar merge: part 3/7 was not given" merge "$work/part1.csv" "$work/part2.csv" -o "$work/x.csv"
printf 'ID,Image\nP1,case0.nrrd\n' >"$work/short.csv"
says a_table_without_masks_is_refused 3 "hepar extract: $work/short.csv line 1: no column Mask, expected Image and Mask" extract "$work/short.csv" -o "$work/x.csv"
[ ! -e "$work/x.csv" ] && ok nothing_is_written_where_something_is_refused || not_ok nothing_is_written_where_something_is_refused
finish
