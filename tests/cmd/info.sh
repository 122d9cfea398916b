#!/bin/sh
# hepar info on images, tables, and pairs of image and mask; every fault of its own calls.
set -u
. "${0%/*}/tap.sh"

# nrrd NAME ORIGIN VALUES...: a 2 x 2 x 1 image of int16.
nrrd() {
  nrrd_name=$1 nrrd_origin=$2; shift 2
  printf 'NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 1\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: %s\nencoding: ascii\n\n%s\n' \
    "$nrrd_origin" "$*" >"$work/$nrrd_name"
}
nrrd image.nrrd '(0,0,0)' 10 20 30 -40
nrrd mask.nrrd '(0,0,0)' 0 2 2 0
nrrd moved.nrrd '(0,0,2)' 0 2 2 0
cd "$work" || exit 1

cat >expected <<'END'
image.nrrd: NRRD
  type         int16
  size         2 x 2 x 1
  spacing      1 x 1 x 2 mm
  origin       0, 0, 0 mm (LPS)
  direction    1 0 0; 0 1 0; 0 0 1 (rows: L, P, S; columns: image axes)
  geom         space directions
  vmin         -40
  vmax         30
  vsum         20
  nonfinite    0
END
"$hepar" info image.nrrd 2>&1 | grep -v sha256 >got
check an_image_shows_its_facts diff expected got

cat >expected <<'END'
[
  {
    "file": "image.nrrd",
    "kind": "region",
    "mask": "mask.nrrd",
    "label": 2,
    "mask_fit": "strict",
    "nvox": 2,
    "first": [0, 0, 0],
    "last": [1, 1, 0],
    "hu_min": 20,
    "hu_max": 30,
    "hu_sum": 50,
    "nonfinite": 0,
    "warnings": []
  }
]
END
"$hepar" info image.nrrd --mask mask.nrrd --label 2 --json >got 2>&1
check a_region_shows_its_facts_as_json diff expected got

printf 'ID,a,b\np1,1.5,x\np2,NA,y\n' >table.csv
"$hepar" info table.csv | grep -E 'nrow|ncol|num_' | tr -s ' ' >got
printf ' nrow 2\n ncol 3\n num_cols 1\n num_missing 1\n num_sum 1.5\n' >expected
check a_table_shows_its_facts diff expected got

says an_absent_label_is_told_with_those_there 3 'hepar info: image image.nrrd, mask mask.nrrd: label 1 is not in the mask, which has 2 (2 voxels)' info image.nrrd --mask mask.nrrd
says a_moved_mask_is_told_by_how_much 3 "hepar info: image image.nrrd, mask moved.nrrd: the mask's grid differs from the image's: origin z is off by 2 mm (1 voxels); corners are up to 2 mm (1 voxels) apart; the region lies outside the image" \
  info image.nrrd --mask moved.nrrd --label 2
says a_missing_file_is_refused 3 'hepar info: none.nii: no such file' info none.nii
says a_mask_goes_with_one_image 2 'hepar info: option --mask goes with one image, found 2' info image.nrrd image.nrrd --mask mask.nrrd
says of_several_files_the_others_are_shown 1 'warning: none.nii: no such file' info none.nii image.nrrd

# Every call of ours that can fail, made to fail once each.
n=1 whole=1
while [ $n -lt 1000 ]; do
  status=0; HEPAR_FAULT=$n "$hepar" info image.nrrd --mask mask.nrrd --label 2 >out 2>err || status=$?
  [ $status = 0 ] && break
  if [ $status != 4 ] || [ "$(wc -l <err)" != 1 ]; then whole=0; echo "# fault $n: exit $status: $(head -c 300 err)"; fi
  n=$((n + 1))
done
if [ $whole = 1 ] && [ $n -gt 5 ] && [ $n -lt 1000 ]; then ok every_failing_call_is_one_line_and_exit_4; else not_ok every_failing_call_is_one_line_and_exit_4 "$n calls"; fi
finish
