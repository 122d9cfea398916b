/* YAML files into trees over libyaml's events; see yaml.h. */
#include "io/yaml.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/text.h"
#include "io/utf8.h"

struct anchor {
    const char *name;
    struct yaml_node *node;
    bool open; /* its node is still being read: an alias to it would hold itself */
};

struct composer {
    yaml_parser_t parser;
    struct yaml *yaml;
    struct anchor *anchor; /* of the heap, like the stacks of compose_items() */
    size_t anchor_n, anchor_room;
    const struct yaml_node *first_alias;
    struct err *err;
};

static bool fault_at(struct composer *c, size_t line, size_t column, const char *what)
{
    return err_set(c->err, ERR_USAGE, "%s:%zu:%zu: %s", c->yaml->path, line, column, what);
}

static bool fault_here_at(struct composer *c, const yaml_event_t *event, const char *what)
{
    return fault_at(c, event->start_mark.line + 1, event->start_mark.column + 1, what);
}

static bool next_event(struct composer *c, yaml_event_t *event)
{
    if (yaml_parser_parse(&c->parser, event))
        return true;
    const yaml_parser_t *p = &c->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return err_set(c->err, ERR_SYSTEM, "%s: out of memory", c->yaml->path);
    char what[256];
    const char *problem = p->problem == NULL ? "this is no YAML" : p->problem;
    /* What is opened and not closed is shown where it opens, not at the end of the file. */
    bool open = p->context != NULL && (strstr(p->context, "flow") != NULL || strstr(p->context, "quoted") != NULL);
    const yaml_mark_t *at = open ? &p->context_mark : &p->problem_mark;
    if (open)
        snprintf(what, sizeof what, "%s, on line %zu, %s that begins here", problem, p->problem_mark.line + 1, p->context);
    else if (p->context != NULL)
        snprintf(what, sizeof what, "%s, %s that begins on line %zu", problem, p->context, p->context_mark.line + 1);
    else
        snprintf(what, sizeof what, "%s", problem);
    return fault_at(c, at->line + 1, at->column + 1, what);
}

static struct yaml_node *new_node(struct composer *c, const yaml_event_t *event, enum yaml_kind kind)
{
    struct yaml_node *node = arena_alloc(&c->yaml->arena, 1, sizeof *node, c->err);
    if (node == NULL)
        return NULL;
    node->kind = kind;
    node->line = event->start_mark.line + 1;
    node->column = event->start_mark.column + 1;
    node->size = 1;
    return node;
}

static struct anchor *find_anchor(struct composer *c, const char *name)
{
    for (size_t i = c->anchor_n; i > 0; i--) /* a later anchor of the name hides the earlier */
        if (strcmp(c->anchor[i - 1].name, name) == 0)
            return &c->anchor[i - 1];
    return NULL;
}

/* Remembers an anchor, if the event has one; *index is where. */
static bool add_anchor(struct composer *c, const yaml_char_t *name, struct yaml_node *node, size_t *index)
{
    *index = SIZE_MAX;
    if (name == NULL)
        return true;
    if (c->anchor_n == c->anchor_room) {
        size_t room = c->anchor_room == 0 ? 16 : 2 * c->anchor_room;
        struct anchor *grown = mem_grow(c->anchor, c->anchor_n, room, sizeof *grown, c->err);
        if (grown == NULL)
            return false;
        c->anchor = grown;
        c->anchor_room = room;
    }
    const char *copy = arena_string(&c->yaml->arena, (const char *)name, c->err);
    if (copy == NULL)
        return false;
    *index = c->anchor_n;
    c->anchor[c->anchor_n++] = (struct anchor){copy, node, true};
    return true;
}

static void close_anchor(struct composer *c, size_t index)
{
    if (index != SIZE_MAX)
        c->anchor[index].open = false;
}

static struct yaml_node *resolve_alias(struct composer *c, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = find_anchor(c, name);
    char what[160];
    if (anchor == NULL)
        snprintf(what, sizeof what, "alias *%.80s has no anchor before it", name);
    else if (anchor->open)
        snprintf(what, sizeof what, "alias *%.80s stands inside the value that it names", name);
    else {
        if (c->first_alias == NULL && (c->first_alias = new_node(c, event, YAML_NULL)) == NULL)
            return NULL;
        return anchor->node;
    }
    fault_here_at(c, event, what);
    return NULL;
}

