/* The meaning of an NRRD header's fields; see nrrd_header.h.
 *
 * The format allows far more than a medical grid. Here: three axes with a place in space, LPS, RAS or LAS by name (or
 * none: taken as LPS with a note, as ITK does), at right angles; further axes only of length 1, or one leading axis
 * as channels. What does not say where a voxel lies is refused. */
#include "io/nrrd_header.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "io/nrrd_fields.h"

static const struct {
    const char *name;
    enum voxel_type type;
} TYPES[] = {
    {"signed char", VOXEL_I8},          {"int8", VOXEL_I8},
    {"int8_t", VOXEL_I8},               {"uchar", VOXEL_U8},
    {"unsigned char", VOXEL_U8},        {"uint8", VOXEL_U8},
    {"uint8_t", VOXEL_U8},              {"short", VOXEL_I16},
    {"short int", VOXEL_I16},           {"signed short", VOXEL_I16},
    {"signed short int", VOXEL_I16},    {"int16", VOXEL_I16},
    {"int16_t", VOXEL_I16},             {"ushort", VOXEL_U16},
    {"unsigned short", VOXEL_U16},      {"unsigned short int", VOXEL_U16},
    {"uint16", VOXEL_U16},              {"uint16_t", VOXEL_U16},
    {"int", VOXEL_I32},                 {"signed int", VOXEL_I32},
    {"int32", VOXEL_I32},               {"int32_t", VOXEL_I32},
    {"uint", VOXEL_U32},                {"unsigned int", VOXEL_U32},
    {"uint32", VOXEL_U32},              {"uint32_t", VOXEL_U32},
    {"longlong", VOXEL_I64},            {"long long", VOXEL_I64},
    {"long long int", VOXEL_I64},       {"signed long long", VOXEL_I64},
    {"signed long long int", VOXEL_I64}, {"int64", VOXEL_I64},
    {"int64_t", VOXEL_I64},             {"ulonglong", VOXEL_U64},
    {"unsigned long long", VOXEL_U64},  {"unsigned long long int", VOXEL_U64},
    {"uint64", VOXEL_U64},              {"uint64_t", VOXEL_U64},
    {"float", VOXEL_F32},               {"double", VOXEL_F64},
};

static const struct {
    const char *name;
    enum nrrd_encoding encoding;
} ENCODINGS[] = {
    {"raw", NRRD_RAW},    {"gzip", NRRD_GZIP},  {"gz", NRRD_GZIP}, {"ascii", NRRD_ASCII},
    {"text", NRRD_ASCII}, {"txt", NRRD_ASCII},  {"hex", NRRD_HEX},
};

/* Which of x and y must be negated on the way to LPS. */
static const struct {
    const char *name, *letters;
    bool x, y;
} SPACES[] = {
    {"left-posterior-superior", "LPS", false, false},
    {"right-anterior-superior", "RAS", true, true},
    {"left-anterior-superior", "LAS", false, true},
};

static const struct {
    const char *name;
    double mm;
} UNITS[] = {{"mm", 1}, {"millimeter", 1}, {"millimeters", 1}, {"cm", 10}, {"m", 1000}, {"um", 0.001}, {"micron", 0.001}, {"microns", 0.001}, {"\xc2\xb5m", 0.001}, {"", 1}};

static bool bad(const struct nrrd_fields *fields, enum nrrd_field field, const char *expected, struct err *err)
{
    return err_set(err, ERR_INPUT, "line %zu: %s is \"%.60s\", expected %s", fields->line[field], nrrd_field_name(field), fields->text[field], expected);
}

bool nrrd_number(const char *text, double *value)
{
    if (double_from_text(text, value))
        return true;
    const char *word = text + (*text == '+' || *text == '-');
    bool negative = *text == '-';
    if (strcasecmp(word, "nan") == 0)
        *value = NAN;
    else if (strcasecmp(word, "inf") == 0 || strcasecmp(word, "infinity") == 0)
        *value = negative ? -INFINITY : INFINITY;
    else
        return false;
    return true;
}

