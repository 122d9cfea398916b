/* The inside of the settings, shared by the file that reads them, the one that answers, and the one that writes. */
#ifndef HEPAR_STUDY_SETTINGS_TREE_H
#define HEPAR_STUDY_SETTINGS_TREE_H

#include "base/mem.h"
#include "study/keys.h"
#include "study/settings.h"

struct setting {
    const char *path; /* "roles.split[0].share" */
    const struct key *key;
    const char *value;
    const char *where; /* "study.yaml:12:5", "--set", "default" */
};

struct study_settings {
    struct setting *setting; /* in the order they were read; defaults behind */
    size_t n, room;
    const char *folder, *data_folder;
    struct arena arena; /* owns all texts */
};

/* See settings_file_name(). */
const char *settings_tree_file_name(const struct setting *setting);
bool settings_tree_add(struct study_settings *settings, const char *path, const struct key *key, const char *value, const char *where, struct err *err);

#endif
