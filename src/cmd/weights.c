/* hepar weights list FILE: the tensors of a weights file.
 * hepar weights import FILE --net NET -o OUT: a net's parameters out of a weights file, as safetensors. */
#include "cmd/command.h"

#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notes.h"
#include "base/text.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/weights.h"
#include "nn/import.h"
#include "nn/nets.h"

struct settings {
    bool json, partial;
    const char *net, *output;
    int64_t channel_n, output_n, seed;
    int channels, shortcut;
};

/* A weights file that was read. */
struct source {
    const char *path, *form;
    struct store store;
    struct notes notes;
    char sha256[65];
};

static void source_free(struct source *source)
{
    store_free(&source->store);
    notes_free(&source->notes);
}

static bool source_read(const char *path, struct source *source, struct err *err)
{
    unsigned char *bytes;
    size_t n;
    *source = (struct source){.path = path, .notes = NOTES_INIT};
    if (!file_read(path, SAFETENSORS_BYTE_MAX, &bytes, &n, err))
        return false;
    sha256_hex(bytes, n, source->sha256);
    bool done = weights_parse(path, bytes, n, &source->store, &source->form, &source->notes, err);
    mem_free(bytes);
    if (!done)
        source_free(source);
    return done;
}

/* A name from a file, fit for a terminal. */
static void add_name(struct text *text, const char *name)
{
    for (; *name != '\0'; name++)
        text_add_char(text, (unsigned char)*name < 0x20 || *name == 0x7F ? '?' : *name);
}

static size_t widest_name(const struct store *store)
{
    size_t widest = 0;
    for (size_t i = 0; i < store->tensor_n; i++) {
        size_t n = strlen(store->tensor[i].name);
        widest = n > widest && n <= 60 ? n : widest;
    }
    return widest;
}

static void count_values(const struct store *store, size_t *value_n, size_t *byte_n)
{
    *value_n = *byte_n = 0;
    for (size_t i = 0; i < store->tensor_n; i++) {
        size_t n = tensor_value_n(&store->tensor[i]);
        *value_n += n;
        *byte_n += n * tensor_type_size(store->tensor[i].type);
    }
}

static void list_lines(const struct source *source, struct text *out)
{
    const struct store *store = &source->store;
    size_t width = widest_name(store), value_n, byte_n;
    count_values(store, &value_n, &byte_n);
    text_add(out, "%s: %s\n", path_name(source->path), source->form);
    for (size_t i = 0; i < store->text_n; i++) {
        text_add(out, "  ");
        add_name(out, store->text[i].name);
        text_add(out, ": ");
        add_name(out, store->text[i].value);
        text_add_char(out, '\n');
    }
    for (size_t i = 0; i < store->tensor_n; i++) {
        const struct tensor *tensor = &store->tensor[i];
        size_t n = strlen(tensor->name);
        text_add(out, "  ");
        add_name(out, tensor->name);
        text_add(out, "%*s  %-8s ", n < width ? (int)(width - n) : 0, "", tensor_type_name(tensor->type));
        for (size_t d = 0; d < tensor->dim_n; d++)
            text_add(out, "%s%zu", d == 0 ? " " : " x ", tensor->dim[d]);
        text_add(out, tensor->dim_n == 0 ? " one value\n" : "\n");
    }
    text_add(out, "%zu tensors, %zu values, %zu bytes\n", store->tensor_n, value_n, byte_n);
    for (size_t i = 0; i < source->notes.n; i++)
        text_add(out, "note: %s\n", source->notes.note[i].line);
}

static void put_notes(struct json_writer *json, const struct notes *notes)
{
    json_key(json, "notes");
    json_begin_array(json, JSON_TALL);
    for (size_t i = 0; i < notes->n; i++)
        json_put_text(json, notes->note[i].line);
    json_end(json);
}

static void list_json(const struct source *source, struct text *out)
{
    const struct store *store = &source->store;
    struct json_writer json = json_writer(out);
    size_t value_n, byte_n;
    count_values(store, &value_n, &byte_n);
    json_begin_object(&json, JSON_TALL);
    json_key(&json, "file"); json_put_path(&json, source->path);
    json_key(&json, "form"); json_put_text(&json, source->form);
    json_key(&json, "sha256"); json_put_text(&json, source->sha256);
    json_key(&json, "texts"); json_begin_object(&json, JSON_TALL);
    for (size_t i = 0; i < store->text_n; i++) {
        json_key(&json, store->text[i].name);
        json_put_text(&json, store->text[i].value);
    }
    json_end(&json);
    json_key(&json, "tensors"); json_begin_array(&json, JSON_TALL);
    for (size_t i = 0; i < store->tensor_n; i++) {
        const struct tensor *tensor = &store->tensor[i];
        json_begin_object(&json, JSON_WIDE);
        json_key(&json, "name"); json_put_text(&json, tensor->name);
        json_key(&json, "dtype"); json_put_text(&json, tensor_type_name(tensor->type));
        json_key(&json, "shape"); json_begin_array(&json, JSON_WIDE);
        for (size_t d = 0; d < tensor->dim_n; d++)
            json_put_count(&json, tensor->dim[d]);
        json_end(&json);
        json_end(&json);
    }
    json_end(&json);
    json_key(&json, "tensor_n"); json_put_count(&json, store->tensor_n);
    json_key(&json, "value_n"); json_put_count(&json, value_n);
    json_key(&json, "byte_n"); json_put_count(&json, byte_n);
    put_notes(&json, &source->notes);
    json_end(&json);
}

