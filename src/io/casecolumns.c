/* Names of a case table's columns; see casecolumns.h. */
#include "io/casecolumns.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

static const char image_of_phase[] = "Image_";

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

const char *case_phase(const char *image_column)
{
    const char *name = skip_blanks(image_column);
    return strncasecmp(name, image_of_phase, sizeof image_of_phase - 1) == 0 ? name + sizeof image_of_phase - 1 : "";
}

size_t case_list_images(const char *const *name, size_t n, size_t column[CASE_PHASE_MAX])
{
    size_t single = text_find(name, n, "Image"), found = 0;
    if (single != SIZE_MAX) {
        column[0] = single;
        return 1;
    }
    for (size_t c = 0; c < n; c++) {
        if (*case_phase(name[c]) == '\0')
            continue;
        if (found < CASE_PHASE_MAX)
            column[found] = c;
        found++;
    }
    return found;
}

/* "Image", or "Image_PHASE". */
static size_t find_of_phase(const char *const *name, size_t n, const char *what, const char *phase)
{
    char wanted[300];
    int length = snprintf(wanted, sizeof wanted, "%s%s%s", what, *phase == '\0' ? "" : "_", phase);
    return length < 0 || (size_t)length >= sizeof wanted ? SIZE_MAX : text_find(name, n, wanted);
}

size_t case_find_image(const char *const *name, size_t n, const char *phase)
{
    return find_of_phase(name, n, "Image", phase);
}

size_t case_find_mask(const char *const *name, size_t n, const char *phase)
{
    size_t own = find_of_phase(name, n, "Mask", phase);
    return own != SIZE_MAX ? own : text_find(name, n, "Mask");
}

char *case_id(const char *cell, size_t row, struct err *err)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", row + 1);
    return mem_string(cell == NULL ? number : cell, err);
}

char *case_path(const char *folder, const char *cell, struct err *err)
{
    return strcmp(folder, ".") == 0 ? mem_string(cell, err) : path_join(folder, cell, err);
}
