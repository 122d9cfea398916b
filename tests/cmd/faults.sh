#!/bin/sh
# Every call that can fail is made to fail: one error line and a clean exit each.
# usage: faults.sh every|sites NAME OUT HEPAR ARGS...
#   every: the n-th allocation or file call of `HEPAR ARGS` fails, for every n;   sites: each distinct call site, once.
#   OUT, a path that ARGS write to, alone in its folder, is removed before each try; after it, it must be absent or as without a fault,
#   and no *.tmp may be left.
#   FAULTS_TRIED names a file of call sites that are left out, because another run tries them; those of this run are added.
# Good ends: as without a fault (it was survived, OUT the same but for log.txt), 1 (a case failed), or 2-5 with one line "hepar ...: ...".
set -u
mode=$1 name=$2 out=$3; shift 3
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
log=$work/sites
wipe() { rm -rf "$out" "$out".* ; }
mkdir -p "$(dirname "$out")"

wipe
HEPAR_FAULT_LOG=$log "$@" -j 1 >"$work/stdout" 2>"$work/stderr"; plain=$?
if [ "$plain" -gt 1 ] || [ ! -s "$log" ]; then
  echo 1..1; echo "not ok 1 - $name: the command works without a fault"; sed 's/^/# /' "$work/stderr"; exit 1
fi
[ ! -e "$out" ] || cp -R "$out" "$work/whole"
case $mode in
every) seq 1 "$(wc -l <"$log")" >"$work/faults" ;;
sites)
  sort -u "$log" >"$work/here"
  [ -z "${FAULTS_TRIED:-}" ] || { sort -u "$FAULTS_TRIED" >"$work/there"; comm -23 "$work/here" "$work/there" >"$work/new"; mv "$work/new" "$work/here"; cat "$work/here" >>"$FAULTS_TRIED"; }
  sed 's/^/@/' "$work/here" >"$work/faults" ;;
*) echo "Bail out! mode $mode"; exit 2 ;;
esac

tried=0 bad=0
while IFS= read -r fault; do
  wipe
  HEPAR_FAULT=$fault timeout 60 "$@" -j 1 >"$work/stdout" 2>"$work/stderr"; status=$?
  why=
  if [ $status = "$plain" ]; then
    [ ! -e "$work/whole" ] || diff -r -x log.txt "$out" "$work/whole" >/dev/null 2>&1 || why="survived with exit $status, but $out is another"
  elif [ $status -gt 5 ]; then why="exit $status"
  elif [ $status -gt 1 ]; then
    [ "$(grep -c '^hepar' "$work/stderr")" = 1 ] && tail -n 1 "$work/stderr" | grep -q '^hepar' || why="exit $status without one closing error line"
    [ ! -e "$out" ] || diff -r -x log.txt "$out" "$work/whole" >/dev/null 2>&1 || why="exit $status, and $out is half-written"
  fi
  [ -z "$(find "$(dirname "$out")" -name '*.tmp' | head -n 1)" ] || why="a temporary is left"
  tried=$((tried + 1))
  if [ -n "$why" ]; then
    bad=$((bad + 1)); echo "# fault $fault: $why"; tail -n 3 "$work/stderr" | sed 's/^/#   /'
  fi
done <"$work/faults"
wipe
[ "$tried" -gt 0 ] || bad=1
[ $bad = 0 ] && echo "ok 1 - $name: $tried faults end cleanly" || echo "not ok 1 - $name: $bad of $tried faults do not end cleanly"
echo 1..1
[ $bad = 0 ]
