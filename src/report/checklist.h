/* Reporting checklists, filled from a run: CLEAR, METRICS, TRIPOD+AI, by their published item numbers.
 *
 * An item is answered by the run itself (an evidence function, evidence.h), by what the authors wrote under `reporting:` in
 * the study file, by both, or by nobody: then it stays open. Items are named in short words of our own; what they ask for
 * in full stands in the papers, whose DOI each row carries. A filled list shows that something is reported, not that
 * it is right. */
#ifndef HEPAR_REPORT_CHECKLIST_H
#define HEPAR_REPORT_CHECKLIST_H

#include "report/metrics_score.h"
#include "report/run.h"

enum answer {
    ANSWER_OPEN,           /* nobody has answered */
    ANSWER_YES,
    ANSWER_NO,
    ANSWER_NOT_APPLICABLE,
};

/* Adds to `text` what the answer rests on. */
typedef enum answer evidence_fn(const struct run *run, struct text *text);

struct item {
    const char *id, *section, *title;
    evidence_fn *evidence;  /* NULL: the run cannot know */
    const char *keys;       /* reporting keys that answer it, "a b ?c": all but those with "?" are needed; NULL: none */
    const char *where;      /* file of the run folder, or NULL */
    bool evaluation_only;   /* TRIPOD+AI "E": does not apply without a role that tests the model */
    bool judged;            /* METRICS: "none", "no" under the key is a no, not an answer */
};

struct checklist_source {
    const char *name, *version, *doi;
    const struct item *item;
    size_t n;
};
extern const struct checklist_source checklist_clear, checklist_metrics, checklist_tripod;
enum { CHECKLIST_N = 3 };
extern const struct checklist_source *const checklist_sources[CHECKLIST_N];

struct item_answer {
    enum answer answer;
    const char *by; /* "run", "authors", "run and authors", "" */
    struct text evidence;
};

struct checklist {
    struct item_answer *answer[CHECKLIST_N]; /* one an item */
    bool condition[METRICS_CONDITION_N];
    struct metrics_score score;
};

bool checklist_fill(const struct run *run, struct checklist *checklist, struct err *err);
/* A key that some item asks for. */
bool checklist_knows_key(const char *key);
void checklist_free(struct checklist *checklist);
/* checklist.csv: checklist, version, doi, item, section, title, answer, answered_by, evidence, where, weight. */
void checklist_write_csv(const struct checklist *checklist, struct text *out);
const char *answer_word(enum answer answer); /* "yes", "no", "not applicable", "open" */

/* What the authors wrote under a key; "" when nothing. */
const char *reported(const struct run *run, const char *key);

#endif
