/* Splitting an NRRD header into its fields; see nrrd_fields.h.
 *
 * A line is "field: text", "key:=value" (left alone), a comment (#), or empty, which closes the header. Fields that the
 * format does not know, and doubled ones, are refused: a misspelt geometry must not be lost. */
#include "io/nrrd_fields.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

static const struct {
    const char *name, *alias;
} NAMES[NRRD_FIELD_N] = {
    [NRRD_TYPE] = {"type"},
    [NRRD_DIMENSION] = {"dimension"},
    [NRRD_SIZES] = {"sizes"},
    [NRRD_ENCODING] = {"encoding"},
    [NRRD_ENDIAN] = {"endian"},
    [NRRD_SPACE] = {"space"},
    [NRRD_SPACE_DIMENSION] = {"space dimension"},
    [NRRD_SPACE_UNITS] = {"space units"},
    [NRRD_SPACE_ORIGIN] = {"space origin"},
    [NRRD_SPACE_DIRECTIONS] = {"space directions"},
    [NRRD_SPACINGS] = {"spacings"},
    [NRRD_AXIS_MINS] = {"axis mins", "axismins"},
    [NRRD_UNITS] = {"units"},
    [NRRD_KINDS] = {"kinds"},
    [NRRD_DATA_FILE] = {"data file", "datafile"},
    [NRRD_LINE_SKIP] = {"line skip", "lineskip"},
    [NRRD_BYTE_SKIP] = {"byte skip", "byteskip"},
    [NRRD_OTHER] = {"content"},
    {"thicknesses"},
    {"axis maxs", "axismaxs"},
    {"centerings", "centers"},
    {"labels"},
    {"min"},
    {"max"},
    {"old min", "oldmin"},
    {"old max", "oldmax"},
    {"block size", "blocksize"},
    {"number"},
    {"sample units", "sampleunits"},
    {"measurement frame"},
};

const char *nrrd_field_name(enum nrrd_field field)
{
    return NAMES[field].name;
}

struct lines {
    const unsigned char *bytes;
    size_t n, at, number; /* number: of the line that was read last, from 1 */
};

/* The next line without its end (LF or CRLF), as a text in the arena; NULL at the end of the file or on error. */
static char *next_line(struct lines *lines, struct arena *arena, struct err *err)
{
    if (lines->at >= lines->n)
        return NULL;
    const unsigned char *from = lines->bytes + lines->at;
    size_t left = lines->n - lines->at;
    const unsigned char *end = memchr(from, '\n', left);
    size_t length = end == NULL ? left : (size_t)(end - from);
    lines->at += length + (end != NULL);
    lines->number++;
    if (length > 0 && from[length - 1] == '\r')
        length--;
    if (memchr(from, 0, length) != NULL) {
        err_set(err, ERR_INPUT, "line %zu: NUL byte in the header", lines->number);
        return NULL;
    }
    char *line = arena_alloc(arena, length + 1, 1, err);
    if (line != NULL)
        memcpy(line, from, length);
    return line;
}

static bool is_name(const char *name, size_t n, const char *known)
{
    return known != NULL && strlen(known) == n && strncasecmp(name, known, n) == 0;
}

static bool unknown_field(const char *line, size_t n, size_t number, struct err *err)
{
    const char *known[NRRD_FIELD_N];
    size_t known_n = 0;
    for (size_t i = 0; i < NRRD_FIELD_N; i++)
        if (NAMES[i].name != NULL)
            known[known_n++] = NAMES[i].name;
    char name[64];
    size_t kept = n < sizeof name - 1 ? n : sizeof name - 1;
    memcpy(name, line, kept);
    name[kept] = '\0';
    const char *near = text_nearest(name, known, known_n);
    return near == NULL ? err_set(err, ERR_INPUT, "line %zu: unknown field \"%s\"", number, name)
                        : err_set(err, ERR_INPUT, "line %zu: unknown field \"%s\" (did you mean \"%s\"?)", number, name, near);
}

static bool add_line(struct nrrd_fields *fields, char *line, size_t number, struct err *err)
{
    const char *colon = strchr(line, ':');
    if (line[0] == '#' || (colon != NULL && colon[1] == '='))
        return true;
    if (colon == NULL || (colon[1] != ' ' && colon[1] != '\t' && colon[1] != '\0'))
        return err_set(err, ERR_INPUT, "line %zu: \"%.40s\" is no header line, expected \"field: value\", \"key:=value\" or an empty line", number, line);
    size_t name_n = (size_t)(colon - line);
    for (size_t i = 0; i < NRRD_FIELD_N; i++) {
        if (!is_name(line, name_n, NAMES[i].name) && !is_name(line, name_n, NAMES[i].alias))
            continue;
        if (fields->text[i] != NULL)
            return err_set(err, ERR_INPUT, "line %zu: field \"%s\" stands in line %zu already", number, NAMES[i].name, fields->line[i]);
        char *text = line + name_n + 1;
        text += strspn(text, " \t");
        for (size_t n = strlen(text); n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'); n--)
            text[n - 1] = '\0';
        fields->text[i] = text;
        fields->line[i] = number;
        return true;
    }
    return unknown_field(line, name_n, number, err);
}

/* "data file: LIST" makes every following line a file's name. */
static bool read_list(struct lines *lines, struct arena *arena, struct nrrd_fields *fields, struct err *err)
{
    size_t room = 0;
    struct err fault = ERR_INIT;
    for (char *line; (line = next_line(lines, arena, &fault)) != NULL;) {
        if (line[0] == '\0')
            continue;
        if (fields->list_n == room) {
            size_t larger = room == 0 ? 64 : 2 * room;
            const char **list = arena_alloc(arena, larger, sizeof *list, err);
            if (list == NULL)
                return false;
            if (room > 0)
                memcpy(list, fields->list, room * sizeof *list);
            fields->list = list;
            room = larger;
        }
        fields->list[fields->list_n++] = line;
    }
    return fault.kind == ERR_NONE || err_set(err, fault.kind, "%s", fault.text);
}

bool nrrd_fields_read(const unsigned char *bytes, size_t n, struct arena *arena, struct nrrd_fields *fields, struct err *err)
{
    struct lines lines = {bytes, n, 0, 0};
    struct err fault = ERR_INIT;
    *fields = (struct nrrd_fields){.list = NULL};
    if (n == 0)
        return err_set(err, ERR_INPUT, "empty file, expected an NRRD header");
    char *line = next_line(&lines, arena, &fault);
    if (fault.kind == ERR_NONE && (line == NULL || strncmp(line, "NRRD000", 7) != 0 || line[7] < '1' || line[7] > '5' || line[8] != '\0'))
        return err_set(err, ERR_INPUT, "NRRD magic is \"%.16s\", expected NRRD0001 to NRRD0005", line == NULL ? "" : line);
    while (fault.kind == ERR_NONE && (line = next_line(&lines, arena, &fault)) != NULL) {
        if (line[0] == '\0') {
            fields->attached = true;
            break;
        }
        bool listed = fields->text[NRRD_DATA_FILE] != NULL;
        if (!add_line(fields, line, lines.number, err))
            return false;
        const char *file = fields->text[NRRD_DATA_FILE];
        if (!listed && file != NULL && strncmp(file, "LIST", 4) == 0 && (file[4] == '\0' || file[4] == ' '))
            return read_list(&lines, arena, fields, err);
    }
    fields->end = lines.at;
    return fault.kind == ERR_NONE || err_set(err, fault.kind, "%s", fault.text);
}
