#!/bin/sh
# The floor check finds what it is for: made-up trees, each with one fault or none. Prints TAP.
set -eu
check=$1
top=$(mktemp -d); trap 'rm -rf "$top"' EXIT
n=0 bad=0
try() { # NAME EXPECTED-STATUS FILE LINE
  rm -rf "$top/src"; mkdir -p "$top/src/$(dirname "$3")"; printf '%s\n' "$4" >"$top/src/$3"
  status=0; sh "$check" "$top" >/dev/null || status=$?
  n=$((n + 1))
  if [ "$status" = "$2" ]; then echo "ok $n - $1"; else bad=1; echo "not ok $n - $1"; fi
}
try a_floor_below_is_fine 0 ml/a.c '#include "stats/roc.h"'
try the_own_folder_is_fine 0 ml/a.c '#include "ml/cv.h"'
try a_system_header_is_fine 0 base/a.c '#include <study/x.h>'
try a_floor_above_is_found 1 base/a.c '#include "num/sum.h"'
try a_sibling_is_found 1 ml/a.c '#include "radiomics/glcm.h"'
try image_and_table_are_siblings 1 table/a.h '# include "image/volume.h"'
try an_unknown_folder_is_found 1 ml/a.c '#include "tools/x.h"'
try a_bare_name_is_found 1 ml/a.c '#include "x.h"'
echo "1..$n"
exit $bad
