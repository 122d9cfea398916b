#!/bin/sh
# The program's frame: commands, options, exit codes, pages.
set -u
. "${0%/*}/tap.sh"
top=$2

says a_misspelt_command_names_the_nearest 2 'hepar: unknown command hepl; did you mean help?' hepl
says an_unknown_command_points_to_the_list 2 "hepar: unknown command xyzzy; 'hepar help' lists those there are" xyzzy
says a_misspelt_option_names_the_nearest 2 'hepar help: unknown option --jsn; did you mean --json?' help --jsn
says a_value_out_of_bounds_is_refused 2 'hepar help: option -j: 5000 is out of range, expected 0 to 1024' help -j 5000
says a_missing_operand_is_named 2 'hepar docs: something is missing: 0 found, expected: hepar docs DIR' docs
says a_size_is_checked 2 "hepar help: option --memory: 'much' is no size, expected e.g. 800M or 4G" help --memory much
says help_of_an_unknown_command_is_refused 2 'hepar help: unknown command hlep; did you mean help?' help hlep
says help_works_without_operands 0 '' docs --help
says a_folder_that_cannot_be_made_is_a_system_error 4 'hepar docs: cannot make the folder /nowhere/x.partial: No such file or directory' docs /nowhere/x

status=0; "$hepar" >"$work/out" 2>"$work/err" || status=$?
if [ $status = 2 ] && grep -q '^usage: hepar COMMAND' "$work/err" && [ ! -s "$work/out" ]; then ok no_command_shows_the_list
else not_ok no_command_shows_the_list "exit $status"; fi

status=0; "$hepar" help >/dev/full 2>"$work/err" || status=$?
if [ $status = 4 ] && [ "$(cat "$work/err")" = 'hepar help: cannot write to standard output: No space left on device' ]; then ok a_full_standard_output_is_an_error
else not_ok a_full_standard_output_is_an_error "exit $status" "$(cat "$work/err")"; fi

version=$("$hepar" --version)
if [ "$version" = "hepar $(sed -n "s/^ *version: '\(.*\)',/\1/p" "$top/meson.build")" ]; then ok the_version_is_meson_builds
else not_ok the_version_is_meson_builds "$version"; fi

"$hepar" docs "$work/docs"
check the_pages_in_doc_commands_are_up_to_date diff -r "$work/docs/commands" "$top/doc/commands"
sed '1,/^<!-- From here on/d' "$top/doc/study-file.md" | sed 1d >"$work/keys.md"
check the_keys_in_doc_study_file_are_up_to_date diff "$work/docs/study/keys.md" "$work/keys.md"
sed '1,/^<!-- From here on/d' "$top/doc/networks.md" | sed 1d >"$work/networks.md"
check the_table_of_networks_is_up_to_date diff "$work/docs/nn/networks.md" "$work/networks.md"
check the_catalogue_of_features_is_up_to_date cmp "$work/docs/radiomics/features.md" "$top/doc/features.md"
check the_bash_completion_parses bash -n "$work/docs/completion/hepar"
if command -v zsh >/dev/null; then check the_zsh_completion_parses zsh -n "$work/docs/completion/_hepar"
else skip the_zsh_completion_parses 'no zsh'; fi
finish
