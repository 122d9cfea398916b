/* odd_files DIR [FOLDER...] [--only PATTERN] ...: verdicts, facts and warnings of odd, broken and hostile files, as DIR/FOLDER/index.csv
 * says them, and damaged copies (folder "mutants"). Scored are: the verdict; every fact of what is read; that an error is one clean
 * line that names the file; the warnings; no crash, 5 s, 200 MB beyond the decoded content.
 *
 * To add a folder: a struct odd_folder in a file of its own, and a row here. */
#include "odd_files.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct odd_folder *const folders[] = {&odd_nifti, &odd_nrrd, &odd_pairs, &odd_tables, &odd_yaml, &odd_json, NULL};

#if defined(__SANITIZE_ADDRESS__)
enum { MEMORY_COUNTS = 0 }; /* shadow memory is not the reader's */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { MEMORY_COUNTS = 0 };
#else
enum { MEMORY_COUNTS = 1 };
#endif
#else
enum { MEMORY_COUNTS = 1 };
#endif
static const size_t MEMORY_LIMIT = (size_t)200 << 20;

struct task {
    const struct odd_folder *folder;
    const char *path;
    const struct csv *index;
    size_t row;
};

/* In the child: lines "ok DECODED" or "error KIND TEXT", "warn TOPIC", "fact NAME=VALUE". */
static void look(void *ctx, struct text *out)
{
    const struct task *task = ctx;
    struct odd_look seen = {.facts = TEXT_INIT, .notes = NOTES_INIT, .err = ERR_INIT};
    if (task->folder->look(task->path, task->index, task->row, &seen))
        text_add(out, "ok %zu\n%s", seen.decoded, seen.facts.bytes == NULL ? "" : seen.facts.bytes);
    else
        text_add(out, "error %d %s\n", (int)seen.err.kind, seen.err.text);
    for (size_t i = 0; i < seen.notes.n; i++)
        text_add(out, "warn=%s\n", seen.notes.note[i].topic);
    text_free(&seen.facts);
    notes_free(&seen.notes);
}

static const char *cell(const struct csv *index, size_t row, const char *column)
{
    size_t at = csv_find(index, column);
    return at == SIZE_MAX ? "" : csv_cell(index, row, at);
}

/* The value of "NAME=VALUE" among the lines; NULL when it is not there. The buffer is overwritten by the next call. */
static const char *fact(const struct text *out, const char *name)
{
    static char value[8192];
    size_t n = strlen(name);
    for (const char *line = out->bytes; line != NULL && *line != '\0'; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1)
        if (strncmp(line, name, n) == 0 && line[n] == '=') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(line + n + 1, "\n"), line + n + 1);
            return value;
        }
    return NULL;
}

static bool warned(const struct text *out, const char *topic, size_t n)
{
    for (const char *line = out->bytes; line != NULL && (line = strstr(line, "warn=")) != NULL; line++)
        if (strcspn(line + 5, "\n") == n && strncmp(line + 5, topic, n) == 0)
            return true;
    return false;
}

static void compare_facts(const struct odd_folder *folder, const struct csv *index, size_t row, const struct text *out, struct findings *found)
{
    for (const char *const *name = folder->text_facts; *name != NULL; name++)
        if (*cell(index, row, *name) != '\0') {
            const char *got = fact(out, *name);
            findings_text(found, *name, cell(index, row, *name), got == NULL ? "" : got);
        }
    for (const char *const *name = folder->number_facts; *name != NULL; name++) {
        double expected;
        if (csv_number(cell(index, row, *name), &expected) != CSV_NUMBER)
            continue;
        const char *text = fact(out, *name);
        double got = text == NULL ? NAN : strtod(text, NULL);
        if (folder->compare == NULL || !folder->compare(index, row, *name, expected, got, found))
            findings_number(found, *name, expected, got);
    }
    for (const char *topic = cell(index, row, "warn"); *topic != '\0';) {
        size_t n = strcspn(topic, ";");
        char name[128];
        snprintf(name, sizeof name, "warn %.*s", (int)n, topic);
        findings_true(found, name, warned(out, topic, n), "a warning", "none");
        topic += n + (topic[n] == ';');
        topic += strspn(topic, " ");
    }
}