/* A tag of the core schema, by its short name; NULL when it is another. */
static const char *core_tag(const yaml_char_t *tag)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    static const char *const names[] = {"str", "int", "float", "bool", "null", "map", "seq"};
    if (strcmp((const char *)tag, "!") == 0)
        return "str";
    if (strncmp((const char *)tag, prefix, sizeof prefix - 1) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp((const char *)tag + sizeof prefix - 1, names[i]) == 0)
            return names[i];
    return NULL;
}

static bool check_tag(struct composer *c, const yaml_event_t *event, const yaml_char_t *tag, const char *expected)
{
    char what[200];
    const char *core = tag == NULL ? expected : core_tag(tag);
    if (core != NULL && (expected == NULL || strcmp(core, expected) == 0))
        return true;
    snprintf(what, sizeof what, "tag %.100s is not known here; a file of settings makes no objects", (const char *)tag);
    return fault_here_at(c, event, what);
}

static struct yaml_node *compose_scalar(struct composer *c, const yaml_event_t *event)
{
    static const struct {
        const char *tag;
        enum yaml_kind kind;
    } kinds[] = {{"int", YAML_INT}, {"float", YAML_FLOAT}, {"bool", YAML_BOOL}, {"null", YAML_NULL}, {"str", YAML_TEXT}};
    struct yaml_node *node = new_node(c, event, YAML_TEXT);
    const char *value = (const char *)event->data.scalar.value;
    size_t index;
    if (node == NULL || (node->text = arena_string(&c->yaml->arena, value, c->err)) == NULL)
        return NULL;
    if (strlen(value) != event->data.scalar.length) {
        fault_here_at(c, event, "a text holds a NUL character");
        return NULL;
    }
    if (event->data.scalar.plain_implicit && event->data.scalar.tag == NULL)
        yaml_resolve(node, node->text);
    if (event->data.scalar.tag != NULL) {
        if (!check_tag(c, event, event->data.scalar.tag, NULL))
            return NULL;
        const char *tag = core_tag(event->data.scalar.tag);
        if (strcmp(tag, "str") != 0)
            yaml_resolve(node, node->text);
        enum yaml_kind wanted = YAML_MAP;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (strcmp(kinds[i].tag, tag) == 0)
                wanted = kinds[i].kind;
        if (wanted == YAML_FLOAT && node->kind == YAML_INT)
            node->kind = YAML_FLOAT;
        if (node->kind != wanted) {
            fault_here_at(c, event, "the value is not of the kind its tag says");
            return NULL;
        }
    }
    if (!add_anchor(c, event->data.scalar.anchor, node, &index))
        return NULL;
    close_anchor(c, index);
    return node;
}

struct nodes {
    struct yaml_node **node;
    size_t n, room;
};

static bool push(struct composer *c, struct nodes *nodes, struct yaml_node *node)
{
    if (nodes->n == nodes->room) {
        size_t room = nodes->room == 0 ? 16 : 2 * nodes->room;
        struct yaml_node **grown = mem_grow(nodes->node, nodes->n, room, sizeof *grown, c->err);
        if (grown == NULL)
            return false;
        nodes->node = grown;
        nodes->room = room;
    }
    nodes->node[nodes->n++] = node;
    return true;
}

/* Counts a child into its parent's expanded size. The fault is shown where the aliases begin. */
static bool grow_size(struct composer *c, struct yaml_node *parent, const struct yaml_node *child)
{
    parent->size += child->size;
    if (parent->size <= YAML_NODE_MAX)
        return true;
    const struct yaml_node *at = c->first_alias != NULL ? c->first_alias : child;
    return fault_at(c, at->line, at->column, c->first_alias != NULL ? "the aliases expand to more than a million values" : "more than a million values");
}

static struct yaml_node *compose(struct composer *c, const yaml_event_t *event, size_t depth);

static bool compose_list(struct composer *c, struct yaml_node *list, struct nodes *items, size_t depth)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(c, &event))
            return false;
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        struct yaml_node *item = end ? NULL : compose(c, &event, depth);
        yaml_event_delete(&event);
        if (end)
            return true;
        if (item == NULL || !grow_size(c, list, item) || !push(c, items, item))
            return false;
    }
}

static struct yaml_node *lookup(const struct nodes *keys, const struct nodes *values, const char *text)
{
    for (size_t i = 0; i < keys->n; i++)
        if (strcmp(keys->node[i]->text, text) == 0)
            return values->node[i];
    return NULL;
}

