/* hepar phantom cohort: writes a virtual cohort whose truth is known (doc/phantom.md).
 * hepar phantom recipe: prints the constants of its recipe. */
#include "cmd/command.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "sim/cohort.h"

struct settings {
    const char *output;
    int64_t seed;
    double effect;
    struct opt_pairs n;
};

static bool role_sizes(const struct settings *settings, struct cohort_plan *plan, struct err *err)
{
    const char *names[SIM_ROLE_N];
    size_t all = 0;
    for (size_t r = 0; r < SIM_ROLE_N; r++) {
        names[r] = sim_role[r].name;
        plan->n[r] = sim_role[r].default_n;
    }
    for (size_t i = 0; i < settings->n.n; i++) {
        const struct opt_pair *pair = &settings->n.item[i];
        size_t r = 0;
        while (r < SIM_ROLE_N && strcmp(names[r], pair->key) != 0)
            r++;
        if (r == SIM_ROLE_N) {
            const char *near = text_nearest(pair->key, names, SIM_ROLE_N);
            return err_set(err, ERR_USAGE, "option --cases: role \"%s\" is not known%s%s%s; expected train, internal, external, rfa or tace",
                           pair->key, near == NULL ? "" : ", did you mean \"", near == NULL ? "" : near, near == NULL ? "" : "\"");
        }
        double n;
        if (!double_from_text(pair->value, &n) || !(n >= 0 && n <= COHORT_ROLE_MAX) || n != (double)(size_t)n)
            return err_set(err, ERR_USAGE, "option --cases %s: found \"%s\", expected a whole number from 0 to %d", pair->key, pair->value,
                           COHORT_ROLE_MAX);
        plan->n[r] = (size_t)n;
    }
    for (size_t r = 0; r < SIM_ROLE_N; r++)
        all += plan->n[r];
    return all > 0 || err_set(err, ERR_USAGE, "option --cases: no role has a case");
}

static bool write_cohort(const struct settings *settings, struct err *err)
{
    struct cohort_plan plan = {.seed = (uint64_t)settings->seed, .effect = settings->effect};
    if (settings->output == NULL)
        return err_set(err, ERR_USAGE, "option --output is missing: the folder to write");
    if (!role_sizes(settings, &plan, err))
        return false;
    if (!cohort_write(settings->output, &recipe_default, &plan, err))
        return err_add(err, "virtual cohort");
    log_note("virtual cohort in %s; next: hepar run %s/study.yaml -o OUT", settings->output, settings->output);
    return true;
}

static bool print_recipe(struct err *err)
{
    struct text text = TEXT_INIT;
    char hash[65];
    bool ok = recipe_hash(&recipe_default, hash, err);
    if (ok) {
        text_add(&text, "Recipe version %s, SHA-256 `%s`.\n\n", RECIPE_VERSION, hash);
        recipe_markdown(&text);
        ok = text_ok(&text, err) && stdout_write(text.bytes, text.n, err);
    }
    text_free(&text);
    return ok;
}

static bool run(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    if (strcmp(call->operand[0], "cohort") == 0)
        return write_cohort(settings, err);
    if (strcmp(call->operand[0], "recipe") == 0)
        return print_recipe(err);
    return err_set(err, ERR_USAGE, "found \"%s\", expected cohort or recipe", call->operand[0]);
}

static const struct opt opts[] = {
    OPT_OUTPUT("DIR", "folder to write; must be new or empty", offsetof(struct settings, output)),
    {"seed", 's', OPT_INTEGER, "N", "seed of all random numbers", offsetof(struct settings, seed), .initial = "1", .least = 0, .most = 9007199254740992.0},
    {"cases", 'n', OPT_PAIRS, "ROLE=N", "cases of a role: train (182), internal (46), external (84), rfa (90), tace (120)", offsetof(struct settings, n)},
    {"effect", 0, OPT_NUMBER, "E", "strength of what the latent value does to label and hazards; 0: none", offsetof(struct settings, effect), .initial = "1", .least = 0, .most = 10},
};

static const char *const usage[] = {"cohort", "recipe", NULL};

static const struct manual_example examples[] = {
    {"hepar phantom cohort -o virtual", "A cohort of the study's size, ready for 'hepar run virtual/study.yaml -o OUT'."},
    {"hepar phantom cohort -o null --effect 0", "The same images without any effect: every honest AUC is 0.5."},
    {"hepar phantom cohort -o big --seed 2 -n external=2000", "A large external test set."},
};

const struct command command_phantom = {
    .page = {.name = "phantom", .group = GROUP_STUDY, .summary = "write a virtual cohort whose truth is known", .usage = usage,
             .description =
                 "'cohort' writes virtual patients with hepatocellular carcinoma: two phases and a mask each (NIfTI), cohort.csv with clinical "
                 "values and outcomes, study.yaml for 'hepar run', truth.csv (latent value and true probability of every patient) and "
                 "truth.json (AUC and C of the true probability as realised and as expected, the true hazard ratio). Same seed, same bytes. "
                 "A patient depends on seed, role and number alone, not on how many others there are.\n\n"
                 "'recipe' prints the constants and the hash of the recipe.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 1,
    .operand_most = 1,
    .settings_size = sizeof(struct settings),
    .run = run,
};
