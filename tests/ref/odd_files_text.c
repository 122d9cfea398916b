/* Odd tables, YAML and JSON files; see odd_files.h. A refusal must name the line that the index names. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/tablefile.h"
#include "io/yaml.h"
#include "odd_files.h"
#include "radiomics/params.h"

static const char *cell(const struct csv *index, size_t row, const char *column)
{
    size_t at = csv_find(index, column);
    return at == SIZE_MAX ? "" : csv_cell(index, row, at);
}

static const char *path_of(const char *folder, const struct csv *index, size_t row)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, cell(index, row, "file"));
    return path;
}

/* "FILE line N: ..." or "FILE:N:C: ..."; 0 when the error names none. */
static unsigned long line_of(const char *error, const char *file)
{
    const char *at = strstr(error, file);
    if (at == NULL)
        return 0;
    at += strlen(file);
    if (strncmp(at, " line ", 6) == 0)
        return strtoul(at + 6, NULL, 10);
    return *at == ':' ? strtoul(at + 1, NULL, 10) : 0;
}

/* The index says one line, or several with '|' between. */
static void compare_line(const struct csv *index, size_t row, const char *error, struct findings *found)
{
    const char *expected = cell(index, row, "line");
    char got[32];
    unsigned long line = line_of(error, cell(index, row, "file"));
    bool fits = false;
    if (*expected == '\0')
        return;
    for (const char *one = expected; one != NULL; one = strchr(one, '|') == NULL ? NULL : strchr(one, '|') + 1)
        fits = fits || strtoul(one, NULL, 10) == line;
    snprintf(got, sizeof got, "%lu", line);
    findings_true(found, "line", fits, expected, got);
}

static void hash_cells(const struct csv *csv, struct text *facts)
{
    struct text all = TEXT_INIT;
    char hex[65];
    for (size_t c = 0; c < csv->column_n; c++)
        text_add(&all, "%s%s", c == 0 ? "" : "\x1F", csv->name[c]);
    for (size_t r = 0; r < csv->row_n; r++)
        for (size_t c = 0; c < csv->column_n; c++) {
            text_add_char(&all, c == 0 ? '\x1E' : '\x1F');
            text_add_bytes(&all, csv_cell(csv, r, c), strlen(csv_cell(csv, r, c)));
        }
    if (!text_ok(&all, NULL))
        return;
    sha256_hex(all.bytes, all.n, hex);
    text_add(facts, "cells_sha256=%s\n", hex);
    text_free(&all);
}

/* The index holds the beginning of long headers, with "..." behind. */
static void header_fact(const struct csv *csv, const char *expected, struct text *facts)
{
    struct text header = TEXT_INIT;
    for (size_t c = 0; c < csv->column_n; c++)
        text_add(&header, "%s%s", c == 0 ? "" : "|", csv->name[c]);
    size_t n = strlen(expected);
    bool cut = n > 3 && strcmp(expected + n - 3, "...") == 0 && header.n >= n - 3 && strncmp(header.bytes, expected, n - 3) == 0;
    text_add(facts, "header=%s\n", cut ? expected : header.bytes);
    text_free(&header);
}

static void table_facts(const struct csv *csv, const char *header, struct text *facts)
{
    const char *delimiter = csv->delimiter == ',' ? "comma" : csv->delimiter == ';' ? "semicolon" : "tab";
    text_add(facts, "nrow=%zu\nncol=%zu\nencoding=utf-8\ndelimiter=%s\n", csv->row_n, csv->column_n, delimiter);
    header_fact(csv, header, facts);
    hash_cells(csv, facts);
}

static bool look_features(const char *path, struct odd_look *look)
{
    struct table table;
    size_t columns = 0, missing = 0;
    long double sum = 0;
    if (!feature_table_read(path, &table, &look->notes, &look->err))
        return false;
    for (size_t c = 0; c < table.column_n; c++) {
        if (table.column[c].kind != COLUMN_NUMBER)
            continue;
        columns++;
        for (size_t r = 0; r < table.row_n; r++) {
            missing += isnan(table.column[c].number[r]);
            sum += isnan(table.column[c].number[r]) ? 0 : table.column[c].number[r];
        }
    }
    text_add(&look->facts, "num_cols=%zu\nnum_missing=%zu\nnum_sum=", columns, missing);
    text_add_double(&look->facts, (double)sum);
    text_add_char(&look->facts, '\n');
    table_free(&table);
    return true;
}

static bool look_cases(const char *path, struct odd_look *look)
{
    struct case_table table;
    if (!case_table_read(path, &table, &look->notes, &look->err))
        return false;
    case_table_free(&table);
    return true;
}

static bool look_table(const char *folder, const struct csv *index, size_t row, struct odd_look *look)
{
    const char *path = path_of(folder, index, row);
    struct csv csv;
    if (!(strcmp(cell(index, row, "kind"), "features") == 0 ? look_features : look_cases)(path, look))
        return false;
    if (!csv_read(path, &csv, NULL, &look->err))
        return false;
    table_facts(&csv, cell(index, row, "header"), &look->facts);
    csv_free(&csv);
    return true;
}

