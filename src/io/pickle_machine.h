/* The state of the machine that builds a pickle's values (pickle.c): a stack of value numbers, a stack of marks (heights of the first), and the
 * memo, by which a pickle names values again. All fail with ERR_INPUT on what no honest pickle does, and with ERR_SYSTEM without memory. */
#ifndef HEPAR_IO_PICKLE_MACHINE_H
#define HEPAR_IO_PICKLE_MACHINE_H

#include "io/pickle.h"

enum { VALUE_NONE, VALUE_FALSE, VALUE_TRUE, VALUE_EMPTY_TUPLE, VALUE_FIRST }; /* made once: many stand in a pickle */

struct numbers {
    uint32_t *at;
    size_t n, room;
};

struct machine {
    struct pickle *pickle;
    const unsigned char *bytes; /* of the pickle */
    size_t n, next;             /* next: offset behind what was read */
    const struct pickle_global *globals;
    size_t global_n;
    struct numbers stack, mark, memo; /* memo: value + 1, 0 where nothing was put */
    bool stopped;
    struct err *err;
};

/* ERR_INPUT with the place and `what`. */
bool machine_refuse(struct machine *m, const char *what);
const unsigned char *machine_take(struct machine *m, uint64_t n); /* the next n bytes, or NULL */
bool machine_take_little(struct machine *m, unsigned n, uint64_t *value);

bool machine_make(struct machine *m, const struct pickle_value *value, size_t *number); /* not yet on the stack */
bool machine_add_items(struct machine *m, size_t owner, const uint32_t *item, size_t n);
bool machine_push_number(struct machine *m, size_t number);
bool machine_push(struct machine *m, const struct pickle_value *value);
/* A container of the n values at `item`, which may still lie on the stack. */
bool machine_push_container(struct machine *m, enum pickle_kind kind, const uint32_t *item, size_t n, uint32_t global);
bool machine_mark(struct machine *m);
/* The n topmost values, or those above the last mark, come off the stack but stay readable until the next push. */
bool machine_pop(struct machine *m, size_t n, const uint32_t **top);
bool machine_pop_to_mark(struct machine *m, const uint32_t **top, size_t *n);

bool machine_put_memo(struct machine *m, uint64_t place);
bool machine_get_memo(struct machine *m, uint64_t place);
void machine_free(struct machine *m); /* but not the pickle */

#endif
