/* hepar run: a whole study, from its file to a run folder with its report. */
#include "cmd/command.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/report.h"
#include "study/run.h"

struct settings {
    const char *output;
    struct opt_list set;
    bool resume, allow_leakage;
};

/* The folder that is written: OUT.partial, new, or as an interrupted run left it. */
static bool prepare_folder(const struct settings *settings, const char *partial, bool *resume, struct err *err)
{
    if (folder_exists(settings->output) || file_exists(settings->output))
        return err_set(err, ERR_USAGE, "%s: is there already; name another folder or remove it", settings->output);
    *resume = settings->resume && folder_exists(partial);
    if (settings->resume && !*resume)
        log_note("%s: no interrupted run to resume; starting anew", partial);
    if (!settings->resume && folder_exists(partial)) {
        log_note("%s: an interrupted run is removed; with --resume it would have been continued", partial);
        if (!folder_remove(partial, err))
            return false;
    }
    return folder_make(partial, err);
}

/* What a run that failed leaves: OUT.partial where --resume can go on from it, nothing else. A study or an input that was
 * refused will be another one the next time, so only what an earlier run had finished stays then. */
static void settle_failed(const char *partial, bool resumed, const struct err *why)
{
    char *work = path_join(partial, STUDY_WORK, NULL), *model = path_join(partial, "model.hepar", NULL);
    bool begun = (work != NULL && folder_exists(work) && !folder_is_empty(work)) || (model != NULL && file_exists(model));
    mem_free(work);
    mem_free(model);
    if (resumed || why->kind == ERR_STOPPED || (why->kind == ERR_SYSTEM && begun))
        log_note("%s: kept; the same command with --resume goes on from it", partial);
    else
        folder_remove(partial, NULL);
}

static bool run(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    struct text partial = TEXT_INIT, log = TEXT_INIT;
    bool done = false, resume = false, begun = false, logging = false;
    text_add(&partial, "%s.partial", settings->output);
    text_add(&log, "%s.partial/log.txt", settings->output);
    if (!text_ok(&partial, err) || !text_ok(&log, err) || !prepare_folder(settings, partial.bytes, &resume, err))
        goto done;
    begun = true;
    if (!(logging = log_open(log.bytes, err)))
        goto done;
    struct run_options options = {
        .study = call->operand[0],
        .override = settings->set.item,
        .override_n = settings->set.n,
        .folder = partial.bytes,
        .resume = resume,
        .allow_leakage = settings->allow_leakage,
    };
    if (!study_run(&options, &call->failed_n, err) || !report_draw(partial.bytes, err))
        goto done;
    log_note("report: %s/report.html", settings->output);
    log_close();
    logging = false;
    done = path_rename(partial.bytes, settings->output, err);
done:
    if (logging)
        log_close();
    if (begun && !done)
        settle_failed(partial.bytes, resume, err);
    text_free(&partial);
    text_free(&log);
    return done;
}

static const struct opt opts[] = {
    {"output", 'o', OPT_TEXT, "OUT", "run folder to write; must be new", offsetof(struct settings, output), .required = true},
    {"set", 0, OPT_LIST, "KEY=VALUE", "set a key of the study file, e.g. cohort=DIR/cohort.csv or learners=[lasso,forest]; may be given again", offsetof(struct settings, set)},
    {"resume", 0, OPT_FLAG, NULL, "go on from OUT.partial of an interrupted run", offsetof(struct settings, resume)},
    {"allow-leakage", 0, OPT_FLAG, NULL, "let selection see every role's outcomes; marks model, metrics and report as not honest", offsetof(struct settings, allow_leakage)},
};

static const char *const usage[] = {"STUDY.yaml -o OUT [--set KEY=VALUE ...]", NULL};

static const struct manual_example examples[] = {
    {"hepar run study.yaml -o out", "Everything the study file says, into a new folder."},
    {"hepar run examples/nsclc/study.yaml --set cohort=DIR/cohort.csv -o out", "The same study on tables that lie elsewhere."},
    {"hepar run study.yaml -o out --resume", "Go on where an interrupted run stopped."},
};

const struct command command_run = {
    .page = {.name = "run", .group = GROUP_STUDY, .summary = "do a whole study: features, models, validation, report", .usage = usage,
             .description =
                 "Reads the study file (doc/study-file.md), extracts features, ranks blocks and learners by cross-validation inside train, "
                 "locks the winner, and only then opens the outcomes of the other roles and measures it there. OUT is written as OUT.partial and "
                 "renamed when it is whole; doc/run-folder.md says what is in it. Same study, inputs and seed: the same bytes in every file "
                 "but log.txt, for any number of threads.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 1,
    .operand_most = 1,
    .settings_size = sizeof(struct settings),
    .run = run,
};
