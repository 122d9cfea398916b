/* Options, tolerances, counting and the last line of every checker; see checker.h. */
#include "checker.h"

#include <fnmatch.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "io/csv.h"

enum { FAILURES_SHOWN = 40 };

struct lack {
    char *why;
    char first[256];
    size_t n;
};

static bool usage(const char *program, const char *what, const char *fault)
{
    if (fault != NULL)
        fprintf(stderr, "%s: %s\n", program, fault);
    fprintf(stderr, "usage: %s DIR [--only PATTERN] [--values OUT.csv] [-j N]\n%s\n", program, what);
    return false;
}

static bool read_options(struct checker *checker, int argc, char **argv, const char *what)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (word[0] != '-') {
            if (checker->folder != NULL)
                return usage(argv[0], what, "more than one folder");
            checker->folder = word;
            continue;
        }
        if (strcmp(word, "--help") == 0 || value == NULL)
            return usage(argv[0], what, strcmp(word, "--help") == 0 ? NULL : "an option without its value");
        if (strcmp(word, "--only") == 0)
            checker->only = value;
        else if (strcmp(word, "--values") == 0)
            checker->values = value;
        else if (strcmp(word, "-j") == 0 && value[strspn(value, "0123456789")] == '\0' && value[0] != '\0')
            checker->threads = strtoul(value, NULL, 10);
        else
            return usage(argv[0], what, "unknown option");
        i++;
    }
    return checker->folder != NULL || usage(argv[0], what, "no folder given");
}

/* Rows of `job,feature,rtol,atol` or `key,rtol,atol`; a folder with another form of its own has none for us. */
static bool read_tolerances(struct checker *checker, struct err *err)
{
    const char *path = checker_path(checker, "tolerance.csv");
    struct csv csv;
    if (!file_exists(path))
        return true;
    if (!csv_read(path, &csv, NULL, err))
        return false;
    size_t rtol = csv_find(&csv, "rtol"), atol = csv_find(&csv, "atol");
    bool done = true;
    if (rtol == SIZE_MAX || atol != rtol + 1 || rtol < 1 || rtol > 2)
        goto done;
    checker->tolerance = mem_zero(csv.row_n, sizeof *checker->tolerance, err);
    done = checker->tolerance != NULL;
    for (size_t r = 0; done && r < csv.row_n; r++) {
        struct tolerance *row = &checker->tolerance[checker->tolerance_n++];
        row->job = mem_string(rtol == 2 ? csv_cell(&csv, r, 0) : "*", err);
        row->key = mem_string(csv_cell(&csv, r, rtol - 1), err);
        row->skip = strcmp(csv_cell(&csv, r, rtol), "skip") == 0;
        done = row->job != NULL && row->key != NULL;
        if (done && !row->skip)
            done = csv_get_number(&csv, r, rtol, &row->rtol, err) && csv_get_number(&csv, r, atol, &row->atol, err);
    }
done:
    csv_free(&csv);
    return done;
}

bool checker_start(struct checker *checker, int argc, char **argv, const char *what)
{
    struct err err = ERR_INIT;
    *checker = (struct checker){0};
    if (!read_options(checker, argc, argv, what))
        return false;
    if (!read_tolerances(checker, &err) || !pool_start(checker->threads, &err)) {
        fprintf(stderr, "%s: %s\n", argv[0], err.text);
        return false;
    }
    if (checker->only != NULL)
        printf("only what fits '%s'\n", checker->only);
    if (checker->values != NULL)
        text_add(&checker->table, "job,key,expected,computed,rtol,atol,verdict\n");
    return true;
}

bool checker_wants(const struct checker *checker, const char *name)
{
    return checker->only == NULL || fnmatch(checker->only, name, 0) == 0;
}

const char *checker_path(const struct checker *checker, const char *name)
{
    static _Thread_local char paths[8][4096];
    static _Thread_local size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", checker->folder, name);
    return path;
}

