/* The contact sheet as HTML; see check_sheet.h. Texts from the table and from messages are escaped. */
#include "cmd/check_sheet.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "io/png.h"
#include "report/html.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    "body{margin:1.5rem;background:#14171a;color:#dfe3e6;font:14px/1.4 'DejaVu Sans',sans-serif}\n"
    "h1{font-size:1.2rem;margin:0 0 .3rem}\n"
    "p{margin:0 0 .8rem;color:#aab3ba}\n"
    "a{color:#f28b82}\n"
    "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(228px,1fr));gap:10px}\n"
    "figure{margin:0;padding:6px;background:#1f2428;border:2px solid #2d343a;border-radius:4px;overflow-wrap:anywhere}\n"
    "figure.remark{border-color:#b58900}\n"
    "figure.fails{border-color:#d9463b}\n"
    ".slice{height:226px;display:flex;align-items:center;justify-content:center;background:#000;color:#7d868c}\n"
    "img{max-width:100%;max-height:226px;image-rendering:auto}\n"
    "figcaption b{display:block}\n"
    "figcaption small{display:block;color:#aab3ba}\n"
    ".fails small.f{color:#f28b82}\n"
    "small.r{color:#e0b84a !important}\n"
    "@media print{body{background:#fff;color:#000}figure{background:#fff;break-inside:avoid}p,figcaption small{color:#333}}\n"
    "</style>\n";

static bool add_picture(struct text *out, const struct overlay *picture, const uint8_t palette[256][3], const char *id, struct err *err)
{
    struct text png = TEXT_INIT;
    if (!png_format(picture->pixel, picture->width, picture->height, palette, &png, err)) {
        text_free(&png);
        return false;
    }
    text_add(out, "<img width=\"%zu\" height=\"%zu\" alt=\"slice %zu of ", picture->width, picture->height, picture->slice);
    html_add(out, "%s", id);
    text_add(out, "\" src=\"data:image/png;base64,");
    base64_add(out, png.bytes, png.n);
    text_add(out, "\">");
    text_free(&png);
    return true;
}

static bool add_tile(struct text *out, const struct check_tile *tile, size_t number, const uint8_t palette[256][3], struct err *err)
{
    const struct check_result *result = tile->result;
    bool done = true;
    text_add(out, "<figure id=\"case%zu\" class=\"%s\"><div class=\"slice\">", number, result->fails ? "fails" : result->finding_n > 0 ? "remark" : "good");
    if (result->picture.pixel != NULL)
        done = add_picture(out, &result->picture, palette, tile->id, err);
    else
        text_add(out, "no picture");
    text_add(out, "</div><figcaption><b>");
    html_add(out, "%s", tile->id);
    if (*tile->phase != '\0') {
        text_add(out, " \xC2\xB7 ");
        html_add(out, "%s", tile->phase);
    }
    text_add(out, "</b>");
    if (result->has_region)
        text_add(out, "<small>%.2f ml, %zu voxels, slice %zu</small>", result->volume_ml, result->voxel_n, result->picture.slice);
    for (size_t i = 0; i < result->finding_n; i++) {
        text_add(out, "<small class=\"%s\">", result->finding[i].grade == CHECK_FAILS ? "f" : "r");
        html_add(out, "%s", result->finding[i].text);
        text_add(out, "</small>");
    }
    text_add(out, "</figcaption></figure>\n");
    return done;
}

static void add_summary(struct text *out, const struct check_tile *tile, size_t n)
{
    size_t fails = 0, remarks = 0;
    for (size_t i = 0; i < n; i++) {
        fails += tile[i].result->fails;
        remarks += !tile[i].result->fails && tile[i].result->finding_n > 0;
    }
    text_add(out, "<p>%zu images: %zu will fail, %zu with remarks. Each picture shows the slice with the most voxels of the region, its outline in red; CT is windowed "
                  "40/400, or -300/1400 where the region is mostly lung, unless asked otherwise. Rows from front to back, the patient's right on the left. Research use only, not a medical device.</p>\n",
             n, fails, remarks);
    if (fails == 0)
        return;
    text_add(out, "<p>Will fail:");
    for (size_t i = 0; i < n; i++)
        if (tile[i].result->fails) {
            text_add(out, " <a href=\"#case%zu\">", i);
            html_add(out, "%s", tile[i].id);
            text_add(out, "</a>");
        }
    text_add(out, "</p>\n");
}

bool check_sheet_write(const char *path, const char *title, const struct check_tile *tile, size_t n, struct err *err)
{
    struct text out = TEXT_INIT;
    uint8_t palette[256][3];
    bool done = true;
    overlay_palette(palette);
    text_add(&out, "%s<title>", head);
    html_add(&out, "%s", title);
    text_add(&out, ": contact sheet</title>\n</head>\n<body>\n<h1>");
    html_add(&out, "%s", title);
    text_add(&out, "</h1>\n");
    add_summary(&out, tile, n);
    text_add(&out, "<main>\n");
    for (size_t i = 0; done && i < n; i++)
        done = add_tile(&out, &tile[i], i, palette, err);
    text_add(&out, "</main>\n</body>\n</html>\n");
    done = done && text_ok(&out, err) && file_write(path, out.bytes, out.n, err);
    text_free(&out);
    return done;
}
