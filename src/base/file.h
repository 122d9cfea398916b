/* Files: read whole, written whole or not at all. Every call can be made to fail in tests (fault.h).
 *
 * A written file lies beside its target as a temporary, is synced and renamed by outfile_commit(), and is
 * removed by outfile_abort(): a reader never sees half a file. */
#ifndef HEPAR_BASE_FILE_H
#define HEPAR_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Whole content, with one '\0' behind it that is not counted. ERR_INPUT above `limit` bytes or when it is
 * no regular file; ERR_INPUT "no such file" when absent; ERR_SYSTEM else. The caller frees with mem_free(). */
bool file_read(const char *path, size_t limit, unsigned char **bytes, size_t *n, struct err *err);
bool file_exists(const char *path);
bool file_write(const char *path, const void *bytes, size_t n, struct err *err); /* whole or absent */

struct outfile; /* streaming form of file_write */
struct outfile *outfile_open(const char *path, struct err *err);
bool outfile_write(struct outfile *out, const void *bytes, size_t n, struct err *err);
bool outfile_commit(struct outfile *out, struct err *err); /* syncs, renames, frees; on failure removes, frees */
void outfile_abort(struct outfile *out);                   /* removes the temporary, frees; NULL is fine */

/* Standard output is checked as well: a full disk behind a pipe is an error. */
bool stdout_write(const void *bytes, size_t n, struct err *err);
bool stdout_close(struct err *err);

/* Joins with '/', unless name is absolute: then name alone. The caller frees. */
char *path_join(const char *folder, const char *name, struct err *err);
char *path_folder(const char *path, struct err *err); /* "." when there is none; the caller frees */
bool folder_make(const char *path, struct err *err);  /* one level; existing is fine */
bool folder_remove(const char *path, struct err *err); /* with all that is in it; absent is fine */
bool path_rename(const char *from, const char *to, struct err *err); /* synced; fails when `to` is a non-empty folder */

#endif