/* The next word of *text (ends at a blank, or at one of `stops`) into word[64]; *text moves behind it. */
static bool next_word(const char **text, const char *stops, char word[64])
{
    const char *from = *text + strspn(*text, " \t");
    size_t n = 0;
    while (from[n] != '\0' && from[n] != ' ' && from[n] != '\t' && strchr(stops, from[n]) == NULL)
        n++;
    if (n == 0 || n >= 64)
        return false;
    memcpy(word, from, n);
    word[n] = '\0';
    *text = from + n;
    return true;
}

static bool at_end(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

enum count_result { COUNT_OK, COUNT_BAD, COUNT_LARGE };

static enum count_result count_from_text(const char *text, size_t *value)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0')
        return COUNT_BAD;
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    if (errno == ERANGE || number > PTRDIFF_MAX)
        return COUNT_LARGE;
    *value = (size_t)number;
    return COUNT_OK;
}

static bool read_dimension(const struct nrrd_fields *fields, struct nrrd_header *header, struct err *err)
{
    if (count_from_text(fields->text[NRRD_DIMENSION], &header->axis_n) != COUNT_OK || header->axis_n < 1 || header->axis_n > NRRD_AXES_MAX)
        return bad(fields, NRRD_DIMENSION, "1 to 16", err);
    const char *text = fields->text[NRRD_SIZES];
    char word[64];
    size_t n = 0;
    for (; next_word(&text, "", word); n++) {
        size_t size = 0;
        enum count_result result = count_from_text(word, &size);
        if (result == COUNT_LARGE)
            return err_set(err, ERR_INPUT, "line %zu: size %s overflows", fields->line[NRRD_SIZES], word);
        if (result == COUNT_BAD || size < 1)
            return bad(fields, NRRD_SIZES, "whole numbers of at least 1", err);
        if (n < header->axis_n)
            header->size[n] = size;
    }
    if (n != header->axis_n || !at_end(text))
        return err_set(err, ERR_INPUT, "line %zu: %zu sizes for %zu axes", fields->line[NRRD_SIZES], n, header->axis_n);
    return true;
}

static bool read_type(const struct nrrd_fields *fields, struct nrrd_header *header, struct err *err)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++)
        if (strcasecmp(fields->text[NRRD_TYPE], TYPES[i].name) == 0) {
            header->type = TYPES[i].type;
            return true;
        }
    return bad(fields, NRRD_TYPE, "an integer type of 8 to 64 bits, float or double", err);
}

static bool read_encoding(const struct nrrd_fields *fields, struct nrrd_header *header, struct err *err)
{
    for (size_t i = 0; i < sizeof ENCODINGS / sizeof ENCODINGS[0]; i++)
        if (strcasecmp(fields->text[NRRD_ENCODING], ENCODINGS[i].name) == 0) {
            header->encoding = ENCODINGS[i].encoding;
            break;
        } else if (i + 1 == sizeof ENCODINGS / sizeof ENCODINGS[0]) {
            return bad(fields, NRRD_ENCODING, "raw, gzip, ascii or hex", err);
        }
    const char *endian = fields->text[NRRD_ENDIAN];
    if (endian == NULL)
        return header->encoding == NRRD_ASCII || voxel_type_size(header->type) == 1 ||
               err_set(err, ERR_INPUT, "field \"endian\" is missing, which voxels of %zu bytes need", voxel_type_size(header->type));
    bool big = strcasecmp(endian, "big") == 0;
    if (!big && strcasecmp(endian, "little") != 0)
        return bad(fields, NRRD_ENDIAN, "little or big", err);
    header->swapped = big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    return true;
}

