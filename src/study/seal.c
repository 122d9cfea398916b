/* Sealed outcomes; see seal.h. */
#include "study/seal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

enum { STRATUM_UNKNOWN = 2, LOG_ROOM = 64 };

struct seal {
    struct outcomes outcomes;
    size_t case_n;
    char **role_of; /* NULL until the roles are set */
    char lock[65];  /* empty until locked */
    struct seal_entry log[LOG_ROOM];
    size_t log_n;
};

bool outcomes_init(struct outcomes *outcomes, size_t case_n, bool has_label, size_t endpoint_n, struct err *err)
{
    *outcomes = (struct outcomes){0};
    if (has_label && (outcomes->label = mem_alloc(case_n, sizeof(double), err)) == NULL)
        return false;
    outcomes->time = mem_zero(endpoint_n, sizeof(double *), err);
    outcomes->event = mem_zero(endpoint_n, sizeof(double *), err);
    if (outcomes->time == NULL || outcomes->event == NULL)
        goto failed;
    outcomes->endpoint_n = endpoint_n;
    for (size_t e = 0; e < endpoint_n; e++) {
        outcomes->time[e] = mem_alloc(case_n, sizeof(double), err);
        outcomes->event[e] = mem_alloc(case_n, sizeof(double), err);
        if (outcomes->time[e] == NULL || outcomes->event[e] == NULL)
            goto failed;
    }
    for (size_t row = 0; row < case_n; row++) {
        if (has_label)
            outcomes->label[row] = NAN;
        for (size_t e = 0; e < endpoint_n; e++)
            outcomes->time[e][row] = outcomes->event[e][row] = NAN;
    }
    return true;
failed:
    outcomes_free(outcomes);
    return false;
}

void outcomes_free(struct outcomes *outcomes)
{
    for (size_t e = 0; e < outcomes->endpoint_n; e++) {
        mem_free(outcomes->time[e]);
        mem_free(outcomes->event[e]);
    }
    mem_free(outcomes->time);
    mem_free(outcomes->event);
    mem_free(outcomes->label);
    *outcomes = (struct outcomes){0};
}

struct seal *seal_close(struct outcomes *outcomes, size_t case_n, struct err *err)
{
    struct seal *seal = mem_zero(1, sizeof *seal, err);
    if (seal == NULL) {
        outcomes_free(outcomes);
        return NULL;
    }
    seal->outcomes = *outcomes;
    seal->case_n = case_n;
    *outcomes = (struct outcomes){0};
    return seal;
}

void seal_free(struct seal *seal)
{
    if (seal == NULL)
        return;
    for (size_t row = 0; seal->role_of != NULL && row < seal->case_n; row++)
        mem_free(seal->role_of[row]);
    mem_free(seal->role_of);
    for (size_t k = 0; k < seal->log_n; k++) {
        mem_free(seal->log[k].role);
        mem_free(seal->log[k].detail);
    }
    outcomes_free(&seal->outcomes);
    mem_free(seal);
}

static bool note(struct seal *seal, const char *what, const char *role, const char *detail, struct err *err)
{
    if (seal->log_n == LOG_ROOM)
        return err_set(err, ERR_USAGE, "more than %d splits and roles", LOG_ROOM);
    struct seal_entry entry = {what, NULL, mem_string(detail, err)};
    if (role != NULL)
        entry.role = mem_string(role, err);
    if (entry.detail == NULL || (role != NULL && entry.role == NULL)) {
        mem_free(entry.detail);
        mem_free(entry.role);
        return false;
    }
    seal->log[seal->log_n++] = entry;
    return true;
}

bool seal_known(const struct seal *seal, size_t endpoint, size_t row)
{
    const struct outcomes *outcomes = &seal->outcomes;
    if (endpoint == SIZE_MAX)
        return outcomes->label != NULL && !isnan(outcomes->label[row]);
    return !isnan(outcomes->time[endpoint][row]) && !isnan(outcomes->event[endpoint][row]);
}

bool seal_set_roles(struct seal *seal, const char *const *role_of, struct err *err)
{
    if (seal->role_of != NULL)
        return err_set(err, ERR_BUG, "the roles are set twice");
    seal->role_of = mem_zero(seal->case_n, sizeof *seal->role_of, err);
    if (seal->role_of == NULL)
        return false;
    for (size_t row = 0; row < seal->case_n; row++)
        if (role_of[row] != NULL && (seal->role_of[row] = mem_string(role_of[row], err)) == NULL)
            return false;
    return true;
}

bool seal_strata(struct seal *seal, const char *role, const size_t *rows, size_t n, int *classes, struct err *err)
{
    if (seal->role_of != NULL)
        return err_set(err, ERR_BUG, "a stratified split after the roles are final");
    for (size_t k = 0; k < n; k++)
        classes[k] = seal_known(seal, SIZE_MAX, rows[k]) ? (int)seal->outcomes.label[rows[k]] : STRATUM_UNKNOWN;
    return note(seal, "read by a stratified split", role, "labels of all cases of this role, future test cases included", err);
}

static bool copy_role(const struct seal *seal, const char *role, struct outcomes *out, struct err *err)
{
    const struct outcomes *from = &seal->outcomes;
    if (!outcomes_init(out, seal->case_n, from->label != NULL, from->endpoint_n, err))
        return false;
    for (size_t row = 0; row < seal->case_n; row++) {
        if (seal->role_of[row] == NULL || strcmp(seal->role_of[row], role) != 0)
            continue;
        if (from->label != NULL)
            out->label[row] = from->label[row];
        for (size_t e = 0; e < from->endpoint_n; e++) {
            out->time[e][row] = from->time[e][row];
            out->event[e][row] = from->event[e][row];
        }
    }
    return true;
}

bool seal_train(const struct seal *seal, struct outcomes *out, struct err *err)
{
    if (seal->role_of == NULL)
        return err_set(err, ERR_BUG, "outcomes are asked for before the roles are final");
    return copy_role(seal, "train", out, err);
}

bool seal_lock(struct seal *seal, const char *model_sha256, struct err *err)
{
    if (seal->role_of == NULL || seal->lock[0] != '\0' || strlen(model_sha256) != 64)
        return err_set(err, ERR_BUG, "a lock without roles, twice, or without a hash");
    memcpy(seal->lock, model_sha256, 65);
    return note(seal, "locked", NULL, model_sha256, err);
}

bool seal_open(struct seal *seal, const char *role, struct outcomes *out, struct err *err)
{
    if (seal->lock[0] == '\0')
        return err_set(err, ERR_BUG, "outcomes of role %s are asked for before the model is locked", role);
    return note(seal, "opened", role, seal->lock, err) && copy_role(seal, role, out, err);
}

bool seal_break(struct seal *seal, struct outcomes *out, struct err *err)
{
    const struct outcomes *from = &seal->outcomes;
    if (!note(seal, "broken", NULL, "--allow-leakage: outcomes of all roles were seen before the model was fitted", err) ||
        !outcomes_init(out, seal->case_n, from->label != NULL, from->endpoint_n, err))
        return false;
    for (size_t row = 0; row < seal->case_n; row++) {
        if (from->label != NULL)
            out->label[row] = from->label[row];
        for (size_t e = 0; e < from->endpoint_n; e++) {
            out->time[e][row] = from->time[e][row];
            out->event[e][row] = from->event[e][row];
        }
    }
    return true;
}

const struct seal_entry *seal_log(const struct seal *seal, size_t *n)
{
    *n = seal->log_n;
    return seal->log;
}
