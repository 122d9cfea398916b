/* cmocka with right TAP; see tap.h. */
#include "tap.h"

#include <ftw.h>
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

static const char reason_mark[] = "# skip reason: ";

void tap_skip(const char *reason)
{
    print_message("%s%s\n", reason_mark, reason);
    skip();
    abort(); /* skip() does not come back */
}

void tap_assert_near(double a, double b, double tolerance, const char *what, const char *file, int line)
{
    if ((isnan(a) && isnan(b)) || a == b || fabs(a - b) <= tolerance)
        return;
    print_error("%s is %.17g, expected %.17g within %g\n", what, a, b, tolerance);
    _fail(file, line);
}

/* ---- a folder of the test's own ---- */

static char folder[64];
static pid_t folder_owner;

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    if (folder[0] != '\0' && getpid() == folder_owner)
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *tap_folder(void)
{
    if (folder[0] == '\0') {
        const char *top = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%.40s/hepar-test-XXXXXX", top == NULL ? "/tmp" : top);
        if (mkdtemp(folder) == NULL) {
            perror(folder);
            abort();
        }
        folder_owner = getpid();
        atexit(remove_folder);
    }
    return folder;
}

const char *tap_path(const char *name)
{
    static char path[8][512];
    static size_t turn;
    char *out = path[turn++ % 8];
    snprintf(out, sizeof path[0], "%s/%s", tap_folder(), name);
    return out;
}

/* ---- rewriting ---- */

/* cmocka: "not ok 3 # SKIP name" becomes "ok 3 - name # SKIP reason"; what is not TAP becomes a comment. */
static bool rewrite(const char *line, char *reason, size_t reason_n)
{
    unsigned number;
    int name_at = 0;
    if (strncmp(line, reason_mark, sizeof reason_mark - 1) == 0)
        snprintf(reason, reason_n, "%s", line + sizeof reason_mark - 1);
    else if (sscanf(line, "not ok %u # SKIP %n", &number, &name_at) == 1 && name_at > 0) {
        printf("ok %u - %s # SKIP %s\n", number, line + name_at, reason[0] == '\0' ? "no reason given" : reason);
        reason[0] = '\0';
    } else if (strncmp(line, "ok ", 3) == 0 || strncmp(line, "1..", 3) == 0)
        puts(line);
    else if (strncmp(line, "not ok ", 7) == 0) {
        puts(line);
        return false;
    } else
        printf("%s%s\n", line[0] == '#' ? "" : "# ", line);
    return true;
}

static bool rewrite_all(FILE *from)
{
    char *line = NULL, reason[256] = "";
    size_t room = 0;
    ssize_t n;
    bool good = true;
    while ((n = getline(&line, &room, from)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        good &= rewrite(line, reason, sizeof reason);
        fflush(stdout);
    }
    free(line);
    return good;
}

static int run_child(int fd, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup, CMFixtureFunction teardown)
{
    dup2(fd, STDOUT_FILENO);
    close(fd);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = _cmocka_run_group_tests("tests", tests, n, setup, teardown);
    fflush(stdout);
    return failed == 0 ? 0 : 1;
}

int tap_run_group(const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup, CMFixtureFunction teardown)
{
    int ends[2];
    unsetenv("CMOCKA_MESSAGE_OUTPUT");
    if (pipe(ends) != 0) {
        perror("pipe");
        return 1;
    }
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return 1;
    }
    if (child == 0) {
        close(ends[0]);
        exit(run_child(ends[1], tests, n, setup, teardown));
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    bool good = from != NULL && rewrite_all(from);
    int status;
    if (waitpid(child, &status, 0) < 0)
        return 1;
    if (WIFSIGNALED(status)) {
        printf("Bail out! ended by signal %d\n", WTERMSIG(status));
        return 1;
    }
    return good && WEXITSTATUS(status) == 0 ? 0 : 1;
}
