/* odd_files: what the readers make of odd, broken and hostile files. A folder of files is one row in odd_files.c; its
 * look() runs in a child process, so that a crash is one fault and its time and memory can be measured. */
#ifndef HEPAR_TESTS_REF_ODD_FILES_H
#define HEPAR_TESTS_REF_ODD_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/notes.h"
#include "base/text.h"
#include "checker.h"
#include "io/csv.h"

/* What one row's file came to; look() fills it in the child, the parent compares. */
struct odd_look {
    struct text facts;   /* lines NAME=VALUE; numbers by text_add_double() */
    struct notes notes;
    struct err err;      /* when it was refused */
    size_t decoded;      /* bytes of the decoded content: memory up to 200 MB beyond it is fair */
};

struct odd_folder {
    const char *name;
    const char *const *text_facts;   /* columns of the index compared byte for byte; NULL behind the last */
    const char *const *number_facts; /* columns compared as numbers, by tolerance.csv */
    const char *const *key;          /* columns that name a row, joined by ':' */
    bool (*look)(const char *folder, const struct csv *index, size_t row, struct odd_look *look);
    /* How a fact is compared where the row asks for something else than equality; false: as usual. May be NULL. */
    bool (*compare)(const struct csv *index, size_t row, const char *fact, double expected, double got, struct findings *found);
    bool (*read)(const char *path, struct err *err); /* a damaged copy: whatever it says, it must not crash */
    /* What a refusal must say beyond naming the file (its line); `error` is its text. May be NULL. */
    void (*compare_error)(const struct csv *index, size_t row, const char *error, struct findings *found);
};

extern const struct odd_folder odd_json, odd_nifti, odd_nrrd, odd_pairs, odd_tables, odd_yaml;

/* Runs `look` for one row in a child; the outcome goes into `found`. */
void odd_check_row(const struct odd_folder *folder, const struct checker *checker, const struct csv *index, size_t row, struct findings *found);
/* Damaged copies by mutants/mutate.py: seeds.csv's of the folders here, and as many more as make 2,000. */
void odd_check_mutants(struct checker *checker, const struct odd_folder *const *folders);

/* A child that runs fn(ctx, out) within 5 s; what it wrote to `out`, and how it ended. */
struct odd_end {
    bool crashed, late;
    int signal, status;
    size_t memory; /* bytes at most, beyond what a child that does nothing takes */
};
typedef void odd_child(void *ctx, struct text *out);
struct odd_end odd_run_child(odd_child *fn, void *ctx, struct text *out);

#endif
