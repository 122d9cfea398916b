/* Stack, marks, memo and values of a pickle; see pickle_machine.h. */
#include "io/pickle_machine.h"

#include <string.h>

#include "base/mem.h"

enum { ITEM_RATIO = 8 }; /* places for items a byte read */

static bool numbers_reserve(struct numbers *numbers, size_t n, struct err *err)
{
    if (n <= numbers->room)
        return true;
    size_t room = n < 32 ? 64 : 2 * n;
    uint32_t *grown = mem_grow(numbers->at, numbers->n, room, sizeof *grown, err);
    if (grown == NULL)
        return false;
    numbers->at = grown;
    numbers->room = room;
    return true;
}

static bool numbers_push(struct numbers *numbers, size_t value, struct err *err)
{
    if (!numbers_reserve(numbers, numbers->n + 1, err))
        return false;
    numbers->at[numbers->n++] = (uint32_t)value;
    return true;
}

bool machine_refuse(struct machine *m, const char *what)
{
    return err_set(m->err, ERR_INPUT, "the pickle is damaged near its byte %zu: %s", m->next, what);
}

const unsigned char *machine_take(struct machine *m, uint64_t n)
{
    if (n > m->n - m->next) {
        machine_refuse(m, "it is cut short");
        return NULL;
    }
    m->next += (size_t)n;
    return m->bytes + m->next - n;
}

bool machine_take_little(struct machine *m, unsigned n, uint64_t *value)
{
    const unsigned char *p = machine_take(m, n);
    *value = 0;
    for (unsigned i = n; p != NULL && i > 0; i--)
        *value = *value << 8 | p[i - 1];
    return p != NULL;
}

bool machine_make(struct machine *m, const struct pickle_value *value, size_t *number)
{
    struct pickle *pickle = m->pickle;
    *number = pickle->value_n;
    if (pickle->value_n >= PICKLE_VALUE_MAX)
        return err_set(m->err, ERR_INPUT, "the pickle makes more than %zu values", PICKLE_VALUE_MAX);
    if (pickle->value_n == pickle->value_room) {
        size_t room = pickle->value_room < 32 ? 64 : 2 * pickle->value_room;
        struct pickle_value *grown = mem_grow(pickle->value, pickle->value_n, room, sizeof *grown, m->err);
        if (grown == NULL)
            return false;
        pickle->value = grown;
        pickle->value_room = room;
    }
    pickle->value[pickle->value_n++] = *value;
    return true;
}

bool machine_push(struct machine *m, const struct pickle_value *value)
{
    size_t number;
    return machine_make(m, value, &number) && numbers_push(&m->stack, number, m->err);
}

/* A value's items stand together. One that outgrows its place moves behind the others, with twice the room. An honest item takes a byte
 * of the pickle at least, and all places ever held are 4 times the last; only dicts made again and again of one list need more. */
bool machine_add_items(struct machine *m, size_t owner, const uint32_t *item, size_t n)
{
    struct pickle *pickle = m->pickle;
    struct pickle_value *value = &pickle->value[owner];
    if (n > value->item_room - value->item_n) {
        size_t room = value->item_n == 0 ? n : 2 * (value->item_n + n);
        if (room + pickle->item_n > ITEM_RATIO * (m->next + 1))
            return machine_refuse(m, "its lists and dicts hold more than its length can");
        if (room > pickle->item_room - pickle->item_n) {
            size_t wanted = 2 * (pickle->item_n + room);
            uint32_t *grown = mem_grow(pickle->item, pickle->item_n, wanted, sizeof *grown, m->err);
            if (grown == NULL)
                return false;
            pickle->item = grown;
            pickle->item_room = wanted;
        }
        if (value->item_n > 0)
            memcpy(pickle->item + pickle->item_n, pickle->item + value->item, value->item_n * sizeof *pickle->item);
        value->item = pickle->item_n;
        value->item_room = room;
        pickle->item_n += room;
    }
    if (n > 0)
        memcpy(pickle->item + value->item + value->item_n, item, n * sizeof *item);
    value->item_n += n;
    return true;
}

bool machine_pop(struct machine *m, size_t n, const uint32_t **top)
{
    size_t floor = m->mark.n == 0 ? 0 : m->mark.at[m->mark.n - 1];
    *top = NULL;
    if (m->stack.n - floor < n)
        return machine_refuse(m, "it takes more values than it made");
    m->stack.n -= n;
    *top = m->stack.at + m->stack.n;
    return true;
}

bool machine_pop_to_mark(struct machine *m, const uint32_t **top, size_t *n)
{
    *top = NULL;
    *n = 0;
    if (m->mark.n == 0)
        return machine_refuse(m, "it looks for a mark that was not set");
    *n = m->stack.n - m->mark.at[m->mark.n - 1];
    m->stack.n -= *n;
    m->mark.n--;
    if (*n > 0) /* else there may be no stack yet */
        *top = m->stack.at + m->stack.n;
    return true;
}

bool machine_push_container(struct machine *m, enum pickle_kind kind, const uint32_t *item, size_t n, uint32_t global)
{
    const struct pickle_value value = {.kind = kind, .global = global};
    size_t number;
    return machine_make(m, &value, &number) && machine_add_items(m, number, item, n) && numbers_push(&m->stack, number, m->err);
}

bool machine_put_memo(struct machine *m, uint64_t place)
{
    if (m->stack.n == 0)
        return machine_refuse(m, "it names a value before it made one");
    if (place > m->next) /* places are written in order, and each takes bytes */
        return machine_refuse(m, "it names a value by a number that is too large");
    if (!numbers_reserve(&m->memo, (size_t)place + 1, m->err))
        return false;
    for (; m->memo.n <= place; m->memo.n++)
        m->memo.at[m->memo.n] = 0;
    m->memo.at[place] = m->stack.at[m->stack.n - 1] + 1;
    return true;
}

bool machine_get_memo(struct machine *m, uint64_t place)
{
    if (place >= m->memo.n || m->memo.at[place] == 0)
        return machine_refuse(m, "it takes a value by a number that names none");
    return numbers_push(&m->stack, m->memo.at[place] - 1, m->err);
}

bool machine_push_number(struct machine *m, size_t number)
{
    return numbers_push(&m->stack, number, m->err);
}

bool machine_mark(struct machine *m)
{
    return numbers_push(&m->mark, m->stack.n, m->err);
}

void machine_free(struct machine *m)
{
    mem_free(m->stack.at);
    mem_free(m->mark.at);
    mem_free(m->memo.at);
}
