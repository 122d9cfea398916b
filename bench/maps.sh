#!/bin/sh
# usage: bench/maps.sh DIR LIVER_CT [HEPAR [SEED]]
#
# Where do maps of the score lie, and do they come from what was learnt? Two studies whose score is the networks' logit alone, on the virtual cohort
# of SEED (21): both phases; and the portal phase alone, whose model is then shown the two tumours of a real CT as well, the folder LIVER_CT
# (3D-IRCADb-01, patient 17, portal venous phase as judged from the image: ircad17_image.nii.gz, ircad17_tumours.nii.gz). Its role `real` has no label and
# is never trained on.
#
# Prints for each role the medians of: the share of a map's sum inside the mask or within 5 mm of it, that share of an even map, and the rank correlation
# with the map of random weights. Exits 0 when that correlation's median over a study's cases is below 0.3 and maps lie nearer to the tumour than an
# even map would, in both studies; 1 when not. DIR keeps what is finished: call it again to go on. About two minutes on two cores.
set -eu
export LC_ALL=C
[ $# -ge 2 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$1 liver=$(cd "$2" && pwd) hepar=${3:-$top/build/hepar} seed=${4:-21}
[ -x "$hepar" ] || { echo "bench/maps.sh: no program at $hepar (./bootstrap build makes it)" >&2; exit 2; }
mkdir -p "$dir"

[ -d "$dir/cohort" ] || "$hepar" phantom cohort -o "$dir/cohort" --seed "$seed" -n train=120 -n internal=20 -n external=40 -n rfa=4 -n tace=4 -q

# The tumours as masks of label 1: the voxels' bytes behind the 352 of the header.
gzip -dc "$liver/ircad17_tumours.nii.gz" >"$dir/tumours.nii"
for label in 1 2; do
  [ $label = 1 ] && to='\001\000' || to='\000\001'
  { head -c 352 "$dir/tumours.nii"; tail -c +353 "$dir/tumours.nii" | tr '\001\002' "$to"; } >"$dir/tumour$label.nii"
done
awk -F, -v OFS=, -v image="$liver/ircad17_image.nii.gz" -v dir="$(cd "$dir" && pwd)" '
  NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "ID,role,Image_portal,Mask,proliferative"; next }
  $at["role"] != "rfa" && $at["role"] != "tace" { print $at["ID"], $at["role"], dir "/cohort/" $at["Image_portal"], dir "/cohort/" $at["Mask"], $at["proliferative"] }
  END { for (k = 1; k <= 2; k++) print "ircad17-" k, "real", image, dir "/tumour" k ".nii", "" }' "$dir/cohort/cohort.csv" >"$dir/portal.csv"

# study NAME TABLE WINDOW
study() {
  cat >"$dir/$1.yaml" <<YAML
name: $1
seed: 1
cohort: $2
roles: {column: role}
target:
  label: {column: proliferative, positive: [1], negative: [0]}
deep:
  use: crossfit
  input: {size: 16, fit: 1.25, values: centred, window: "$3"}
  maps: 20
learners: [ridge]
validation: quick
YAML
  [ -d "$dir/$1" ] || "$hepar" run "$dir/$1.yaml" -o "$dir/$1" -q --resume
}
study both cohort/cohort.csv "-20,180,0,200"
study portal portal.csv "0,200"

# Medians by role, then over all, of the lines of deep.maps; the verdict's exit status.
judge() {
  awk -v name="$1" '
    function value(key,  at, rest) {
      at = index($0, "\"" key "\": ")
      if (at == 0) return ""
      rest = substr($0, at + length(key) + 4)
      sub(/[,}].*/, "", rest)
      gsub(/"/, "", rest)
      return rest == "null" ? "" : rest
    }
    function median(list, role,  n, a, i, j, t) {
      n = split(list[role], a, " ")
      if (n == 0) return "-"
      for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
      return sprintf("%.3f", n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2)
    }
    function take(role) {
      n[role]++
      share[role] = share[role] " " value("share"); even[role] = even[role] " " value("share_even"); sanity[role] = sanity[role] " " value("sanity")
    }
    function line(role) { printf "%-8s %-9s %5d %8s %8s %8s\n", name, role, n[role], median(share, role), median(even, role), median(sanity, role) }
    /"share_even": / { role = value("role"); if (!(role in n)) order[++role_n] = role; take(role); take("all") }
    END {
      for (k = 1; k <= role_n; k++) line(order[k])
      line("all")
      exit !(median(sanity, "all") + 0 < 0.3 && median(share, "all") + 0 > median(even, "all") + 0)
    }' "$dir/$1/metrics.json"
}
printf '%-8s %-9s %5s %8s %8s %8s\n' study role maps share even random
good=0
judge both || good=1
judge portal || good=1
[ $good = 0 ] && echo "maps come from what was learnt, and lie nearer to the tumour than an even map" || echo "NOT as it should be: see above"
exit $good
