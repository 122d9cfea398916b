#!/bin/sh
# Each call of `hepar run` that can fail is made to fail once, in a study of 18 tiny cases that goes every way: images,
# networks and tables, both fusions, every learner, an endpoint, a split. Networks go with one learner, then the calls that the others
# add are tried without networks: together they would take half an hour. usage: run_faults.sh HEPAR
set -eu
export LC_ALL=C
hepar=$1
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work/study" "$work/faults"

# An ellipsoid of noise a case, brighter where the label is 1; Park and Miller's generator.
awk -v OFS=, -v folder="$work/study" '
  function noise() { state = state * 16807 % 2147483647; return state / 2147483647 }
  function head(file, type) {
    printf "NRRD0004\ntype: %s\ndimension: 3\nspace: left-posterior-superior\nsizes: 9 8 6\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (0,0,0)\nencoding: ascii\n\n", type >file
  }
  BEGIN {
    state = 20260104
    print "ID,role,Image,Mask,age,sex,y,t,e" >(folder "/cohort.csv")
    for (k = 1; k <= 18; k++) {
      y = k % 2; image = folder "/i" k ".nrrd"; mask = folder "/m" k ".nrrd"
      head(image, "short"); head(mask, "uchar")
      for (z = 0; z < 6; z++) for (j = 0; j < 8; j++) for (x = 0; x < 9; x++) {
        printf "%d\n", 60 + 30 * noise() + 5 * y * noise() >image
        print (((x - 4) / 3.6) ^ 2 + ((j - 3.5) / 3.2) ^ 2 + ((z - 2.5) / 2.4) ^ 2 < 1) + 0 >mask
      }
      close(image); close(mask)
      print k, (k <= 12 ? "train" : k <= 16 ? "external" : "far"), "i" k ".nrrd", "m" k ".nrrd", int(50 + 20 * noise() + 4 * y), (noise() < 0.5 ? "F" : "M"),
        (k <= 16 ? y : ""), int(100 + 900 * noise()), (k % 3 > 0) >(folder "/cohort.csv")
    }
  }'
cat >"$work/study/study.yaml" <<'YAML'
name: tiny
cohort: cohort.csv
roles:
  column: role
  split: [{from: external, into: held, share: 0.25, by: random}]
target:
  label: {column: y, positive: [1], negative: [0]}
endpoints:
  OS: {time: t, event: e}
blocks:
  clinical: {columns: [age, {name: sex, kind: category}]}
  radiomics: {from: images}
deep: {use: crossfit, epochs: 1, batch: 8, folds: 2, input: {size: 8, spacing: 1}}
validation: quick
max_failed: 1
YAML
status=0
: >"$work/tried"
faults() {
  FAULTS_TRIED=$work/tried "${0%/*}/faults.sh" sites "$1" "$work/faults/out" "$hepar" run "$work/study/study.yaml" -o "$work/faults/out" -q --set "$2" >"$work/tap" || status=1
  grep -v '^1\.\.' "$work/tap" | sed "s/^\(not ok\|ok\) 1 /\1 $3 /"
}
faults 'run with networks' 'learners=[ridge]' 1
faults 'run with every learner' 'deep.use=none' 2
echo 1..2
exit $status
