#!/bin/sh
# Counts single tests, where Meson counts programs. usage: summary.sh TESTLOG...   (meson-logs/testlog.txt)
# Names what failed or was skipped; the last line is `N passed, N failed, N skipped`; exits 1 when one failed.
# A program that is no TAP program counts as one test; one that ends badly after good lines, as one failure more.
awk '
function close_program() {
  if (program == "") return
  if (lines == 0 && !whole_skip) {
    if (result ~ /exit status 0/) passed++
    else if (result ~ /exit status 77/) { skipped++; print "skipped: " program }
    else { failed++; print "failed: " program " (" result ")" }
  } else if (bad == 0 && !(result ~ /exit status 0/)) { failed++; print "failed: " program " (" result ")" }
  else if (bad == 0 && planned >= 0 && planned != lines) { failed++; print "failed: " program " (" lines " of " planned " tests ran)" }
}
/^=+ [0-9]+\/[0-9]+ =+$/ { close_program(); program = ""; lines = bad = whole_skip = 0; planned = -1; result = ""; inside = 0; next }
!inside && /^test: / { program = $0; sub(/^test: */, "", program); next }
!inside && /^result: / { result = $0; sub(/^result: */, "", result); next }
/^-+ stdout -+$/ { inside = 1; next }
/^-+ stderr -+$/ { inside = 2; next }
inside == 1 && /^1\.\.0/ { whole_skip = 1; skipped++; why = $0; sub(/^1\.\.0[ #]*/, "", why); print "skipped: " program ": " why; next }
inside == 1 && /^1\.\.[0-9]+/ { planned = substr($0, 4) + 0; next }
inside == 1 && /^ok / {
  lines++
  if (toupper($0) ~ /# SKIP/) { skipped++; sub(/^ok [0-9]*[ -]*/, ""); print "skipped: " program ": " $0 } else passed++
  next
}
inside == 1 && /^not ok / { lines++; bad++; failed++; sub(/^not ok [0-9]*[ -]*/, ""); print "failed: " program ": " $0; next }
END {
  close_program()
  print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped"
  exit failed > 0
}' "$@"
