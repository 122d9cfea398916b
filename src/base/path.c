/* Paths and folders; declared in file.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

bool file_exists(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && !S_ISDIR(facts.st_mode);
}

bool folder_exists(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool folder_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return false;
    size_t n = 0;
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n <= 2; /* "." and ".." */
}

char *path_join(const char *folder, const char *name, struct err *err)
{
    size_t folder_n = name[0] == '/' ? 0 : strlen(folder), name_n = strlen(name);
    bool slash = folder_n > 0 && folder[folder_n - 1] != '/';
    char *path = mem_alloc(folder_n + slash + name_n + 1, 1, err);
    if (path == NULL)
        return NULL;
    memcpy(path, folder, folder_n);
    if (slash)
        path[folder_n] = '/';
    memcpy(path + folder_n + slash, name, name_n + 1);
    return path;
}

char *path_folder(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mem_string(".", err);
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    char *folder = mem_alloc(n + 1, 1, err);
    if (folder == NULL)
        return NULL;
    memcpy(folder, path, n);
    folder[n] = '\0';
    return folder;
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool folder_make_at(const char *path, const char *site, struct err *err)
{
    int failed = fault_call(site, "mkdir") ? -1 : mkdir(path, 0777);
    if (failed == 0)
        return true;
    int number = errno;
    if (number == EEXIST && folder_exists(path))
        return true;
    errno = number;
    return err_set_errno(err, "cannot make the folder %s", path);
}

static bool remove_entries(DIR *folder, const char *path, const char *site, struct err *err);

static bool remove_one(const char *path, const char *site, struct err *err)
{
    struct stat facts;
    if (lstat(path, &facts) != 0)
        return errno == ENOENT || err_set_errno(err, "cannot remove %s", path);
    if (!S_ISDIR(facts.st_mode)) {
        int failed = fault_call(site, "unlink") ? -1 : unlink(path);
        return failed == 0 || err_set_errno(err, "cannot remove %s", path);
    }
    DIR *folder = fault_call(site, "opendir") ? NULL : opendir(path);
    if (folder == NULL)
        return err_set_errno(err, "cannot remove %s", path);
    bool done = remove_entries(folder, path, site, err);
    closedir(folder);
    if (!done)
        return false;
    int failed = fault_call(site, "rmdir") ? -1 : rmdir(path);
    return failed == 0 || err_set_errno(err, "cannot remove %s", path);
}

static bool remove_entries(DIR *folder, const char *path, const char *site, struct err *err)
{
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *inner = path_join(path, entry->d_name, err);
        bool done = inner != NULL && remove_one(inner, site, err);
        mem_free(inner);
        if (!done)
            return false;
    }
    return true;
}

bool folder_remove_at(const char *path, const char *site, struct err *err)
{
    return remove_one(path, site, err);
}

/* A rename is on the disk only when the folder that holds the name is. */
static bool sync_folder_of(const char *path, const char *site, struct err *err)
{
    char *folder = path_folder(path, err);
    if (folder == NULL)
        return false;
    int fd = fault_call(site, "open-folder") ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && !fault_call(site, "fsync-folder") && (fsync(fd) == 0 || errno == EINVAL);
    if (!done)
        err_set_errno(err, "cannot sync the folder %s", folder);
    if (fd >= 0)
        close(fd);
    mem_free(folder);
    return done;
}

bool path_rename_at(const char *from, const char *to, const char *site, struct err *err)
{
    int failed = fault_call(site, "rename") ? -1 : rename(from, to);
    if (failed != 0)
        return err_set_errno(err, "cannot rename %s to %s", from, to);
    return sync_folder_of(to, site, err);
}
