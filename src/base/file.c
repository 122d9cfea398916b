/* Whole files in and out; see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* ---- reading ---- */

static bool read_all(int fd, unsigned char *bytes, size_t n, size_t *got, const char *site)
{
    *got = 0;
    while (*got < n) {
        ssize_t more = fault_call(site, "read") ? -1 : read(fd, bytes + *got, n - *got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return false;
        if (more == 0)
            return true;
        *got += (size_t)more;
    }
    return true;
}

static bool check_facts(const char *path, const struct stat *facts, size_t limit, struct err *err)
{
    if (S_ISDIR(facts->st_mode))
        return err_set(err, ERR_INPUT, "%s: is a folder, expected a file", path);
    if (!S_ISREG(facts->st_mode))
        return err_set(err, ERR_INPUT, "%s: is a device or pipe, expected a regular file", path);
    if (facts->st_size < 0 || (uintmax_t)facts->st_size > limit)
        return err_set(err, ERR_INPUT, "%s: is %jd bytes, expected at most %zu", path, (intmax_t)facts->st_size, limit);
    return true;
}

bool file_ends(const char *path, uint64_t *size, unsigned char head[2], unsigned char tail[4])
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool done = fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size >= 4 && pread(fd, head, 2, 0) == 2 &&
                pread(fd, tail, 4, facts.st_size - 4) == 4;
    if (done)
        *size = (uint64_t)facts.st_size;
    if (fd >= 0)
        close(fd);
    return done;
}

bool file_read_at(const char *path, size_t limit, unsigned char **bytes, size_t *n, const char *site, struct err *err)
{
    *bytes = NULL;
    *n = 0;
    int fd = fault_call(site, "open") ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not block */
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_set(err, ERR_INPUT, "%s: no such file", path);
    if (fd < 0)
        return err_set_errno(err, "cannot read %s", path);
    bool done = false;
    unsigned char *content = NULL;
    struct stat facts;
    if (fault_call(site, "fstat") || fstat(fd, &facts) != 0) {
        err_set_errno(err, "cannot read %s", path);
        goto done;
    }
    if (!check_facts(path, &facts, limit, err))
        goto done;
    content = mem_alloc_at((size_t)facts.st_size + 1, 1, site, err);
    if (content == NULL) {
        err_add(err, "reading %s", path);
        goto done;
    }
    if (!read_all(fd, content, (size_t)facts.st_size, n, site)) {
        err_set_errno(err, "cannot read %s", path);
        goto done;
    }
    content[*n] = '\0';
    *bytes = content;
    content = NULL;
    done = true;
done:
    if (!done)
        *n = 0;
    mem_free(content);
    close(fd);
    return done;
}

/* ---- temporaries, so that leaving early leaves nothing half-written ---- */

enum { TEMPORARY_MOST = 256 };
static _Atomic(const char *) temporary[TEMPORARY_MOST];

static void temporary_note(const char *path)
{
    for (size_t i = 0; i < TEMPORARY_MOST; i++) {
        const char *none = NULL;
        if (atomic_compare_exchange_strong(&temporary[i], &none, path))
            return;
    }
}

static void temporary_forget(const char *path)
{
    for (size_t i = 0; i < TEMPORARY_MOST; i++) {
        const char *same = path;
        if (atomic_compare_exchange_strong(&temporary[i], &same, NULL))
            return;
    }
}

void temporaries_remove(void)
{
    for (size_t i = 0; i < TEMPORARY_MOST; i++) {
        const char *path = atomic_load(&temporary[i]);
        if (path != NULL)
            unlink(path);
    }
}

static void remove_at_exit(void)
{
    atexit(temporaries_remove);
}

/* ---- writing ---- */

enum { BUFFER_BYTES = 1 << 16 };

struct outfile {
    char *target, *temporary; /* temporary NULL: the target is written directly */
    const char *site;
    int fd;
    size_t used;
    unsigned char buffer[BUFFER_BYTES];
};

/* Where the bytes go in the end: links are followed, so that a rename does not replace the link. */
static char *resolve_target(const char *path, struct err *err)
{
    struct stat facts;
    if (lstat(path, &facts) != 0 || !S_ISLNK(facts.st_mode))
        return mem_string(path, err);
    char real[PATH_MAX];
    if (realpath(path, real) == NULL) {
        err_set_errno(err, "cannot write %s", path);
        return NULL;
    }
    return mem_string(real, err);
}

static char *temporary_name(const char *target, struct err *err)
{
    static atomic_uint counter;
    size_t n = strlen(target) + 48;
    char *name = mem_alloc(n, 1, err);
    if (name != NULL)
        snprintf(name, n, "%s.%ld-%u.tmp", target, (long)getpid(), atomic_fetch_add(&counter, 1));
    return name;
}

