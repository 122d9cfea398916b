/* The virtual cohort on disk. Everything is written into FOLDER.partial, which takes the folder's name when whole. */
#include "sim/cohort.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/text.h"
#include "io/json.h"
#include "io/nifti.h"
#include "sim/picture.h"
#include "sim/truth.h"

/* examples/phantom/study.yaml, as lines of C. */
static const char study_text[] =
#include "phantom_study.inc"
    ;

struct writing {
    const struct recipe *recipe;
    const struct cohort_plan *plan;
    const char *folder;
    struct patient *patient; /* role after role */
    size_t n, first[SIM_ROLE_N];
    struct progress *progress;
};

static void add_id(struct text *text, const struct patient *patient)
{
    text_add(text, "%s-%04zu", sim_role[patient->role].name, patient->number);
}

static bool write_volume(const struct writing *w, const struct patient *patient, const char *what, const struct volume *volume,
                         struct err *err)
{
    struct text path = TEXT_INIT;
    text_add(&path, "%s/images/", w->folder);
    add_id(&path, patient);
    text_add(&path, "_%s.nii.gz", what);
    bool ok = text_ok(&path, err) && nifti_write(path.bytes, volume, err);
    text_free(&path);
    return ok;
}

static bool write_case(const struct writing *w, const struct patient *patient, struct err *err)
{
    struct picture picture;
    if (!picture_make(&picture, w->recipe, w->plan->seed, patient, err))
        return false;
    bool ok = write_volume(w, patient, "arterial", &picture.arterial, err) && write_volume(w, patient, "portal", &picture.portal, err) &&
              write_volume(w, patient, "mask", &picture.mask, err);
    picture_free(&picture);
    return ok;
}

static bool write_cases(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    struct writing *w = ctx;
    for (size_t i = begin; i < end; i++) {
        const struct patient *patient = &w->patient[i];
        if (!write_case(w, patient, err))
            return err_add(err, "virtual case %s-%04zu", sim_role[patient->role].name, patient->number);
        progress_step(w->progress, 1);
    }
    return true;
}

static bool write_text(const struct writing *w, const char *name, struct text *text, struct err *err)
{
    char *path = path_join(w->folder, name, err);
    bool ok = path != NULL && text_ok(text, err) && file_write(path, text->bytes, text->n, err);
    mem_free(path);
    text_free(text);
    return ok;
}

static void add_time(struct text *text, bool has, const struct sim_time *time)
{
    if (has)
        text_add(text, ",%.0f,%d", time->days, time->event);
    else
        text_add(text, ",,");
}

static bool write_table(const struct writing *w, struct err *err)
{
    struct text text = TEXT_INIT;
    text_add(&text, "ID,role,centre,Image_arterial,Image_portal,Mask,age,sex,hbv,cirrhosis,afp,pivka,albumin,platelets,size_mm,"
                    "proliferative,rfs_days,rfs_event,ttp_days,ttp_event\n");
    for (size_t i = 0; i < w->n; i++) {
        const struct patient *p = &w->patient[i];
        const struct sim_role *role = &sim_role[p->role];
        add_id(&text, p);
        text_add(&text, ",%s,%s", role->name, w->recipe->centre[role->centre].name);
        static const char *const what[] = {"arterial", "portal", "mask"};
        for (size_t k = 0; k < 3; k++) {
            text_add(&text, ",images/");
            add_id(&text, p);
            text_add(&text, "_%s.nii.gz", what[k]);
        }
        text_add(&text, ",%.0f,%s,%d,%d", p->age, p->male ? "M" : "F", p->hbv, p->cirrhosis);
        const double value[] = {p->afp, p->pivka, p->albumin, p->platelets, round(p->diameter_mm)};
        for (size_t k = 0; k < sizeof value / sizeof *value; k++) {
            text_add_char(&text, ',');
            text_add_double(&text, value[k]);
        }
        text_add(&text, role->label ? ",%d" : ",", p->label);
        add_time(&text, role->rfs, &p->rfs);
        add_time(&text, role->ttp, &p->ttp);
        text_add_char(&text, '\n');
    }
    return write_text(w, "cohort.csv", &text, err);
}

static bool write_truth_table(const struct writing *w, struct err *err)
{
    struct text text = TEXT_INIT;
    text_add(&text, "ID,role,latent,probability");
    for (int k = 0; k < SIGN_N; k++)
        text_add(&text, ",sign_%s", sign_name[k]);
    text_add_char(&text, '\n');
    for (size_t i = 0; i < w->n; i++) {
        const struct patient *p = &w->patient[i];
        add_id(&text, p);
        text_add(&text, ",%s,", sim_role[p->role].name);
        text_add_double(&text, p->latent);
        text_add_char(&text, ',');
        text_add_double(&text, p->probability);
        for (int k = 0; k < SIGN_N; k++) {
            text_add_char(&text, ',');
            text_add_double(&text, p->sign[k]);
        }
        text_add_char(&text, '\n');
    }
    return write_text(w, "truth.csv", &text, err);
}

static void put_number(struct json_writer *json, const char *key, double value)
{
    json_key(json, key);
    json_put_number(json, value);
}

static void put_count(struct json_writer *json, const char *key, size_t value)
{
    json_key(json, key);
    json_put_count(json, value);
}

static void put_expected_endpoint(struct json_writer *json, const char *key, const struct truth_endpoint *truth)
{
    json_key(json, key);
    json_begin_object(json, JSON_WIDE);
    put_number(json, "c", truth->c);
    put_number(json, "hazard_ratio", truth->hazard_ratio);
    put_number(json, "event_share", truth->event_share);
    json_end(json);
}

