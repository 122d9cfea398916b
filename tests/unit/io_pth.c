/* PyTorch's files: real ones (tests/data/weights, made by tests/ref/pth_fixtures.py), and pickles written by hand here, most of them hostile.
 * Hand-made files have the legacy form: its object pickle stands between fixed pickles and the values. */
#include "tap.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/pth.h"
#include "io/weights.h"

/* A literal's bytes, NULs inside too. */
#define ADD(text, literal) text_add_bytes((text), literal, sizeof(literal) - 1)

#define MAGIC "\200\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
#define VERSION "\200\2M\xe9\x03."
#define SIZES "\200\2}X\15\0\0\0little_endian\x88s."
#define KEYS "\200\2]X\1\0\0\0" "7a."
#define SIX "\6\0\0\0\0\0\0\0" /* number of values of storage 7 */

/* Storage 7 of six values of a type; a tensor of it; a dict with one entry "w". Strings of pickle operations. */
#define STORAGE(type, n) "(X\7\0\0\0storagectorch\n" type "\nX\1\0\0\0" "7X\3\0\0\0cpu" n "NtQ"
#define TENSOR(storage, begin, shape, strides) "ctorch._utils\n_rebuild_tensor_v2\n(" storage begin shape strides "\x89)tR"
#define DICT(value) "\200\2}X\1\0\0\0w" value "s."
#define FLOATS STORAGE("FloatStorage", "K\6")

static void add_floats(struct text *file)
{
    for (float value = 1; value <= 6; value++)
        text_add_bytes(file, &value, sizeof value);
}

/* object: a pickle of n bytes. */
static void legacy(struct text *file, const char *object, size_t n)
{
    *file = (struct text)TEXT_INIT;
    ADD(file, MAGIC VERSION SIZES);
    text_add_bytes(file, object, n);
    ADD(file, KEYS SIX);
    add_floats(file);
}

static bool parse(const struct text *file, struct store *store, struct notes *notes, struct err *err)
{
    return pth_parse("f", (const unsigned char *)file->bytes, file->n, store, notes, err);
}

static void refuse_bytes(const char *object, size_t n, const char *message)
{
    struct text file;
    struct store store;
    struct err err = ERR_INIT;
    legacy(&file, object, n);
    assert_false(parse(&file, &store, NULL, &err));
    assert_error(err, ERR_INPUT, message);
    assert_int_equal(store.tensor_n, 0);
    text_free(&file);
}
#define REFUSE(object, message) refuse_bytes(object, sizeof(object) - 1, message)

static void read_fixture(const char *name, struct store *store, struct notes *notes)
{
    struct err err = ERR_INIT;
    char path[1024];
    snprintf(path, sizeof path, "%s/data/weights/%s", TESTS_FOLDER, name);
    assert_done(weights_read(path, store, notes, &err), err);
}

static void assert_tensor(const struct tensor *tensor, const char *name, enum tensor_type type, size_t dim_n, const size_t *dim)
{
    assert_string_equal(tensor->name, name);
    assert_int_equal(tensor->type, type);
    assert_int_equal(tensor->dim_n, dim_n);
    for (size_t i = 0; i < dim_n; i++)
        assert_int_equal(tensor->dim[i], dim[i]);
}

/* The fixtures' module: value number i over all tensors is i / 8 - 5, the last one (a count of batches) cut to a whole number. */
static void assert_module(const struct store *store)
{
    static const struct {
        const char *name;
        size_t dim_n, dim[4];
    } wanted[] = {
        {"conv.weight", 4, {3, 2, 2, 2}}, {"conv.bias", 1, {3}},         {"norm.weight", 1, {3}},
        {"norm.bias", 1, {3}},            {"norm.running_mean", 1, {3}}, {"norm.running_var", 1, {3}},
    };
    double value = -5;
    assert_int_equal(store->tensor_n, 7);
    for (size_t t = 0; t < 6; t++) {
        const struct tensor *tensor = &store->tensor[t];
        assert_tensor(tensor, wanted[t].name, TENSOR_F32, wanted[t].dim_n, wanted[t].dim);
        for (size_t i = 0; i < tensor_value_n(tensor); i++, value += 0.125)
            assert_true((double)((const float *)tensor->values)[i] == value);
    }
    assert_tensor(&store->tensor[6], "norm.num_batches_tracked", TENSOR_I64, 0, NULL);
    assert_int_equal(*(const int64_t *)store->tensor[6].values, (int64_t)value);
}

