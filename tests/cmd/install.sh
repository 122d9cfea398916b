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
#include <stdio.h>
int main(void) { return puts(hepar_version()) < 0; }
C
PKG_CONFIG_PATH=$(dirname "$(find "$work/root" -name hepar.pc)"); export PKG_CONFIG_PATH
flags=$(PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config --cflags --libs hepar)
# shellcheck disable=SC2086
check a_program_links_with_the_library cc "$work/use.c" -o "$work/use" $flags
lib=$(dirname "$(find "$work/root" -name 'libhepar.so')")
if [ "hepar $(LD_LIBRARY_PATH=$lib "$work/use")" = "$("$hepar" --version)" ]; then ok the_library_tells_its_version
else not_ok the_library_tells_its_version; fi
shown=$(nm -D --defined-only "$lib/libhepar.so" | awk '{print $3}' | grep -v '^hepar_')
if [ -z "$shown" ]; then ok the_library_shows_its_own_names_alone; else not_ok the_library_shows_its_own_names_alone "$shown"; fi
finish