static void put_realised_endpoint(struct json_writer *json, const char *key, const struct patient *patient, size_t n, bool ttp)
{
    size_t events = 0;
    for (size_t i = 0; i < n; i++)
        events += ttp ? patient[i].ttp.event : patient[i].rfs.event;
    json_key(json, key);
    json_begin_object(json, JSON_WIDE);
    put_count(json, "events", events);
    put_number(json, "c", truth_c(patient, n, ttp));
    json_end(json);
}

static bool put_role(struct json_writer *json, const struct writing *w, size_t r, struct err *err)
{
    const struct sim_role *role = &sim_role[r];
    const struct patient *patient = w->patient + w->first[r];
    size_t n = w->plan->n[r], positive = 0, high = 0;
    for (size_t i = 0; i < n; i++) {
        positive += patient[i].label;
        high += patient[i].probability >= w->recipe->truth_cut;
    }
    json_begin_object(json, JSON_TALL);
    json_key(json, "role");
    json_put_text(json, role->name);
    put_count(json, "n", n);
    put_count(json, "high", high);
    if (role->label) {
        double auc;
        if (!truth_auc(patient, n, &auc, err))
            return false;
        put_count(json, "positive", positive);
        put_number(json, "auc", auc);
    }
    if (role->rfs)
        put_realised_endpoint(json, "rfs", patient, n, false);
    if (role->ttp)
        put_realised_endpoint(json, "ttp", patient, n, true);
    json_end(json);
    return true;
}

static bool write_truth(const struct writing *w, struct err *err)
{
    struct truth truth;
    struct text text = TEXT_INIT;
    struct json_writer json = json_writer(&text);
    char hash[65];
    if (!recipe_hash(w->recipe, hash, err) || !truth_of_population(&truth, w->recipe, w->plan->effect, err))
        return false;
    json_begin_object(&json, JSON_TALL);
    json_key(&json, "recipe_version");
    json_put_text(&json, RECIPE_VERSION);
    json_key(&json, "recipe_sha256");
    json_put_text(&json, hash);
    put_count(&json, "seed", w->plan->seed);
    put_number(&json, "effect", w->plan->effect);
    put_number(&json, "probability_cut", w->recipe->truth_cut);
    json_key(&json, "expected");
    json_begin_object(&json, JSON_TALL);
    put_number(&json, "auc", truth.auc);
    put_number(&json, "prevalence", truth.prevalence);
    put_number(&json, "high_share", truth.high_share);
    put_expected_endpoint(&json, "rfs", &truth.rfs);
    put_expected_endpoint(&json, "ttp", &truth.ttp);
    json_end(&json);
    json_key(&json, "roles");
    json_begin_array(&json, JSON_TALL);
    for (size_t r = 0; r < SIM_ROLE_N; r++)
        if (w->plan->n[r] > 0 && !put_role(&json, w, r, err)) {
            text_free(&text);
            return false;
        }
    json_end(&json);
    json_end(&json);
    text_add_char(&text, '\n');
    return write_text(w, "truth.json", &text, err);
}

static bool write_study(const struct writing *w, struct err *err)
{
    struct text text = TEXT_INIT;
    text_add_bytes(&text, study_text, sizeof study_text - 1);
    return write_text(w, "study.yaml", &text, err);
}

static bool write_all(struct writing *w, struct err *err)
{
    char *images = path_join(w->folder, "images", err);
    bool ok = images != NULL && folder_remove(w->folder, err) && folder_make(w->folder, err) && folder_make(images, err);
    mem_free(images);
    if (!ok)
        return false;
    w->progress = progress_start("virtual cases", w->n);
    ok = par_for(w->n, 1, write_cases, w, err);
    progress_end(w->progress);
    return ok && write_table(w, err) && write_truth_table(w, err) && write_truth(w, err) && write_study(w, err);
}

static bool draw_patients(struct writing *w, struct err *err)
{
    w->n = 0;
    for (size_t r = 0; r < SIM_ROLE_N; r++) {
        w->first[r] = w->n;
        w->n += w->plan->n[r];
    }
    w->patient = mem_alloc(w->n, sizeof *w->patient, err);
    if (w->patient == NULL)
        return false;
    for (size_t r = 0; r < SIM_ROLE_N; r++)
        for (size_t i = 0; i < w->plan->n[r]; i++)
            w->patient[w->first[r] + i] = patient_make(w->recipe, w->plan->seed, w->plan->effect, r, i + 1);
    return true;
}

/* Nothing of the user's is overwritten. */
static bool check_free(const char *folder, struct err *err)
{
    if (file_exists(folder) || (folder_exists(folder) && !folder_is_empty(folder)))
        return err_set(err, ERR_INPUT, "output folder %s is there already; expected a new or empty one", folder);
    return true;
}

static bool write_beside(struct writing *w, const char *folder, struct err *err)
{
    if (!draw_patients(w, err))
        return false;
    bool ok = write_all(w, err) && path_rename(w->folder, folder, err);
    if (!ok)
        folder_remove(w->folder, NULL);
    mem_free(w->patient);
    return ok;
}

bool cohort_write(const char *folder, const struct recipe *recipe, const struct cohort_plan *plan, struct err *err)
{
    size_t name_n = strlen(folder);
    while (name_n > 1 && folder[name_n - 1] == '/')
        name_n--;
    struct text name = TEXT_INIT, partial = TEXT_INIT;
    text_add_bytes(&name, folder, name_n);
    text_add_bytes(&partial, folder, name_n);
    text_add(&partial, ".partial");
    struct writing w = {.recipe = recipe, .plan = plan, .folder = partial.bytes};
    bool ok = text_ok(&name, err) && text_ok(&partial, err) && check_free(name.bytes, err) && write_beside(&w, name.bytes, err);
    text_free(&name);
    text_free(&partial);
    return ok;
}
