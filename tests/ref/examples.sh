#!/bin/sh
# The examples on real patients, as the README says them: examples/nsclc from images (with two patients whose masks are empty
# put into the table), examples/mtm and examples/hcc_tace from tables. usage: HEPAR_DATA=DIR examples.sh HEPAR TOP
set -u
. "${0%/*}/../cmd/tap.sh"
top=$2
there() { [ -n "${HEPAR_DATA:-}" ] && [ -d "$HEPAR_DATA/$1" ] && return; skip "$2" "no reference data: HEPAR_DATA/$1 is not there"; return 1; }

# example NAME STATUS ARGS...: examples/NAME ends with STATUS and a whole run folder; its AUCs by role are shown.
example() {
  name=$1 expected=$2 out=$work/$1; shift 2
  begin=$(date +%s); status=0
  "$hepar" run "$top/examples/$name/study.yaml" -o "$out" "$@" >"$out.log" 2>&1 || status=$?
  echo "# examples/$name: $(($(date +%s) - begin)) s"
  whole=true
  for file in study.lock.yaml cases.csv features.csv predictions.csv metrics.json model.hepar report.html checklist.csv; do [ -s "$out/$file" ] || whole=false; done
  if [ $status = "$expected" ] && $whole; then ok "examples_${name}_runs"
  else not_ok "examples_${name}_runs" "exit $status, expected $expected" "$(tail -n 3 "$out.log")"; return 1; fi
  grep '^locked:' "$out.log" | sed 's/^/# /; s/, sha256.*//'
  awk '/^  "roles": /{ inside = 1 } inside && /"role": /{ r = $2; gsub(/[",]/, "", r) } inside && /"auc": \{"value": /{ sub(/.*"auc": \{"value": /, ""); sub(/,.*/, ""); print "# AUC " r " " $0 }' "$out/metrics.json"
}
roles() { cut -d, -f2,3 "$1" | sort | uniq -c | awk '{ printf "%s%s %s", n++ ? "; " : "", $2, $1 }'; }
# roles_are NAME EXPECTED: cases by role and use.
roles_are() {
  found=$(sed 1d "$work/$1/cases.csv" | roles -)
  if [ "$found" = "$2" ]; then ok "$1_has_its_cases"; else not_ok "$1_has_its_cases" "found $found" "expected $2"; fi
}

if there nsclc_ct examples_nsclc_runs; then
  folder=$work/patients; mkdir "$folder"
  for part in images masks odd; do ln -s "$(cd "$HEPAR_DATA/nsclc_ct" && pwd)/$part" "$folder/$part"; done
  # The two empty masks take the other columns of the table's first two rows.
  awk -F, -v OFS=, '{ print } NR == 2 || NR == 3 { $1 = NR == 2 ? "patient_003" : "patient_327"; $2 = "odd/" $1 "_image.nii.gz"; $3 = "odd/" $1 "_mask.nii.gz"; kept[NR] = $0 }
    END { print kept[2]; print kept[3] }' "$HEPAR_DATA/nsclc_ct/cohort.csv" >"$folder/cohort.csv"
  if example nsclc 1 --set cohort="$folder/cohort.csv"; then
    for id in patient_003 patient_327; do
      check "the_empty_mask_of_${id}_is_a_reason" grep -q "^$id,[a-z]*,0,no radiomics value: the mask is empty: every voxel is 0," "$work/nsclc/cases.csv"
    done
    check the_failed_patients_stand_in_the_metrics grep -q '"id": "patient_327"' "$work/nsclc/metrics.json"
    check no_file_names_the_place sh -c '! grep -rlF "$1" "$2" | grep -v "/log.txt$"' - "$folder" "$work/nsclc"
  fi
fi
if there hcc examples_mtm_runs && example mtm 0 --set data="$HEPAR_DATA/hcc"; then
  roles_are mtm 'external,1 81; internal,1 35; train,1 146'
fi
if there hcc examples_hcc_tace_runs && example hcc_tace 0 --set data="$HEPAR_DATA/hcc" --set validation=quick; then
  # Not used: 5 of train have no label, 4 cases no row of features.
  roles_are hcc_tace 'internal,0 2; internal,1 30; train,0 7; train,1 66'
  check the_split_that_read_labels_is_told grep -q '"what": "read by a stratified split"' "$work/hcc_tace/metrics.json"
fi
finish
