/* Answers to what the settings say; see settings.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "study/settings_tree.h"

enum { PATH_MAX_BYTES = 512 };

static const struct setting *find(const struct study_settings *settings, const char *path)
{
    for (size_t k = 0; k < settings->n; k++)
        if (strcmp(settings->setting[k].path, path) == 0)
            return &settings->setting[k];
    return NULL;
}

#define PATH_FROM(format)                        \
    char path[PATH_MAX_BYTES];                   \
    va_list args;                                \
    va_start(args, format);                      \
    vsnprintf(path, sizeof path, format, args);  \
    va_end(args)

const char *settings_text(const struct study_settings *settings, const char *format, ...)
{
    PATH_FROM(format);
    const struct setting *setting = find(settings, path);
    return setting == NULL ? NULL : setting->value;
}

double settings_number(const struct study_settings *settings, double absent, const char *format, ...)
{
    PATH_FROM(format);
    const struct setting *setting = find(settings, path);
    double value;
    return setting != NULL && double_from_text(setting->value, &value) ? value : absent;
}

uint64_t settings_integer(const struct study_settings *settings, uint64_t absent, const char *format, ...)
{
    PATH_FROM(format);
    const struct setting *setting = find(settings, path);
    return setting == NULL ? absent : strtoull(setting->value, NULL, 0);
}

bool settings_flag(const struct study_settings *settings, const char *format, ...)
{
    PATH_FROM(format);
    const struct setting *setting = find(settings, path);
    return setting != NULL && strcmp(setting->value, "true") == 0;
}

/* What follows `path` in a longer path, or NULL. */
static const char *below(const char *longer, const char *path)
{
    size_t n = strlen(path);
    return strncmp(longer, path, n) == 0 && (longer[n] == '.' || longer[n] == '[') ? longer + n : NULL;
}

size_t settings_item_n(const struct study_settings *settings, const char *format, ...)
{
    PATH_FROM(format);
    size_t n = 0;
    for (size_t k = 0; k < settings->n; k++) {
        const char *rest = below(settings->setting[k].path, path);
        if (rest != NULL && rest[0] == '[') {
            size_t index = strtoul(rest + 1, NULL, 10);
            n = index + 1 > n ? index + 1 : n;
        }
    }
    return n;
}

bool settings_has(const struct study_settings *settings, const char *format, ...)
{
    PATH_FROM(format);
    for (size_t k = 0; k < settings->n; k++)
        if (strcmp(settings->setting[k].path, path) == 0 || below(settings->setting[k].path, path) != NULL)
            return true;
    return false;
}

/* One segment, unquoted, from where a path goes on ("\"a.b\".time", "OS.time"); its length there is returned. */
static size_t read_segment(const char *at, char name[256])
{
    bool quoted = at[0] == '"';
    size_t n = quoted ? strcspn(at + 1, "\"") : strcspn(at, ".[");
    snprintf(name, 256, "%.*s", (int)(n < 255 ? n : 255), at + quoted);
    return n + 2 * (size_t)quoted;
}

bool settings_child(const struct study_settings *settings, const char *path, size_t k, char name[256])
{
    char seen[256] = "";
    size_t found = 0;
    for (size_t s = 0; s < settings->n; s++) {
        const char *rest = below(settings->setting[s].path, path);
        if (rest == NULL || rest[0] != '.')
            continue;
        read_segment(rest + 1, name);
        if (found > 0 && strcmp(name, seen) == 0)
            continue; /* values of one child stand together */
        if (found++ == k)
            return true;
        strcpy(seen, name);
    }
    return false;
}

const char *settings_where(const struct study_settings *settings, const char *format, ...)
{
    PATH_FROM(format);
    for (size_t k = 0; k < settings->n; k++)
        if (strcmp(settings->setting[k].path, path) == 0 || below(settings->setting[k].path, path) != NULL)
            return settings->setting[k].where;
    return "study file";
}

static bool is_typed(const struct setting *setting)
{
    return strcmp(setting->where, "--set") == 0;
}

char *settings_file(const struct study_settings *settings, struct err *err, const char *format, ...)
{
    PATH_FROM(format);
    const struct setting *setting = find(settings, path);
    if (setting == NULL) {
        err_set(err, ERR_BUG, "no file is set as '%s'", path);
        return NULL;
    }
    if (is_typed(setting))
        return mem_string(setting->value, err);
    return path_join(strcmp(path, "extraction") == 0 ? settings->folder : settings->data_folder, setting->value, err);
}

const char *settings_tree_file_name(const struct setting *setting)
{
    const char *slash = is_typed(setting) || setting->value[0] == '/' ? strrchr(setting->value, '/') : NULL;
    return slash == NULL ? setting->value : slash + 1;
}

const char *settings_file_name(const struct study_settings *settings, const char *format, ...)
{
    PATH_FROM(format);
    const struct setting *setting = find(settings, path);
    return setting == NULL ? NULL : settings_tree_file_name(setting);
}
