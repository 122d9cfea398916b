/* hepar help [COMMAND]: the list of commands, one command's page, or all as JSON. */
#include "base/file.h"
#include "base/text.h"
#include "cmd/command.h"

struct settings {
    bool json;
};

static bool run(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    const struct manual *manual = commands_manual();
    const struct manual_page *page = NULL;
    if (call->operand_n == 1) {
        const struct command *command = command_find(call->operand[0]);
        const char *nearest = command_nearest(call->operand[0]);
        if (command == NULL)
            return err_set(err, ERR_USAGE, "unknown command %s%s%s%s", call->operand[0], nearest == NULL ? "" : "; did you mean ",
                           nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
        page = &command->page;
    }
    struct text text = TEXT_INIT;
    if (settings->json)
        manual_json(manual, page, &text);
    else if (page != NULL)
        manual_help(manual, page, &text);
    else
        manual_usage(manual, &text);
    bool done = text_ok(&text, err) && stdout_write(text.bytes, text.n, err);
    text_free(&text);
    return done;
}

static const struct opt opts[] = {OPT_JSON(offsetof(struct settings, json))};
static const char *const usage[] = {"[COMMAND]", NULL};
static const struct manual_example examples[] = {
    {"hepar help", "What commands there are."},
    {"hepar help --json", "All commands and options, for programs that call hepar."},
};

const struct command command_help = {
    .page = {.name = "help", .group = GROUP_MORE, .summary = "list the commands, or explain one", .usage = usage,
             .description = "Without a command, lists all; with one, shows what it does and every option. With --json the same comes as "
                            "JSON: names, options with kind, default, choices and bounds, and examples.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_most = 1,
    .settings_size = sizeof(struct settings),
    .run = run,
};
