# TAP for shell tests; source it:  . "${0%/*}/tap.sh"
# $hepar is the program under test (first argument of every test), $work an empty folder of the test's own.
hepar=$(realpath "$1") # tests go to folders of their own
[ -x "$hepar" ] || { echo "Bail out! no program $hepar"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
test_n=0 test_bad=0

ok() { test_n=$((test_n + 1)); echo "ok $test_n - $1"; }
not_ok() { test_n=$((test_n + 1)); test_bad=1; echo "not ok $test_n - $1"; shift; for line; do printf '%s\n' "$line" | sed 's/^/# /'; done; }
skip() { test_n=$((test_n + 1)); echo "ok $test_n - $1 # SKIP $2"; }
finish() { echo "1..$test_n"; exit $test_bad; }

# says NAME STATUS TEXT ARGS...: hepar ARGS exits with STATUS, and its standard error is exactly the one line TEXT.
says() {
  says_name=$1 says_status=$2 says_text=$3; shift 3
  status=0; "$hepar" "$@" >"$work/out" 2>"$work/err" || status=$?
  if [ "$status" = "$says_status" ] && [ "$(cat "$work/err")" = "$says_text" ]; then ok "$says_name"
  else not_ok "$says_name" "exit $status, expected $says_status" "$(cat "$work/err")" "expected: $says_text"; fi
}

# check NAME COMMAND...: the command succeeds; what it prints is shown when it does not.
check() {
  check_name=$1; shift
  if "$@" >"$work/check" 2>&1; then ok "$check_name"; else not_ok "$check_name" "$(cat "$work/check")"; fi
}
