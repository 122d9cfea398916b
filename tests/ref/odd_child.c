/* A reader in a child process, with a limit of time; see odd_files.h. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "odd_files.h"

enum { LIMIT_MS = 5000 };

static void write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done <= 0)
            _exit(3);
        bytes += done;
        n -= (size_t)done;
    }
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void nothing(void *ctx, struct text *out)
{
    (void)ctx;
    text_add(out, "nothing\n");
}

static struct odd_end run(odd_child *fn, void *ctx, struct text *out)
{
    struct odd_end end = {.status = -1};
    int ends[2];
    if (pipe(ends) != 0)
        return end;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct text text = TEXT_INIT;
        close(ends[0]);
        fn(ctx, &text);
        write_all(ends[1], text.bytes == NULL ? "" : text.bytes, text.n);
        text_free(&text);
        _exit(text.failed ? 4 : 0);
    }
    close(ends[1]);
    long limit = now_ms() + LIMIT_MS;
    char buffer[4096];
    ssize_t got = child > 0 ? 1 : 0;
    while (got > 0) {
        struct pollfd ready = {.fd = ends[0], .events = POLLIN};
        long left = limit - now_ms();
        if (left <= 0 || poll(&ready, 1, (int)left) == 0) {
            end.late = true;
            kill(child, SIGKILL);
            break;
        }
        got = read(ends[0], buffer, sizeof buffer);
        if (got > 0)
            text_add_bytes(out, buffer, (size_t)got);
    }
    close(ends[0]);
    int status = 0;
    struct rusage usage = {0};
    if (child <= 0 || wait4(child, &status, 0, &usage) != child)
        return end;
    end.crashed = WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    end.memory = (size_t)usage.ru_maxrss * 1024;
    return end;
}

struct odd_end odd_run_child(odd_child *fn, void *ctx, struct text *out)
{
    /* What the program itself takes, in a child that does nothing: measured once. */
    static size_t base;
    if (base == 0) {
        struct text text = TEXT_INIT;
        base = run(nothing, NULL, &text).memory;
        text_free(&text);
    }
    struct odd_end end = run(fn, ctx, out);
    end.memory = end.memory > base ? end.memory - base : 0;
    return end;
}
