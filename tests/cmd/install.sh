#!/bin/sh
# What `meson install` leaves: the program, pages, completion, and a library that a C program can use.
set -u
. "${0%/*}/tap.sh"
build=$3

if ! meson install -C "$build" --no-rebuild --destdir "$work/root" >"$work/log" 2>&1; then
  not_ok the_installation_works "$(tail -n 5 "$work/log")"; finish
fi
ok the_installation_works
prefix=$(dirname "$(dirname "$(find "$work/root" -path '*/bin/hepar')")")
check the_installed_program_runs "$prefix/bin/hepar" --version
check the_man_page_is_there test -s "$prefix/share/man/man1/hepar-help.1"
check the_completion_is_there test -s "$prefix/share/bash-completion/completions/hepar"

if grep -q "b_sanitize.*address" "$build/meson-info/intro-buildoptions.json" && "$hepar" --version >/dev/null && nm "$hepar" 2>/dev/null | grep -q __asan; then
  skip a_program_links_with_the_library 'the library is built with a sanitizer'; finish
fi
cat >"$work/use.c" <<'C'
#include <hepar.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* use: the version. use IMAGE MASK LABEL [PARAMS]: every "name,value" on standard input is what the library computes. */
int main(int argc, char **argv)
{
    char error[256], line[256];
    size_t i = 0;
    if (argc == 1)
        return puts(hepar_version()) < 0;
    struct hepar_params *params = hepar_params_read(argc > 4 ? argv[4] : NULL, error, sizeof error);
    struct hepar_case *made = params == NULL ? NULL : hepar_extract_case(params, argv[1], argv[2], strtoul(argv[3], NULL, 10), error, sizeof error);
    hepar_params_free(params);
    if (made == NULL)
        return puts(error) < 0 ? 3 : 2;
    for (; fgets(line, sizeof line, stdin) != NULL && i < hepar_case_n(made); i++) {
        char *comma = strchr(line, ',');
        *comma = '\0';
        if (strcmp(line, hepar_case_name(made, i)) != 0 || strtod(comma + 1, NULL) != hepar_case_value(made, i) || (isnan(hepar_case_value(made, i)) && hepar_case_reason(made, i) == NULL))
            printf("%s: %.17g, the program has %s", hepar_case_name(made, i), hepar_case_value(made, i), comma + 1);
    }
    printf("%zu features, %zu compared\n", hepar_case_n(made), i);
    hepar_case_free(made);
    return 0;
}
C
PKG_CONFIG_PATH=$(dirname "$(find "$work/root" -name hepar.pc)"); export PKG_CONFIG_PATH
flags=$(PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config --cflags --libs hepar)
# shellcheck disable=SC2086
check a_program_links_with_the_library cc "$work/use.c" -o "$work/use" $flags
lib=$(dirname "$(find "$work/root" -name 'libhepar.so')")
if [ "hepar $(LD_LIBRARY_PATH=$lib "$work/use")" = "$("$hepar" --version)" ]; then ok the_library_tells_its_version
else not_ok the_library_tells_its_version; fi
tiny=$2/tests/data/tiny
printf 'setting:\n  additionalInfo: false\nhepar:\n  mask_fit: strict\n' >"$work/plain.yaml"
"$hepar" extract "$tiny/image.nrrd" "$tiny/mask.nrrd" -p "$work/plain.yaml" >"$work/expected" 2>/dev/null
# library NAME TEXT ARGS...: what the program over the library prints, with the program's values to compare with.
library() {
  name=$1 text=$2; shift 2
  got=$(LD_LIBRARY_PATH=$lib "$work/use" "$@" <"$work/expected")
  if [ "$got" = "$text" ]; then ok "$name"; else not_ok "$name" "$got" "expected: $text"; fi
}
library the_library_extracts_what_the_program_does '107 features, 107 compared' "$tiny/image.nrrd" "$tiny/mask.nrrd" 0
library a_parameter_file_works_there_too '107 features, 107 compared' "$tiny/image.nrrd" "$tiny/mask.nrrd" 1 "$work/plain.yaml"
library its_refusals_are_one_line 'label 9 is not in the mask, which has 1 (18 voxels)' "$tiny/image.nrrd" "$tiny/mask.nrrd" 9
library a_missing_parameter_file_is_told "$work/no.yaml: no such file" "$tiny/image.nrrd" "$tiny/mask.nrrd" 0 "$work/no.yaml"
shown=$(nm -D --defined-only "$lib/libhepar.so" | awk '{print $3}' | grep -v '^hepar_')
if [ -z "$shown" ]; then ok the_library_shows_its_own_names_alone; else not_ok the_library_shows_its_own_names_alone "$shown"; fi
finish