static bool read_skips(const struct nrrd_fields *fields, struct nrrd_header *header, struct err *err)
{
    const char *line = fields->text[NRRD_LINE_SKIP], *byte = fields->text[NRRD_BYTE_SKIP];
    if (line != NULL && count_from_text(line, &header->line_skip) != COUNT_OK)
        return bad(fields, NRRD_LINE_SKIP, "a whole number of at least 0", err);
    if (byte == NULL)
        return true;
    header->last_bytes = strcmp(byte, "-1") == 0 && header->encoding == NRRD_RAW;
    if (!header->last_bytes && count_from_text(byte, &header->byte_skip) != COUNT_OK)
        return bad(fields, NRRD_BYTE_SKIP, "a whole number of at least 0, or -1 with encoding raw", err);
    return true;
}

/* Unit texts as a factor to mm, one for all axes; blanks between the quotes are allowed. */
static bool read_units(const struct nrrd_fields *fields, enum nrrd_field field, double *factor, struct err *err)
{
    *factor = 1;
    const char *text = fields->text[field];
    bool first = true;
    while (text != NULL && (text = strchr(text, '"')) != NULL) {
        size_t n = strcspn(text + 1, "\""), known = 0;
        static const size_t UNIT_N = sizeof UNITS / sizeof UNITS[0];
        while (known < UNIT_N && (strlen(UNITS[known].name) != n || strncmp(UNITS[known].name, text + 1, n) != 0))
            known++;
        if (known == UNIT_N || text[n + 1] == '\0')
            return bad(fields, field, "lengths in m, cm, mm or um", err);
        if (!first && UNITS[known].mm != *factor)
            return bad(fields, field, "the same unit on all axes", err);
        *factor = UNITS[known].mm;
        first = false;
        text += n + 2;
    }
    return true;
}

/* "(a,b,c)" at *text, which moves behind it. */
static bool read_vector(const struct nrrd_fields *fields, enum nrrd_field field, const char **text, double vector[3], struct err *err)
{
    const char *at = *text + strspn(*text, " \t");
    if (*at++ != '(')
        return bad(fields, field, "vectors of the form (x,y,z)", err);
    size_t n = 0;
    for (;; n++) {
        char word[64];
        double value;
        if (!next_word(&at, ",)", word) || !nrrd_number(word, &value))
            return bad(fields, field, "numbers in vectors of the form (x,y,z)", err);
        if (n < 3)
            vector[n] = value;
        at += strspn(at, " \t");
        if (*at == ')')
            break;
        if (*at++ != ',')
            return bad(fields, field, "vectors of the form (x,y,z)", err);
    }
    *text = at + 1;
    return n == 2 || err_set(err, ERR_INPUT, "line %zu: a vector of %s has %zu numbers, expected 3", fields->line[field], nrrd_field_name(field), n + 1);
}

/* Chooses the three axes in space; the others must be of length 1, but for a leading one (channels). */
static bool choose_axes(struct nrrd_header *header, const bool in_space[NRRD_AXES_MAX], size_t axis[3], struct err *err)
{
    size_t found = 0;
    header->channel_n = 1;
    for (size_t i = 0; i < header->axis_n; i++)
        if (in_space[i]) {
            if (found == 3)
                return err_set(err, ERR_INPUT, "more than 3 dimensions with a place in space");
            axis[found++] = i;
        }
    if (found < 3)
        return err_set(err, ERR_INPUT, "%zu of %zu axes have a spacing or space direction, expected 3", found, header->axis_n);
    for (size_t i = 0; i < header->axis_n; i++) {
        if (in_space[i] || header->size[i] == 1)
            continue;
        if (i != 0)
            return err_set(err, ERR_INPUT, "more than 3 dimensions: axis %zu has no place in space and %zu elements, expected 1", i, header->size[i]);
        header->channel_n = header->size[0];
    }
    for (int j = 0; j < 3; j++)
        header->grid.n[j] = header->size[axis[j]];
    return true;
}

