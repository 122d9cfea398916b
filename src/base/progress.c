/* Progress with remaining time; see progress.h. */
#include "base/progress.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

struct progress {
    pthread_mutex_t lock;
    char what[100];
    size_t done, total;
    double start, last; /* seconds of the monotonic clock */
    double interval;    /* between two lines or redraws, s */
    bool terminal;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct progress *progress_start(const char *what, size_t total)
{
    if (log_get_level() < LOG_NOTE || total == 0)
        return NULL;
    struct progress *progress = mem_zero(1, sizeof *progress, NULL);
    if (progress == NULL)
        return NULL;
    pthread_mutex_init(&progress->lock, NULL);
    snprintf(progress->what, sizeof progress->what, "%s", what);
    progress->total = total;
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->interval = progress->terminal ? 0.2 : 10.0;
    progress->start = progress->last = seconds();
    return progress;
}

/* "3 s", "4 min", "2 h 5 min". */
static void put_time(double s, char *out, size_t n)
{
    unsigned long minutes = (unsigned long)(s / 60.0 + 0.5);
    if (s < 60.0)
        snprintf(out, n, "%.0f s", s);
    else if (minutes < 60)
        snprintf(out, n, "%lu min", minutes);
    else
        snprintf(out, n, "%lu h %lu min", minutes / 60, minutes % 60);
}

void progress_line(const char *what, size_t done, size_t total, double elapsed, char *out, size_t n)
{
    int used = snprintf(out, n, "%s: %zu / %zu", what, done, total);
    if (done == 0 || used < 0 || (size_t)used >= n)
        return;
    char time_text[48];
    put_time(done < total ? elapsed * (double)(total - done) / (double)done : elapsed, time_text, sizeof time_text);
    snprintf(out + used, n - (size_t)used, done < total ? ", %s left" : ", took %s", time_text);
}

void progress_step(struct progress *progress, size_t done)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->done += done;
    double now = seconds();
    if (now - progress->last >= progress->interval) {
        progress->last = now;
        char line[200];
        progress_line(progress->what, progress->done, progress->total, now - progress->start, line, sizeof line);
        if (progress->terminal)
            log_status(line);
        else
            log_note("%s", line);
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_end(struct progress *progress)
{
    if (progress == NULL)
        return;
    if (progress->terminal)
        log_status(NULL);
    pthread_mutex_destroy(&progress->lock);
    mem_free(progress);
}
