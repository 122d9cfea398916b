/* The settings of a study: the study file, `--set KEY=VALUE` on top, and the defaults, checked against the table
 * of keys (keys.h) and flattened to one line a value: `roles.split[0].share` = "0.25".
 *
 * A name the user gives (`endpoints.OS`, `roles.map.l1`) is part of the path as it is written, quoted when it
 * holds one of `. [ ] "`. Every value knows where it was written, so that an error can say file:line:column. */
#ifndef HEPAR_STUDY_SETTINGS_H
#define HEPAR_STUDY_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct study_settings;

/* overrides: "key.path=YAML value", each replaces what the file says at and below that path. */
struct study_settings *settings_read(const char *path, const char *const *overrides, size_t override_n, struct err *err);
void settings_free(struct study_settings *settings);

/* Values by path; the path is made by the format. NULL, or `absent`, when nothing is set. Borrowed. */
const char *settings_text(const struct study_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));
double settings_number(const struct study_settings *settings, double absent, const char *format, ...) __attribute__((format(printf, 3, 4)));
uint64_t settings_integer(const struct study_settings *settings, uint64_t absent, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool settings_flag(const struct study_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* How many items the list has; 0 when absent. */
size_t settings_item_n(const struct study_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool settings_has(const struct study_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3))); /* at or below */
/* The names below a map, in the file's order: the k-th into `name`; false when there are no more. */
bool settings_child(const struct study_settings *settings, const char *path, size_t k, char name[256]);
/* A user's name as a segment of a path: quoted where needed. */
const char *settings_segment(const char *name, char segment[300]);
/* "study.yaml:12:5", or "default", or "--set", for messages. Borrowed till the next call on this thread. */
const char *settings_where(const struct study_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All values, nested again, as a study file that gives the same settings; same bytes for the same settings. */
bool settings_write_yaml(const struct study_settings *settings, struct text *out, struct err *err);
/* The `reporting` keys as members of the open JSON object ("segmentation.readers": "2"); a list is one text. */
struct json_writer;
void settings_put_reporting(const struct study_settings *settings, struct json_writer *json);
/* Where a file of the study lies: a relative path that the study file names starts from `data` (the parameter file, as
 * `data` itself, from the study file), one typed with --set from the current folder. The caller frees; NULL with ERR_BUG when nothing is set. */
char *settings_file(const struct study_settings *settings, struct err *err, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Its name in outputs, which say nothing about where inputs lay: absolute and typed paths lose their folders. Borrowed. */
const char *settings_file_name(const struct study_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
