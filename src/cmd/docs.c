/* hepar docs DIR: writes what is made from tables: man pages, completion and Markdown pages of the commands, the study file's keys.
 * The installation calls it, and doc/refresh, which keeps doc/commands as the tables are. */
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/catalogue.h"
#include "cmd/command.h"
#include "study/keys.h"

static bool write_text(const char *folder, const char *name, struct text *text, struct err *err)
{
    char *path = path_join(folder, name, err);
    bool done = path != NULL && text_ok(text, err) && file_write(path, text->bytes, text->n, err);
    mem_free(path);
    text_free(text);
    return done;
}

/* A page a command that is listed, in a file `before`NAME`after`. */
static bool write_pages(const char *folder, const char *before, const char *after, void (*render)(const struct manual *, const struct manual_page *, struct text *),
                        const struct manual *manual, struct err *err)
{
    for (size_t i = 0; i < manual->page_n; i++) {
        if (manual->page[i]->group == NULL)
            continue;
        struct text page = TEXT_INIT, name = TEXT_INIT;
        text_add(&name, "%s%s%s", before, manual->page[i]->name, after);
        render(manual, manual->page[i], &page);
        bool done = text_ok(&name, err) && write_text(folder, name.bytes, &page, err);
        text_free(&name);
        text_free(&page);
        if (!done)
            return false;
    }
    return true;
}

static bool write_man_pages(const char *folder, const struct manual *manual, struct err *err)
{
    struct text text = TEXT_INIT;
    manual_man(manual, NULL, &text);
    return write_text(folder, "hepar.1", &text, err) && write_pages(folder, "hepar-", ".1", manual_man, manual, err);
}

static bool write_markdown(const char *folder, const struct manual *manual, struct err *err)
{
    struct text text = TEXT_INIT;
    manual_markdown_index(manual, &text);
    return write_text(folder, "README.md", &text, err) && write_pages(folder, "", ".md", manual_markdown, manual, err);
}

static bool write_completions(const char *folder, const struct manual *manual, struct err *err)
{
    struct text bash = TEXT_INIT, zsh = TEXT_INIT;
    manual_bash(manual, &bash);
    manual_zsh(manual, &zsh);
    bool done = write_text(folder, "hepar", &bash, err) && write_text(folder, "_hepar", &zsh, err);
    text_free(&bash);
    text_free(&zsh);
    return done;
}

static bool write_study_keys(const char *folder, const struct manual *manual, struct err *err)
{
    (void)manual;
    struct text text = TEXT_INIT;
    keys_document(&text);
    return write_text(folder, "keys.md", &text, err);
}

static bool write_catalogue(const char *folder, const struct manual *manual, struct err *err)
{
    (void)manual;
    struct text text = TEXT_INIT;
    catalogue_document(&text);
    return write_text(folder, "features.md", &text, err);
}

static bool write_networks(const char *folder, const struct manual *manual, struct err *err)
{
    (void)manual;
    struct text text = TEXT_INIT;
    catalogue_networks(&text);
    return write_text(folder, "networks.md", &text, err);
}

static bool in_folder(const char *top, const char *name, bool (*write)(const char *, const struct manual *, struct err *), struct err *err)
{
    char *folder = path_join(top, name, err);
    bool done = folder != NULL && folder_make(folder, err) && write(folder, commands_manual(), err);
    mem_free(folder);
    return done;
}

static bool write_all(const char *top, struct err *err)
{
    return folder_make(top, err) && in_folder(top, "man1", write_man_pages, err) && in_folder(top, "commands", write_markdown, err) &&
           in_folder(top, "completion", write_completions, err) && in_folder(top, "study", write_study_keys, err) &&
           in_folder(top, "radiomics", write_catalogue, err) && in_folder(top, "nn", write_networks, err);
}

static bool run(struct call *call, struct err *err)
{
    const char *top = call->operand[0];
    struct text partial = TEXT_INIT;
    text_add(&partial, "%s.partial", top);
    bool done = text_ok(&partial, err) && folder_remove(partial.bytes, err) && write_all(partial.bytes, err) &&
                path_rename(partial.bytes, top, err);
    if (!done && !partial.failed)
        folder_remove(partial.bytes, NULL);
    text_free(&partial);
    return done;
}

static const char *const usage[] = {"DIR", NULL};

const struct command command_docs = {
    .page = {.name = "docs", .summary = "write man pages, completion and Markdown pages", .usage = usage,
             .description = "Writes DIR/man1, DIR/completion and DIR/commands, made from the commands' tables, and DIR/study/keys.md, the keys of the "
                            "study file, DIR/radiomics/features.md, the catalogue of features, and DIR/nn/networks.md, the table of networks; DIR must be absent or empty."},
    .operand_least = 1,
    .operand_most = 1,
    .run = run,
};
