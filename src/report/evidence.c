/* Answers about images, columns, division and fitting; see evidence.h. */
#include "report/evidence.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "report/numbers.h"

bool run_has_block(const struct run *run, const char *name)
{
    for (size_t i = 0; i < length_at(run->metrics, "study.blocks"); i++)
        if (strcmp(text_at(item_at(run->metrics, "study.blocks", i), "name"), name) == 0)
            return true;
    for (size_t i = 0; i < length_at(run->metrics, "ranking.rows"); i++)
        if (strcmp(text_at(item_at(run->metrics, "ranking.rows", i), "block"), name) == 0)
            return true;
    return false;
}

bool run_has_test_role(const struct run *run)
{
    for (size_t r = 0; r < role_count(run); r++)
        if (!role_is_train(role_item(run, r)) && role_has_label(role_item(run, r)))
            return true;
    return false;
}

static const json_t *train_role(const struct run *run)
{
    for (size_t r = 0; r < role_count(run); r++)
        if (role_is_train(role_item(run, r)))
            return role_item(run, r);
    return NULL;
}

static bool leaky(const struct run *run, struct text *text)
{
    if (!flag_at(run->metrics, "allow_leakage"))
        return false;
    text_add(text, "the run was made with --allow-leakage");
    return true;
}

enum answer evidence_settings(const struct run *run, struct text *text)
{
    if (run->lock == NULL)
        return ANSWER_OPEN;
    text_add(text, "hepar %s; every setting is written out, defaults included", text_at(run->metrics, "hepar"));
    return ANSWER_YES;
}

enum answer evidence_extraction(const struct run *run, struct text *text)
{
    size_t n = length_at(run->metrics, "study.phases");
    if (n == 0) {
        if (run_has_block(run, "radiomics"))
            text_add(text, "the columns came from a table; how they were made is not known to the run");
        return run_has_block(run, "radiomics") ? ANSWER_OPEN : ANSWER_NOT_APPLICABLE;
    }
    enum answer answer = evidence_settings(run, text);
    if (answer == ANSWER_YES) {
        text_add(text, "; phases: ");
        for (size_t i = 0; i < n; i++)
            text_add(text, "%s%s", i > 0 ? ", " : "", text_at(item_at(run->metrics, "study.phases", i), ""));
        text_add(text, "; steps before the files came to the program are not known to it");
    }
    return answer;
}

enum answer evidence_software(const struct run *run, struct text *text)
{
    if (length_at(run->metrics, "study.phases") == 0)
        return ANSWER_OPEN;
    text_add(text, "hepar %s, PyRadiomics' definitions, compared with it feature by feature", text_at(run->metrics, "hepar"));
    return ANSWER_YES;
}

enum answer evidence_feature_count(const struct run *run, struct text *text)
{
    size_t n = length_at(run->metrics, "study.blocks");
    for (size_t i = 0; i < n; i++) {
        const json_t *block = item_at(run->metrics, "study.blocks", i);
        text_add(text, "%s%s: ", i > 0 ? "; " : "", text_at(block, "name"));
        add_count(text, number_at(block, "columns"), "column", "columns");
    }
    return n > 0 ? ANSWER_YES : ANSWER_OPEN;
}

enum answer evidence_clinical(const struct run *run, struct text *text)
{
    if (!run_has_block(run, "clinical"))
        return ANSWER_NOT_APPLICABLE;
    text_add(text, "names, kinds and coding of the clinical columns; why and how they were measured is the authors' to say");
    return ANSWER_YES;
}

enum answer evidence_missing(const struct run *run, struct text *text)
{
    double out = 0;
    for (size_t r = 0; r < length_at(run->metrics, "flow.roles"); r++) {
        const json_t *role = item_at(run->metrics, "flow.roles", r);
        for (size_t i = 0; i < length_at(role, "excluded"); i++)
            out += number_at(item_at(role, "excluded", i), "n");
    }
    text_add(text, "cases left out: ");
    add_fixed(text, out, 0);
    text_add(text, ", each with its reason; holes by column and role; imputation is fitted on train");
    return ANSWER_YES;
}

enum answer evidence_one_phase(const struct run *run, struct text *text)
{
    size_t n = length_at(run->metrics, "study.phases");
    if (n == 0)
        return ANSWER_OPEN;
    text_add(text, n == 1 ? "one phase was used" : "%zu phases were used; each alone was not compared with all by a test", n);
    return n == 1 ? ANSWER_YES : ANSWER_NO;
}

enum answer evidence_split(const struct run *run, struct text *text)
{
    if (leaky(run, text))
        return ANSWER_NO;
    for (size_t r = 0; r < role_count(run); r++)
        text_add(text, "%s%s %s", r > 0 ? ", " : "roles: ", text_at(role_item(run, r), "role"), COUNT_TEXT(number_at(role_item(run, r), "n")));
    text_add(text, "; everything was fitted on train; outcomes of other roles were opened after the lock");
    for (size_t i = 0; i < length_at(run->metrics, "flow.split"); i++)
        text_add(text, "; %s", text_at(item_at(run->metrics, "flow.split", i), "text"));
    return ANSWER_YES;
}

