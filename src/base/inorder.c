#include "base/inorder.h"

#include <pthread.h>

#include "base/mem.h"

struct inorder {
    pthread_mutex_t lock; /* guards the rest */
    size_t n, next;       /* next: the first that is not taken */
    bool taking;          /* a thread is inside of take(); it will look again before it leaves */
    bool failed;
    inorder_fn *take;
    void *ctx;
    bool ready[];
};

struct inorder *inorder_start(size_t n, inorder_fn *take, void *ctx, struct err *err)
{
    struct inorder *line = mem_zero(sizeof *line + n, 1, err);
    if (line == NULL)
        return NULL;
    line->n = n;
    line->take = take;
    line->ctx = ctx;
    pthread_mutex_init(&line->lock, NULL);
    return line;
}

bool inorder_ready(struct inorder *line, size_t i, struct err *err)
{
    bool ok = true;
    pthread_mutex_lock(&line->lock);
    line->ready[i] = true;
    if (!line->taking && !line->failed) {
        line->taking = true;
        while (ok && line->next < line->n && line->ready[line->next]) {
            size_t at = line->next;
            pthread_mutex_unlock(&line->lock);
            ok = line->take(line->ctx, at, err);
            pthread_mutex_lock(&line->lock);
            line->next++;
        }
        line->taking = false;
        line->failed = !ok;
    }
    pthread_mutex_unlock(&line->lock);
    return ok;
}

void inorder_end(struct inorder *line)
{
    if (line != NULL)
        pthread_mutex_destroy(&line->lock);
    mem_free(line);
}
