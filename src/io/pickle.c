/* The machine that builds a pickle's values and runs nothing: one function an operation, found in a table by its byte; see pickle.h. */
#include "io/pickle.h"

#include <string.h>

#include "base/mem.h"
#include "io/pickle_machine.h"
#include "io/utf8.h"

static bool push_whole(struct machine *m, int64_t whole)
{
    return machine_push(m, &(struct pickle_value){.kind = PICKLE_WHOLE, .whole = whole});
}

static bool push_bytes(struct machine *m, enum pickle_kind kind, uint64_t n)
{
    const unsigned char *bytes = machine_take(m, n);
    size_t fault;
    if (bytes == NULL)
        return false;
    if (kind == PICKLE_TEXT && (memchr(bytes, 0, (size_t)n) != NULL || !utf8_valid(bytes, (size_t)n, &fault)))
        return machine_refuse(m, "a text is not UTF-8");
    return machine_push(m, &(struct pickle_value){.kind = kind, .bytes = bytes, .n = (size_t)n});
}

static bool push_counted(struct machine *m, enum pickle_kind kind, unsigned length_n)
{
    uint64_t n;
    return machine_take_little(m, length_n, &n) && push_bytes(m, kind, n);
}

static bool push_name(struct machine *m, const unsigned char *module, size_t module_n, const unsigned char *name, size_t name_n)
{
    for (size_t i = 0; i < m->global_n; i++) {
        const struct pickle_global *known = &m->globals[i];
        if (strlen(known->module) == module_n && strlen(known->name) == name_n && memcmp(known->module, module, module_n) == 0 && memcmp(known->name, name, name_n) == 0)
            return machine_push(m, &(struct pickle_value){.kind = PICKLE_NAME, .global = (uint32_t)i});
    }
    return err_set(m->err, ERR_INPUT, "it asks for %.*s.%.*s, which weights do not need: refused, nothing was run", (int)(module_n < 100 ? module_n : 100),
                   (const char *)module, (int)(name_n < 100 ? name_n : 100), (const char *)name);
}

static bool do_protocol(struct machine *m)
{
    uint64_t version;
    if (!machine_take_little(m, 1, &version))
        return false;
    if (version < 2 || version > 5)
        return err_set(m->err, ERR_INPUT, "pickle protocol %u, expected 2 to 5", (unsigned)version);
    return true;
}

static bool do_frame(struct machine *m)
{
    uint64_t length; /* a hint for readers from a pipe */
    return machine_take_little(m, 8, &length);
}

static bool do_stop(struct machine *m)
{
    if (m->stack.n != 1 || m->mark.n != 0)
        return machine_refuse(m, "it ends with other than one value");
    m->pickle->root = m->stack.at[0];
    return m->stopped = true;
}

static bool do_mark(struct machine *m)
{
    return machine_mark(m);
}

static bool do_none(struct machine *m)
{
    return machine_push_number(m, VALUE_NONE);
}

static bool do_true(struct machine *m)
{
    return machine_push_number(m, VALUE_TRUE);
}

static bool do_false(struct machine *m)
{
    return machine_push_number(m, VALUE_FALSE);
}

static bool do_int4(struct machine *m)
{
    uint64_t bits;
    return machine_take_little(m, 4, &bits) && push_whole(m, (int64_t)(int32_t)(uint32_t)bits);
}

static bool do_int1(struct machine *m)
{
    uint64_t bits;
    return machine_take_little(m, 1, &bits) && push_whole(m, (int64_t)bits);
}

static bool do_int2(struct machine *m)
{
    uint64_t bits;
    return machine_take_little(m, 2, &bits) && push_whole(m, (int64_t)bits);
}

static bool do_long1(struct machine *m)
{
    uint64_t n, bits = 0;
    if (!machine_take_little(m, 1, &n))
        return false;
    if (n > 8)
        return push_bytes(m, PICKLE_LONG, n);
    const unsigned char *p = machine_take(m, n);
    if (p == NULL)
        return false;
    if (n > 0 && p[n - 1] & 0x80)
        bits = UINT64_MAX;
    for (size_t i = (size_t)n; i > 0; i--)
        bits = bits << 8 | p[i - 1];
    return push_whole(m, (int64_t)bits);
}