static void outfile_free(struct outfile *out)
{
    if (out->fd >= 0)
        close(out->fd);
    if (out->temporary != NULL)
        temporary_forget(out->temporary);
    mem_free(out->temporary);
    mem_free(out->target);
    mem_free(out);
}

struct outfile *outfile_open_at(const char *path, const char *site, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, remove_at_exit);
    struct outfile *out = mem_alloc_at(1, sizeof *out, site, err);
    if (out == NULL) {
        err_add(err, "writing %s", path);
        return NULL;
    }
    out->target = out->temporary = NULL;
    out->site = site;
    out->fd = -1;
    out->used = 0;
    struct stat facts;
    bool exists = stat(path, &facts) == 0;
    if (exists && S_ISDIR(facts.st_mode)) {
        err_set(err, ERR_SYSTEM, "cannot write %s: is a folder", path);
        goto failed;
    }
    bool direct = exists && !S_ISREG(facts.st_mode);
    out->target = direct ? mem_string(path, err) : resolve_target(path, err);
    if (out->target == NULL)
        goto failed;
    if (!direct && (out->temporary = temporary_name(out->target, err)) == NULL)
        goto failed;
    if (!fault_call(site, "open"))
        out->fd = direct ? open(path, O_WRONLY | O_CLOEXEC)
                         : open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (out->fd < 0) {
        err_set_errno(err, "cannot write %s", path);
        goto failed;
    }
    if (!direct)
        temporary_note(out->temporary);
    return out;
failed:
    outfile_free(out);
    return NULL;
}

static bool write_all(struct outfile *out, const unsigned char *bytes, size_t n, struct err *err)
{
    while (n > 0) {
        ssize_t more = fault_call(out->site, "write") ? -1 : write(out->fd, bytes, n);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return err_set_errno(err, "cannot write %s", out->target);
        bytes += more;
        n -= (size_t)more;
    }
    return true;
}

static bool flush(struct outfile *out, struct err *err)
{
    size_t n = out->used;
    out->used = 0;
    return write_all(out, out->buffer, n, err);
}

bool outfile_write(struct outfile *out, const void *bytes, size_t n, struct err *err)
{
    if (n > BUFFER_BYTES - out->used && !flush(out, err))
        return false;
    if (n >= BUFFER_BYTES)
        return write_all(out, bytes, n, err);
    if (n > 0)
        memcpy(out->buffer + out->used, bytes, n);
    out->used += n;
    return true;
}

/* Devices and pipes cannot be synced; they say EINVAL or EROFS. */
static bool sync_and_close(struct outfile *out, struct err *err)
{
    bool synced = !fault_call(out->site, "fsync") && (fsync(out->fd) == 0 || (out->temporary == NULL));
    if (!synced)
        return err_set_errno(err, "cannot write %s", out->target);
    int failed = close(out->fd);
    out->fd = -1;
    if (failed != 0 || fault_call(out->site, "close"))
        return err_set_errno(err, "cannot write %s", out->target);
    return true;
}

bool outfile_commit(struct outfile *out, struct err *err)
{
    bool done = flush(out, err) && sync_and_close(out, err);
    if (!done) {
        outfile_abort(out);
        return false;
    }
    if (out->temporary != NULL && !path_rename_at(out->temporary, out->target, out->site, err)) {
        err_add(err, "cannot write %s", out->target);
        outfile_abort(out);
        return false;
    }
    outfile_free(out);
    return true;
}

void outfile_abort(struct outfile *out)
{
    if (out == NULL)
        return;
    if (out->temporary != NULL)
        unlink(out->temporary);
    outfile_free(out);
}

bool file_write_at(const char *path, const void *bytes, size_t n, const char *site, struct err *err)
{
    struct outfile *out = outfile_open_at(path, site, err);
    if (out == NULL)
        return false;
    if (!outfile_write(out, bytes, n, err)) {
        outfile_abort(out);
        return false;
    }
    return outfile_commit(out, err);
}

/* ---- standard output ---- */

bool stdout_write(const void *bytes, size_t n, struct err *err)
{
    if (!fault_call(CALL_SITE, "write") && fwrite(bytes, 1, n, stdout) == n)
        return true;
    return err_set_errno(err, "cannot write to standard output");
}

bool stdout_close(struct err *err)
{
    bool failed = fault_call(CALL_SITE, "close") || ferror(stdout);
    if (fclose(stdout) != 0 || failed)
        return err_set_errno(err, "cannot write to standard output");
    return true;
}
