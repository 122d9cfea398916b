/* Small studies for the tests of src/study: tables and a study file in the test's own folder. */
#ifndef HEPAR_TESTS_UNIT_STUDY_FILES_H
#define HEPAR_TESTS_UNIT_STUDY_FILES_H

#include "base/file.h"
#include "study/cohort.h"
#include "study/settings.h"
#include "tap.h"

static inline void write_text(const char *name, const char *text)
{
    struct err err = ERR_INIT;
    assert_done(file_write(tap_path(name), text, strlen(text), &err), err);
}

static inline struct study_settings *settings_of(const char *study)
{
    struct err err = ERR_INIT;
    write_text("study.yaml", study);
    struct study_settings *settings = settings_read(tap_path("study.yaml"), NULL, 0, &err);
    if (settings == NULL)
        fail_msg("%s", err.text);
    return settings;
}

/* The cohort of `study` with `table` as its cohort.csv. */
static inline struct study_settings *cohort_of(const char *study, const char *table, struct cohort *cohort)
{
    struct err err = ERR_INIT;
    write_text("cohort.csv", table);
    struct study_settings *settings = settings_of(study);
    assert_done(cohort_read(settings, cohort, &err), err);
    return settings;
}

/* It is refused with a message that ends in `tail`, `%` standing for the test's folder. */
static inline void cohort_refused(const char *study, const char *table, enum err_kind kind, const char *tail)
{
    struct err err = ERR_INIT;
    struct cohort cohort;
    write_text("cohort.csv", table);
    struct study_settings *settings = settings_of(study);
    if (cohort_read(settings, &cohort, &err))
        fail_msg("accepted; expected: %s", tail);
    char expected[1100];
    const char *mark = strchr(tail, '%');
    if (mark != NULL)
        snprintf(expected, sizeof expected, "cohort: %.*s%s%s", (int)(mark - tail), tail, tap_folder(), mark + 1);
    else
        snprintf(expected, sizeof expected, "cohort: %s", tail);
    assert_string_equal(err.text, expected);
    assert_int_equal(err.kind, kind);
    settings_free(settings);
}

static inline size_t count_role(const struct cohort *cohort, const char *role)
{
    size_t n = 0;
    for (size_t row = 0; row < cohort->n; row++)
        n += cohort->role_of[row] != NULL && strcmp(cohort->role_of[row], role) == 0;
    return n;
}

#endif