static bool print(struct text *out, struct err *err)
{
    bool done = text_ok(out, err) && stdout_write(out->bytes, out->n, err);
    text_free(out);
    return done;
}

static bool list(const char *path, const struct settings *settings, struct err *err)
{
    struct source source;
    struct text out = TEXT_INIT;
    if (settings->net != NULL || settings->output != NULL)
        return err_set(err, ERR_USAGE, "options --net and --output belong to 'import'");
    if (!source_read(path, &source, err))
        return false;
    (settings->json ? list_json : list_lines)(&source, &out);
    source_free(&source);
    return print(&out, err);
}

/* What was done to the weights, in the file's texts and on the screen alike. */
static void add_changes(struct text *out, const struct import_result *result, const struct settings *settings)
{
    if (result->prefix[0] != '\0') {
        text_add(out, "prefix \"");
        add_name(out, result->prefix);
        text_add(out, "\" dropped; ");
    }
    if (result->inflated_n > 0)
        text_add(out, "%zu tensors inflated from 2-D to 3-D; ", result->inflated_n);
    if (result->file_channel_n != result->net_channel_n)
        text_add(out, "input channels %zu made %zu (%s); ", result->file_channel_n, result->net_channel_n, settings->channels == IMPORT_TILE ? "tile" : "mean");
    if (result->head_kept)
        text_add(out, "the file's head has another number of outputs and is left out; ");
    if (out->n > 2)
        out->bytes[out->n -= 2] = '\0';
    else
        text_add(out, "as they are");
}

static void add_names(struct text *out, const char *what, const char *const *name, size_t n)
{
    if (n == 0)
        return;
    text_add(out, "%s (%zu):\n", what, n);
    for (size_t i = 0; i < n; i++) {
        text_add(out, "  ");
        add_name(out, name[i]);
        text_add_char(out, '\n');
    }
}

static void put_names(struct json_writer *json, const char *key, const char *const *name, size_t n)
{
    json_key(json, key);
    json_begin_array(json, JSON_TALL);
    for (size_t i = 0; i < n; i++)
        json_put_text(json, name[i]);
    json_end(json);
}

static void import_json(const struct source *source, const struct net *net, const struct import_result *result, const char *changes, struct text *out)
{
    struct json_writer json = json_writer(out);
    json_begin_object(&json, JSON_TALL);
    json_key(&json, "file"); json_put_path(&json, source->path);
    json_key(&json, "form"); json_put_text(&json, source->form);
    json_key(&json, "sha256"); json_put_text(&json, source->sha256);
    json_key(&json, "net"); json_put_text(&json, net->name);
    json_key(&json, "parameter_n"); json_put_count(&json, net->parameter_n);
    json_key(&json, "taken_n"); json_put_count(&json, result->taken_n);
    json_key(&json, "inflated_n"); json_put_count(&json, result->inflated_n);
    json_key(&json, "changes"); json_put_text(&json, changes);
    put_names(&json, "missing", result->missing, result->missing_n);
    put_names(&json, "unexpected", result->unexpected, result->unexpected_n);
    put_notes(&json, &source->notes);
    json_end(&json);
}

static void import_lines(const struct source *source, const struct net *net, const struct import_result *result, const char *changes, struct text *out)
{
    text_add(out, "%s: %s; %zu of the %zu tensors of %s taken: %s\n", path_name(source->path), source->form, result->taken_n, net->parameter_n, net->name, changes);
    add_names(out, "missing, left at their initial values", result->missing, result->missing_n);
    add_names(out, "unexpected, left out", result->unexpected, result->unexpected_n);
    for (size_t i = 0; i < source->notes.n; i++)
        text_add(out, "note: %s\n", source->notes.note[i].line);
}

/* The net's parameters, with what they came from. */
static bool write_net(const struct net *net, const struct source *source, const char *changes, const char *path, struct err *err)
{
    struct store store = {0};
    bool done = net_export(net, &store, err) && store_put_text(&store, "net", net->name, err) && store_put_text(&store, "source_sha256", source->sha256, err) &&
                store_put_text(&store, "source_changes", changes, err) && safetensors_write(path, &store, err);
    store_free(&store);
    return done;
}

