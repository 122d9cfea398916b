/* hepar: finds the command, reads its options by its table, runs it, and says how it ended. */
#include <hepar.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/budget.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/stop.h"
#include "base/text.h"
#include "cmd/command.h"

enum { EXIT_SOME_FAILED = 1 };

static int fail(const char *command, const struct err *err)
{
    fprintf(stderr, "hepar%s%s: %s\n", command == NULL ? "" : " ", command == NULL ? "" : command, err->text);
    return err->kind == ERR_NONE ? ERR_BUG : (int)err->kind;
}

static bool print_text(struct text *text, struct err *err)
{
    bool done = text_ok(text, err) && stdout_write(text->bytes, text->n, err);
    text_free(text);
    return done;
}

static bool print_help(const struct command *command, struct err *err)
{
    struct text text = TEXT_INIT;
    manual_help(commands_manual(), &command->page, &text);
    return print_text(&text, err);
}

static bool print_list(struct err *err)
{
    struct text text = TEXT_INIT;
    manual_usage(commands_manual(), &text);
    return print_text(&text, err);
}

static bool check_operands(const struct command *command, size_t n, struct err *err)
{
    const char *usage = command->page.usage[0];
    const char *what = n < command->operand_least ? "something is missing" : n > command->operand_most ? "too many operands" : NULL;
    return what == NULL || err_set(err, ERR_USAGE, "%s: %zu found, expected: hepar %s %s", what, n, command->page.name,
                                   usage[0] == '\0' ? "[options]" : usage);
}

static void apply_common(const struct common *common)
{
    log_set_level(common->quiet ? LOG_WARN : common->verbose ? LOG_DEBUG : LOG_NOTE);
    stop_on_signals();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error, so that temporaries are removed */
}

static bool run(const struct command *command, int argc, char **argv, size_t *failed_n, struct err *err)
{
    struct common common = {0};
    struct operands operands = {NULL, 0, 0};
    void *settings = mem_zero(command->settings_size, 1, err);
    if (settings == NULL)
        return false;
    const struct opt_table tables[] = {{command->page.opt, command->page.opt_n, settings}, {common_opts, common_opt_n, &common}};
    bool done = opt_parse(tables, 2, argc, argv, &operands, err);
    if (done && common.help)
        done = print_help(command, err);
    else if (done) {
        apply_common(&common);
        budget_set(common.memory);
        struct call call = {settings, &common, operands.item, operands.n, 0};
        done = check_operands(command, operands.n, err) && opt_check_required(tables, 2, err) &&
               pool_start((size_t)common.threads, err) && command->run(&call, err);
        *failed_n = call.failed_n;
        pool_stop();
    }
    opt_free(tables, 2, &operands);
    mem_free(settings);
    return done;
}

static int end(const char *name, bool done, size_t failed_n, struct err *err)
{
    struct err closing = ERR_INIT;
    if (!done) {
        stdout_close(&closing); /* the first fault is the one to tell */
        return fail(name, err);
    }
    if (!stdout_close(&closing))
        return fail(name, &closing);
    return failed_n > 0 ? EXIT_SOME_FAILED : 0;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static bool refuse_command(const char *name, struct err *err)
{
    const char *nearest = command_nearest(name);
    if (nearest == NULL)
        return err_set(err, ERR_USAGE, "unknown command %s; 'hepar help' lists those there are", name);
    return err_set(err, ERR_USAGE, "unknown command %s; did you mean %s?", name, nearest);
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    if (argc < 2) {
        struct text text = TEXT_INIT;
        manual_usage(commands_manual(), &text);
        fputs(text.failed ? "usage: hepar COMMAND [options] ...\n" : text.bytes, stderr);
        text_free(&text);
        return ERR_USAGE;
    }
    if (is_one_of(argv[1], "--help", "-h"))
        return end(NULL, print_list(&err), 0, &err);
    if (is_one_of(argv[1], "--version", "-V")) {
        struct text text = TEXT_INIT;
        text_add(&text, "hepar %s\n", hepar_version());
        return end(NULL, print_text(&text, &err), 0, &err);
    }
    const struct command *command = command_find(argv[1]);
    if (command == NULL)
        return end(NULL, refuse_command(argv[1], &err), 0, &err);
    size_t failed_n = 0;
    mem_keep_freed();
    bool done = run(command, argc - 2, argv + 2, &failed_n, &err);
    return end(command->page.name, done, failed_n, &err);
}
