/* hepar report: draws figures, page and checklist of a run folder again. */
#include "cmd/command.h"

#include "base/log.h"
#include "report/report.h"

static bool run(struct call *call, struct err *err)
{
    if (!report_draw(call->operand[0], err))
        return false;
    log_note("%s/report.html, with figures/ and checklist.csv", call->operand[0]);
    return true;
}

static const char *const usage[] = {"OUT", NULL};

static const struct manual_example examples[] = {
    {"hepar report OUT", "Draws OUT/report.html, OUT/figures and OUT/checklist.csv again."},
};

const struct command command_report = {
    .page = {.name = "report", .group = GROUP_STUDY, .summary = "draw the report of a run folder again", .usage = usage,
             .description =
                 "Reads the folder that 'hepar run' left (metrics.json, study.lock.yaml) and nothing else, and writes the report anew: report.html "
                 "(one file, readable offline and on paper), figures/ (SVG and PDF) and checklist.csv (items of CLEAR, METRICS with its score, and "
                 "TRIPOD+AI). The same folder gives the same bytes.",
             .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 1,
    .operand_most = 1,
    .run = run,
};
