#!/bin/sh
# usage: run.sh PROGRAM FOLDER [OPTION...]
# Runs a checker on $HEPAR_DATA/FOLDER; exits 77 (skipped) where that folder is not there.
program=$1 folder=$2
shift 2
[ -n "${HEPAR_DATA:-}" ] && [ -d "$HEPAR_DATA/$folder" ] || { echo "no reference data: HEPAR_DATA/$folder is not there"; exit 77; }
exec "$program" "$HEPAR_DATA/$folder" "$@"