static json_t *json_of_yaml(const struct yaml_node *node)
{
    json_t *out = NULL;
    switch (node->kind) {
    case YAML_NULL:
        return json_null();
    case YAML_BOOL:
        return json_boolean(node->boolean);
    case YAML_INT:
        return json_integer(node->whole);
    case YAML_FLOAT:
        return json_real(node->number);
    case YAML_TEXT:
        return json_string(node->text);
    case YAML_LIST:
        out = json_array();
        for (size_t i = 0; i < node->n; i++)
            json_array_append_new(out, json_of_yaml(node->item[i]));
        return out;
    case YAML_MAP:
        out = json_object();
        for (size_t i = 0; i < node->n; i++)
            json_object_set_new(out, node->key[i]->text, json_of_yaml(node->item[i]));
        return out;
    }
    return out;
}

/* Equal as JSON values: 25 and 25.0 alike. */
static bool same_value(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b) && (!json_is_integer(a) || !json_is_integer(b) || json_integer_value(a) == json_integer_value(b));
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_array(a)) {
        bool same = json_array_size(a) == json_array_size(b);
        for (size_t i = 0; same && i < json_array_size(a); i++)
            same = same_value(json_array_get(a, i), json_array_get(b, i));
        return same;
    }
    if (!json_is_object(a))
        return json_equal(a, b);
    bool same = json_object_size(a) == json_object_size(b);
    json_object_foreach((json_t *)a, key, value)
        same = same && json_object_get(b, key) != NULL && same_value(value, json_object_get(b, key));
    return same;
}

/* json=EXPECTED when the content is that, else what it is. */
static void json_fact(const json_t *got, const char *expected, struct text *facts)
{
    struct err err = ERR_INIT;
    json_t *wanted = json_loads(expected, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    json_t *exact = json_parse(expected, strlen(expected), "index", &err);
    if ((exact != NULL && same_value(got, exact)) || (exact == NULL && wanted != NULL && same_value(got, wanted))) {
        text_add(facts, "json=%s\n", expected);
    } else {
        char *dump = json_dumps(got, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        text_add(facts, "json=%s\n", dump == NULL ? "" : dump);
        free(dump);
    }
    json_decref(wanted);
    json_decref(exact);
}

static bool look_yaml(const char *folder, const struct csv *index, size_t row, struct odd_look *look)
{
    const char *path = path_of(folder, index, row);
    struct yaml yaml;
    if (strcmp(cell(index, row, "kind"), "params") == 0) {
        struct params params;
        if (!params_read(path, &params, &look->err))
            return false;
        params_free(&params);
    }
    if (!yaml_read(path, &yaml, &look->err))
        return false;
    json_t *got = json_of_yaml(yaml.root);
    json_fact(got, cell(index, row, "json"), &look->facts);
    json_decref(got);
    yaml_drop(&yaml);
    return true;
}

static bool look_json(const char *folder, const struct csv *index, size_t row, struct odd_look *look)
{
    json_t *got = json_read(path_of(folder, index, row), &look->err);
    if (got == NULL)
        return false;
    json_fact(got, cell(index, row, "json"), &look->facts);
    json_decref(got);
    return true;
}

static bool read_table(const char *path, struct err *err)
{
    struct odd_look look = {.facts = TEXT_INIT, .notes = NOTES_INIT, .err = ERR_INIT};
    bool done = look_features(path, &look);
    *err = look.err;
    text_free(&look.facts);
    notes_free(&look.notes);
    return done;
}

static bool read_yaml(const char *path, struct err *err)
{
    struct params params;
    if (!params_read(path, &params, err))
        return false;
    params_free(&params);
    return true;
}

static bool read_json(const char *path, struct err *err)
{
    json_t *root = json_read(path, err);
    json_decref(root);
    return root != NULL;
}

static const char *const by_file[] = {"file", NULL};
static const char *const table_texts[] = {"encoding", "delimiter", "header", "cells_sha256", NULL};
static const char *const table_numbers[] = {"nrow", "ncol", "num_cols", "num_missing", "num_sum", NULL};
static const char *const json_texts[] = {"json", NULL};
static const char *const no_numbers[] = {NULL};

const struct odd_folder odd_tables = {
    .name = "tables", .text_facts = table_texts, .number_facts = table_numbers, .key = by_file, .look = look_table, .compare_error = compare_line, .read = read_table,
};
const struct odd_folder odd_yaml = {
    .name = "yaml", .text_facts = json_texts, .number_facts = no_numbers, .key = by_file, .look = look_yaml, .compare_error = compare_line, .read = read_yaml,
};
const struct odd_folder odd_json = {
    .name = "json", .text_facts = json_texts, .number_facts = no_numbers, .key = by_file, .look = look_json, .compare_error = compare_line, .read = read_json,
};
