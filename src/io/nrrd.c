/* Reading and writing NRRD; see nrrd.h. */
#include "io/nrrd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "io/gzip.h"
#include "io/nrrd_header.h"

static const size_t FILE_LIMIT = (size_t)1 << 36;

bool nrrd_is(const unsigned char *head, size_t n)
{
    return n >= 4 && memcmp(head, "NRRD", 4) == 0;
}

/* ---- decoding: afterwards the voxels' bytes lie in `content` from *at on ---- */

static bool skip_lines(const struct content *content, size_t *at, size_t line_n, struct err *err)
{
    for (size_t i = 0; i < line_n; i++) {
        const unsigned char *end = memchr(content->bytes + *at, '\n', content->n - *at);
        if (end == NULL)
            return err_set(err, ERR_INPUT, "line skip is %zu, the data have %zu lines", line_n, i);
        *at = (size_t)(end - content->bytes) + 1;
    }
    return true;
}

static bool store_number(unsigned char *to, enum voxel_type type, const char *word)
{
    double value;
    errno = 0;
    char *end;
    if (type == VOXEL_F32 || type == VOXEL_F64) {
        if (!nrrd_number(word, &value))
            return false;
        if (type == VOXEL_F32)
            memcpy(to, &(float){(float)value}, 4);
        else
            memcpy(to, &value, 8);
        return true;
    }
    if (type == VOXEL_U64) {
        uint64_t number = strtoull(word, &end, 10);
        memcpy(to, &number, 8);
        return *word != '-' && *end == '\0' && errno == 0;
    }
    static const struct {
        int64_t least, most;
    } RANGE[] = {
        [VOXEL_U8] = {0, UINT8_MAX},   [VOXEL_I8] = {INT8_MIN, INT8_MAX},    [VOXEL_U16] = {0, UINT16_MAX},
        [VOXEL_I16] = {INT16_MIN, INT16_MAX}, [VOXEL_U32] = {0, UINT32_MAX}, [VOXEL_I32] = {INT32_MIN, INT32_MAX},
        [VOXEL_I64] = {INT64_MIN, INT64_MAX},
    };
    int64_t number = strtoll(word, &end, 10);
    if (*end != '\0' || errno != 0 || number < RANGE[type].least || number > RANGE[type].most)
        return false;
    /* Two's complement: the low bytes are the narrower type's (this machine's order decides which they are). */
    size_t size = voxel_type_size(type);
    const unsigned char *low = (const unsigned char *)&number;
    memcpy(to, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? low + 8 - size : low, size);
    return true;
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool decode_ascii(struct content *content, size_t *at, size_t bytes, enum voxel_type type, struct notes *notes, struct err *err)
{
    size_t size = voxel_type_size(type), value_n = bytes / size, done = 0;
    if (value_n > (content->n - *at + 1) / 2) /* a digit and a blank each */
        return err_set(err, ERR_INPUT, "cut short: %zu bytes of text cannot hold %zu values", content->n - *at, value_n);
    struct content out = {mem_alloc(bytes + 1, 1, err), bytes};
    if (out.bytes == NULL)
        return false;
    bool good = true;
    size_t i = *at, extra = 0;
    while (good) {
        while (i < content->n && is_blank(content->bytes[i]))
            i++;
        size_t n = 0;
        while (i + n < content->n && !is_blank(content->bytes[i + n]))
            n++;
        if (n == 0)
            break;
        if (done == value_n) {
            extra++;
        } else {
            char word[64];
            size_t kept = n < sizeof word ? n : sizeof word - 1;
            memcpy(word, content->bytes + i, kept);
            word[kept] = '\0';
            good = (kept == n && store_number(out.bytes + done * size, type, word)) ||
                   err_set(err, ERR_INPUT, "value %zu is \"%s\", expected a number of type %s", done + 1, word, voxel_type_name(type));
            done++;
        }
        i += n;
    }
    if (good && done < value_n)
        good = err_set(err, ERR_INPUT, "cut short: %zu values, expected %zu", done, value_n);
    if (good && extra > 0)
        good = notes_add(notes, err, "trailing", "%zu values behind the last voxel are left out", extra);
    content_free(good ? content : &out);
    if (good)
        *content = out;
    *at = 0;
    return good;
}

static int hex_digit(unsigned char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place: two digits make one byte, so the writing never catches up with the reading. */
static bool decode_hex(struct content *content, size_t *at, struct err *err)
{
    size_t digit_n = 0;
    for (size_t i = *at; i < content->n; i++) {
        if (is_blank(content->bytes[i]))
            continue;
        int digit = hex_digit(content->bytes[i]);
        if (digit < 0)
            return err_set(err, ERR_INPUT, "byte %zu is 0x%02x, expected a hex digit", i, content->bytes[i]);
        unsigned char *to = content->bytes + digit_n / 2;
        *to = (unsigned char)(digit_n % 2 == 0 ? digit << 4 : *to | digit);
        digit_n++;
    }
    content->n = digit_n / 2;
    *at = 0;
    return true;
}

/* `bytes` bytes of voxels out of content[*at..]. */
static bool decode(struct content *content, size_t *at, size_t bytes, const struct nrrd_header *header, struct notes *notes, struct err *err)
{
    if (!skip_lines(content, at, header->line_skip, err))
        return false;
    if (header->encoding == NRRD_GZIP) {
        size_t expected;
        if (__builtin_add_overflow(bytes, header->byte_skip, &expected))
            return err_set(err, ERR_INPUT, "byte skip %zu overflows", header->byte_skip);
        if (!content_unpack(content, *at, expected, notes, err))
            return false;
        *at = 0;
    }
    if (header->last_bytes)
        *at = content->n - *at >= bytes ? content->n - bytes : *at;
    else if (header->byte_skip > content->n - *at)
        return err_set(err, ERR_INPUT, "cut short: byte skip is %zu, %zu bytes are there", header->byte_skip, content->n - *at);
    else
        *at += header->byte_skip;
    if (header->encoding == NRRD_ASCII)
        return decode_ascii(content, at, bytes, header->type, notes, err);
    if (header->encoding == NRRD_HEX && !decode_hex(content, at, err))
        return false;
    size_t there = content->n - *at;
    if (there < bytes)
        return err_set(err, ERR_INPUT, "cut short: %zu bytes of voxels, expected %zu", there, bytes);
    return there == bytes || notes_add(notes, err, "trailing", "%zu bytes behind the last voxel are left out", there - bytes);
}

/* ---- detached data files ---- */

/* A name from a header must not lead out of the header's folder. */
static bool name_stays_below(const char *name, struct err *err)
{
    bool below = name[0] != '/' && name[0] != '\0' && strchr(name, '\\') == NULL;
    for (const char *part = name; below && part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        below = !(part[0] == '.' && part[1] == '.' && (part[2] == '/' || part[2] == '\0'));
    }
    return below || err_set(err, ERR_INPUT, "data file \"%s\": expected a file in the header's folder or below", name);
}

static bool read_data_file(const char *path, const char *name, size_t bytes, const struct nrrd_header *header, struct content *content, size_t *at,
                           struct notes *notes, struct err *err)
{
    if (!name_stays_below(name, err))
        return false;
    char *folder = path_folder(path, err);
    char *file = folder == NULL ? NULL : path_join(folder, name, err);
    *at = 0;
    bool done = file != NULL && file_read(file, FILE_LIMIT, &content->bytes, &content->n, err) &&
                (decode(content, at, bytes, header, notes, err) || err_add(err, "%s", file));
    mem_free(folder);
    mem_free(file);
    return done || err_add(err, "data file");
}

/* "name%03d.raw MIN MAX STEP [SUBDIM]": true when `text` has that form. The name is never used as a format. */
struct pattern {
    char prefix[256], suffix[256];
    int width;
    bool zeros;
    long first, last, step;
};

static bool pattern_read(const char *text, struct pattern *pattern)
{
    const char *percent = strchr(text, '%');
    const char *blank = percent == NULL ? NULL : strchr(percent, ' ');
    if (blank == NULL || strlen(text) >= sizeof pattern->prefix)
        return false;
    const char *at = percent + 1;
    pattern->zeros = *at == '0';
    size_t digits = strspn(at, "0123456789");
    pattern->width = digits == 0 ? 0 : digits <= 2 ? atoi(at) : 99;
    at += digits;
    if (*at++ != 'd' || pattern->width > 20 || memchr(at, '%', (size_t)(blank - at)) != NULL)
        return false;
    snprintf(pattern->prefix, sizeof pattern->prefix, "%.*s", (int)(percent - text), text);
    snprintf(pattern->suffix, sizeof pattern->suffix, "%.*s", (int)(blank - at), at);
    int used = 0;
    return sscanf(blank, "%9ld %9ld %9ld%n", &pattern->first, &pattern->last, &pattern->step, &used) == 3 &&
           blank[used + (int)strspn(blank + used, " 0123456789")] == '\0';
}

static void pattern_name(const struct pattern *pattern, size_t index, char name[600])
{
    long number = pattern->first + (long)index * pattern->step;
    if (pattern->zeros)
        snprintf(name, 600, "%s%0*ld%s", pattern->prefix, pattern->width, number, pattern->suffix);
    else
        snprintf(name, 600, "%s%*ld%s", pattern->prefix, pattern->width, number, pattern->suffix);
}

static bool read_many(const char *path, size_t file_n, const struct pattern *pattern, const struct nrrd_header *header, struct content *content,
                      struct notes *notes, struct err *err)
{
    if (file_n == 0 || header->bytes % file_n != 0)
        return err_set(err, ERR_INPUT, "%zu data files do not share %zu bytes of voxels evenly", file_n, header->bytes);
    size_t each = header->bytes / file_n, made = 0;
    struct content all = {NULL, 0};
    for (size_t i = 0; i < file_n; i++) {
        struct content part = {NULL, 0};
        char name[600];
        size_t at;
        if (pattern != NULL)
            pattern_name(pattern, i, name);
        bool done = read_data_file(path, pattern != NULL ? name : header->list[i], each, header, &part, &at, notes, err);
        /* Room for all only once the first file has shown that it holds its share. */
        if (done && all.bytes == NULL)
            done = (all.bytes = mem_alloc(header->bytes + 1, 1, err)) != NULL;
        if (done)
            memcpy(all.bytes + made, part.bytes + at, each);
        made += each;
        content_free(&part);
        if (!done) {
            content_free(&all);
            return false;
        }
    }
    all.n = header->bytes;
    *content = all;
    return true;
}

static bool read_detached(const char *path, const struct nrrd_header *header, struct content *content, size_t *at, struct notes *notes, struct err *err)
{
    struct pattern pattern;
    *at = 0;
    if (strncmp(header->data_file, "LIST", 4) == 0 && (header->data_file[4] == '\0' || header->data_file[4] == ' '))
        return read_many(path, header->list_n, NULL, header, content, notes, err);
    if (!pattern_read(header->data_file, &pattern))
        return read_data_file(path, header->data_file, header->bytes, header, content, at, notes, err);
    if (pattern.step == 0 || (pattern.last - pattern.first) / pattern.step < 0)
        return err_set(err, ERR_INPUT, "data file numbers %ld to %ld by %ld never end", pattern.first, pattern.last, pattern.step);
    return read_many(path, (size_t)((pattern.last - pattern.first) / pattern.step) + 1, &pattern, header, content, notes, err);
}

static bool read_content(const char *path, struct content *content, struct arena *arena, struct volume *volume, const char **form, struct notes *notes,
                         struct err *err)
{
    struct nrrd_header header;
    if (!nrrd_header_parse(content->bytes, content->n, arena, &header, notes, err))
        return false;
    size_t at = header.data_at;
    if (header.data_file == NULL) {
        if (!header.attached)
            return err_set(err, ERR_INPUT, "cut short: no empty line ends the header, and no data file is named");
        if (!decode(content, &at, header.bytes, &header, notes, err))
            return false;
    } else {
        content_free(content);
        if (!read_detached(path, &header, content, &at, notes, err))
            return false;
    }
    *volume = (struct volume){.grid = header.grid, .type = header.type, .channel_n = header.channel_n};
    voxels_take(volume, content, at, header.swapped && header.encoding != NRRD_ASCII);
    *form = header.directed ? "space directions" : "spacings";
    return true;
}

bool nrrd_read(const char *path, struct content *content, struct volume *volume, const char **form, struct notes *notes, struct err *err)
{
    struct arena arena = ARENA_INIT;
    *volume = (struct volume){.voxels = NULL};
    bool done = read_content(path, content, &arena, volume, form, notes, err);
    content_free(content);
    arena_free(&arena);
    return done;
}

/* ---- writing ---- */

static const char *type_word(enum voxel_type type)
{
    return type == VOXEL_F32 ? "float" : type == VOXEL_F64 ? "double" : voxel_type_name(type);
}

static void add_vector(struct text *text, double x, double y, double z)
{
    const double value[3] = {x, y, z};
    for (int i = 0; i < 3; i++) {
        text_add_char(text, i == 0 ? '(' : ',');
        text_add_double(text, value[i]);
    }
    text_add_char(text, ')');
}

bool nrrd_write(const char *path, const struct volume *volume, bool gzip, struct err *err)
{
    const struct grid *grid = &volume->grid;
    bool channels = volume->channel_n > 1;
    struct text text = TEXT_INIT;
    text_add(&text, "NRRD0004\ntype: %s\ndimension: %d\nspace: left-posterior-superior\nsizes:", type_word(volume->type), channels ? 4 : 3);
    if (channels)
        text_add(&text, " %zu", volume->channel_n);
    text_add(&text, " %zu %zu %zu\nspace directions:%s", grid->n[0], grid->n[1], grid->n[2], channels ? " none" : "");
    for (int j = 0; j < 3; j++) {
        text_add_char(&text, ' ');
        add_vector(&text, grid->direction[0][j] * grid->spacing[j], grid->direction[1][j] * grid->spacing[j], grid->direction[2][j] * grid->spacing[j]);
    }
    text_add(&text, "\nkinds:%s domain domain domain\nendian: %s\nencoding: %s\nspace origin: ", channels ? " vector" : "",
             __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "big" : "little", gzip ? "gzip" : "raw");
    add_vector(&text, grid->origin[0], grid->origin[1], grid->origin[2]);
    text_add(&text, "\n\n");
    size_t n = grid_voxel_n(grid) * volume->channel_n * voxel_type_size(volume->type);
    unsigned char *packed = NULL;
    bool done = text_ok(&text, err);
    if (done && gzip) {
        done = gzip_pack(volume->voxels, n, 6, &packed, &n, err);
    }
    struct outfile *out = done ? outfile_open(path, err) : NULL;
    if (out != NULL && (!outfile_write(out, text.bytes, text.n, err) || !outfile_write(out, packed != NULL ? packed : volume->voxels, n, err))) {
        outfile_abort(out);
        out = NULL;
    }
    done = out != NULL && outfile_commit(out, err);
    mem_free(packed);
    text_free(&text);
    return done;
}