static bool compose_key(struct composer *c, const yaml_event_t *event, const struct nodes *keys, const struct nodes *values, size_t depth,
                        struct yaml_node **key)
{
    char what[160];
    *key = compose(c, event, depth);
    if (*key == NULL)
        return false;
    if ((*key)->text == NULL)
        return fault_here_at(c, event, "a list or map stands as a key, expected a plain word");
    if (lookup(keys, values, (*key)->text) == NULL)
        return true;
    snprintf(what, sizeof what, "key \"%.80s\" stands twice in its map", (*key)->text);
    return fault_here_at(c, event, what);
}

/* Members of a map named by `<<`, behind the map's own, which win. */
static bool merge(struct composer *c, struct yaml_node *map, const struct yaml_node *from, struct nodes *keys, struct nodes *values)
{
    if (from->kind == YAML_LIST) {
        for (size_t i = 0; i < from->n; i++)
            if (from->item[i]->kind != YAML_MAP || !merge(c, map, from->item[i], keys, values))
                return from->item[i]->kind == YAML_MAP ? false : fault_at(c, from->line, from->column, "<< takes a map or a list of maps");
        return true;
    }
    if (from->kind != YAML_MAP)
        return fault_at(c, from->line, from->column, "<< takes a map or a list of maps");
    for (size_t i = 0; i < from->n; i++)
        if (lookup(keys, values, from->key[i]->text) == NULL)
            if (!grow_size(c, map, from->item[i]) || !push(c, keys, from->key[i]) || !push(c, values, from->item[i]))
                return false;
    return true;
}

static bool compose_map(struct composer *c, struct yaml_node *map, struct nodes *keys, struct nodes *values, size_t depth)
{
    const struct yaml_node *merged = NULL;
    for (;;) {
        yaml_event_t event;
        struct yaml_node *key = NULL, *value = NULL;
        if (!next_event(c, &event))
            return false;
        bool end = event.type == YAML_MAPPING_END_EVENT;
        bool good = end || compose_key(c, &event, keys, values, depth, &key);
        bool merging = good && !end && event.type == YAML_SCALAR_EVENT && event.data.scalar.plain_implicit && strcmp(key->text, "<<") == 0;
        yaml_event_delete(&event);
        if (!good)
            return false;
        if (end)
            return merged == NULL || merge(c, map, merged, keys, values);
        if (!next_event(c, &event))
            return false;
        value = compose(c, &event, depth);
        yaml_event_delete(&event);
        if (value == NULL)
            return false;
        if (merging && merged != NULL)
            return fault_at(c, key->line, key->column, "key \"<<\" stands twice in its map");
        if (merging)
            merged = value;
        else if (!grow_size(c, map, value) || !push(c, keys, key) || !push(c, values, value))
            return false;
    }
}

static struct yaml_node **keep(struct composer *c, const struct nodes *nodes)
{
    struct yaml_node **kept = arena_alloc(&c->yaml->arena, nodes->n, sizeof *kept, c->err);
    if (kept != NULL && nodes->n > 0)
        memcpy(kept, nodes->node, nodes->n * sizeof *kept);
    return kept;
}

static struct yaml_node *compose_collection(struct composer *c, const yaml_event_t *event, size_t depth)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *name = is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    struct nodes keys = {NULL, 0, 0}, values = {NULL, 0, 0};
    size_t index;
    struct yaml_node *node = new_node(c, event, is_map ? YAML_MAP : YAML_LIST);
    bool done = node != NULL && check_tag(c, event, tag, is_map ? "map" : "seq") && add_anchor(c, name, node, &index);
    if (done && depth >= YAML_DEPTH_MAX)
        done = fault_here_at(c, event, "nesting deeper than 500 levels");
    done = done && (is_map ? compose_map(c, node, &keys, &values, depth + 1) : compose_list(c, node, &values, depth + 1));
    if (done) {
        node->n = values.n;
        node->item = keep(c, &values);
        node->key = is_map ? keep(c, &keys) : NULL;
        done = node->item != NULL && (!is_map || node->key != NULL);
        close_anchor(c, index);
    }
    mem_free(keys.node);
    mem_free(values.node);
    return done ? node : NULL;
}

