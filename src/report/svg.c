/* The SVG writer; see svg.h. */
#include "report/svg.h"

#include <math.h>
#include <string.h>

#include "io/png.h"

/* Advance widths of U+0020..U+007E in thousandths of the em, from the fonts' own tables (DejaVu 2.37). */
static const short width_plain[95] = {
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635,
    634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
};
static const short width_bold[95] = {
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850,
    733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716,
    712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
};
enum { WIDTH_OTHER = 838 }; /* what is not ASCII: as wide as the widest signs we set ourselves (minus, comparison) */

static const char FONT[] = "DejaVu Sans, Verdana, Arial, sans-serif";

void add_escaped(struct text *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            text_add_bytes(out, "&amp;", 5);
            break;
        case '<':
            text_add_bytes(out, "&lt;", 4);
            break;
        case '>':
            text_add_bytes(out, "&gt;", 4);
            break;
        case '"':
            text_add_bytes(out, "&quot;", 6);
            break;
        case '\'':
            text_add_bytes(out, "&#39;", 5);
            break;
        default: {
            unsigned char byte = (unsigned char)*c;
            bool control = (byte < 0x20 && byte != '\n') || byte == 0x7F;
            text_add_char(out, control ? ' ' : *c);
        }
        }
    }
}

void svg_add_number(struct text *out, double value)
{
    double rounded = isfinite(value) ? round(value * 100) / 100 : 0;
    text_add_double(out, rounded == 0 ? 0 : rounded); /* no "-0" */
}

static void attribute(struct svg *svg, const char *name, double value)
{
    text_add(&svg->out, " %s=\"", name);
    svg_add_number(&svg->out, value);
    text_add_char(&svg->out, '"');
}

static void add_pen(struct svg *svg, struct pen pen)
{
    text_add(&svg->out, " fill=\"%s\"", pen.fill == NULL ? "none" : pen.fill);
    if (pen.stroke != NULL) {
        text_add(&svg->out, " stroke=\"%s\"", pen.stroke);
        attribute(svg, "stroke-width", pen.width > 0 ? pen.width : 1);
        if (pen.dash != NULL)
            text_add(&svg->out, " stroke-dasharray=\"%s\"", pen.dash);
    }
    if (pen.opacity > 0 && pen.opacity < 1) /* of the fill: `opacity` would make a group of every shape */
        attribute(svg, "fill-opacity", pen.opacity);
    text_add(&svg->out, "/>\n");
}

void svg_begin(struct svg *svg, double width, double height, const char *title)
{
    *svg = (struct svg){.out = TEXT_INIT, .title = TEXT_INIT, .width = width, .height = height};
    add_escaped(&svg->title, title);
}

void svg_add_footer(struct svg *svg, const char *colour, const char *text)
{
    svg->height += 24;
    svg_text(svg, svg->width / 2, svg->height - 8, (struct lettering){.size = 12, .anchor = SVG_MIDDLE, .bold = true, .colour = colour}, text);
}

/* The head comes last, when the height is known. */
bool svg_end(struct svg *svg, struct err *err)
{
    struct svg whole = {.out = TEXT_INIT};
    text_add(&whole.out, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    attribute(&whole, "width", svg->width);
    attribute(&whole, "height", svg->height);
    text_add(&whole.out, " viewBox=\"0 0 ");
    svg_add_number(&whole.out, svg->width);
    text_add_char(&whole.out, ' ');
    svg_add_number(&whole.out, svg->height);
    text_add(&whole.out, "\" role=\"img\" font-family=\"%s\">\n<title>", FONT);
    text_add_bytes(&whole.out, svg->title.bytes, svg->title.n);
    text_add(&whole.out, "</title>\n");
    svg_rect(&whole, 0, 0, svg->width, svg->height, (struct pen){.fill = "#ffffff"});
    text_add_bytes(&whole.out, svg->out.bytes, svg->out.n);
    text_add(&whole.out, "</svg>\n");
    whole.out.failed |= svg->out.failed || svg->title.failed;
    text_free(&svg->out);
    svg->out = whole.out;
    return text_ok(&svg->out, err);
}

void svg_free(struct svg *svg)
{
    text_free(&svg->out);
    text_free(&svg->title);
}

void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, struct pen pen)
{
    text_add(&svg->out, "<line");
    attribute(svg, "x1", x1);
    attribute(svg, "y1", y1);
    attribute(svg, "x2", x2);
    attribute(svg, "y2", y2);
    add_pen(svg, pen);
}

void svg_png(struct svg *svg, double x, double y, double width, double height, const void *png, size_t n)
{
    text_add(&svg->out, "<image");
    attribute(svg, "x", x);
    attribute(svg, "y", y);
    attribute(svg, "width", width);
    attribute(svg, "height", height);
    text_add(&svg->out, " preserveAspectRatio=\"none\" href=\"data:image/png;base64,");
    base64_add(&svg->out, png, n);
    text_add(&svg->out, "\"/>\n");
}