static bool do_float(struct machine *m)
{
    struct pickle_value value = {.kind = PICKLE_FLOAT};
    const unsigned char *p = machine_take(m, 8);
    uint64_t bits = 0;
    if (p == NULL)
        return false;
    for (size_t i = 0; i < 8; i++) /* the one big-endian number of the format */
        bits = bits << 8 | p[i];
    memcpy(&value.number, &bits, sizeof bits);
    return machine_push(m, &value);
}

static bool do_text1(struct machine *m)
{
    return push_counted(m, PICKLE_TEXT, 1);
}

static bool do_text4(struct machine *m)
{
    return push_counted(m, PICKLE_TEXT, 4);
}

static bool do_text8(struct machine *m)
{
    return push_counted(m, PICKLE_TEXT, 8);
}

static bool do_bytes1(struct machine *m)
{
    return push_counted(m, PICKLE_BYTES, 1);
}

static bool do_bytes4(struct machine *m)
{
    return push_counted(m, PICKLE_BYTES, 4);
}

static bool do_bytes8(struct machine *m)
{
    return push_counted(m, PICKLE_BYTES, 8);
}

static bool do_empty_tuple(struct machine *m)
{
    return machine_push_number(m, VALUE_EMPTY_TUPLE);
}

static bool push_tuple(struct machine *m, size_t n)
{
    const uint32_t *top;
    return machine_pop(m, n, &top) && machine_push_container(m, PICKLE_TUPLE, top, n, 0);
}

static bool do_tuple1(struct machine *m)
{
    return push_tuple(m, 1);
}

static bool do_tuple2(struct machine *m)
{
    return push_tuple(m, 2);
}

static bool do_tuple3(struct machine *m)
{
    return push_tuple(m, 3);
}

static bool do_tuple(struct machine *m)
{
    const uint32_t *top;
    size_t n;
    return machine_pop_to_mark(m, &top, &n) && machine_push_container(m, PICKLE_TUPLE, top, n, 0);
}

static bool do_empty_list(struct machine *m)
{
    return machine_push_container(m, PICKLE_LIST, NULL, 0, 0);
}

static bool do_empty_dict(struct machine *m)
{
    return machine_push_container(m, PICKLE_DICT, NULL, 0, 0);
}

/* Puts n values into the container that stands on top of the stack. */
static bool extend_top(struct machine *m, enum pickle_kind kind, const uint32_t *item, size_t n)
{
    if (m->stack.n == 0 || m->pickle->value[m->stack.at[m->stack.n - 1]].kind != kind || (kind == PICKLE_DICT && n % 2 != 0))
        return machine_refuse(m, kind == PICKLE_DICT ? "it sets keys of what is no dict" : "it appends to what is no list");
    return machine_add_items(m, m->stack.at[m->stack.n - 1], item, n);
}

static bool do_append(struct machine *m)
{
    const uint32_t *top;
    return machine_pop(m, 1, &top) && extend_top(m, PICKLE_LIST, top, 1);
}

static bool do_appends(struct machine *m)
{
    const uint32_t *top;
    size_t n;
    return machine_pop_to_mark(m, &top, &n) && extend_top(m, PICKLE_LIST, top, n);
}

static bool do_set(struct machine *m)
{
    const uint32_t *top;
    return machine_pop(m, 2, &top) && extend_top(m, PICKLE_DICT, top, 2);
}

static bool do_sets(struct machine *m)
{
    const uint32_t *top;
    size_t n;
    return machine_pop_to_mark(m, &top, &n) && extend_top(m, PICKLE_DICT, top, n);
}