/* Only spacings: axes along x, y, z of LPS. */
static bool read_spacings(const struct nrrd_fields *fields, struct nrrd_header *header, struct notes *notes, struct err *err)
{
    bool in_space[NRRD_AXES_MAX] = {false};
    double spacing[NRRD_AXES_MAX] = {0}, factor;
    const char *text = fields->text[NRRD_SPACINGS];
    char word[64];
    size_t n = 0, axis[3];
    if (text == NULL)
        return err_set(err, ERR_INPUT, "spacing is unknown: neither \"space directions\" nor \"spacings\" is there");
    for (; next_word(&text, "", word); n++) {
        double value;
        if (!nrrd_number(word, &value))
            return bad(fields, NRRD_SPACINGS, "numbers", err);
        if (n >= header->axis_n)
            continue;
        in_space[n] = !(isnan(value) && header->axis_n > 3); /* NaN: the axis has no spacing */
        if (in_space[n] && !(isfinite(value) && value > 0))
            return bad(fields, NRRD_SPACINGS, "numbers above 0", err);
        spacing[n] = value;
    }
    if (n != header->axis_n || !at_end(text))
        return err_set(err, ERR_INPUT, "line %zu: %zu spacings for %zu axes", fields->line[NRRD_SPACINGS], n, header->axis_n);
    if (header->axis_n == 2) { /* a single slice */
        header->size[2] = 1;
        spacing[2] = 1;
        in_space[2] = true;
        header->axis_n = 3;
        if (!notes_add(notes, err, "2D", "two axes: read as one slice of 1 mm"))
            return false;
    }
    if (!read_units(fields, NRRD_UNITS, &factor, err) || !choose_axes(header, in_space, axis, err))
        return false;
    double step[3][3] = {{0}};
    for (int j = 0; j < 3; j++)
        step[j][j] = spacing[axis[j]] * factor;
    if (fields->text[NRRD_AXIS_MINS] != NULL && !notes_add(notes, err, "axis mins ignored", "axis mins are not used"))
        return false;
    return grid_set_steps(&header->grid, step, err) &&
           notes_add(notes, err, "spacings only", "spacings without space directions: axes taken as left, posterior, superior, origin 0");
}

static bool read_space(const struct nrrd_fields *fields, bool negate[3], struct notes *notes, struct err *err)
{
    const char *space = fields->text[NRRD_SPACE], *dimension = fields->text[NRRD_SPACE_DIMENSION];
    if (space != NULL) {
        for (size_t i = 0; i < sizeof SPACES / sizeof SPACES[0]; i++)
            if (strcasecmp(space, SPACES[i].name) == 0 || strcasecmp(space, SPACES[i].letters) == 0) {
                negate[0] = SPACES[i].x;
                negate[1] = SPACES[i].y;
                return true;
            }
        return bad(fields, NRRD_SPACE, "left-posterior-superior, right-anterior-superior or left-anterior-superior", err);
    }
    if (dimension == NULL)
        return err_set(err, ERR_INPUT, "field \"space\" is missing, which \"space directions\" need");
    if (strcmp(dimension, "3") != 0)
        return bad(fields, NRRD_SPACE_DIMENSION, "3", err);
    return notes_add(notes, err, "no named space", "the space has no name: taken as left-posterior-superior");
}