static struct yaml_node *compose(struct composer *c, const yaml_event_t *event, size_t depth)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return resolve_alias(c, event);
    case YAML_SCALAR_EVENT:
        return compose_scalar(c, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return compose_collection(c, event, depth);
    default:
        fault_here_at(c, event, "this is no value");
        return NULL;
    }
}

/* One document, and nothing but its end behind it. */
static bool compose_document(struct composer *c)
{
    bool done = false;
    for (bool end = false; !end;) {
        yaml_event_t event;
        if (!next_event(c, &event))
            return false;
        done = true;
        if (event.type == YAML_STREAM_END_EVENT) {
            end = true;
        } else if (event.type == YAML_DOCUMENT_START_EVENT && c->yaml->root != NULL) {
            done = fault_here_at(c, &event, "a second document begins, expected one");
        } else if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT && event.type != YAML_DOCUMENT_END_EVENT) {
            c->yaml->root = compose(c, &event, 0);
            done = c->yaml->root != NULL;
        }
        yaml_event_delete(&event);
        if (!done)
            return false;
    }
    if (c->yaml->root == NULL)
        return err_set(c->err, ERR_USAGE, "%s: the file is empty, expected YAML", c->yaml->path);
    return true;
}

static bool check_text(const char *path, const unsigned char *bytes, size_t n, struct err *err)
{
    size_t bad = 0;
    if (n >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        return err_set(err, ERR_USAGE, "%s:1:1: the text is UTF-16, expected UTF-8", path);
    bool valid = utf8_valid(bytes, n, &bad);
    for (size_t i = 0; i < (valid ? n : bad); i++) {
        bool control = (bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r') || bytes[i] == 0x7F ||
                       (bytes[i] == 0xC2 && bytes[i + 1] < 0xA0 && bytes[i + 1] != 0x85);
        if (!control)
            continue;
        size_t start = i;
        while (start > 0 && bytes[start - 1] != '\n' && bytes[start - 1] != '\r')
            start--;
        return err_set(err, ERR_USAGE, "%s:%zu:%zu: %s, expected text in UTF-8", path, line_of_offset(bytes, n, i), i - start + 1,
                       bytes[i] == '\0' ? "a NUL byte" : "a control character");
    }
    if (!valid)
        return err_set(err, ERR_USAGE, "%s:%zu:1: byte 0x%02X is not UTF-8", path, line_of_offset(bytes, n, bad), bytes[bad]);
    return true;
}

bool yaml_parse(const char *path, const void *bytes, size_t n, struct yaml *yaml, struct err *err)
{
    *yaml = (struct yaml){ARENA_INIT, NULL, NULL};
    struct composer c = {.yaml = yaml, .err = err};
    if (!check_text(path, bytes, n, err) || (yaml->path = arena_string(&yaml->arena, path, err)) == NULL)
        return false;
    if (!yaml_parser_initialize(&c.parser)) {
        yaml_drop(yaml);
        return err_set(err, ERR_SYSTEM, "%s: out of memory", path);
    }
    size_t mark = n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    yaml_parser_set_encoding(&c.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&c.parser, (const unsigned char *)bytes + mark, n - mark);
    bool done = compose_document(&c);
    yaml_parser_delete(&c.parser);
    mem_free(c.anchor);
    if (!done)
        yaml_drop(yaml);
    return done;
}

bool yaml_read(const char *path, struct yaml *yaml, struct err *err)
{
    unsigned char *bytes;
    size_t n;
    *yaml = (struct yaml){ARENA_INIT, NULL, NULL};
    if (!file_read(path, YAML_BYTE_MAX, &bytes, &n, err))
        return false;
    bool done = yaml_parse(path, bytes, n, yaml, err);
    mem_free(bytes);
    return done;
}

void yaml_drop(struct yaml *yaml)
{
    arena_free(&yaml->arena);
    *yaml = (struct yaml){ARENA_INIT, NULL, NULL};
}

const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->key[i]->text, key) == 0)
            return map->item[i];
    return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
    static const char *const names[] = {"nothing", "a truth value", "a whole number", "a number", "a text", "a list", "a map"};
    return names[kind];
}

bool yaml_is_number(const struct yaml_node *node)
{
    return node->kind == YAML_INT || node->kind == YAML_FLOAT;
}

bool yaml_fault(struct err *err, const struct yaml *yaml, const struct yaml_node *node, const char *format, ...)
{
    char what[768];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(err, ERR_USAGE, "%s:%zu:%zu: %s", yaml->path, node->line, node->column, what);
}
