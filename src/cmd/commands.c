/* The registry: every command is one row here. */
#include "cmd/command.h"

#include <hepar.h>
#include <string.h>

/* One row a command, in the order of the list that `hepar help` shows within a group. */
#define COMMANDS(ROW) \
    ROW(extract) \
    ROW(merge) \
    ROW(info) \
    ROW(run) \
    ROW(predict) \
    ROW(net) \
    ROW(check) \
    ROW(phantom) \
    ROW(report) \
    ROW(weights) \
    ROW(help) \
    ROW(docs)

#define DECLARE(name) extern const struct command command_##name;
COMMANDS(DECLARE)

#define ADDRESS(name) &command_##name,
const struct command *const commands[] = {COMMANDS(ADDRESS)};
const size_t command_n = COUNT_OF(commands);

#define PAGE(name) &command_##name.page,
static const struct manual_page *const pages[] = {COMMANDS(PAGE)};

static const char *const groups[] = {GROUP_LOOK, GROUP_EXTRACT, GROUP_STUDY, GROUP_MORE};

const struct opt common_opts[] = {
    {"threads", 'j', OPT_INTEGER, "N", "threads; 0: all cores; results do not depend on it", offsetof(struct common, threads), .initial = "0", .least = 0, .most = 1024},
    {"memory", 0, OPT_SIZE, "SIZE", "memory to stay within, e.g. 4G; fewer cases run at once when it is short; unset: what the machine has free", offsetof(struct common, memory)},
    {"quiet", 'q', OPT_FLAG, NULL, "say nothing but warnings and errors", offsetof(struct common, quiet)},
    {"verbose", 'v', OPT_FLAG, NULL, "say more", offsetof(struct common, verbose)},
    {"help", 'h', OPT_FLAG, NULL, "show this page", offsetof(struct common, help)},
};
const size_t common_opt_n = COUNT_OF(common_opts);

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_n; i++)
        if (strcmp(commands[i]->page.name, name) == 0)
            return commands[i];
    return NULL;
}

const char *command_nearest(const char *name)
{
    const char *names[COUNT_OF(commands)];
    size_t n = 0;
    for (size_t i = 0; i < command_n; i++)
        if (commands[i]->page.group != NULL)
            names[n++] = commands[i]->page.name;
    return text_nearest(name, names, n);
}

const struct manual *commands_manual(void)
{
    static struct manual manual = {
        .program = "hepar",
        .summary = "from CT and tumour masks to a validated radiomics model",
        .description =
            "hepar extracts radiomics features from CT and tumour masks, builds models on them and validates these on patients "
            "that no step has seen: the whole study from one file by 'hepar run', or its parts singly.\n\n"
            "Results are the same bytes for any number of threads. Nothing is sent anywhere. An output file is whole or absent.\n\n"
            "Exit codes: 0 done; 1 done, but some cases failed; 2 command line or configuration; 3 an input is refused; "
            "4 system (disk, memory, permission); 5 stopped by the user; 70 a bug of hepar.\n\n"
            "Research use only, not a medical device.",
        .page = pages,
        .page_n = COUNT_OF(pages),
        .group = groups,
        .group_n = COUNT_OF(groups),
        .common = {common_opts, COUNT_OF(common_opts), NULL},
    };
    manual.version = hepar_version();
    return &manual;
}