static bool do_name(struct machine *m)
{
    const unsigned char *module = m->bytes + m->next;
    const unsigned char *module_end = memchr(module, '\n', m->n - m->next);
    const unsigned char *end = m->bytes + m->n;
    const unsigned char *name_end = module_end == NULL ? NULL : memchr(module_end + 1, '\n', (size_t)(end - module_end) - 1);
    if (name_end == NULL)
        return machine_refuse(m, "it is cut short");
    m->next = (size_t)(name_end - m->bytes) + 1;
    return push_name(m, module, (size_t)(module_end - module), module_end + 1, (size_t)(name_end - module_end) - 1);
}

static bool do_stack_name(struct machine *m)
{
    const uint32_t *top;
    if (!machine_pop(m, 2, &top))
        return false;
    const struct pickle_value *module = &m->pickle->value[top[0]], *name = &m->pickle->value[top[1]];
    if (module->kind != PICKLE_TEXT || name->kind != PICKLE_TEXT)
        return machine_refuse(m, "a name is no text");
    return push_name(m, module->bytes, module->n, name->bytes, name->n);
}

/* OrderedDict(pairs), as Python 2 wrote it: the pairs become the dict's items. */
static bool fill_dict(struct machine *m, size_t dict, size_t pairs)
{
    const struct pickle *pickle = m->pickle;
    for (size_t i = 0; i < pickle->value[pairs].item_n; i++) {
        const struct pickle_value *pair = &pickle->value[pickle->item[pickle->value[pairs].item + i]];
        if ((pair->kind != PICKLE_LIST && pair->kind != PICKLE_TUPLE) || pair->item_n != 2)
            return machine_refuse(m, "a dict is made of other than pairs");
        const uint32_t both[2] = {pickle->item[pair->item], pickle->item[pair->item + 1]};
        if (!machine_add_items(m, dict, both, 2))
            return false;
    }
    return true;
}

static bool make_dict(struct machine *m, size_t arguments)
{
    const struct pickle_value empty = {.kind = PICKLE_DICT};
    const struct pickle *pickle = m->pickle;
    size_t dict, argument_n = pickle->value[arguments].item_n;
    size_t first = argument_n == 0 ? VALUE_EMPTY_TUPLE : pickle->item[pickle->value[arguments].item];
    if (argument_n > 1 || (pickle->value[first].kind != PICKLE_LIST && pickle->value[first].kind != PICKLE_TUPLE))
        return machine_refuse(m, "a dict is made of other than a list of pairs");
    return machine_make(m, &empty, &dict) && fill_dict(m, dict, first) && machine_push_number(m, dict);
}

static bool do_call(struct machine *m)
{
    const uint32_t *top;
    if (!machine_pop(m, 2, &top))
        return false;
    const uint32_t arguments = top[1];
    const struct pickle_value *function = &m->pickle->value[top[0]];
    if (function->kind != PICKLE_NAME || m->pickle->value[arguments].kind != PICKLE_TUPLE)
        return machine_refuse(m, "it calls what is no name");
    if (m->globals[function->global].makes_dict)
        return make_dict(m, arguments);
    return machine_push_container(m, PICKLE_CALL, &arguments, 1, function->global);
}

/* The state of an object (of a state dict: `_metadata`, the versions of its layers): taken off and left. */
static bool do_build(struct machine *m)
{
    const uint32_t *top;
    if (!machine_pop(m, 2, &top))
        return false;
    m->stack.n++;
    return true;
}

static bool do_reference(struct machine *m)
{
    const uint32_t *top;
    if (!machine_pop(m, 1, &top))
        return false;
    const uint32_t id = top[0];
    return machine_push_container(m, PICKLE_REFERENCE, &id, 1, 0);
}

static bool do_put1(struct machine *m)
{
    uint64_t place;
    return machine_take_little(m, 1, &place) && machine_put_memo(m, place);
}

static bool do_put4(struct machine *m)
{
    uint64_t place;
    return machine_take_little(m, 4, &place) && machine_put_memo(m, place);
}

static bool do_memoize(struct machine *m)
{
    return machine_put_memo(m, m->memo.n);
}