static void a_modules_state_dict_reads_the_same_from_every_form(void **state)
{
    static const char *const files[] = {"module_zip.pth", "module_legacy.pth", "module_deflated.pth"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct store store;
        struct notes notes = NOTES_INIT;
        read_fixture(files[i], &store, &notes);
        assert_module(&store);
        assert_int_equal(notes.n, 0);
        store_free(&store);
        notes_free(&notes);
    }
}

static void of_a_checkpoint_the_model_is_taken_and_that_is_said(void **state)
{
    (void)state;
    struct store store;
    struct notes notes = NOTES_INIT;
    read_fixture("checkpoint.pth", &store, &notes);
    assert_module(&store);
    assert_string_equal(store_find_text(&store, "epoch"), "7");
    assert_string_equal(store_find_text(&store, "arch"), "two layers");
    assert_string_equal(store_find_text(&store, "done"), "true");
    assert_int_equal(notes.n, 2);
    assert_string_equal(notes.note[0].line, "a checkpoint, of which `model` is taken");
    assert_string_equal(notes.note[1].line, "1 entry is left out: optimizer");
    store_free(&store);
    notes_free(&notes);
}

static void parameters_of_a_newer_pickle_are_read(void **state)
{
    (void)state;
    struct store store;
    read_fixture("parameters_protocol4.pth", &store, NULL);
    assert_int_equal(store.tensor_n, 4);
    assert_string_equal(store.tensor[3].name, "norm.bias");
    assert_true(((const float *)store.tensor[0].values)[0] == -5);
    store_free(&store);
}

static void types_that_have_no_place_are_refused_by_name(void **state)
{
    (void)state;
    struct store store;
    struct err err = ERR_INIT;
    assert_false(weights_read(TESTS_FOLDER "/data/weights/complex.pth", &store, NULL, &err));
    assert_error(err, ERR_INPUT, TESTS_FOLDER "/data/weights/complex.pth: data.pkl: it asks for torch.ComplexFloatStorage, which weights do not need: refused, nothing was run");
}

static void assert_view(const char *object, size_t n, const size_t *dim, size_t dim_n, const float *values)
{
    struct text file;
    struct store store;
    struct err err = ERR_INIT;
    legacy(&file, object, n);
    assert_done(parse(&file, &store, NULL, &err), err);
    assert_int_equal(store.tensor_n, 1);
    assert_tensor(&store.tensor[0], "w", TENSOR_F32, dim_n, dim);
    assert_memory_equal(store.tensor[0].values, values, tensor_value_n(&store.tensor[0]) * sizeof *values);
    store_free(&store);
    text_free(&file);
}
#define VIEW(object, dim, dim_n, ...) assert_view(object, sizeof(object) - 1, dim, dim_n, (const float[]){__VA_ARGS__})

static void views_become_contiguous_copies(void **state)
{
    const size_t square[] = {2, 3}, tall[] = {3, 2}, pair[] = {2}, wide[] = {2, 2}, none[] = {0, 3};
    (void)state;
    VIEW(DICT(TENSOR(FLOATS, "K\0", "K\2K\3\x86", "K\3K\1\x86")), square, 2, 1, 2, 3, 4, 5, 6);
    VIEW(DICT(TENSOR(FLOATS, "K\0", "K\3K\2\x86", "K\1K\3\x86")), tall, 2, 1, 4, 2, 5, 3, 6); /* transposed */
    VIEW(DICT(TENSOR(FLOATS, "K\1", "K\2\x85", "K\3\x85")), pair, 1, 2, 5);                   /* every third from the second */
    VIEW(DICT(TENSOR(FLOATS, "K\4", "K\2K\2\x86", "K\0K\1\x86")), wide, 2, 5, 6, 5, 6);       /* expanded */
    VIEW(DICT(TENSOR(FLOATS, "K\5", ")", ")")), NULL, 0, 6);                                  /* one value */
    VIEW(DICT(TENSOR(FLOATS, "K\7", "K\0K\3\x86", "K\3K\1\x86")), none, 2, 0);                /* empty, wherever it begins */
    VIEW(DICT(TENSOR(FLOATS, "K\0", "ctorch\nSize\nK\2\x85\x85R", "K\1\x85")), pair, 1, 1, 2);
}