static bool import_into(struct net *net, const struct source *source, const struct settings *settings, struct err *err)
{
    const struct import_settings how = {(enum import_channels)settings->channels, settings->partial};
    struct import_result result;
    struct text changes = TEXT_INIT, out = TEXT_INIT;
    if (!net_import(net, &source->store, &how, &result, err))
        return err_add(err, "%s", source->path);
    add_changes(&changes, &result, settings);
    bool done = text_ok(&changes, err) && write_net(net, source, changes.bytes, settings->output, err);
    if (done)
        (settings->json ? import_json : import_lines)(source, net, &result, changes.bytes, &out);
    import_result_free(&result);
    text_free(&changes);
    return done && print(&out, err);
}

static const char *const shortcuts[] = {"default", "A", "B", NULL};

static bool import(const char *path, const struct settings *settings, struct err *err)
{
    const struct net_options options = {.channel_n = (size_t)settings->channel_n,
                                        .output_n = (size_t)settings->output_n,
                                        .shortcut = settings->shortcut == 0 ? NULL : shortcuts[settings->shortcut]};
    struct source source;
    struct net *net = NULL;
    if (settings->net == NULL || settings->output == NULL)
        return err_set(err, ERR_USAGE, "option --%s is missing: %s", settings->net == NULL ? "net" : "output", settings->net == NULL ? "the network" : "the file to write");
    if (!net_make(settings->net, &options, (uint64_t)settings->seed, &net, err))
        return false;
    bool done = source_read(path, &source, err);
    if (done) {
        done = import_into(net, &source, settings, err);
        source_free(&source);
    }
    net_free(net);
    return done;
}

static bool run(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    if (strcmp(call->operand[0], "list") == 0)
        return list(call->operand[1], settings, err);
    if (strcmp(call->operand[0], "import") == 0)
        return import(call->operand[1], settings, err);
    return err_set(err, ERR_USAGE, "found \"%s\", expected list or import", call->operand[0]);
}

static const char *const channel_words[] = {[IMPORT_MEAN] = "mean", [IMPORT_TILE] = "tile", NULL};
static const struct opt opts[] = {
    OPT_JSON(offsetof(struct settings, json)),
    {"net", 0, OPT_TEXT, "NET", "the network to fill (import)", offsetof(struct settings, net)},
    OPT_OUTPUT("FILE", "the safetensors file to write (import)", offsetof(struct settings, output)),
    {"channels", 0, OPT_INTEGER, "N", "input channels of the network; 0: its own", offsetof(struct settings, channel_n), .initial = "0", .least = 0, .most = 64},
    {"outputs", 0, OPT_INTEGER, "N", "outputs of the network", offsetof(struct settings, output_n), .initial = "1", .least = 1, .most = 65536},
    {"shortcut", 0, OPT_CHOICE, NULL, "shortcuts of MedicalNet's ResNets", offsetof(struct settings, shortcut), shortcuts, .initial = "default"},
    {"adapt", 0, OPT_CHOICE, NULL, "how other input channels are made", offsetof(struct settings, channels), channel_words, .initial = "mean"},
    {"partial", 0, OPT_FLAG, NULL, "take a file that lacks some of the network's tensors", offsetof(struct settings, partial)},
    OPT_SEED(offsetof(struct settings, seed)),
};
static const char *const usage[] = {"list FILE", "import FILE --net NET -o OUT.safetensors", NULL};
static const struct manual_example examples[] = {
    {"hepar weights list resnet_18.pth", "Names, types and shapes of the tensors in a file of PyTorch."},
    {"hepar weights import resnet_18_23dataset.pth --net resnet18_3d --shortcut A -o medicalnet18.safetensors", "MedicalNet's ResNet-18 for deep features."},
    {"hepar weights import resnet50.pth --net resnet50 --channels 2 -o two_phases.safetensors", "An ImageNet ResNet-50 for two phases of CT."},
};

const struct command command_weights = {
    .page = {.name = "weights", .group = GROUP_MORE, .summary = "look into files of network weights, and fit them to a network", .usage = usage,
             .description =
                 "Files are told by content: safetensors, or PyTorch's state dicts (.pth, .pt, .th) in the zip and the older form. These are read as data: nothing in "
                 "them is executed, and a file that asks for anything but tensors is refused. Of a checkpoint its state_dict, model_state_dict, model or net is taken.\n\n"
                 "'list' prints name, type and shape of each tensor, and the totals.\n\n"
                 "'import' fills the network NET from the file and writes it as safetensors, under the network's own names. A prefix such as \"module.\" is dropped; weights of a 2-D "
                 "net become those of the 3-D net of the same names (repeated along z, divided by the kernel's length); the first convolution is fitted to other input channels "
                 "(--adapt). A head with another number of outputs stays at its initial values (--seed). Missing and unexpected tensors are listed; a file that lacks more "
                 "than the head is refused unless --partial is given.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 2,
    .operand_most = 2,
    .settings_size = sizeof(struct settings),
    .run = run,
};
