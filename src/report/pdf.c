/* PDF from SVG; see pdf.h. */
#include "report/pdf.h"

#include <cairo-pdf.h>
#include <dlfcn.h>
#include <librsvg/rsvg.h>

/* Every function we call, with the type that its header gives it. */
#define CALLS(ROW) \
    ROW(cairo, cairo_pdf_surface_create_for_stream) \
    ROW(cairo, cairo_pdf_surface_set_metadata) \
    ROW(cairo, cairo_create) \
    ROW(cairo, cairo_destroy) \
    ROW(cairo, cairo_status) \
    ROW(cairo, cairo_surface_finish) \
    ROW(cairo, cairo_surface_status) \
    ROW(cairo, cairo_surface_destroy) \
    ROW(cairo, cairo_status_to_string) \
    ROW(rsvg, rsvg_handle_new_from_data) \
    ROW(rsvg, rsvg_handle_set_dpi) \
    ROW(rsvg, rsvg_handle_render_document) \
    ROW(gobject, g_object_unref) \
    ROW(glib, g_error_free)

#ifdef __SANITIZE_ADDRESS__
/* fontconfig keeps its configuration until the program ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
#endif

#define MEMBER(library, name) __typeof__(&name) name;
static struct {
    bool open;
    CALLS(MEMBER)
} lib;

static void *open_library(const char *file, struct err *err)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        err_set(err, ERR_SYSTEM, "cannot load %s, which draws PDF: %s", file, dlerror());
    return library;
}

/* The libraries stay open until the program ends: GLib cannot be unloaded. */
static bool open_libraries(struct err *err)
{
    if (lib.open)
        return true;
    void *cairo = open_library("libcairo.so.2", err);
    void *rsvg = cairo == NULL ? NULL : open_library("librsvg-2.so.2", err);
    void *gobject = rsvg == NULL ? NULL : open_library("libgobject-2.0.so.0", err);
    void *glib = gobject == NULL ? NULL : open_library("libglib-2.0.so.0", err);
    if (glib == NULL)
        return false;
#define FIND(library, name) \
    if ((*(void **)&lib.name = dlsym(library, #name)) == NULL) \
        return err_set(err, ERR_SYSTEM, "the %s library has no %s", #library, #name);
    CALLS(FIND)
    lib.open = true;
    return true;
}

static cairo_status_t take_bytes(void *closure, const unsigned char *bytes, unsigned n)
{
    struct text *pdf = closure;
    text_add_bytes(pdf, bytes, n);
    return pdf->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static bool render(RsvgHandle *handle, cairo_surface_t *surface, double width, double height, struct err *err)
{
    GError *fault = NULL;
    cairo_t *cairo = lib.cairo_create(surface);
    RsvgRectangle viewport = {0, 0, width, height};
    bool done = lib.rsvg_handle_render_document(handle, cairo, &viewport, &fault);
    if (!done)
        err_set(err, ERR_SYSTEM, "librsvg: %s", fault == NULL ? "no reason given" : fault->message);
    else if (lib.cairo_status(cairo) != CAIRO_STATUS_SUCCESS)
        done = err_set(err, ERR_SYSTEM, "cairo: %s", lib.cairo_status_to_string(lib.cairo_status(cairo)));
    if (fault != NULL)
        lib.g_error_free(fault);
    lib.cairo_destroy(cairo);
    return done;
}

bool pdf_from_svg(const char *svg, size_t n, double width, double height, const char *title, struct text *pdf, struct err *err)
{
    static const double POINTS = 72.0 / 96; /* a pixel */
    if (!open_libraries(err))
        return err_add(err, "PDF");
    GError *fault = NULL;
    RsvgHandle *handle = lib.rsvg_handle_new_from_data((const guint8 *)svg, n, &fault);
    if (handle == NULL) {
        err_set(err, ERR_BUG, "PDF: librsvg does not take our SVG: %s", fault == NULL ? "no reason given" : fault->message);
        if (fault != NULL)
            lib.g_error_free(fault);
        return false;
    }
    lib.rsvg_handle_set_dpi(handle, 96);
    cairo_surface_t *surface = lib.cairo_pdf_surface_create_for_stream(take_bytes, pdf, width * POINTS, height * POINTS);
    lib.cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z"); /* else the clock */
    lib.cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    bool done = render(handle, surface, width * POINTS, height * POINTS, err);
    lib.cairo_surface_finish(surface);
    cairo_status_t status = lib.cairo_surface_status(surface);
    if (done && status != CAIRO_STATUS_SUCCESS)
        done = err_set(err, ERR_SYSTEM, "cairo: %s", lib.cairo_status_to_string(status));
    lib.cairo_surface_destroy(surface);
    lib.g_object_unref(handle);
    return done ? text_ok(pdf, err) : err_add(err, "PDF");
}