static bool read_directions(const struct nrrd_fields *fields, struct nrrd_header *header, struct notes *notes, struct err *err)
{
    bool negate[3] = {false}, in_space[NRRD_AXES_MAX] = {false};
    double vector[NRRD_AXES_MAX + 1][3], factor, step[3][3];
    size_t n = 0, axis[3];
    if (!read_space(fields, negate, notes, err) || !read_units(fields, NRRD_SPACE_UNITS, &factor, err))
        return false;
    for (const char *text = fields->text[NRRD_SPACE_DIRECTIONS]; !at_end(text); n++) {
        text += strspn(text, " \t");
        bool none = strncasecmp(text, "none", 4) == 0 && (text[4] == '\0' || text[4] == ' ' || text[4] == '\t');
        size_t i = n < header->axis_n ? n : NRRD_AXES_MAX;
        if (none)
            text += 4;
        else if (!read_vector(fields, NRRD_SPACE_DIRECTIONS, &text, vector[i], err))
            return false;
        if (i < header->axis_n)
            in_space[i] = !none;
    }
    if (n != header->axis_n)
        return err_set(err, ERR_INPUT, "line %zu: %zu space directions for %zu axes", fields->line[NRRD_SPACE_DIRECTIONS], n, header->axis_n);
    if (!choose_axes(header, in_space, axis, err))
        return false;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            step[i][j] = (negate[i] ? -factor : factor) * vector[axis[j]][i];
    if (!grid_set_steps(&header->grid, step, err))
        return err_add(err, "line %zu: space directions", fields->line[NRRD_SPACE_DIRECTIONS]);
    for (int i = 0; i < 3; i++) /* to the last bit as ITK's reader, which PyRadiomics reads by: it decides points half way between voxels */
        for (int j = 0; j < 3; j++)
            header->grid.direction[i][j] = step[i][j] * (1 / header->grid.spacing[j]);
    if (fields->text[NRRD_SPACINGS] != NULL && !notes_add(notes, err, "spacings and space directions", "both spacings and space directions are there: space directions are taken"))
        return false;
    const char *origin = fields->text[NRRD_SPACE_ORIGIN];
    if (origin == NULL)
        return notes_add(notes, err, "no origin", "space origin is not stated: taken as 0");
    double at[3];
    if (!read_vector(fields, NRRD_SPACE_ORIGIN, &origin, at, err))
        return false;
    if (!at_end(origin))
        return bad(fields, NRRD_SPACE_ORIGIN, "one vector of the form (x,y,z)", err);
    for (int i = 0; i < 3; i++) {
        header->grid.origin[i] = (negate[i] ? -factor : factor) * at[i];
        if (!isfinite(header->grid.origin[i]))
            return bad(fields, NRRD_SPACE_ORIGIN, "finite numbers", err);
    }
    return true;
}

bool nrrd_header_parse(const unsigned char *bytes, size_t n, struct arena *arena, struct nrrd_header *header, struct notes *notes, struct err *err)
{
    static const enum nrrd_field NEEDED[] = {NRRD_TYPE, NRRD_DIMENSION, NRRD_SIZES, NRRD_ENCODING};
    struct nrrd_fields fields;
    *header = (struct nrrd_header){0};
    if (!nrrd_fields_read(bytes, n, arena, &fields, err))
        return false;
    for (size_t i = 0; i < sizeof NEEDED / sizeof NEEDED[0]; i++)
        if (fields.text[NEEDED[i]] == NULL)
            return err_set(err, ERR_INPUT, "field \"%s\" is missing", nrrd_field_name(NEEDED[i]));
    if (!read_dimension(&fields, header, err) || !read_type(&fields, header, err) || !read_encoding(&fields, header, err) ||
        !read_skips(&fields, header, err))
        return false;
    bool directed = fields.text[NRRD_SPACE_DIRECTIONS] != NULL;
    if (!directed && fields.text[NRRD_SPACE] != NULL && !read_space(&fields, (bool[3]){false}, NULL, err))
        return false;
    if (!(directed ? read_directions(&fields, header, notes, err) : read_spacings(&fields, header, notes, err)))
        return false;
    if (!volume_byte_n(header->grid.n, header->type, header->channel_n, &header->bytes))
        return err_set(err, ERR_INPUT, "line %zu: sizes %.60s overflow", fields.line[NRRD_SIZES], fields.text[NRRD_SIZES]);
    header->data_at = fields.end;
    header->directed = directed;
    header->attached = fields.attached;
    header->data_file = fields.text[NRRD_DATA_FILE];
    header->list = fields.list;
    header->list_n = fields.list_n;
    return true;
}