static bool do_get1(struct machine *m)
{
    uint64_t place;
    return machine_take_little(m, 1, &place) && machine_get_memo(m, place);
}

static bool do_get4(struct machine *m)
{
    uint64_t place;
    return machine_take_little(m, 4, &place) && machine_get_memo(m, place);
}

static bool (*const operations[256])(struct machine *) = {
    [0x80] = do_protocol, [0x95] = do_frame, ['.'] = do_stop, ['('] = do_mark,
    ['N'] = do_none, [0x88] = do_true, [0x89] = do_false,
    ['J'] = do_int4, ['K'] = do_int1, ['M'] = do_int2, [0x8a] = do_long1, ['G'] = do_float,
    ['U'] = do_text1, ['T'] = do_text4, ['X'] = do_text4, [0x8c] = do_text1, [0x8d] = do_text8,
    ['C'] = do_bytes1, ['B'] = do_bytes4, [0x8e] = do_bytes8,
    [')'] = do_empty_tuple, ['t'] = do_tuple, [0x85] = do_tuple1, [0x86] = do_tuple2, [0x87] = do_tuple3,
    [']'] = do_empty_list, ['a'] = do_append, ['e'] = do_appends,
    ['}'] = do_empty_dict, ['s'] = do_set, ['u'] = do_sets,
    ['c'] = do_name, [0x93] = do_stack_name, ['R'] = do_call, ['b'] = do_build, ['Q'] = do_reference,
    ['q'] = do_put1, ['r'] = do_put4, [0x94] = do_memoize, ['h'] = do_get1, ['j'] = do_get4,
};

static bool run(struct machine *m)
{
    static const struct pickle_value once[VALUE_FIRST] = {
        [VALUE_NONE] = {.kind = PICKLE_NONE},
        [VALUE_FALSE] = {.kind = PICKLE_BOOL, .whole = 0},
        [VALUE_TRUE] = {.kind = PICKLE_BOOL, .whole = 1},
        [VALUE_EMPTY_TUPLE] = {.kind = PICKLE_TUPLE},
    };
    size_t number;
    for (size_t i = 0; i < VALUE_FIRST; i++)
        if (!machine_make(m, &once[i], &number))
            return false;
    while (!m->stopped) {
        const unsigned char *op = machine_take(m, 1);
        if (op == NULL)
            return false;
        if (operations[*op] == NULL)
            return err_set(m->err, ERR_INPUT, "pickle operation 0x%02x at byte %zu is none that weights need: refused, nothing was run", *op, m->next - 1);
        if (!operations[*op](m))
            return false;
    }
    return true;
}

bool pickle_parse(const unsigned char *bytes, size_t n, const struct pickle_global *globals, size_t global_n, struct pickle *pickle, size_t *used, struct err *err)
{
    struct machine machine = {.pickle = pickle, .bytes = bytes, .n = n < PICKLE_BYTE_MAX ? n : PICKLE_BYTE_MAX, .globals = globals, .global_n = global_n, .err = err};
    *pickle = (struct pickle){0};
    bool done = n == 0 || bytes[0] == 0x80 ? run(&machine) : err_set(err, ERR_INPUT, "no pickle of protocol 2 to 5: it begins with 0x%02x, expected 0x80", bytes[0]);
    machine_free(&machine);
    *used = machine.next;
    if (!done)
        pickle_free(pickle);
    return done;
}

void pickle_free(struct pickle *pickle)
{
    mem_free(pickle->value);
    mem_free(pickle->item);
    *pickle = (struct pickle){0};
}

const struct pickle_value *pickle_root(const struct pickle *pickle)
{
    return &pickle->value[pickle->root];
}

const struct pickle_value *pickle_item(const struct pickle *pickle, const struct pickle_value *owner, size_t i)
{
    return &pickle->value[pickle->item[owner->item + i]];
}

bool pickle_is_text(const struct pickle_value *value, const char *text)
{
    return value->kind == PICKLE_TEXT && value->n == strlen(text) && memcmp(value->bytes, text, value->n) == 0;
}
