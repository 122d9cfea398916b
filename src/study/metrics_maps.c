/* Maps in metrics.json; see metrics_maps.h. */
#include "study/metrics_maps.h"

#include <math.h>
#include <stdio.h>

#include "study/slices.h"

static void put_number(struct json_writer *json, const char *key, double value)
{
    json_key(json, key);
    json_put_number(json, value);
}

static void put_text(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    json_put_text(json, value);
}

/* "slices/ID~map.png"; null where it was not written. */
static void put_file(struct json_writer *json, const char *key, const char *folder, const char *id, const char *ending, bool written)
{
    char name[SLICES_NAME_ROOM], path[SLICES_NAME_ROOM + 16];
    slices_name(id, ending, name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    put_text(json, key, written ? path : NULL);
}

static void put_case(struct json_writer *json, const struct cohort *cohort, const struct case_map *item)
{
    const char *id = cohort->table.id[item->row];
    json_begin_object(json, JSON_WIDE);
    put_text(json, "id", id);
    put_text(json, "role", cohort->role_of[item->row]);
    put_number(json, "probability", item->probability);
    put_text(json, "shows", item->high ? "raises" : "lowers");
    put_text(json, "failure", item->failure);
    put_text(json, "method", item->failure == NULL ? scoremap_method_name(item->method) : NULL);
    json_key(json, "empty");
    json_put_bool(json, item->empty);
    put_number(json, "highest", item->highest);
    put_number(json, "share", item->share);
    put_number(json, "share_even", item->share_even);
    put_number(json, "sanity", item->sanity);
    put_file(json, "map", "maps", id, ".nii.gz", item->drawn);
    put_file(json, "picture", "slices", id, "~map.png", item->drawn);
    put_file(json, "plain_picture", "slices", id, ".png", item->drawn);
    json_end(json);
}

void metrics_put_maps(struct json_writer *json, const struct cohort *cohort, const struct maps *maps)
{
    if (!maps->made)
        return;
    json_key(json, "maps");
    json_begin_array(json, JSON_TALL);
    for (size_t k = 0; k < maps->n; k++)
        put_case(json, cohort, &maps->item[k]);
    json_end(json);
    json_key(json, "maps_share");
    json_begin_object(json, JSON_WIDE);
    put_number(json, "median", maps->share);
    put_number(json, "median_even", maps->share_even);
    put_number(json, "rim_mm", SCOREMAP_RIM_MM);
    json_key(json, "n");
    json_put_count(json, maps->share_n);
    json_end(json);
    json_key(json, "sanity");
    json_begin_object(json, JSON_WIDE);
    put_number(json, "value", maps->sanity);
    put_number(json, "limit", SCOREMAP_SANITY_LIMIT);
    json_key(json, "n");
    json_put_count(json, maps->sanity_n);
    json_end(json);
}
