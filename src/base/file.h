/* Files: read whole, written whole or not at all. Every system call here can be made to fail in tests (fault.h):
 * its site is the caller's, followed by the call's name.
 *
 * A written file lies beside its target as a temporary ("NAME.PID-N.tmp"), is synced and renamed by
 * outfile_commit(), and is removed by outfile_abort(), at exit, and when the user insists on stopping: a reader
 * never sees half a file. A target that is a symbolic link is followed; one that is a device or a pipe is
 * written directly. */
#ifndef HEPAR_BASE_FILE_H
#define HEPAR_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fault.h"

/* Whole content, with one '\0' behind it that is not counted. ERR_INPUT above `limit` bytes or when it is
 * no regular file; ERR_INPUT "no such file" when absent; ERR_SYSTEM else. The caller frees with mem_free(). */
#define file_read(path, limit, bytes, n, err) file_read_at((path), (limit), (bytes), (n), CALL_SITE, (err))
bool file_exists(const char *path);
bool folder_exists(const char *path);
bool folder_is_empty(const char *path); /* a folder that can be looked into and holds nothing */
/* Whole or absent; the message names the path. */
#define file_write(path, bytes, n, err) file_write_at((path), (bytes), (n), CALL_SITE, (err))

/* Size, first two and last four bytes of a file, as far as it has them; false when it cannot be looked into. */
bool file_ends(const char *path, uint64_t *size, unsigned char head[2], unsigned char tail[4]);

struct outfile; /* streaming form of file_write */
#define outfile_open(path, err) outfile_open_at((path), CALL_SITE, (err)) /* NULL on failure */
bool outfile_write(struct outfile *out, const void *bytes, size_t n, struct err *err);
bool outfile_commit(struct outfile *out, struct err *err); /* syncs, renames, frees; on failure removes, frees */
void outfile_abort(struct outfile *out);                   /* removes the temporary, frees; NULL is fine */
/* Removes whatever temporaries are there now; safe in a signal handler. Called at exit by itself. */
void temporaries_remove(void);

/* Standard output is checked as well: a full disk behind a pipe is an error. */
bool stdout_write(const void *bytes, size_t n, struct err *err);
bool stdout_close(struct err *err);

/* Joins with '/', unless name is absolute: then name alone. The caller frees. */
char *path_join(const char *folder, const char *name, struct err *err);
char *path_folder(const char *path, struct err *err); /* "." when there is none; the caller frees */
const char *path_name(const char *path);              /* behind the last '/'; points into path */
#define folder_make(path, err) folder_make_at((path), CALL_SITE, (err))     /* one level; existing is fine */
#define folder_remove(path, err) folder_remove_at((path), CALL_SITE, (err)) /* with all that is in it; absent is fine */
/* Synced; replaces a file or an empty folder, fails when `to` is a folder with something in it. */
#define path_rename(from, to, err) path_rename_at((from), (to), CALL_SITE, (err))

bool file_read_at(const char *path, size_t limit, unsigned char **bytes, size_t *n, const char *site, struct err *err);
bool file_write_at(const char *path, const void *bytes, size_t n, const char *site, struct err *err);
struct outfile *outfile_open_at(const char *path, const char *site, struct err *err);
bool folder_make_at(const char *path, const char *site, struct err *err);
bool folder_remove_at(const char *path, const char *site, struct err *err);
bool path_rename_at(const char *from, const char *to, const char *site, struct err *err);

#endif
