/* Memory: allocation that checks its sizes, and an arena for what a task owns.
 *
 * Every allocation of ours goes through here, so that a product of counts cannot overflow and a test can
 * make the n-th one fail (base/fault.h). Memory is given back with mem_free(). */
#ifndef HEPAR_BASE_MEM_H
#define HEPAR_BASE_MEM_H

#include <stddef.h>

#include "base/err.h"
#include "base/fault.h"

/* n * size bytes, aligned to 64; zero-filled by mem_zero(). n or size 0 gives a valid pointer to nothing.
 * NULL with ERR_SYSTEM when the product overflows or memory is short. */
void *mem_alloc_at(size_t n, size_t size, const char *site, struct err *err);
void *mem_zero_at(size_t n, size_t size, const char *site, struct err *err);
/* Keeps the first old_n elements. On failure NULL, and `old` stays valid and owned by the caller. */
void *mem_grow_at(void *old, size_t old_n, size_t new_n, size_t size, const char *site, struct err *err);
char *mem_string_at(const char *text, const char *site, struct err *err); /* a copy; NULL text is a bug */
void mem_free(void *memory);
/* Keeps what is freed (up to 256 MB) for the next case instead of giving it back to the system page by page; for a program's
 * main() to ask for, not for a library. */
void mem_keep_freed(void);

#define mem_alloc(n, size, err) mem_alloc_at((n), (size), CALL_SITE, (err))
#define mem_zero(n, size, err) mem_zero_at((n), (size), CALL_SITE, (err))
#define mem_grow(old, old_n, new_n, size, err) mem_grow_at((old), (old_n), (new_n), (size), CALL_SITE, (err))
#define mem_string(text, err) mem_string_at((text), CALL_SITE, (err))

/* An arena: many small pieces, freed at once. Not thread-safe: a task owns its arena. */
struct arena {
    struct arena_block *head;
};
#define ARENA_INIT {NULL}
void *arena_alloc(struct arena *arena, size_t n, size_t size, struct err *err); /* zero-filled, aligned to 64 */
char *arena_string(struct arena *arena, const char *text, struct err *err);
void arena_free(struct arena *arena); /* usable again afterwards */

#endif
