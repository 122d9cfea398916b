/* The study's settings: flattened, checked values; see settings.h.
 *
 * The file's tree is walked once. Beside the path of a value ("endpoints.OS.time") goes its pattern in the table of
 * keys ("endpoints.*.time"), so that the walk is the check: a name that no row allows is refused where it stands. */
#include "study/settings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/yaml.h"
#include "study/keys.h"
#include "study/settings_tree.h"

enum { PATH_MAX_BYTES = 512 };

/* Where a walk stands: the file or --set text, and path and pattern so far. */
struct place {
    struct study_settings *settings;
    const struct yaml *yaml;
    const char *origin; /* "study.yaml", "--set" */
    char path[PATH_MAX_BYTES], pattern[PATH_MAX_BYTES];
};

/* "study.yaml:12:5"; a --set is short enough to be looked through without. */
static const char *where_of(const struct place *place, const struct yaml_node *node, char where[PATH_MAX_BYTES])
{
    if (strcmp(place->origin, "--set") == 0)
        snprintf(where, PATH_MAX_BYTES, "--set");
    else
        snprintf(where, PATH_MAX_BYTES, "%s:%zu:%zu", place->origin, node->line, node->column);
    return where;
}

static bool refuse(const struct place *place, const struct yaml_node *node, struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static bool refuse(const struct place *place, const struct yaml_node *node, struct err *err, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    char where[PATH_MAX_BYTES];
    return err_set(err, ERR_USAGE, "%s: %s%s%s", where_of(place, node, where), place->path, place->path[0] == '\0' ? "" : ": ", what);
}

bool settings_tree_add(struct study_settings *settings, const char *path, const struct key *key, const char *value, const char *where, struct err *err)
{
    if (settings->n == settings->room) {
        size_t room = settings->room == 0 ? 64 : 2 * settings->room;
        struct setting *grown = mem_grow(settings->setting, settings->n, room, sizeof *grown, err);
        if (grown == NULL)
            return false;
        settings->setting = grown;
        settings->room = room;
    }
    struct setting *setting = &settings->setting[settings->n];
    *setting = (struct setting){arena_string(&settings->arena, path, err), key, arena_string(&settings->arena, value, err),
                                arena_string(&settings->arena, where, err)};
    if (setting->path == NULL || setting->value == NULL || setting->where == NULL)
        return false;
    settings->n++;
    return true;
}

const char *settings_segment(const char *name, char segment[300])
{
    if (name[0] != '\0' && strpbrk(name, ".[]\"") == NULL)
        snprintf(segment, 300, "%.297s", name);
    else
        snprintf(segment, 300, "\"%.297s\"", name);
    return segment;
}

/* ---- one value ---- */

static bool in_choices(const char *choices, const char *word)
{
    size_t n = strlen(word);
    if (n == 0 || strchr(word, '|') != NULL)
        return false;
    for (const char *c = choices; c != NULL; c = strchr(c, '|')) {
        c += *c == '|';
        if (strncmp(c, word, n) == 0 && (c[n] == '|' || c[n] == '\0'))
            return true;
    }
    return false;
}

/* 1e-2 is a text to YAML 1.1, and a number to everyone else. */
static bool number_of(const struct yaml_node *node, double *value)
{
    *value = node->number;
    return yaml_is_number(node) || (node->kind == YAML_TEXT && double_from_text(node->text, value));
}

static bool take_scalar(struct place *place, const struct key *key, const struct yaml_node *node, struct err *err)
{
    char where[PATH_MAX_BYTES];
    const char *value = node->text;
    double number;
    where_of(place, node, where);
    if ((node->ambiguous || strchr(node->text, '_') != NULL) && yaml_is_number(node) && (key->kind == KEY_INTEGER || key->kind == KEY_NUMBER))
        return refuse(place, node, err, "found '%s', which YAML's versions read differently; write it in plain digits", node->text);
    switch (key->kind) {
    case KEY_FLAG:
        if (node->kind != YAML_BOOL)
            return refuse(place, node, err, "found %s '%s', expected true or false", yaml_kind_name(node->kind), node->text);
        value = node->boolean ? "true" : "false";
        break;
    case KEY_INTEGER:
        if (node->kind != YAML_INT || node->whole < (int64_t)key->low || node->whole > (int64_t)key->high)
            return refuse(place, node, err, "found '%s', expected a whole number from %.17g to %.17g", node->text, key->low, key->high);
        break;
    case KEY_NUMBER:
        if (!number_of(node, &number) || !(number >= key->low && number <= key->high))
            return refuse(place, node, err, "found '%s', expected a number from %g to %g", node->text, key->low, key->high);
        break;
    case KEY_CHOICE:
        if (!in_choices(key->choices, node->text))
            return refuse(place, node, err, "found '%s', expected one of %s", node->text, key->choices);
        break;
    case KEY_TEXT:
    case KEY_FILE:
        if (node->text[0] == '\0')
            return refuse(place, node, err, "the text is empty");
        break;
    case KEY_ANY:
        break;
    }
    return settings_tree_add(place->settings, place->path, key, value, where, err);
}

/* ---- the walk ---- */

static bool walk(struct place *place, const struct yaml_node *node, struct err *err);

static bool extend(char *text, const char *tail, const struct place *place, const struct yaml_node *node, struct err *err)
{
    size_t n = strlen(text);
    if (n + strlen(tail) + 1 > PATH_MAX_BYTES)
        return refuse(place, node, err, "the path of keys is too long");
    strcpy(text + n, tail);
    return true;
}

/* The pattern of member `name` below the place: its own row, the user's own name (`*`), or nothing. */
static bool pattern_of_member(const struct place *place, const char *name, char pattern[PATH_MAX_BYTES])
{
    const char *const tails[] = {name, "*"};
    for (size_t k = strpbrk(name, ".*[") == NULL ? 0 : 1; k < 2; k++) {
        int n = snprintf(pattern, PATH_MAX_BYTES, "%s%s%s", place->pattern, place->pattern[0] == '\0' ? "" : ".", tails[k]);
        if (n > 0 && n < PATH_MAX_BYTES && (key_find(pattern) != NULL || key_has_below(pattern)))
            return true;
    }
    return false;
}

static bool unknown_key(const struct place *place, const struct yaml_node *key, struct err *err)
{
    char nearest[64];
    if (strcmp(key->text, "deep") == 0 && strcmp(place->path, "blocks") == 0)
        return refuse(place, key, err, "'deep' stands beside `blocks`, not in it");
    bool near = key_nearest_below(place->pattern, key->text, nearest) != NULL;
    return refuse(place, key, err, "unknown key '%s'%s%s%s", key->text, near ? "; did you mean '" : "", near ? nearest : "", near ? "'?" : "");
}

static bool walk_member(struct place *place, const struct yaml_node *key, const struct yaml_node *value, struct err *err)
{
    char pattern[PATH_MAX_BYTES], segment[300];
    size_t path_n = strlen(place->path), pattern_n = strlen(place->pattern);
    if (!pattern_of_member(place, key->text, pattern))
        return unknown_key(place, key, err);
    if ((path_n > 0 && !extend(place->path, ".", place, key, err)) || !extend(place->path, settings_segment(key->text, segment), place, key, err))
        return false;
    strcpy(place->pattern, pattern);
    bool done = walk(place, value, err);
    place->path[path_n] = place->pattern[pattern_n] = '\0';
    return done;
}

static bool walk_item(struct place *place, const struct yaml_node *item, size_t k, struct err *err)
{
    char index[32];
    size_t path_n = strlen(place->path), pattern_n = strlen(place->pattern);
    snprintf(index, sizeof index, "[%zu]", k);
    if (!extend(place->path, index, place, item, err) || !extend(place->pattern, "[]", place, item, err))
        return false;
    bool done = walk(place, item, err);
    place->path[path_n] = place->pattern[pattern_n] = '\0';
    return done;
}

static bool walk(struct place *place, const struct yaml_node *node, struct err *err)
{
    const struct key *key = key_find(place->pattern);
    char list[PATH_MAX_BYTES + 2];
    snprintf(list, sizeof list, "%s[]", place->pattern);
    bool may_list = key_find(list) != NULL || key_has_below(list);
    bool may_map = place->pattern[0] == '\0';
    for (size_t k = 0; k < study_key_n && !may_map; k++) {
        size_t n = strlen(place->pattern);
        may_map = strncmp(study_keys[k].path, place->pattern, n) == 0 && study_keys[k].path[n] == '.';
    }
    if (node->kind == YAML_NULL)
        return true; /* `key:` with nothing behind it leaves the default */
    if (node->kind == YAML_MAP) {
        if (!may_map)
            return refuse(place, node, err, "found a map, expected %s", key != NULL ? "a single value" : "a list");
        for (size_t k = 0; k < node->n; k++)
            if (!walk_member(place, node->key[k], node->item[k], err))
                return false;
        return true;
    }
    if (node->kind == YAML_LIST) {
        if (!may_list)
            return refuse(place, node, err, "found a list, expected %s", key != NULL ? "a single value" : "a map");
        for (size_t k = 0; k < node->n; k++)
            if (!walk_item(place, node->item[k], k, err))
                return false;
        return true;
    }
    if (key == NULL && may_list) /* one item without its brackets */
        return walk_item(place, node, 0, err);
    if (key == NULL)
        return refuse(place, node, err, "found '%s', expected a map", node->text);
    return take_scalar(place, key, node, err);
}

/* ---- --set and defaults ---- */

static bool is_at_or_below(const char *path, const char *top)
{
    size_t n = strlen(top);
    return strncmp(path, top, n) == 0 && (path[n] == '\0' || path[n] == '.' || path[n] == '[');
}

static void remove_below(struct study_settings *settings, const char *top)
{
    size_t kept = 0;
    for (size_t k = 0; k < settings->n; k++)
        if (!is_at_or_below(settings->setting[k].path, top))
            settings->setting[kept++] = settings->setting[k];
    settings->n = kept;
}

/* "roles.map.l1=train": wraps the value into the maps that its path names, and walks that like a file. */
static bool apply_override(struct study_settings *settings, const char *override, struct err *err)
{
    const char *equals = strchr(override, '=');
    if (equals == NULL || equals == override)
        return err_set(err, ERR_USAGE, "--set %s: expected KEY=VALUE", override);
    char path[PATH_MAX_BYTES];
    if ((size_t)(equals - override) >= sizeof path)
        return err_set(err, ERR_USAGE, "--set: the key is too long");
    snprintf(path, sizeof path, "%.*s", (int)(equals - override), override);
    if (strchr(path, '[') != NULL)
        return err_set(err, ERR_USAGE, "--set %s: a list is set as a whole: KEY=[a, b]", path);
    if (strchr(override, '\n') != NULL)
        return err_set(err, ERR_USAGE, "--set %s: found a line break, expected one line", override);
    bool done = false;
    struct yaml yaml = {0};
    struct text document = TEXT_INIT;
    size_t depth = 0;
    for (const char *c = path; *c != '\0'; depth++) {
        size_t n = c[0] == '"' ? strcspn(c + 1, "\"") + 2 : strcspn(c, ".");
        n = n < strlen(c) ? n : strlen(c);
        text_add(&document, "%*s%.*s:", (int)depth, "", (int)n, c);
        c += n + (c[n] == '.');
        text_add(&document, *c != '\0' ? "\n" : " %s\n", equals + 1);
    }
    if (!text_ok(&document, err) || !yaml_parse("--set", document.bytes, document.n, &yaml, err))
        goto done;
    remove_below(settings, path);
    struct place place = {.settings = settings, .yaml = &yaml, .origin = "--set"};
    done = walk(&place, yaml.root, err);
done:
    yaml_drop(&yaml);
    text_free(&document);
    return done;
}

static bool add_defaults(struct study_settings *settings, struct err *err)
{
    for (size_t k = 0; k < study_key_n; k++) {
        const struct key *key = &study_keys[k];
        if (key->standard == NULL || strpbrk(key->path, "*[") != NULL || settings_has(settings, "%s", key->path))
            continue;
        if (!settings_tree_add(settings, key->path, key, key->standard, "default", err))
            return false;
    }
    return true;
}

/* The study file's folder, and from there, or from where --set was typed, the tables'. */
static bool find_folders(struct study_settings *settings, const char *path, struct err *err)
{
    char *folder = path_folder(path, err);
    if (folder == NULL)
        return false;
    settings->folder = arena_string(&settings->arena, folder, err);
    const char *named = settings_text(settings, "data");
    bool typed = strcmp(settings_where(settings, "data"), "--set") == 0, same = strcmp(named, ".") == 0;
    char *data = typed ? mem_string(named, err) : same ? mem_string(folder, err) : path_join(folder, named, err);
    if (data != NULL)
        settings->data_folder = arena_string(&settings->arena, data, err);
    mem_free(folder);
    mem_free(data);
    return settings->folder != NULL && settings->data_folder != NULL;
}

struct study_settings *settings_read(const char *path, const char *const *overrides, size_t override_n, struct err *err)
{
    bool done = false;
    struct yaml yaml = {0};
    struct study_settings *settings = mem_zero(1, sizeof *settings, err);
    if (settings == NULL || !yaml_read(path, &yaml, err))
        goto done;
    struct place place = {.settings = settings, .yaml = &yaml, .origin = path};
    if (yaml.root->kind != YAML_MAP) {
        err_set(err, ERR_USAGE, "%s: found %s, expected a map of keys", path, yaml_kind_name(yaml.root->kind));
        goto done;
    }
    if (!walk(&place, yaml.root, err))
        goto done;
    for (size_t k = 0; k < override_n; k++)
        if (!apply_override(settings, overrides[k], err))
            goto done;
    done = add_defaults(settings, err) && find_folders(settings, path, err);
done:
    yaml_drop(&yaml);
    if (done)
        return settings;
    settings_free(settings);
    return NULL;
}

void settings_free(struct study_settings *settings)
{
    if (settings == NULL)
        return;
    mem_free(settings->setting);
    arena_free(&settings->arena);
    mem_free(settings);
}
