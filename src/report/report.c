/* Draws figures, page and checklist of a run; see report.h. */
#include "report/report.h"

#include "base/file.h"
#include "report/checklist.h"
#include "report/figure.h"
#include "report/page.h"
#include "report/run.h"

static bool write_text(const char *folder, const char *name, const struct text *content, struct err *err)
{
    char *path = path_join(folder, name, err);
    bool done = path != NULL && file_write(path, content->bytes, content->n, err);
    mem_free(path);
    return done;
}

static bool write_pages(const struct run *run, const struct figures *figures, struct err *err)
{
    struct checklist checklist;
    if (!checklist_fill(run, &checklist, err))
        return false;
    struct page page = {.run = run, .figures = figures, .checklist = &checklist, .out = TEXT_INIT};
    struct text csv = TEXT_INIT;
    checklist_write_csv(&checklist, &csv);
    bool done = text_ok(&csv, err) && page_write(&page, err) && write_text(run->folder, "checklist.csv", &csv, err) &&
                write_text(run->folder, "report.html", &page.out, err);
    text_free(&page.out);
    text_free(&csv);
    checklist_free(&checklist);
    return done;
}

bool report_draw(const char *run_folder, struct err *err)
{
    struct run run;
    struct figures figures = {0};
    if (!run_read(run_folder, &run, err))
        return err_add(err, "report");
    bool done = figures_draw(&run, &figures, err) && figures_write(&figures, run_folder, err) && write_pages(&run, &figures, err);
    figures_free(&figures);
    run_free(&run);
    return done || err_add(err, "report");
}