static void a_view_storage_of_old_files_counts_from_its_own_begin(void **state)
{
    const size_t pair[] = {2};
    (void)state;
    /* The storage is the part of four values from the third on; the tensor its second and third. */
    VIEW(DICT(TENSOR("(X\7\0\0\0storagectorch.cuda\nFloatStorage\nX\1\0\0\0" "7X\6\0\0\0cuda:0K\6X\1\0\0\0vK\2K\4\x87tQ", "K\1", "K\2\x85", "K\1\x85")), pair, 1, 4, 5);
    REFUSE(DICT(TENSOR("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" "7X\3\0\0\0cpuK\6X\1\0\0\0vK\4K\4\x87tQ", "K\1", "K\2\x85", "K\1\x85")),
           "f: storage 7 of the pickle has no valid size");
}

static void dicts_of_pairs_and_nested_dicts_are_read(void **state)
{
    struct text file;
    struct store store;
    struct err err = ERR_INIT;
    (void)state;
    /* OrderedDict([["w", tensor]]), as Python 2 wrote it, inside a dict under "net1". */
    static const char whole[] = "\200\2}U\4net1ccollections\nOrderedDict\n]]U\1wa" TENSOR(FLOATS, "K\0", "K\6\x85", "K\1\x85") "aa\x85Rs.";
    legacy(&file, whole, sizeof whole - 1);
    assert_done(parse(&file, &store, NULL, &err), err);
    assert_int_equal(store.tensor_n, 1);
    assert_string_equal(store.tensor[0].name, "net1.w");
    store_free(&store);
    text_free(&file);
}

static void a_pickle_that_asks_for_more_is_refused_and_runs_nothing(void **state)
{
    (void)state;
    REFUSE(DICT("cposix\nsystem\nX\4\0\0\0true\x85R"), "f: object: it asks for posix.system, which weights do not need: refused, nothing was run");
    REFUSE(DICT("X\10\0\0\0builtinsX\4\0\0\0eval\x93"), "f: object: it asks for builtins.eval, which weights do not need: refused, nothing was run");
    REFUSE("\200\2(cos\nsystem\nX\1\0\0\0xo.", "f: object: it asks for os.system, which weights do not need: refused, nothing was run");
    REFUSE("\200\2(X\1\0\0\0xios\nsystem\n.", "f: object: pickle operation 0x69 at byte 9 is none that weights need: refused, nothing was run");
    REFUSE("\200\2\x82\1.", "f: object: pickle operation 0x82 at byte 2 is none that weights need: refused, nothing was run");
    REFUSE("\200\2X\1\0\0\0x)R.", "f: object: the pickle is damaged near its byte 10: it calls what is no name");
}

static void damaged_pickles_are_refused(void **state)
{
    (void)state;
    REFUSE("\200\2" "0", "f: object: pickle operation 0x30 at byte 2 is none that weights need: refused, nothing was run");
    REFUSE("\x80\x06}.", "f: object: pickle protocol 6, expected 2 to 5");
    REFUSE("}.", "f: object: no pickle of protocol 2 to 5: it begins with 0x7d, expected 0x80");
    REFUSE("\200\2\x86.", "f: object: the pickle is damaged near its byte 3: it takes more values than it made");
    REFUSE("\200\2K\1(\x85.", "f: object: the pickle is damaged near its byte 6: it takes more values than it made");
    REFUSE("\200\2t.", "f: object: the pickle is damaged near its byte 3: it looks for a mark that was not set");
    REFUSE("\200\2(tR.", "f: object: the pickle is damaged near its byte 5: it takes more values than it made");
    REFUSE("\200\2h\3.", "f: object: the pickle is damaged near its byte 4: it takes a value by a number that names none");
    REFUSE("\200\2}r\xff\xff\xff\xff.", "f: object: the pickle is damaged near its byte 8: it names a value by a number that is too large");
    REFUSE("\200\2q\0.", "f: object: the pickle is damaged near its byte 4: it names a value before it made one");
    REFUSE("\200\2K\1K\2K\3s.", "f: object: the pickle is damaged near its byte 9: it sets keys of what is no dict");
    REFUSE("\200\2}K\1a.", "f: object: the pickle is damaged near its byte 6: it appends to what is no list");
    REFUSE("\200\2K\1K\2.", "f: object: the pickle is damaged near its byte 7: it ends with other than one value");
    REFUSE("\200\2X\2\0\0\0\xc3(.", "f: object: the pickle is damaged near its byte 9: a text is not UTF-8");
    REFUSE("\200\2X\xff\xff\xff\xff.", "f: object: the pickle is damaged near its byte 7: it is cut short");
    REFUSE("\200\2ctorch", "f: object: the pickle is damaged near its byte 3: it is cut short");
    REFUSE("\200\2ccollections\nOrderedDict\nK\1\x85R.", "f: object: the pickle is damaged near its byte 31: a dict is made of other than a list of pairs");
}

