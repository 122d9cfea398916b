/* Checked allocation and the arena; see mem.h. */
#include "base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, BLOCK_BYTES = 1 << 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
};

static bool product(size_t n, size_t size, size_t *bytes)
{
    return !__builtin_mul_overflow(n, size, bytes) && *bytes <= SIZE_MAX - ALIGNMENT;
}

void mem_keep_freed(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the most it takes */
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

void *mem_alloc_at(size_t n, size_t size, const char *site, struct err *err)
{
    size_t bytes;
    if (!product(n, size, &bytes)) {
        err_set(err, ERR_SYSTEM, "out of memory: %zu items of %zu bytes overflow", n, size);
        return NULL;
    }
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *memory = fault_here(site) ? NULL : aligned_alloc(ALIGNMENT, rounded == 0 ? ALIGNMENT : rounded);
    if (memory == NULL)
        err_set(err, ERR_SYSTEM, "out of memory: %zu bytes asked for", bytes);
    return memory;
}

void *mem_zero_at(size_t n, size_t size, const char *site, struct err *err)
{
    void *memory = mem_alloc_at(n, size, site, err);
    if (memory != NULL)
        memset(memory, 0, n * size);
    return memory;
}

void *mem_grow_at(void *old, size_t old_n, size_t new_n, size_t size, const char *site, struct err *err)
{
    void *memory = mem_alloc_at(new_n, size, site, err);
    if (memory == NULL)
        return NULL;
    if (old != NULL)
        memcpy(memory, old, (old_n < new_n ? old_n : new_n) * size);
    mem_free(old);
    return memory;
}

char *mem_string_at(const char *text, const char *site, struct err *err)
{
    size_t n = strlen(text) + 1;
    char *copy = mem_alloc_at(n, 1, site, err);
    if (copy != NULL)
        memcpy(copy, text, n);
    return copy;
}

void mem_free(void *memory)
{
    free(memory);
}

void *arena_alloc(struct arena *arena, size_t n, size_t size, struct err *err)
{
    size_t bytes;
    if (!product(n, size, &bytes)) {
        err_set(err, ERR_SYSTEM, "out of memory: %zu items of %zu bytes overflow", n, size);
        return NULL;
    }
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = arena->head;
    if (block == NULL || block->size - block->used < bytes) {
        size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block = mem_alloc(room + ALIGNMENT, 1, err);
        if (block == NULL)
            return NULL;
        *block = (struct arena_block){arena->head, 0, room};
        arena->head = block;
    }
    unsigned char *memory = (unsigned char *)block + ALIGNMENT + block->used;
    block->used += bytes;
    memset(memory, 0, bytes);
    return memory;
}

char *arena_string(struct arena *arena, const char *text, struct err *err)
{
    size_t n = strlen(text) + 1;
    char *copy = arena_alloc(arena, n, 1, err);
    if (copy != NULL)
        memcpy(copy, text, n);
    return copy;
}

void arena_free(struct arena *arena)
{
    while (arena->head != NULL) {
        struct arena_block *block = arena->head;
        arena->head = block->next;
        mem_free(block);
    }
}
