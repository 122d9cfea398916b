/* Reading a run folder; see run.h. */
#include "report/run.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "io/json.h"
#include "io/utf8.h"

enum { LOCK_BYTE_MAX = 16 << 20 };

static bool read_metrics(struct run *run, struct err *err)
{
    char *path = path_join(run->folder, "metrics.json", err);
    if (path == NULL)
        return false;
    run->metrics = json_read(path, err);
    bool done = run->metrics != NULL;
    if (done && (text_at(run->metrics, "hepar")[0] == '\0' || !json_is_array(part(run->metrics, "roles"))))
        done = err_set(err, ERR_INPUT, "%s: no \"hepar\" or no \"roles\", expected the metrics of hepar run", path);
    mem_free(path);
    return done;
}

static bool read_lock(struct run *run, struct err *err)
{
    char *path = path_join(run->folder, "study.lock.yaml", err);
    unsigned char *bytes = NULL;
    size_t n = 0, fault = 0;
    if (path == NULL)
        return false;
    bool done = !file_exists(path) || file_read(path, LOCK_BYTE_MAX, &bytes, &n, err);
    if (done && bytes != NULL && !utf8_valid(bytes, n, &fault))
        done = err_set(err, ERR_INPUT, "%s line %zu: the text is not UTF-8", path, line_of_offset(bytes, n, fault));
    if (done)
        run->lock = (char *)bytes;
    else
        mem_free(bytes);
    mem_free(path);
    return done;
}

bool run_read(const char *folder, struct run *run, struct err *err)
{
    *run = (struct run){0};
    run->folder = mem_string(folder, err);
    if (run->folder != NULL && read_metrics(run, err) && read_lock(run, err))
        return true;
    run_free(run);
    return false;
}

void run_free(struct run *run)
{
    mem_free(run->folder);
    mem_free(run->lock);
    json_decref(run->metrics);
    *run = (struct run){0};
}

const json_t *part(const json_t *value, const char *path)
{
    char member[64];
    while (value != NULL && path[0] != '\0') {
        size_t n = strcspn(path, ".");
        if (n >= sizeof member)
            return NULL;
        memcpy(member, path, n);
        member[n] = '\0';
        value = json_object_get(value, member);
        path += n + (path[n] == '.');
    }
    return json_is_null(value) ? NULL : value;
}

double number_at(const json_t *value, const char *path)
{
    const json_t *found = part(value, path);
    return json_is_number(found) ? json_number_value(found) : NAN;
}

bool flag_at(const json_t *value, const char *path)
{
    return json_is_true(part(value, path));
}

const char *text_at(const json_t *value, const char *path)
{
    const char *text = json_string_value(part(value, path));
    return text == NULL ? "" : text;
}

void add_scalar(struct text *out, const json_t *value, const char *path)
{
    const json_t *found = part(value, path);
    if (json_is_number(found))
        text_add_double(out, json_number_value(found));
    else
        text_add(out, "%s", text_at(found, ""));
}

size_t length_at(const json_t *value, const char *path)
{
    return json_array_size(part(value, path));
}

const json_t *item_at(const json_t *value, const char *path, size_t i)
{
    return json_array_get(part(value, path), i);
}

bool numbers_at(const json_t *value, const char *path, struct arena *arena, struct numbers *out, struct err *err)
{
    const json_t *array = part(value, path);
    out->n = json_array_size(array);
    out->v = arena_alloc(arena, out->n, sizeof *out->v, err);
    if (out->v == NULL)
        return false;
    for (size_t i = 0; i < out->n; i++)
        out->v[i] = number_at(json_array_get(array, i), "");
    return true;
}

struct estimate estimate_at(const json_t *value, const char *path)
{
    const json_t *found = part(value, path);
    return (struct estimate){number_at(found, "value"), number_at(found, "low"), number_at(found, "high")};
}

size_t role_count(const struct run *run)
{
    return length_at(run->metrics, "roles");
}

const json_t *role_item(const struct run *run, size_t i)
{
    return item_at(run->metrics, "roles", i);
}

bool role_is_train(const json_t *role)
{
    return strcmp(text_at(role, "kind"), "train") == 0;
}

bool role_has_label(const json_t *role)
{
    return number_at(role, "label_n") > 0;
}

bool role_has_auc(const json_t *role)
{
    return !isnan(number_at(role, "auc.value"));
}

void add_role_name(struct text *out, const json_t *role)
{
    text_add(out, "%s", text_at(role, "role"));
    if (flag_at(role, "apparent"))
        text_add(out, " (apparent)");
}
