/* Writing JSON: ordered, shortest numbers, the same bytes each time; see json.h. jansson's own dump prints doubles
 * with a fixed number of digits and refuses NaN, hence this. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "io/json.h"
#include "io/utf8.h"

static bool bit(const unsigned char *bits, size_t at)
{
    return (bits[at / 8] >> (at % 8) & 1) != 0;
}

static void set_bit(unsigned char *bits, size_t at, bool value)
{
    bits[at / 8] = (unsigned char)((bits[at / 8] & ~(1u << (at % 8))) | (unsigned)value << (at % 8));
}

struct json_writer json_writer(struct text *out)
{
    return (struct json_writer){.out = out};
}

static bool on_one_line(const struct json_writer *writer)
{
    return writer->wide_from != 0 && writer->depth >= writer->wide_from;
}

static void new_line(struct json_writer *writer)
{
    text_add_char(writer->out, '\n');
    for (size_t i = 0; i < writer->depth; i++)
        text_add_bytes(writer->out, "  ", 2);
}

/* Puts what stands between the member before and the next one. */
static void separate(struct json_writer *writer)
{
    if (writer->depth == 0)
        return;
    bool more = bit(writer->filled, writer->depth - 1);
    if (more)
        text_add_char(writer->out, ',');
    if (!on_one_line(writer))
        new_line(writer);
    else if (more)
        text_add_char(writer->out, ' ');
    set_bit(writer->filled, writer->depth - 1, true);
}

static void before_value(struct json_writer *writer)
{
    bool in_object = writer->depth > 0 && bit(writer->object, writer->depth - 1);
    assert(writer->keyed == in_object);
    if (!in_object)
        separate(writer);
    writer->keyed = false;
}

static void begin(struct json_writer *writer, bool object, enum json_layout layout)
{
    before_value(writer);
    assert(writer->depth < JSON_DEPTH_MAX);
    text_add_char(writer->out, object ? '{' : '[');
    set_bit(writer->object, writer->depth, object);
    set_bit(writer->filled, writer->depth, false);
    writer->depth++;
    if (layout == JSON_WIDE && writer->wide_from == 0)
        writer->wide_from = writer->depth;
}

void json_begin_object(struct json_writer *writer, enum json_layout layout)
{
    begin(writer, true, layout);
}

void json_begin_array(struct json_writer *writer, enum json_layout layout)
{
    begin(writer, false, layout);
}

void json_end(struct json_writer *writer)
{
    assert(writer->depth > 0 && !writer->keyed);
    bool object = bit(writer->object, writer->depth - 1), filled = bit(writer->filled, writer->depth - 1);
    bool one_line = on_one_line(writer);
    if (writer->wide_from == writer->depth)
        writer->wide_from = 0;
    writer->depth--;
    if (filled && !one_line)
        new_line(writer);
    text_add_char(writer->out, object ? '}' : ']');
    if (writer->depth == 0)
        text_add_char(writer->out, '\n');
}

void json_add_quoted(struct text *out, const char *value)
{
    text_add_char(out, '"');
    for (const char *c = value; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\')
            text_add(out, "\\%c", byte);
        else if (byte == '\n')
            text_add_bytes(out, "\\n", 2);
        else if (byte == '\t')
            text_add_bytes(out, "\\t", 2);
        else if (byte < 0x20 || byte == 0x7f)
            text_add(out, "\\u%04x", byte);
        else if (byte == '<' && strchr("/!sS", c[1]) != NULL && c[1] != '\0')
            text_add_bytes(out, "\\u003c", 6); /* cannot end, nor open, an HTML script element */
        else
            text_add_char(out, *c);
    }
    text_add_char(out, '"');
}

void json_key(struct json_writer *writer, const char *key)
{
    assert(writer->depth > 0 && bit(writer->object, writer->depth - 1) && !writer->keyed);
    separate(writer);
    json_add_quoted(writer->out, key);
    text_add_bytes(writer->out, ": ", 2);
    writer->keyed = true;
}

void json_put_text(struct json_writer *writer, const char *value)
{
    before_value(writer);
    if (value == NULL)
        text_add_bytes(writer->out, "null", 4);
    else
        json_add_quoted(writer->out, value);
}

void json_put_path(struct json_writer *writer, const char *path)
{
    size_t n = strlen(path), fault;
    if (utf8_valid(path, n, &fault)) {
        json_put_text(writer, path);
        return;
    }
    struct text plain = TEXT_INIT;
    for (size_t i = 0; i < n; i++)
        text_add_char(&plain, (unsigned char)path[i] < 0x80 ? path[i] : '?');
    json_put_text(writer, plain.bytes);
    writer->out->failed = writer->out->failed || plain.failed;
    text_free(&plain);
}

void json_put_number(struct json_writer *writer, double value)
{
    before_value(writer);
    if (isfinite(value))
        text_add_double(writer->out, value);
    else
        text_add_bytes(writer->out, "null", 4);
}

void json_put_count(struct json_writer *writer, size_t value)
{
    before_value(writer);
    text_add(writer->out, "%zu", value);
}

void json_put_whole(struct json_writer *writer, long long value)
{
    before_value(writer);
    text_add(writer->out, "%lld", value);
}

void json_put_bool(struct json_writer *writer, bool value)
{
    before_value(writer);
    text_add(writer->out, "%s", value ? "true" : "false");
}

void json_put_null(struct json_writer *writer)
{
    before_value(writer);
    text_add_bytes(writer->out, "null", 4);
}

void json_put_numbers(struct json_writer *writer, const double *value, size_t n)
{
    json_begin_array(writer, JSON_WIDE);
    for (size_t i = 0; i < n; i++)
        json_put_number(writer, value[i]);
    json_end(writer);
}