/* One line, nothing but text, and it names the file. */
static bool clean_error(const struct text *out, const char *file)
{
    const char *end = out->bytes == NULL ? NULL : strchr(out->bytes, '\n');
    const char *name = out->bytes == NULL ? NULL : strstr(out->bytes, file);
    if (end == NULL || name == NULL || name > end)
        return false;
    for (const char *c = out->bytes; c < end; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return true;
}

void odd_check_row(const struct odd_folder *folder, const struct checker *checker, const struct csv *index, size_t row, struct findings *found)
{
    struct text out = TEXT_INIT;
    struct task task = {folder, checker_path(checker, folder->name), index, row};
    const char *verdict = cell(index, row, "verdict"), *file = cell(index, row, csv_find(index, "file") == SIZE_MAX ? "mask" : "file");
    struct odd_end end = odd_run_child(look, &task, &out);
    char got[64];
    snprintf(got, sizeof got, "%s %d", end.late ? "more than 5 s" : "crash, signal or status", end.signal != 0 ? end.signal : end.status);
    if (end.late || end.crashed || out.bytes == NULL) {
        findings_true(found, "verdict", false, verdict, got);
        text_free(&out);
        return;
    }
    bool read = strncmp(out.bytes, "ok ", 3) == 0;
    size_t decoded = read ? strtoul(out.bytes + 3, NULL, 10) : 0;
    findings_true(found, "verdict", strcmp(verdict, "either") == 0 || strcmp(verdict, read ? "ok" : "error") == 0, verdict, out.bytes);
    if (read && strcmp(verdict, "error") != 0)
        compare_facts(folder, index, row, &out, found);
    if (!read)
        findings_true(found, "error line", clean_error(&out, file), "one line that names the file", out.bytes);
    if (!read && strcmp(verdict, "error") == 0 && folder->compare_error != NULL)
        folder->compare_error(index, row, out.bytes, found);
    if (MEMORY_COUNTS) {
        snprintf(got, sizeof got, "%zu MB", end.memory >> 20);
        findings_true(found, "memory", end.memory <= decoded + MEMORY_LIMIT, "200 MB beyond the content", got);
    }
    text_free(&out);
}

static void check_folder(struct checker *checker, const struct odd_folder *folder)
{
    char path[256];
    struct csv index;
    struct err err = ERR_INIT;
    snprintf(path, sizeof path, "%s/index.csv", folder->name);
    if (!csv_read(checker_path(checker, path), &index, NULL, &err)) {
        struct findings found = {.checker = checker, .job = folder->name};
        findings_true(&found, "index.csv", false, "a table", err.text);
        checker_add(checker, &found);
        return;
    }
    size_t rows = 0, whole = 0;
    for (size_t row = 0; row < index.row_n; row++) {
        struct text job = TEXT_INIT;
        text_add(&job, "%s/", folder->name);
        for (const char *const *key = folder->key; *key != NULL; key++)
            text_add(&job, "%s%s", key == folder->key ? "" : ":", cell(&index, row, *key));
        if (job.bytes != NULL && checker_wants(checker, job.bytes)) {
            struct findings found = {.checker = checker, .job = job.bytes};
            odd_check_row(folder, checker, &index, row, &found);
            rows++;
            whole += findings_all_match(&found);
            checker_add(checker, &found);
        }
        text_free(&job);
    }
    printf("%s: %zu of %zu rows\n", folder->name, whole, rows);
    csv_free(&index);
}

/* Takes the words that are names of folders out of the command line: wanted[i] for folders[i], the last for "mutants". */
static int take_folders(int argc, char **argv, bool *wanted, size_t folder_n)
{
    bool any = false;
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        size_t f = 0;
        while (f < folder_n && strcmp(argv[i], folders[f]->name) != 0)
            f++;
        bool is_folder = i > 1 && argv[i - 1][0] != '-' && (f < folder_n || strcmp(argv[i], "mutants") == 0);
        if (is_folder)
            wanted[f] = any = true;
        else
            argv[kept++] = argv[i];
    }
    for (size_t f = 0; f <= folder_n && !any; f++)
        wanted[f] = true;
    return kept;
}

int main(int argc, char **argv)
{
    enum { FOLDER_N = sizeof folders / sizeof folders[0] - 1 };
    bool wanted[FOLDER_N + 1] = {false};
    struct checker checker;
    argc = take_folders(argc, argv, wanted, FOLDER_N);
    if (!checker_start(&checker, argc, argv, "verdicts, facts and warnings of odd files; folders may be named behind DIR"))
        return 2;
    for (size_t f = 0; f < FOLDER_N; f++)
        if (wanted[f])
            check_folder(&checker, folders[f]);
    if (wanted[FOLDER_N])
        odd_check_mutants(&checker, folders);
    return checker_end(&checker);
}