void svg_rect(struct svg *svg, double x, double y, double width, double height, struct pen pen)
{
    text_add(&svg->out, "<rect");
    attribute(svg, "x", x);
    attribute(svg, "y", y);
    attribute(svg, "width", fmax(width, 0));
    attribute(svg, "height", fmax(height, 0));
    add_pen(svg, pen);
}

void svg_circle(struct svg *svg, double x, double y, double radius, struct pen pen)
{
    text_add(&svg->out, "<circle");
    attribute(svg, "cx", x);
    attribute(svg, "cy", y);
    attribute(svg, "r", radius);
    add_pen(svg, pen);
}

void svg_path_begin(struct svg *svg)
{
    text_add(&svg->out, "<path d=\"");
}

static void path_to(struct svg *svg, char letter, double x, double y)
{
    text_add_char(&svg->out, letter);
    svg_add_number(&svg->out, x);
    text_add_char(&svg->out, ' ');
    svg_add_number(&svg->out, y);
}

void svg_path_move(struct svg *svg, double x, double y)
{
    path_to(svg, 'M', x, y);
}

void svg_path_line(struct svg *svg, double x, double y)
{
    path_to(svg, 'L', x, y);
}

void svg_path_end(struct svg *svg, bool closed, struct pen pen)
{
    text_add(&svg->out, closed ? "Z\" stroke-linejoin=\"round\"" : "\" stroke-linejoin=\"round\"");
    add_pen(svg, pen);
}

static void add_lettering(struct svg *svg, struct lettering lettering, const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    attribute(svg, "font-size", lettering.size);
    if (lettering.anchor != SVG_START)
        text_add(&svg->out, " text-anchor=\"%s\"", anchors[lettering.anchor]);
    if (lettering.bold)
        text_add(&svg->out, " font-weight=\"bold\"");
    text_add(&svg->out, " fill=\"%s\">", lettering.colour == NULL ? "#000000" : lettering.colour);
    add_escaped(&svg->out, text);
    text_add(&svg->out, "</text>\n");
}

void svg_text(struct svg *svg, double x, double y, struct lettering lettering, const char *text)
{
    text_add(&svg->out, "<text");
    attribute(svg, "x", x);
    attribute(svg, "y", y);
    add_lettering(svg, lettering, text);
}

void svg_text_upwards(struct svg *svg, double x, double y, struct lettering lettering, const char *text)
{
    text_add(&svg->out, "<text transform=\"translate(");
    svg_add_number(&svg->out, x);
    text_add_char(&svg->out, ' ');
    svg_add_number(&svg->out, y);
    text_add(&svg->out, ") rotate(-90)\"");
    add_lettering(svg, lettering, text);
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static double character_width(const char *c, double size, bool bold)
{
    const short *widths = bold ? width_bold : width_plain;
    unsigned place = (unsigned char)*c - 0x20u;
    if (continues(*c))
        return 0;
    return (place < 95 ? widths[place] : WIDTH_OTHER) * size / 1000;
}

double svg_text_width(const char *text, double size, bool bold)
{
    double width = 0;
    for (const char *c = text; *c != '\0'; c++)
        width += character_width(c, size, bold);
    return width;
}

void svg_text_fit(const char *text, double size, double width, char *out, size_t out_n)
{
    size_t n = strlen(text);
    if (n < out_n && svg_text_width(text, size, false) <= width) {
        memcpy(out, text, n + 1);
        return;
    }
    /* Takes from both ends in turn, the end first: feature names differ at their end. */
    size_t head = 0, tail = n;
    double room = width - character_width("\xE2\x80\xA6", size, false);
    for (bool from_tail = true; head < tail; from_tail = !from_tail) {
        size_t step = 1, from = head;
        if (from_tail) {
            while (step < tail && continues(text[tail - step]))
                step++;
            from = tail - step;
        } else
            while (head + step < tail && continues(text[head + step]))
                step++;
        room -= character_width(text + from, size, false);
        if (room < 0 || head + (n - tail) + step + 4 > out_n)
            break;
        if (from_tail)
            tail -= step;
        else
            head += step;
    }
    memcpy(out, text, head);
    memcpy(out + head, "\xE2\x80\xA6", 3);
    memcpy(out + head + 3, text + tail, n - tail + 1);
}

size_t svg_text_break(const char *text, double size, double width)
{
    double used = 0;
    size_t word_end = 0, at = 0;
    while (text[at] != '\0') {
        double step = character_width(text + at, size, false);
        if (at > 0 && used + step > width && !continues(text[at]))
            return word_end > 0 ? word_end : at;
        used += step;
        at++;
        if (text[at] == ' ')
            word_end = at;
    }
    return at;
}