struct tolerance checker_tolerance(const struct checker *checker, const char *job, const char *key)
{
    for (size_t i = 0; i < checker->tolerance_n; i++)
        if (fnmatch(checker->tolerance[i].job, job, 0) == 0 && fnmatch(checker->tolerance[i].key, key, 0) == 0)
            return checker->tolerance[i];
    return (struct tolerance){NULL, NULL, 0, 0, false};
}

static void put(struct findings *found, struct finding finding, const char *key, const char *expected, const char *got)
{
    if (found->n == found->room) {
        size_t room = found->room == 0 ? 64 : 2 * found->room;
        struct finding *grown = mem_grow(found->finding, found->n, room, sizeof *grown, NULL);
        if (grown == NULL) {
            found->failed = true;
            return;
        }
        found->finding = grown;
        found->room = room;
    }
    finding.key = mem_string(key, NULL);
    finding.expected = mem_string(expected == NULL ? "" : expected, NULL);
    finding.got = mem_string(got == NULL ? "" : got, NULL);
    found->failed = found->failed || finding.key == NULL || finding.expected == NULL || finding.got == NULL;
    found->finding[found->n++] = finding;
}

static double relative_difference(double a, double b)
{
    double largest = fmax(fabs(a), fabs(b));
    return largest > 0 ? fabs(a - b) / largest : 0;
}

static void put_number(struct findings *found, const char *key, double expected, double got, double rtol, double atol, double scale)
{
    char left[32], right[32];
    bool both_nan = isnan(expected) && isnan(got);
    bool same = both_nan || expected == got || (isfinite(expected) && isfinite(got) && fabs(got - expected) <= atol + rtol * scale);
    struct finding finding = {.state = same ? FINDING_MATCHED : FINDING_DIFFERS, .rtol = rtol, .atol = atol};
    finding.relative = isfinite(expected) && isfinite(got) ? relative_difference(expected, got) : 0;
    put(found, finding, key, double_to_text(expected, left), double_to_text(got, right));
}

void findings_number(struct findings *found, const char *key, double expected, double got)
{
    struct tolerance tolerance = checker_tolerance(found->checker, found->job, key);
    char left[32], right[32];
    if (tolerance.skip)
        put(found, (struct finding){.state = FINDING_SKIPPED}, key, double_to_text(expected, left), double_to_text(got, right));
    else
        put_number(found, key, expected, got, tolerance.rtol, tolerance.atol, fmax(fabs(expected), fabs(got)));
}

void findings_number_within(struct findings *found, const char *key, double expected, double got, double rtol, double atol)
{
    put_number(found, key, expected, got, rtol, atol, fabs(expected));
}

void findings_true(struct findings *found, const char *key, bool holds, const char *expected, const char *got)
{
    put(found, (struct finding){.state = holds ? FINDING_MATCHED : FINDING_DIFFERS}, key, expected, got);
}

void findings_text(struct findings *found, const char *key, const char *expected, const char *got)
{
    findings_true(found, key, strcmp(expected, got) == 0, expected, got);
}

void findings_lacking(struct findings *found, const char *key, const char *expected, const char *why)
{
    bool skip = checker_tolerance(found->checker, found->job, key).skip;
    put(found, (struct finding){.state = skip ? FINDING_SKIPPED : FINDING_LACKING}, key, expected, why);
}

bool findings_all_match(const struct findings *found)
{
    for (size_t i = 0; i < found->n; i++)
        if (found->finding[i].state == FINDING_DIFFERS || found->finding[i].state == FINDING_LACKING)
            return false;
    return true;
}

static void count_lack(struct checker *checker, const char *job, const struct finding *finding)
{
    size_t i = 0;
    while (i < checker->lack_n && strcmp(checker->lack[i].why, finding->got) != 0)
        i++;
    if (i == checker->lack_n) {
        struct lack *grown = mem_grow(checker->lack, checker->lack_n, checker->lack_n + 1, sizeof *grown, NULL);
        char *why = mem_string(finding->got, NULL);
        if (grown != NULL)
            checker->lack = grown;
        if (grown == NULL || why == NULL) {
            checker->broken = true;
            mem_free(why);
            return;
        }
        checker->lack[checker->lack_n] = (struct lack){.why = why};
        snprintf(checker->lack[checker->lack_n++].first, sizeof checker->lack->first, "%s %s", job, finding->key);
    }
    checker->lack[i].n++;
}

