/* The page's frame and the registry of its sections; see page.h. */
#include "report/page.h"

#include <string.h>

static const struct section {
    const char *id, *title;
    void (*write)(struct page *page);
} sections[] = {
    {"summary", "Summary", section_summary},
    {"patients", "Flow of patients", section_patients},
    {"baseline", "Patients by role (Table 1)", section_baseline},
    {"models", "Blocks and learners side by side", section_models},
    {"networks", "Networks", section_networks},
    {"validation", "How far these numbers can be trusted", section_validation},
    {"performance", "Performance of the locked score", section_performance},
    {"score", "What the score is made of", section_score},
    {"maps", "Where in the images the score comes from", section_maps},
    {"survival", "Risk groups and follow-up", section_survival},
    {"failed", "Failed cases", section_failed},
    {"record", "Warnings and the record of seals", section_record},
    {"checklist", "Reporting checklists", section_checklist},
    {"settings", "Settings", section_settings},
};
enum { SECTION_N = sizeof sections / sizeof sections[0] };

static const char style[] =
    ":root{color-scheme:light}"
    "body{font:16px/1.5 'DejaVu Sans',Verdana,Arial,sans-serif;color:#1a1a1a;background:#fff;max-width:64rem;margin:0 auto;padding:1.5rem}"
    "h1{font-size:1.7rem;line-height:1.25;margin:.3rem 0}"
    "h2{font-size:1.3rem;margin:2.6rem 0 .6rem;border-bottom:2px solid #0072B2;padding-bottom:.2rem}"
    "h3{font-size:1.05rem;margin:1.6rem 0 .4rem}"
    "p{margin:.5rem 0 .8rem}"
    ".notice{font-weight:bold;border:2px solid #1a1a1a;padding:.4rem .8rem;display:inline-block}"
    ".leak{font-weight:bold;color:#fff;background:#a40000;padding:.8rem 1rem;font-size:1.1rem;margin:1rem 0}"
    "body.leaky h2::before{content:'LEAKAGE ALLOWED \\2014  ';color:#a40000}"
    ".lead{font-size:1.08rem;background:#f2f7fb;border-left:4px solid #0072B2;padding:.7rem 1rem}"
    ".small,figcaption{font-size:.85rem;color:#444}"
    "nav ol{columns:2;font-size:.9rem;padding-left:1.5rem}a{color:#00558a}"
    ".pairs{display:grid;grid-template-columns:repeat(auto-fit,minmax(21rem,1fr));gap:0 1.2rem}"
    "figure{margin:1rem 0 1.4rem}figure svg{max-width:100%;height:auto;display:block}"
    ".wide{overflow-x:auto;margin:.8rem 0 1.2rem}"
    "table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums;min-width:50%}"
    "caption{text-align:left;font-weight:bold;padding:.3rem 0;font-size:.88rem}"
    "th,td{padding:.22rem .55rem;text-align:right;vertical-align:top;border-bottom:1px solid #d9d9d9}"
    "th{border-bottom:1.5px solid #1a1a1a}.l{text-align:left}.n{white-space:nowrap}"
    "tr.winner td{font-weight:bold;color:#8f3f00}tr.level td:first-child{padding-left:1.6rem}tr.apparent td{color:#666;font-style:italic}"
    "pre{font:.78rem/1.4 'DejaVu Sans Mono',monospace;background:#f2f2f2;padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}"
    "code{font:.85em 'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;font-size:.9rem}dt{font-weight:bold}dd{margin:0;overflow-wrap:anywhere}"
    "@page{size:A4;margin:16mm}"
    "@media print{body{font-size:10pt;max-width:none;padding:0}nav{display:none}a{color:inherit;text-decoration:none}"
    ".pairs{grid-template-columns:1fr 1fr}figure,tr,.lead{break-inside:avoid}h2,h3,caption{break-after:avoid}thead{display:table-header-group}.wide{overflow:visible}"
    "table{font-size:7.6pt}th,td{padding:.12rem .3rem}"
    ".leak{color:#a40000;background:#fff;border:3px solid #a40000}}";

void page_add_figures(struct page *page, const struct figure_kind *kind)
{
    for (size_t i = 0; i < page->figures->n; i++) {
        const struct figure *figure = &page->figures->item[i];
        if (figure->kind != kind)
            continue;
        html_begin(&page->out, "figure", NULL);
        text_add_bytes(&page->out, figure->svg.out.bytes, figure->svg.out.n);
        html_begin(&page->out, "figcaption", NULL);
        html_add(&page->out, "%s File: figures/%s.svg, .pdf", told(&figure->caption, &page->out), figure->name.bytes);
        html_end(&page->out, "figcaption");
        html_end(&page->out, "figure");
    }
}

static void add_leak(struct page *page)
{
    if (!flag_at(page->run->metrics, "allow_leakage"))
        return;
    html_begin(&page->out, "div", "leak");
    html_add(&page->out, "LEAKAGE ALLOWED: this run was made with --allow-leakage. Steps may have seen the patients they are judged on. "
                         "Every number below flatters, and none may be reported as a validation.");
    html_end(&page->out, "div");
}

static void add_head(struct page *page)
{
    const json_t *study = part(page->run->metrics, "study");
    const char *title = text_at(study, "title"), *description = text_at(study, "description");
    bool leaky = flag_at(page->run->metrics, "allow_leakage");
    if (title[0] == '\0')
        title = text_at(study, "name");
    text_add(&page->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
                         "<link rel=\"icon\" href=\"data:,\">\n<title>");
    html_add(&page->out, "%s%s", leaky ? "LEAKAGE ALLOWED: " : "", title);
    text_add(&page->out, "</title>\n<style>%s</style>\n</head>\n<body%s>\n<header>\n<h1>", style, leaky ? " class=\"leaky\"" : "");
    html_add(&page->out, "%s", title);
    text_add(&page->out, "</h1>\n");
    if (description[0] != '\0')
        html_paragraph(&page->out, "%s", description);
    html_begin(&page->out, "p", "notice");
    html_add(&page->out, "Research use only. Not a medical device.");
    html_end(&page->out, "p");
    html_begin(&page->out, "p", "small");
    struct text seed = TEXT_INIT;
    add_scalar(&seed, study, "seed");
    html_add(&page->out, "hepar %s; organ: %s; validation: %s; seed %s; model %.16s", text_at(page->run->metrics, "hepar"),
             text_at(study, "organ")[0] != '\0' ? text_at(study, "organ") : "not stated", text_at(study, "validation"), told(&seed, &page->out),
             text_at(page->run->metrics, "model.sha256"));
    text_free(&seed);
    html_end(&page->out, "p");
    add_leak(page);
    text_add(&page->out, "<nav aria-label=\"Contents\"><ol>\n");
    for (size_t i = 0; i < SECTION_N; i++)
        text_add(&page->out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].title);
    text_add(&page->out, "</ol></nav>\n</header>\n<main>\n");
}

bool page_write(struct page *page, struct err *err)
{
    add_head(page);
    for (size_t i = 0; i < SECTION_N; i++) {
        text_add(&page->out, "<section id=\"%s\">\n<h2>%s</h2>\n", sections[i].id, sections[i].title);
        sections[i].write(page);
        text_add(&page->out, "</section>\n");
    }
    text_add(&page->out, "</main>\n<footer>");
    add_leak(page);
    html_paragraph(&page->out, "Research use only. Not a medical device. Written by hepar %s from the run folder alone; every number stands in metrics.json.",
                   text_at(page->run->metrics, "hepar"));
    text_add(&page->out, "</footer>\n</body>\n</html>\n");
    return text_ok(&page->out, err);
}