enum answer evidence_balance(const struct run *run, struct text *text)
{
    bool any = false;
    for (size_t r = 0; r < role_count(run); r++) {
        const json_t *role = role_item(run, r);
        if (!role_has_label(role))
            continue;
        text_add(text, "%s%s %s of %s", any ? ", " : "positive: ", text_at(role, "role"), COUNT_TEXT(number_at(role, "positive")), COUNT_TEXT(number_at(role, "label_n")));
        any = true;
    }
    return any ? ANSWER_YES : ANSWER_OPEN;
}

/* The step that begins with the first of the words that any step begins with; NULL when there is none. */
static const char *find_step(const struct run *run, const char *const *words, size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < length_at(run->metrics, "model.steps"); i++) {
            const char *step = text_at(item_at(run->metrics, "model.steps", i), "");
            if (strncasecmp(step, words[k], strlen(words[k])) == 0)
                return step;
        }
    return NULL;
}

enum answer evidence_reliability(const struct run *run, struct text *text)
{
    static const char *const words[] = {"ICC"};
    const char *step = find_step(run, words, 1);
    if (step == NULL) {
        text_add(text, "no measured stability (ICC) was given");
        return ANSWER_NO;
    }
    text_add(text, "%s", step);
    return ANSWER_YES;
}

enum answer evidence_reduction(const struct run *run, struct text *text)
{
    static const char *const words[] = {"Spearman", "duplicates"};
    const char *step = find_step(run, words, 2);
    if (step == NULL) {
        text_add(text, "no step removes redundant columns");
        return ANSWER_NO;
    }
    text_add(text, "%s; inside every fold anew", step);
    return ANSWER_YES;
}

/* At least ten of the rarer class a column: the usual rule of thumb (Peduzzi et al., J Clin Epidemiol 49, 1996). */
enum answer evidence_dimension(const struct run *run, struct text *text)
{
    const json_t *train = train_role(run);
    double columns = (double)length_at(run->metrics, "model.columns"), positive = number_at(train, "positive");
    double rarer = fmin(positive, number_at(train, "label_n") - positive);
    if (!(columns > 0) || isnan(rarer))
        return ANSWER_OPEN;
    text_add(text, "final model: ");
    add_count(text, columns, "column", "columns");
    text_add(text, " for %s train cases of the rarer class, ", COUNT_TEXT(rarer));
    add_fixed(text, rarer / columns, 1);
    text_add(text, " a column (at least 10 counts as a yes)");
    return rarer / columns >= 10 ? ANSWER_YES : ANSWER_NO;
}

enum answer evidence_steps(const struct run *run, struct text *text)
{
    size_t n = length_at(run->metrics, "model.steps");
    for (size_t i = 0; i < n; i++)
        text_add(text, "%s%s", i > 0 ? "; " : "", text_at(item_at(run->metrics, "model.steps", i), ""));
    return n > 0 ? ANSWER_YES : ANSWER_OPEN;
}

enum answer evidence_learners(const struct run *run, struct text *text)
{
    size_t n = length_at(run->metrics, "ranking.rows");
    text_add(text, "compared: ");
    for (size_t i = 0; i < n; i++) {
        const char *learner = text_at(item_at(run->metrics, "ranking.rows", i), "learner");
        bool new = true;
        for (size_t k = 0; k < i && new; k++)
            new = strcmp(text_at(item_at(run->metrics, "ranking.rows", k), "learner"), learner) != 0;
        if (new)
            text_add(text, "%s%s", i > 0 ? ", " : "", learner);
    }
    text_add(text, "; grids and chosen values are in study.lock.yaml and model.hepar");
    return n > 0 ? ANSWER_YES : ANSWER_OPEN;
}

enum answer evidence_ranking(const struct run *run, struct text *text)
{
    const json_t *ranking = part(run->metrics, "ranking");
    if (length_at(ranking, "rows") == 0)
        return ANSWER_OPEN;
    text_add(text, "mean AUC of %s x %s-fold cross-validation inside train, all steps refitted in each fold", COUNT_TEXT(number_at(ranking, "repeats")),
             COUNT_TEXT(number_at(ranking, "folds")));
    return leaky(run, text) ? ANSWER_NO : ANSWER_YES;
}

enum answer evidence_threshold(const struct run *run, struct text *text)
{
    double value = number_at(run->metrics, "model.threshold.value");
    if (isnan(value))
        return ANSWER_OPEN;
    text_add(text, "probability; threshold ");
    add_significant(text, value, 4);
    text_add(text, " by the rule %s on out-of-fold scores of train, locked", text_at(run->metrics, "model.threshold.rule"));
    return ANSWER_YES;
}

enum answer evidence_model(const struct run *run, struct text *text)
{
    text_add(text, "model.hepar, SHA-256 %s; %zu columns with weights", text_at(run->metrics, "model.sha256"), length_at(run->metrics, "model.columns"));
    return text_at(run->metrics, "model.sha256")[0] != '\0' ? ANSWER_YES : ANSWER_OPEN;
}

enum answer evidence_not_updated(const struct run *run, struct text *text)
{
    (void)run;
    text_add(text, "none by design: the locked model, its calibration and its threshold are not moved for another role");
    return ANSWER_YES;
}

enum answer evidence_no_network(const struct run *run, struct text *text)
{
    if (!run_has_block(run, "deep"))
        return ANSWER_NOT_APPLICABLE;
    text_add(text, "no perturbed or second-reader runs of the network");
    return ANSWER_NO;
}
