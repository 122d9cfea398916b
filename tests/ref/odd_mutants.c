/* Damaged copies: read each in a child; a crash, a sanitizer's report, more than 5 s or an unclean error line is a fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "odd_files.h"

enum { MUTANT_N = 2000 };

struct mutant {
    const struct odd_folder *folder;
    char path[4096];
};

static void read_mutant(void *ctx, struct text *out)
{
    const struct mutant *mutant = ctx;
    struct err err = ERR_INIT;
    if (mutant->folder->read(mutant->path, &err))
        text_add(out, "read\n");
    else
        text_add(out, "refused %d %s\n", (int)err.kind, err.text);
}

static const struct odd_folder *folder_of(const char *source, const struct odd_folder *const *folders)
{
    for (; *folders != NULL; folders++) {
        size_t n = strlen((*folders)->name);
        if (strncmp(source, (*folders)->name, n) == 0 && source[n] == '/' && (*folders)->read != NULL)
            return *folders;
    }
    return NULL;
}

/* The list for mutate.py: seeds.csv's rows of our folders, then the same sources with new seeds, MUTANT_N in all. */
static bool make_list(const struct csv *seeds, const struct odd_folder *const *folders, const char **source, struct text *list, struct err *err)
{
    size_t n = 0, own_n;
    text_add(list, "seed,source\n");
    for (size_t row = 0; row < seeds->row_n && n < MUTANT_N; row++) {
        if (folder_of(csv_cell(seeds, row, 1), folders) == NULL)
            continue;
        source[n++] = csv_cell(seeds, row, 1);
        text_add(list, "%s,%s\n", csv_cell(seeds, row, 0), csv_cell(seeds, row, 1));
    }
    own_n = n;
    if (n == 0)
        return err_set(err, ERR_INPUT, "seeds.csv has no rows of these folders");
    for (; n < MUTANT_N; n++) {
        source[n] = source[n % own_n];
        text_add(list, "%zu,%s\n", 100000 + n, source[n]);
    }
    return text_ok(list, err);
}

static bool clean_refusal(const char *line, const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    return strncmp(line, "refused 3 ", 10) == 0 && strstr(line, name) != NULL && strchr(line, '\n')[1] == '\0';
}

static void check_one(struct checker *checker, const struct mutant *mutant, size_t number)
{
    char job[64];
    snprintf(job, sizeof job, "mutants/%04zu:%s", number, mutant->folder->name);
    if (!checker_wants(checker, job))
        return;
    struct text out = TEXT_INIT;
    struct findings found = {.checker = checker, .job = job};
    struct odd_end end = odd_run_child(read_mutant, (void *)mutant, &out);
    const char *got = end.late ? "more than 5 s" : end.crashed ? "a crash" : out.bytes == NULL ? "nothing" : out.bytes;
    bool holds = !end.late && !end.crashed && out.bytes != NULL && (strcmp(out.bytes, "read\n") == 0 || clean_refusal(out.bytes, mutant->path));
    /* YAML faults are configuration (exit code 2). */
    if (!holds && !end.late && !end.crashed && out.bytes != NULL && strcmp(mutant->folder->name, "yaml") == 0)
        holds = strncmp(out.bytes, "refused 2 ", 10) == 0;
    findings_true(&found, strrchr(mutant->path, '/') + 1, holds, "read, or one line that names the file", got);
    text_free(&out);
    checker_add(checker, &found);
}

void odd_check_mutants(struct checker *checker, const struct odd_folder *const *folders)
{
    struct err err = ERR_INIT;
    struct csv seeds = {0};
    struct text list = TEXT_INIT;
    struct findings found = {.checker = checker, .job = "mutants"};
    char work[] = "/tmp/odd_files.XXXXXX", table[64], command[16384];
    const char **source = mem_zero(MUTANT_N, sizeof *source, &err);
    bool made = false;
    if (system("python3 -c pass >/dev/null 2>&1") != 0) {
        printf("mutants: skipped, python3 is not there\n");
        mem_free(source);
        return;
    }
    if (source != NULL && csv_read(checker_path(checker, "mutants/seeds.csv"), &seeds, NULL, &err) && make_list(&seeds, folders, source, &list, &err) && mkdtemp(work) != NULL) {
        made = true;
        snprintf(table, sizeof table, "%s/list.csv", work);
        snprintf(command, sizeof command, "python3 '%s' --list '%s' '%s' '%s/files'", checker_path(checker, "mutants/mutate.py"), table, checker->folder, work);
        if (file_write(table, list.bytes, list.n, &err) && system(command) == 0)
            for (size_t i = 0; i < MUTANT_N; i++) {
                struct mutant mutant = {.folder = folder_of(source[i], folders)};
                const char *slash = strrchr(source[i], '/');
                snprintf(mutant.path, sizeof mutant.path, "%s/files/%04zu_%s", work, i, slash + 1);
                check_one(checker, &mutant, i);
            }
        else
            err_set(&err, ERR_SYSTEM, "mutate.py failed");
    }
    if (err.kind != ERR_NONE)
        findings_true(&found, "list", false, "damaged copies", err.text);
    checker_add(checker, &found);
    if (made)
        folder_remove(work, NULL);
    text_free(&list);
    csv_free(&seeds);
    mem_free(source);
}