static void tensors_that_reach_outside_are_refused(void **state)
{
    (void)state;
    REFUSE(DICT(TENSOR(FLOATS, "K\1", "K\6\x85", "K\1\x85")), "f: tensor w: its last value is number 6 of its storage, which has 6");
    REFUSE(DICT(TENSOR(FLOATS, "K\0", "K\2K\2\x86", "K\5K\1\x86")), "f: tensor w: its last value is number 6 of its storage, which has 6");
    REFUSE(DICT(TENSOR(FLOATS, "K\0", "K\2\x85", "K\1K\1\x86")), "f: tensor w: offset, shape or strides are no whole numbers, or there are more than 8 dimensions");
    REFUSE(DICT(TENSOR(FLOATS, "J\xff\xff\xff\xff", "K\2\x85", "K\1\x85")), "f: tensor w: offset, shape or strides are no whole numbers, or there are more than 8 dimensions");
    REFUSE(DICT(TENSOR(FLOATS, "K\0", "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t", "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t")),
           "f: tensor w: offset, shape or strides are no whole numbers, or there are more than 8 dimensions");
#define HUGE "\x8a\x08\0\0\0\0\0\0\0\x40" /* 2^62 */
    REFUSE(DICT(TENSOR(FLOATS, "K\0", HUGE HUGE "\x86", "K\0K\0\x86")), "f: tensor w: the size of its shape overflows");
    REFUSE(DICT(TENSOR(FLOATS, "K\0", "K\6\x85", HUGE "\x85")), "f: tensor w: its strides overflow");
    REFUSE(DICT(TENSOR(FLOATS, "K\0", "J\0\0\0\x40\x85", "K\0\x85")), "f: tensor w: it needs 4294967296 bytes, more than a file of this length can mean");
    REFUSE(DICT(TENSOR(STORAGE("FloatStorage", HUGE), "K\0", "K\6\x85", "K\1\x85")), "f: storage 7 of the pickle has no valid size");
    REFUSE(DICT(TENSOR(STORAGE("DoubleStorage", "K\6"), "K\0", "K\6\x85", "K\1\x85")), "f: storage 7: it needs 48 bytes, but the file has 24: cut short");
    REFUSE(DICT(TENSOR(STORAGE("FloatStorage", "K\7"), "K\0", "K\6\x85", "K\1\x85")), "f: storage 7: 6 values stand there, expected 7");
    REFUSE(DICT(TENSOR("N", "K\0", "K\6\x85", "K\1\x85")), "f: entry 1 of the list of storages is used by no tensor");
    REFUSE(DICT("K\1Q"), "f: a reference of the pickle is to no storage");
}

static void files_without_tensors_are_refused(void **state)
{
    (void)state;
    struct text file = TEXT_INIT;
    struct store store;
    struct err err = ERR_INIT;
    ADD(&file, MAGIC VERSION SIZES "\200\2}X\1\0\0\0aK\1s." "\200\2].");
    assert_false(parse(&file, &store, NULL, &err));
    assert_error(err, ERR_INPUT, "f: no tensor is in its dict");
    text_free(&file);
    ADD(&file, MAGIC VERSION SIZES "\200\2]." "\200\2].");
    err_clear(&err);
    assert_false(parse(&file, &store, NULL, &err));
    assert_error(err, ERR_INPUT, "f: it holds no dict of tensors");
    text_free(&file);
    ADD(&file, "\200\2K\1.");
    err_clear(&err);
    assert_false(parse(&file, &store, NULL, &err));
    assert_error(err, ERR_INPUT, "f: a pickle, but not one of PyTorch's weights: its magic number is another");
    text_free(&file);
    ADD(&file, MAGIC VERSION "\200\2}X\15\0\0\0little_endian\x89s.");
    err_clear(&err);
    assert_false(parse(&file, &store, NULL, &err));
    assert_error(err, ERR_INPUT, "f: its byte order is not little-endian");
    text_free(&file);
}

static void a_name_that_stands_twice_is_refused(void **state)
{
    (void)state;
#define W "X\1\0\0\0w" TENSOR(FLOATS, "K\0", "K\6\x85", "K\1\x85")
    REFUSE("\200\2}(" W W "u.", "f: tensor w: the name stands twice");
}

