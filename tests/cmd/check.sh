#!/bin/sh
# hepar check: what will fail, what is odd, the contact sheet; the same bytes for any number of threads.
set -u
. "${0%/*}/tap.sh"

# nrrd NAME ORIGIN VALUES...: a 4 x 3 x 2 image of int16.
nrrd() {
  nrrd_name=$1 nrrd_origin=$2; shift 2
  printf 'NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: %s\nencoding: ascii\n\n%s\n' \
    "$nrrd_origin" "$*" >"$work/$nrrd_name"
}
nrrd ct.nrrd '(0,0,0)' -900 -900 -900 -900 -900 40 60 -900 -900 -900 -900 -900 -900 -900 -900 -900 -900 50 30 -900 -900 -900 -900 -900
nrrd two.nrrd '(0,0,0)' 0 0 0 0 0 1 1 0 0 0 0 0 0 0 0 0 0 1 1 0 0 0 0 0
nrrd one.nrrd '(0,0,0)' 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 0 0 0 0 0 0
nrrd none.nrrd '(0,0,0)' 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
nrrd moved.nrrd '(1,0,0)' 0 0 0 0 0 1 1 0 0 0 0 0 0 0 0 0 0 1 1 0 0 0 0 0
cd "$work" || exit 1

printf 'ID,Image,Mask,Label\nslice,ct.nrrd,one.nrrd,1\nempty,ct.nrrd,none.nrrd,1\nlabel,ct.nrrd,two.nrrd,7\ngone,absent.nrrd,two.nrrd,1\nmoved,ct.nrrd,moved.nrrd,1\n<b>,ct.nrrd,two.nrrd,\n' >cohort.csv
status=0; "$hepar" check cohort.csv --sheet sheet.html -q >got 2>err || status=$?
if [ $status = 1 ]; then ok a_case_that_will_fail_makes_the_exit_code_1; else not_ok a_case_that_will_fail_makes_the_exit_code_1 "exit $status" "$(cat err)"; fi
has() { if grep -q "$2" "${3:-got}"; then ok "$1"; else not_ok "$1" "$(cat "${3:-got}")"; fi; }
has an_empty_mask_is_told '^FAILS   empty: mask none.nrrd: .*empty'
has a_missing_label_is_told_with_those_there '^FAILS   label: mask two.nrrd: .*7.*1'
has a_missing_file_is_told '^FAILS   gone: image: absent.nrrd: no such file'
has a_moved_mask_is_told_by_how_much '^FAILS   moved: mask moved.nrrd: .*1 mm'
has a_region_of_one_slice_is_told '^remark  slice: mask: the region lies in one slice (z = 1)'
has a_region_at_the_border_is_told '^remark  slice: mask: the region touches the image.s border (-x +z)'
has the_last_line_sums_up '^6 cases: 4 will fail, 2 with remarks, 0 without$'
has the_sheet_holds_pictures 'src="data:image/png;base64,iVBORw0KGgo' sheet.html
has the_sheet_escapes_ids '<b>&lt;b&gt;</b>' sheet.html
if grep -q '<b><b>\|http://\|https://\|<script' sheet.html; then not_ok the_sheet_asks_for_nothing_outside; else ok the_sheet_asks_for_nothing_outside; fi

cp sheet.html first.html
for threads in 1 2 8; do "$hepar" check cohort.csv --sheet sheet.html -q -j $threads >again 2>/dev/null; cmp -s got again && cmp -s sheet.html first.html || break; done
check the_same_bytes_for_any_number_of_threads cmp sheet.html first.html

printf 'ID,Image,Mask\nmoved,ct.nrrd,moved.nrrd\n' >moved.csv
check a_moved_mask_passes_where_it_may_be_placed "$hepar" check moved.csv --mask-fit resample -q
printf 'Image_a,Image_b,Mask\nct.nrrd,,two.nrrd\n' >phases.csv
"$hepar" check phases.csv -q >got 2>err; has a_phase_without_an_image_is_a_remark '^remark  1 b: the table names no image$'
"$hepar" check phases.csv -q --json >got 2>err; has json_names_phases '"phase": "b"'

printf 'ID,Image,Mask\np,ct.nrrd,two.nrrd\np,ct.nrrd,one.nrrd\n' >twice.csv
says an_id_that_stands_twice_is_refused 3 'hepar check: twice.csv line 3: ID p stands already on line 2, with the same label' check twice.csv
printf 'ID,Mask\np,two.nrrd\n' >column.csv
says a_missing_column_is_refused 3 'hepar check: column.csv line 1: there is no column Image (or Image_PHASE)' check column.csv
says a_window_that_is_none_is_refused 2 "hepar check: option --window: '40' is no window, expected CENTRE,WIDTH, e.g. 40,400" check phases.csv --window 40
says a_sheet_that_cannot_be_written_is_a_system_error 4 'hepar check: cannot write /nowhere/x.html: No such file or directory' check phases.csv --sheet /nowhere/x.html -q
finish
