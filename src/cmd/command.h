/* Commands: one file each in this folder, one row each in commands.c.
 *
 * A command is a table row: its page (name, usage, options, examples: base/manual.h), how large its settings are, and
 * run(). main.c parses the options into zeroed settings of that size, starts the pool, calls run() and turns what
 * came back into the exit code (doc/exit-codes.md). To add a command: cmd/NAME.c that defines
 * `const struct command command_NAME`, and a row in commands.c. */
#ifndef HEPAR_CMD_COMMAND_H
#define HEPAR_CMD_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/manual.h"
#include "base/opt.h"

/* What every command understands. */
struct common {
    int64_t threads; /* -j; 0: all cores. The pool has been started with it. */
    uint64_t memory; /* --memory; bytes, 0: what the machine has free */
    bool quiet, verbose, help;
};

/* One call of a command. */
struct call {
    const void *settings; /* the command's own struct */
    const struct common *common;
    const char *const *operand; /* operand_n borrowed texts */
    size_t operand_n;
    size_t failed_n; /* out: cases that failed, each told with its reason; > 0 makes the exit code 1 */
};

struct command {
    struct manual_page page;
    size_t operand_least, operand_most;
    size_t settings_size;
    bool (*run)(struct call *call, struct err *err);
};

/* Groups of the list of commands, in this order. */
#define GROUP_LOOK "Look at files"
#define GROUP_EXTRACT "Extract features"
#define GROUP_STUDY "Do a study"
#define GROUP_MORE "More"

extern const struct command *const commands[];
extern const size_t command_n;
const struct command *command_find(const char *name); /* NULL when there is none */
const char *command_nearest(const char *name);        /* NULL when none is near */
const struct manual *commands_manual(void);
extern const struct opt common_opts[];
extern const size_t common_opt_n;

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

#endif