/* A dict that holds itself a hundred times. */
static void dicts_inside_dicts_end(void **state)
{
    struct text object = TEXT_INIT;
    (void)state;
    ADD(&object, "\200\2}q\0(");
    for (int i = 0; i < 100; i++) {
        char key[3];
        snprintf(key, sizeof key, "%02d", i);
        ADD(&object, "U\2");
        text_add_bytes(&object, key, 2);
        ADD(&object, "h\0");
    }
    ADD(&object, W "u.");
    refuse_bytes(object.bytes, object.n, "f: its dicts have more than 1048576 entries");
    text_free(&object);
}

static void what_stands_behind_is_said(void **state)
{
    (void)state;
    struct text file;
    struct store store;
    struct notes notes = NOTES_INIT;
    struct err err = ERR_INIT;
    static const char object[] = DICT(TENSOR(FLOATS, "K\0", "K\6\x85", "K\1\x85"));
    legacy(&file, object, sizeof object - 1);
    ADD(&file, "abc");
    assert_done(parse(&file, &store, &notes, &err), err);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.note[0].line, "3 bytes behind the last storage are left out");
    store_free(&store);
    notes_free(&notes);
    text_free(&file);
}

/* Cut anywhere, and with any byte changed: read or refused in one line, and never more (the sanitizers watch). */
static void broken_files_are_read_or_refused(void **state)
{
    static const char *const files[] = {"module_zip.pth", "module_legacy.pth", "module_deflated.pth", "parameters_protocol4.pth"};
    (void)state;
    for (size_t f = 0; f < 4; f++) {
        char path[1024];
        unsigned char *bytes;
        size_t n, refused = 0;
        struct store store;
        struct err err = ERR_INIT;
        snprintf(path, sizeof path, "%s/data/weights/%s", TESTS_FOLDER, files[f]);
        assert_done(file_read(path, 1 << 20, &bytes, &n, &err), err);
        for (size_t cut = 0; cut < n; cut++) {
            unsigned char *part = mem_alloc(cut, 1, &err); /* of its own, so that a read behind it is seen */
            memcpy(part, bytes, cut);
            err_clear(&err);
            assert_false(pth_parse("f", part, cut, &store, NULL, &err));
            assert_int_equal(err.kind, ERR_INPUT);
            mem_free(part);
        }
        for (size_t i = 0; i < n; i++)
            for (unsigned flip = 1; flip < 256; flip *= 2) {
                bytes[i] ^= (unsigned char)flip;
                err_clear(&err);
                if (pth_parse("f", bytes, n, &store, NULL, &err))
                    store_free(&store);
                else
                    refused++;
                bytes[i] ^= (unsigned char)flip;
            }
        assert_true(refused > n);
        mem_free(bytes);
    }
}

static void other_files_are_told(void **state)
{
    (void)state;
    struct store store;
    struct err err = ERR_INIT;
    const char *form;
    static const unsigned char png[] = "\x89PNG\r\n\x1a\n0000";
    assert_false(weights_parse("cat.png", png, sizeof png - 1, &store, &form, NULL, &err));
    assert_error(err, ERR_INPUT, "cat.png: no weights file: neither safetensors nor PyTorch's (zip or legacy)");
    assert_null(form);
    err_clear(&err);
    assert_false(weights_read("/nowhere/w.pth", &store, NULL, &err));
    assert_error(err, ERR_INPUT, "/nowhere/w.pth: no such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_modules_state_dict_reads_the_same_from_every_form),
        cmocka_unit_test(of_a_checkpoint_the_model_is_taken_and_that_is_said),
        cmocka_unit_test(parameters_of_a_newer_pickle_are_read),
        cmocka_unit_test(types_that_have_no_place_are_refused_by_name),
        cmocka_unit_test(views_become_contiguous_copies),
        cmocka_unit_test(a_view_storage_of_old_files_counts_from_its_own_begin),
        cmocka_unit_test(dicts_of_pairs_and_nested_dicts_are_read),
        cmocka_unit_test(a_pickle_that_asks_for_more_is_refused_and_runs_nothing),
        cmocka_unit_test(damaged_pickles_are_refused),
        cmocka_unit_test(tensors_that_reach_outside_are_refused),
        cmocka_unit_test(files_without_tensors_are_refused),
        cmocka_unit_test(a_name_that_stands_twice_is_refused),
        cmocka_unit_test(dicts_inside_dicts_end),
        cmocka_unit_test(what_stands_behind_is_said),
        cmocka_unit_test(broken_files_are_read_or_refused),
        cmocka_unit_test(other_files_are_told),
    };
    return tap_run(tests);
}
