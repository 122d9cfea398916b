/* stats DIR: every key of every case of a statistics oracle (DIR/index.csv, DIR/cases/NAME) against hepar's own.
 *
 * A value passes when |got - expected| <= atol + rtol * |expected|, with the case's tolerances, or those that
 * expected.json gives for single keys under `_tol`. --only takes a case's or a task's name, or a shell pattern. */
#include <stdio.h>
#include <string.h>

#include "checker.h"
#include "io/json.h"
#include "stats_case.h"

/* `_tol` names a key, or the beginning of keys, of the top level. */
static struct tree_tolerance tolerance_of(const json_t *spec, json_t *overrides, const char *key)
{
    struct tree_tolerance tol = {json_number_value(json_object_get(spec, "rtol")),
                             json_number_value(json_object_get(spec, "atol"))};
    const char *name;
    json_t *value;
    json_object_foreach(overrides, name, value) {
        if (strncmp(name, key, strlen(name)) != 0)
            continue;
        const json_t *rtol = json_object_get(value, "rtol"), *atol = json_object_get(value, "atol");
        tol.rtol = rtol ? json_number_value(rtol) : tol.rtol;
        tol.atol = atol ? json_number_value(atol) : tol.atol;
    }
    return tol;
}

static stats_task *find_task(const char *name)
{
    const struct stats_task_row *const tables[] = {stats_column_tasks, stats_cox_tasks, stats_model_tasks,
                                                  stats_survival_tasks, stats_two_group_tasks};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct stats_task_row *row = tables[i]; row->name; row++)
            if (strcmp(row->name, name) == 0)
                return row->run;
    return NULL;
}

/* Leaves of a tree: what a case is worth when its task is not there. */
static void lack_all(struct findings *found, const char *path, const json_t *expected, const char *why)
{
    char inner[512];
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_object(expected)) {
        json_object_foreach((json_t *)expected, key, value) {
            if (strcmp(key, "_tol") == 0)
                continue;
            snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "." : "", key);
            lack_all(found, inner, value, why);
        }
    } else if (json_is_array(expected)) {
        json_array_foreach(expected, i, value) {
            snprintf(inner, sizeof inner, "%s[%zu]", path, i);
            lack_all(found, inner, value, why);
        }
    } else {
        findings_lacking(found, path, "", why);
    }
}

static bool read_case(const struct checker *checker, const char *name, struct stats_case *c, struct err *err)
{
    char path[512];
    snprintf(path, sizeof path, "cases/%s/spec.json", name);
    c->spec = json_read(checker_path(checker, path), err);
    snprintf(path, sizeof path, "cases/%s/expected.json", name);
    c->expected = c->spec ? json_read(checker_path(checker, path), err) : NULL;
    c->got = json_object();
    if (!c->expected)
        return false;
    const json_t *inputs = json_object_get(c->spec, "inputs");
    for (size_t i = 0; i < 2 && i < json_array_size(inputs); i++) {
        snprintf(path, sizeof path, "cases/%s/%s", name, json_string_value(json_array_get(inputs, i)));
        if (!csv_read(checker_path(checker, path), &c->input[i], NULL, err))
            return false;
    }
    return true;
}

static bool check_case(struct checker *checker, const char *name, const char *task_name)
{
    struct err err = ERR_INIT;
    struct stats_case c = {.arena = ARENA_INIT};
    struct findings found = {.checker = checker, .job = name};
    bool done = read_case(checker, name, &c, &err);
    if (!done) {
        fprintf(stderr, "%s: %s\n", name, err.text);
    } else {
        stats_task *task = find_task(task_name);
        char why[128];
        snprintf(why, sizeof why, "task %s is not there", task_name);
        if (task && !task(&c))
            snprintf(why, sizeof why, "task %s failed", task_name), task = NULL;
        const char *key;
        json_t *value, *overrides = json_object_get(c.expected, "_tol");
        if (!task)
            lack_all(&found, "", c.expected, why);
        else
            json_object_foreach(c.expected, key, value)
                if (strcmp(key, "_tol") != 0)
                    tree_compare(&found, key, value, json_object_get(c.got, key), tolerance_of(c.spec, overrides, key));
    }
    checker_add(checker, &found);
    json_decref(c.spec);
    json_decref(c.expected);
    json_decref(c.got);
    csv_free(&c.input[0]);
    csv_free(&c.input[1]);
    arena_free(&c.arena);
    return done;
}

int main(int argc, char **argv)
{
    struct checker checker;
    struct err err = ERR_INIT;
    struct csv index;
    if (!checker_start(&checker, argc, argv, "Compares the statistics with every case of an oracle folder."))
        return 2;
    if (!csv_read(checker_path(&checker, "index.csv"), &index, NULL, &err)) {
        fprintf(stderr, "stats: %s\n", err.text);
        return 2;
    }
    size_t name_at = csv_find(&index, "name"), task_at = csv_find(&index, "task");
    for (size_t i = 0; i < index.row_n && name_at < index.column_n && task_at < index.column_n; i++) {
        const char *name = csv_cell(&index, i, name_at), *task = csv_cell(&index, i, task_at);
        if ((checker_wants(&checker, name) || checker_wants(&checker, task)) && !check_case(&checker, name, task)) {
            csv_free(&index);
            return 2;
        }
    }
    csv_free(&index);
    return checker_end(&checker);
}
