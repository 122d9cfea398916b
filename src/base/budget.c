/* The memory budget; see budget.h. */
#include "base/budget.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given = PTHREAD_COND_INITIALIZER;
static uint64_t limit = UINT64_MAX, in_use;
static bool told;

static uint64_t available(void)
{
    unsigned long long kilobytes;
    uint64_t bytes = UINT64_MAX;
    char line[256];
    FILE *info = fopen("/proc/meminfo", "r");
    while (info != NULL && fgets(line, sizeof line, info) != NULL)
        if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1)
            bytes = (uint64_t)kilobytes * 1024;
    if (info != NULL)
        fclose(info);
    return bytes;
}

void budget_set(uint64_t bytes)
{
    pthread_mutex_lock(&lock);
    limit = bytes > 0 ? bytes : available();
    told = false;
    pthread_mutex_unlock(&lock);
}

void budget_take(uint64_t bytes, const char *what)
{
    pthread_mutex_lock(&lock);
    bool over = bytes > limit && !told;
    told |= over;
    while (in_use > 0 && (bytes > limit || in_use > limit - bytes))
        pthread_cond_wait(&given, &lock);
    in_use += bytes;
    uint64_t budget = limit;
    pthread_mutex_unlock(&lock);
    if (over)
        log_warn("%s needs about %.0f MB, more than the %.0f MB there are (--memory); such cases are worked on one at a time", what,
                 (double)bytes / 1e6, (double)budget / 1e6);
}

void budget_give(uint64_t bytes)
{
    pthread_mutex_lock(&lock);
    in_use -= bytes;
    pthread_cond_broadcast(&given);
    pthread_mutex_unlock(&lock);
}
