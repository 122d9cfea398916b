/* `hepar run`: the stages of a study, from its file to a run folder without figures (report draws those). */
#ifndef HEPAR_STUDY_RUN_H
#define HEPAR_STUDY_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Below the folder: finished chunks of an unfinished run; removed at its end. */
#define STUDY_WORK "work"

struct run_options {
    const char *study;             /* path of the study file */
    const char *const *override;   /* --set KEY=VALUE */
    size_t override_n;
    const char *folder;            /* the run folder as it is being written: OUT.partial; exists */
    bool resume;                   /* it holds an interrupted run of the same study: finished parts are taken */
    bool allow_leakage;            /* selection sees every row; everything is marked */
};

/* *failed_n: cases that could not be used although they had a role. ERR_USAGE when a resumed folder is another study's. */
bool study_run(const struct run_options *options, size_t *failed_n, struct err *err);

#endif
