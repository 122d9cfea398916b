#!/bin/sh
# The floor rule: a file includes only its own folder and the folders below it; siblings never meet.
# usage: floors.sh TOP      prints TAP, a test a folder
set -eu
cd "$1"
awk_rule='
BEGIN {
  n = split("base num image table io stats radiomics nn ml sim study report cmd", name, " ")
  split("0 1 2 2 3 4 5 5 5 5 6 7 8", level, " ")
  for (i = 1; i <= n; i++) floor[name[i]] = level[i]
}
match($0, /^[ \t]*#[ \t]*include[ \t]*"[^"]+"/) {
  file = FILENAME; sub(/^src\//, "", file); from = file; sub(/\/.*/, "", from)
  to = $0; sub(/^[^"]*"/, "", to); sub(/".*/, "", to)
  if (to ~ /^[a-z_]+\.inc$/) next # made by the build
  if (to !~ /\//) { print from ": " FILENAME " includes \"" to "\" without its folder"; next }
  sub(/\/.*/, "", to)
  if (!(to in floor)) { print from ": " FILENAME " includes the unknown folder " to; next }
  if (!(from in floor)) { print from ": " FILENAME " lies in a folder without a floor"; next }
  if (to != from && floor[to] >= floor[from]) print from ": " FILENAME " (floor " floor[from] ") includes " to " (floor " floor[to] ")"
}'
faults=$(find src \( -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.cpp' -o -name '*.hpp' \) -exec awk "$awk_rule" {} +)
n=0 bad=0
for folder in src/*/; do
  folder=$(basename "$folder"); n=$((n + 1))
  if printf '%s\n' "$faults" | grep -q "^$folder: "; then
    bad=1; echo "not ok $n - $folder includes only floors below"
    printf '%s\n' "$faults" | sed -n "s/^$folder: /# /p"
  else
    echo "ok $n - $folder includes only floors below"
  fi
done
echo "1..$n"
exit $bad