static void add_table_row(struct checker *checker, const char *job, const struct finding *finding)
{
    static const char *const names[] = {"matched", "differs", "lacking", "skipped"};
    bool computed = finding->state != FINDING_LACKING;
    struct csv_writer row = csv_writer(&checker->table);
    csv_add_text(&row, job);
    csv_add_text(&row, finding->key);
    csv_add_text(&row, finding->expected);
    csv_add_text(&row, computed ? finding->got : "");
    csv_add_number(&row, finding->rtol);
    csv_add_number(&row, finding->atol);
    csv_add_text(&row, names[finding->state]);
    csv_end_row(&row);
}

static void show_difference(struct checker *checker, const char *job, const struct finding *finding)
{
    if (checker->failed_shown++ >= FAILURES_SHOWN)
        return;
    printf("differs: %s %s: computed %.120s, expected %.120s", job, finding->key, finding->got, finding->expected);
    if (finding->relative > 0)
        printf(" (relative %.2g)", finding->relative);
    printf("\n");
}

void checker_add(struct checker *checker, struct findings *found)
{
    checker->broken = checker->broken || found->failed;
    for (size_t i = 0; i < found->n; i++) {
        struct finding *finding = &found->finding[i];
        if (!found->failed) {
            checker->total += finding->state != FINDING_SKIPPED;
            checker->matched += finding->state == FINDING_MATCHED;
            checker->skipped += finding->state == FINDING_SKIPPED;
            if (finding->state == FINDING_DIFFERS)
                show_difference(checker, found->job, finding);
            if (finding->state == FINDING_LACKING)
                count_lack(checker, found->job, finding);
            if (finding->state == FINDING_MATCHED && finding->relative > checker->worst) {
                checker->worst = finding->relative;
                snprintf(checker->worst_at, sizeof checker->worst_at, "%s %s", found->job, finding->key);
            }
            if (checker->values != NULL)
                add_table_row(checker, found->job, finding);
        }
        mem_free(finding->key);
        mem_free(finding->expected);
        mem_free(finding->got);
    }
    mem_free(found->finding);
    found->finding = NULL;
    found->n = found->room = 0;
}

static void say_summary(const struct checker *checker)
{
    if (checker->failed_shown > FAILURES_SHOWN)
        printf("differs: %zu more\n", checker->failed_shown - FAILURES_SHOWN);
    for (size_t i = 0; i < checker->lack_n; i++)
        printf("not computed: %s: %zu (first: %s)\n", checker->lack[i].why, checker->lack[i].n, checker->lack[i].first);
    if (checker->skipped > 0)
        printf("left out by tolerance.csv: %zu\n", checker->skipped);
    if (checker->worst > 0)
        printf("largest relative difference among the matched: %.2g (%s)\n", checker->worst, checker->worst_at);
    if (checker->total == 0)
        printf("nothing was compared\n");
    if (checker->only != NULL)
        printf("only what fits '%s'\n", checker->only);
}

int checker_end(struct checker *checker)
{
    struct err err = ERR_INIT;
    say_summary(checker);
    if (checker->values != NULL && (!text_ok(&checker->table, &err) || !file_write(checker->values, checker->table.bytes, checker->table.n, &err))) {
        fprintf(stderr, "%s\n", err.text);
        checker->broken = true;
    }
    if (checker->broken)
        fprintf(stderr, "the comparison is not whole: out of memory, or the table of values could not be written\n");
    printf("matched %zu / %zu\n", checker->matched, checker->total);
    text_free(&checker->table);
    for (size_t i = 0; i < checker->lack_n; i++)
        mem_free(checker->lack[i].why);
    mem_free(checker->lack);
    for (size_t i = 0; i < checker->tolerance_n; i++) {
        mem_free(checker->tolerance[i].job);
        mem_free(checker->tolerance[i].key);
    }
    mem_free(checker->tolerance);
    pool_stop();
    return checker->total > 0 && checker->matched == checker->total && !checker->broken ? 0 : 1;
}
