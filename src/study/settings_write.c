/* The settings as a study file again (study.lock.yaml): every value, defaults included, nested, in the order of the
 * table's top-level keys, below them in the file's. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/json.h"
#include "study/settings_tree.h"

/* A text that YAML might read as something else goes in double quotes, which JSON's escapes fit. */
static bool is_plain(const struct setting *setting)
{
    enum key_kind kind = setting->key->kind;
    return kind == KEY_INTEGER || kind == KEY_NUMBER || kind == KEY_FLAG || kind == KEY_CHOICE;
}

/* Where the inputs lay is no setting: the folder of the tables would differ from place to place. */
static const char *without_place(const struct setting *setting)
{
    if (strcmp(setting->path, "data") == 0)
        return ".";
    return setting->key->kind == KEY_FILE ? settings_tree_file_name(setting) : setting->value;
}

static void put_value(struct text *out, const struct setting *setting)
{
    if (is_plain(setting))
        text_add(out, " %s\n", setting->value);
    else {
        text_add_char(out, ' ');
        json_add_quoted(out, without_place(setting));
        text_add_char(out, '\n');
    }
}

/* Length of the first segment of a path: "cohort", "[0]", "\"a.b\"". */
static size_t segment_length(const char *path)
{
    if (path[0] == '[')
        return strcspn(path, "]") + 1;
    if (path[0] == '"')
        return strcspn(path + 1, "\"") + 2;
    return strcspn(path, ".[");
}

static void indent(struct text *out, size_t depth)
{
    for (size_t k = 0; k < depth; k++)
        text_add(out, "  ");
}

/* Writes setting[0..n-1], whose paths agree in their first `skip` bytes, below `depth`. */
static void put_below(struct text *out, const struct setting *setting, size_t n, size_t skip, size_t depth, bool in_item)
{
    bool *written = mem_zero(n, sizeof *written, NULL);
    struct setting *group = mem_alloc(n, sizeof *group, NULL);
    if (written == NULL || group == NULL)
        out->failed = true;
    bool first = true;
    for (size_t k = 0; k < n && !out->failed; k++) {
        if (written[k])
            continue;
        const char *rest = setting[k].path + skip;
        rest += rest[0] == '.';
        size_t length = segment_length(rest), at = (size_t)(rest - setting[k].path) + length, group_n = 0;
        for (size_t i = k; i < n; i++)
            if (!written[i] && strncmp(setting[i].path, setting[k].path, at) == 0 && strchr(".[", setting[i].path[at]) != NULL) {
                group[group_n++] = setting[i];
                written[i] = true;
            }
        bool item = rest[0] == '[';
        if (!(in_item && first))
            indent(out, depth);
        first = false;
        if (item)
            text_add(out, "-");
        else if (rest[0] == '"')
            text_add(out, "%.*s:", (int)length, rest);
        else {
            char name[512];
            snprintf(name, sizeof name, "%.*s", (int)length, rest);
            if (strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name) && strcmp(name, "yes") != 0 && strcmp(name, "no") != 0 &&
                strcmp(name, "on") != 0 && strcmp(name, "off") != 0 && strcmp(name, "true") != 0 && strcmp(name, "false") != 0 &&
                strcmp(name, "null") != 0 && strcmp(name, "y") != 0 && strcmp(name, "n") != 0)
                text_add(out, "%s", name);
            else
                json_add_quoted(out, name);
            text_add_char(out, ':');
        }
        if (group_n == 1 && group[0].path[at] == '\0')
            put_value(out, &group[0]);
        else if (item) {
            text_add_char(out, ' ');
            put_below(out, group, group_n, at, depth + 1, true);
        } else {
            text_add_char(out, '\n');
            put_below(out, group, group_n, at, depth + 1, false);
        }
    }
    mem_free(written);
    mem_free(group);
}

bool settings_write_yaml(const struct study_settings *settings, struct text *out, struct err *err)
{
    struct setting *ordered = mem_alloc(settings->n, sizeof *ordered, err);
    if (ordered == NULL)
        return false;
    size_t n = 0;
    for (size_t key = 0; key < study_key_n; key++) {
        size_t top = segment_length(study_keys[key].path);
        if (key > 0 && segment_length(study_keys[key - 1].path) == top && strncmp(study_keys[key - 1].path, study_keys[key].path, top) == 0)
            continue;
        for (size_t k = 0; k < settings->n; k++)
            if (segment_length(settings->setting[k].path) == top && strncmp(settings->setting[k].path, study_keys[key].path, top) == 0)
                ordered[n++] = settings->setting[k];
    }
    put_below(out, ordered, n, 0, 0, false);
    mem_free(ordered);
    return text_ok(out, err);
}

void settings_put_reporting(const struct study_settings *settings, struct json_writer *json)
{
    static const char top[] = "reporting.";
    for (size_t k = 0; k < settings->n; k++) {
        const struct setting *setting = &settings->setting[k];
        if (strncmp(setting->path, top, sizeof top - 1) != 0)
            continue;
        size_t n = strcspn(setting->path, "[");
        if (k > 0 && strncmp(settings->setting[k - 1].path, setting->path, n) == 0 && settings->setting[k - 1].path[n] == '[')
            continue; /* told with its list's first item */
        struct text value = TEXT_INIT;
        for (size_t i = k; i < settings->n && strncmp(settings->setting[i].path, setting->path, n) == 0 &&
                           (settings->setting[i].path[n] == '[' || settings->setting[i].path[n] == '\0'); i++)
            text_add(&value, "%s%s", i > k ? ", " : "", settings->setting[i].value);
        char key[512];
        snprintf(key, sizeof key, "%.*s", (int)(n - (sizeof top - 1)), setting->path + sizeof top - 1);
        json_key(json, key);
        json_put_text(json, value.bytes);
        text_free(&value);
    }
}
