/* Faults on purpose; see fault.h. */
#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNKNOWN, OFF, ON };

static atomic_int mode = UNKNOWN;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned long fail_at;     /* 0: by site */
static const char *fail_site;     /* NULL: by number */
static int log_file = -1;
static atomic_ulong calls;
static atomic_bool site_done;

static void read_environment(void)
{
    const char *fault = getenv("HEPAR_FAULT"), *log = getenv("HEPAR_FAULT_LOG");
    if (fault != NULL && fault[0] == '@')
        fail_site = fault + 1;
    else if (fault != NULL)
        fail_at = strtoul(fault, NULL, 10);
    if (log != NULL)
        log_file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    atomic_store(&mode, fail_at != 0 || fail_site != NULL || log_file >= 0 ? ON : OFF);
}

/* The compiler names a file as the build calls it ("../src/io/nifti.c"); sites begin at "src/" or "tests/". */
static const char *from_top(const char *site)
{
    const char *top = strstr(site, "src/");
    if (top == NULL)
        top = strstr(site, "tests/");
    return top == NULL ? site : top;
}

static bool decide(const char *site, const char *call)
{
    char name[512];
    int n = snprintf(name, sizeof name, call == NULL ? "%s%s" : "%s %s", from_top(site), call == NULL ? "" : call);
    if (n < 0 || (size_t)n >= sizeof name)
        return false;
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    if (log_file >= 0) {
        char line[sizeof name + 1];
        memcpy(line, name, (size_t)n);
        line[n] = '\n';
        if (write(log_file, line, (size_t)n + 1) < 0)
            log_file = -1;
    }
    if (fail_site != NULL)
        return strcmp(fail_site, name) == 0 && !atomic_exchange(&site_done, true);
    return number == fail_at;
}

bool fault_here(const char *site)
{
    return fault_call(site, NULL);
}

bool fault_call(const char *site, const char *call)
{
    int now = atomic_load_explicit(&mode, memory_order_relaxed);
    if (__builtin_expect(now == OFF, 1))
        return false;
    pthread_once(&once, read_environment);
    if (atomic_load(&mode) == OFF || !decide(site, call))
        return false;
    errno = EIO;
    return true;
}
