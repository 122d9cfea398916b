/* The table of the study file's keys; see keys.h. */
#include "study/keys.h"

#include <math.h>
#include <string.h>

#define ANY_NUMBER -HUGE_VAL, HUGE_VAL
#define NO_BOUNDS 0, 0

const struct key study_keys[] = {
    {"name", KEY_TEXT, "study", NO_BOUNDS, NULL, "Short name; letters, digits and underscores."},
    {"title", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Title of the report."},
    {"description", KEY_TEXT, NULL, NO_BOUNDS, NULL, "A sentence or two below the title."},
    {"organ", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Organ, for the report."},
    {"seed", KEY_INTEGER, "1", 0, 9007199254740992.0, NULL, "Every random number of the study is keyed by it."},

    {"data", KEY_FILE, ".", NO_BOUNDS, NULL, "Folder of the tables; relative to the study file. What is typed with `--set`, here and in all keys of files, is relative to the current folder."},
    {"cohort", KEY_FILE, NULL, NO_BOUNDS, NULL, "The cohort table (.csv, .csv.gz), or a list of tables that are joined by id; the first one's rows are the cases."},
    {"cohort[].file", KEY_FILE, NULL, NO_BOUNDS, NULL, "A table of the list."},
    {"cohort[].id", KEY_TEXT, "ID", NO_BOUNDS, NULL, "Its column of case IDs."},
    {"id", KEY_TEXT, "ID", NO_BOUNDS, NULL, "Column of case IDs of a single cohort table; without such a column the rows are numbered."},
    {"patient", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column that names the patient where one has several cases; they stay together in every split and fold."},

    {"phases.*.image", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column with the phase's images; default: `Image`, or every column `Image_PHASE`."},
    {"phases.*.mask", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column with the phase's masks; default: `Mask_PHASE`, else `Mask`."},
    {"mask_label", KEY_INTEGER, "1", 0, 9007199254740992.0, NULL, "The tumour's value in the masks."},
    {"mask_fit", KEY_CHOICE, "strict", NO_BOUNDS, "strict|snap|resample", "How far a mask's grid may differ from its image's."},
    {"extraction", KEY_FILE, NULL, NO_BOUNDS, NULL, "PyRadiomics parameter file, relative to the study file; default: PyRadiomics' own defaults."},
    {"max_failed", KEY_NUMBER, "0.2", 0, 1, NULL, "The run ends when more than this share of a role's cases fails."},

    {"roles.column", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column that says what a case is for."},
    {"roles.map.*", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Role of a value of that column; a value not named keeps its own name as role."},
    {"roles.default", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Role of every case when there is no column."},
    {"roles.split[].from", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Role whose cases are divided."},
    {"roles.split[].into", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Role of the part that is taken off."},
    {"roles.split[].by", KEY_CHOICE, "random", NO_BOUNDS, "random|stratified|time|centre", "How: at random, at random within label classes (reads labels, and says so), the latest by a column, or whole values of a column."},
    {"roles.split[].share", KEY_NUMBER, NULL, 0, 1, NULL, "Share of the cases that goes into the new role (not for `centre`)."},
    {"roles.split[].column", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column of `time` and `centre`."},
    {"roles.split[].values[]", KEY_ANY, NULL, NO_BOUNDS, NULL, "Values of `centre` that go into the new role."},
    {"roles.split[].seed", KEY_INTEGER, "1", 0, 9007199254740992.0, NULL, "Seed of the division."},

    {"target.label", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column with the binary label, 0 or 1, empty where it is not known; or a condition on a column, below."},
    {"target.label.column", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column the label is made from."},
    {"target.label.positive[]", KEY_ANY, NULL, NO_BOUNDS, NULL, "Values that mean 1."},
    {"target.label.negative[]", KEY_ANY, NULL, NO_BOUNDS, NULL, "Values that mean 0; any other value, and an empty cell, means no label."},
    {"target.label.title", KEY_TEXT, NULL, NO_BOUNDS, NULL, "What a positive label says, for the report."},

    {"endpoints.*.time", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column with the time to the event or to the last look."},
    {"endpoints.*.event", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column that is 1 where the event was seen and 0 where not."},
    {"endpoints.*.unit", KEY_CHOICE, "days", NO_BOUNDS, "days|weeks|months|years", "Unit of the time."},
    {"endpoints.*.title", KEY_TEXT, NULL, NO_BOUNDS, NULL, "The endpoint's name in figures."},

    {"blocks.clinical.columns[]", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Columns of the tables that are clinical predictors: a name, or a map with `name` and `kind`."},
    {"blocks.clinical.columns[].name", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Column."},
    {"blocks.clinical.columns[].kind", KEY_CHOICE, NULL, NO_BOUNDS, "number|category", "Number, or category (one-hot); default: number where every cell is one."},
    {"blocks.clinical.title", KEY_TEXT, "clinical", NO_BOUNDS, NULL, "Name in the report."},
    {"blocks.radiomics.from", KEY_CHOICE, NULL, NO_BOUNDS, "images", "`images`: extracted here from every phase."},
    {"blocks.radiomics.columns[]", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Instead: columns of the tables; `*` and `?` stand for any letters."},
    {"blocks.radiomics.title", KEY_TEXT, "radiomics", NO_BOUNDS, NULL, "Name in the report."},
    {"blocks.radiomics.icc", KEY_FILE, NULL, NO_BOUNDS, NULL, "Table `feature,icc` of measured stability; columns below `icc_threshold` are not used."},
    {"blocks.radiomics.icc_threshold", KEY_NUMBER, "0.75", -1, 1, NULL, "Least ICC; a column without one is kept and named."},
    {"deep.use", KEY_CHOICE, "none", NO_BOUNDS, "none|frozen|crossfit|both", "The block `deep`: a network's own features as plain columns (frozen: it sees no label here), the logit of networks trained on the label (crossfit), or both."},
    {"deep.title", KEY_TEXT, "deep", NO_BOUNDS, NULL, "Name in the report."},
    {"deep.net", KEY_TEXT, "small3d", NO_BOUNDS, NULL, "Network."},
    {"deep.weights", KEY_FILE, NULL, NO_BOUNDS, NULL, "Weights that it starts from: safetensors, or PyTorch's state dict (.pth). What was trained on cases of the study leaks their labels."},
    {"deep.pretrain", KEY_INTEGER, "0", 0, 100000, NULL, "Epochs of label-free pre-training (masked reconstruction). Each network of crossfit has its own, on the cases it is then trained on, a share of the epochs where a ranking or an estimate trains; what frozen features come from has one on the images of all training cases. 0: none."},
    {"deep.pca", KEY_INTEGER, "0", 0, 10000, NULL, "frozen: principal components that take the features' place, fitted in every fold; 0: the features themselves."},
    {"deep.input.view", KEY_CHOICE, "auto", NO_BOUNDS, "auto|3d|2d|2d-all|2.5d", "What the network sees: a box (3d), the largest slice (2d), all slices with pooling, neighbouring slices as channels; auto: 3d, for 2-D networks 2d."},
    {"deep.input.size", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Voxels of the box around the tumour, one number or `x,y,z`; default: 32, in 2-D 64, in 2.5d 3 slices."},
    {"deep.input.spacing", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Spacing of these voxels in mm, one number or `x,y,z`; default: 2, in the plane of 2-D inputs 1, between slices of 2.5d 3."},
    {"deep.input.window", KEY_TEXT, "-100,200", NO_BOUNDS, NULL, "HU that become the lowest and the highest input value, `low,high`; a pair, or a pair for each phase."},
    {"deep.input.mask", KEY_CHOICE, "yes", NO_BOUNDS, "yes|no", "The tumour mask as a channel behind the phases."},
    {"deep.input.fit", KEY_NUMBER, NULL, 0.5, 10, NULL, "The box grows with the tumour: its longest side is so many times the tumour's (usual: 1.25), and `spacing` follows; default: fixed spacing."},
    {"deep.input.values", KEY_CHOICE, "window", NO_BOUNDS, "window|centred", "window: intensities of the whole box; centred: minus the tumour's mean, and 0 outside of it (needs the mask as a channel)."},
    {"deep.input.blank", KEY_NUMBER, NULL, 0, 1000, NULL, "What lies farther from the mask than this (mm) takes the window's low value: for images that are exact only there. Default: nothing does."},
    {"deep.input.slices", KEY_INTEGER, "32", 1, 128, NULL, "Slices of `2d-all` at most; of more, every k-th."},
    {"deep.folds", KEY_INTEGER, "3", 2, 20, NULL, "crossfit: networks, each trained without one part of the cases; fewer where a ranking or an estimate trains them."},
    {"deep.epochs", KEY_INTEGER, "30", 1, 100000, NULL, "crossfit: times that training goes over the cases; a share of them where a ranking or an estimate trains."},
    {"deep.batch", KEY_INTEGER, "16", 2, 65536, NULL, "crossfit: cases that are followed by one step."},
    {"deep.optimiser", KEY_CHOICE, "adamw", NO_BOUNDS, "adamw|adam|sgd", "crossfit: adamw, adam (weight decay in the gradient), or sgd with momentum."},
    {"deep.lr", KEY_NUMBER, "0.003", 1e-12, 100, NULL, "crossfit: highest learning rate."},
    {"deep.schedule", KEY_CHOICE, "cosine", NO_BOUNDS, "cosine|cosine-epoch|constant", "crossfit: learning rate behind the warm-up: half a cosine by steps, the same by epochs, or constant."},
    {"deep.warmup", KEY_NUMBER, "3", 0, 100000, NULL, "crossfit: epochs in which the learning rate rises."},
    {"deep.weight_decay", KEY_NUMBER, "0.01", 0, 100, NULL, "crossfit: weight decay."},
    {"deep.decay", KEY_CHOICE, "weights", NO_BOUNDS, "weights|all", "crossfit: what weight decay is for: weights, or all parameters."},
    {"deep.momentum", KEY_NUMBER, "0.9", 0, 0.9999, NULL, "crossfit: momentum of sgd."},
    {"deep.loss", KEY_CHOICE, "auto", NO_BOUNDS, "auto|binary|balanced|focal", "crossfit: binary (cross-entropy), balanced (both classes count alike), focal; auto: balanced."},
    {"deep.focal_gamma", KEY_NUMBER, "2", 0, 20, NULL, "crossfit: focal loss: how much less an easy case counts."},
    {"deep.focal_alpha", KEY_NUMBER, NULL, 0, 1, NULL, "crossfit: focal loss: weight of positives, negatives 1 - it; default: 1 both."},
    {"deep.average", KEY_NUMBER, "0", 0, 0.999999, NULL, "crossfit: decay of a moving average of the weights that is kept in their place, e.g. 0.99; 0: none."},
    {"deep.keep", KEY_CHOICE, "last", NO_BOUNDS, "last|best", "crossfit: weights of the last epoch, or of the best one by the loss on a fifth of the training cases, which are then held out."},
    {"deep.patience", KEY_INTEGER, "0", 0, 100000, NULL, "crossfit: stop when that loss has not fallen for so many epochs, and keep the best; 0: never."},
    {"deep.last_batch", KEY_CHOICE, "keep", NO_BOUNDS, "keep|drop", "crossfit: a smaller last batch of an epoch."},
    {"deep.augment", KEY_CHOICE, "default", NO_BOUNDS, "default|flips|none", "crossfit: random changes of training cases."},
    {"deep.augment_by.*", KEY_NUMBER, NULL, 0, 1000, NULL, "crossfit: one of their strengths or probabilities, e.g. `rotate_degrees: 20`."},
    {"deep.mirror", KEY_CHOICE, "yes", NO_BOUNDS, "yes|no", "crossfit: whether a case's logit is the mean over the case and its mirror images, along the axes along which training flips."},
    {"deep.maps", KEY_INTEGER, "4", 0, 100000, NULL, "crossfit: cases of each role whose map of the locked score is made (Grad-CAM), half with the highest and half with the lowest scores; 0: none."},
    {"fusion", KEY_CHOICE, "both", NO_BOUNDS, "both|early|late|none", "Fusions of blocks that compete beside the single blocks: columns side by side (early), their scores by one learner fused (late). Of three blocks: radiomics+deep, and all."},
    {"late_fusion", KEY_CHOICE, "stacked", NO_BOUNDS, "stacked|mean|both", "Late fusion: a logistic model of the blocks' calibrated scores (BLOCKS.late), their mean (BLOCKS.mean), or both side by side."},
    {"score_blocks[]", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Blocks (or fusions, `clinical+radiomics`) that may win; default: all."},
    {"learners[]", KEY_TEXT, NULL, NO_BOUNDS, NULL, "Learners that are compared; default: all that are built (doc/learners.md)."},

    {"selection.variance", KEY_FLAG, "true", NO_BOUNDS, NULL, "Drop columns of near-zero variance."},
    {"selection.duplicates", KEY_FLAG, "true", NO_BOUNDS, NULL, "Drop columns that equal an earlier one."},
    {"selection.univariate", KEY_CHOICE, "mann-whitney", NO_BOUNDS, "mann-whitney|none", "Univariate filter."},
    {"selection.univariate_p", KEY_NUMBER, "0.05", 0, 1, NULL, "Columns with a larger P are dropped; when fewer than `univariate_keep` remain, the best ones are kept."},
    {"selection.univariate_keep", KEY_INTEGER, "5", 1, 100000, NULL, "Columns that are kept at least."},
    {"selection.correlation", KEY_NUMBER, "0.9", 0, 1, NULL, "Of two columns with a larger |Spearman rho| the one better related to the target is kept; 1: no filter."},

    {"validation", KEY_CHOICE, "standard", NO_BOUNDS, "quick|standard|full", "How much is refitted; the cost is printed before it starts."},
    {"calibration", KEY_CHOICE, "platt", NO_BOUNDS, "platt|isotonic|temperature", "Calibration of the score on out-of-fold scores of train."},
    {"threshold.rule", KEY_CHOICE, "youden", NO_BOUNDS, "youden|sensitivity", "How the threshold is chosen on out-of-fold scores of train."},
    {"threshold.sensitivity", KEY_NUMBER, "0.9", 0, 1, NULL, "Least sensitivity, for that rule."},
    {"threshold.minimum_share", KEY_NUMBER, "0.1", 0, 0.5, NULL, "Least share of train in either risk group."},

    {"privacy[]", KEY_CHOICE, NULL, NO_BOUNDS, "no-outcomes|no-images", "What is left out of the run folder."},
    {"reporting.*", KEY_ANY, NULL, NO_BOUNDS, NULL, "What only the authors know, for the checklists (doc/reporting.md)."},
    {"reporting.*[]", KEY_ANY, NULL, NO_BOUNDS, NULL, "The same, as a list."},
    {"reporting.*.*", KEY_ANY, NULL, NO_BOUNDS, NULL, "The same, one level down (`segmentation.readers`)."},
};
const size_t study_key_n = sizeof study_keys / sizeof study_keys[0];

const struct key *key_find(const char *pattern)
{
    for (size_t k = 0; k < study_key_n; k++)
        if (strcmp(study_keys[k].path, pattern) == 0)
            return &study_keys[k];
    return NULL;
}

/* What follows `pattern` in `path`: NULL when the path does not lie below it. */
static const char *rest_below(const char *path, const char *pattern)
{
    size_t n = strlen(pattern);
    if (n == 0)
        return path;
    if (strncmp(path, pattern, n) != 0 || (path[n] != '.' && path[n] != '['))
        return NULL;
    return path + n;
}

bool key_has_below(const char *pattern)
{
    for (size_t k = 0; k < study_key_n; k++)
        if (rest_below(study_keys[k].path, pattern) != NULL)
            return true;
    return false;
}

const char *key_nearest_below(const char *pattern, const char *word, char out[64])
{
    const char *names[sizeof study_keys / sizeof study_keys[0]];
    char storage[sizeof study_keys / sizeof study_keys[0]][64];
    size_t n = 0;
    for (size_t k = 0; k < study_key_n; k++) {
        const char *rest = rest_below(study_keys[k].path, pattern);
        if (rest == NULL || rest[0] == '[')
            continue;
        rest += rest[0] == '.';
        size_t length = strcspn(rest, ".[");
        if (length == 0 || length >= sizeof storage[0] || rest[0] == '*')
            continue;
        memcpy(storage[n], rest, length);
        storage[n][length] = '\0';
        names[n] = storage[n];
        n++;
    }
    const char *nearest = text_nearest(word, names, n);
    if (nearest == NULL)
        return NULL;
    strcpy(out, nearest);
    return out;
}

static const char *kind_word(const struct key *key)
{
    static const char *const words[] = {"text", "file", "whole number", "number", "true or false", NULL, "any"};
    return key->kind == KEY_CHOICE ? key->choices : words[key->kind];
}

/* A `|` inside a Markdown table cell would end it. */
static void add_cell(struct text *out, const char *cell)
{
    for (const char *c = cell; *c != '\0'; c++) {
        if (*c == '|')
            text_add_char(out, '\\');
        text_add_char(out, *c);
    }
}

void keys_document(struct text *out)
{
    text_add(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
    for (size_t k = 0; k < study_key_n; k++) {
        const struct key *key = &study_keys[k];
        text_add(out, "| `%s` | ", key->path);
        add_cell(out, kind_word(key));
        text_add(out, " | %s%s%s | ", key->standard ? "`" : "", key->standard ? key->standard : "", key->standard ? "`" : "");
        add_cell(out, key->help);
        text_add(out, " |\n");
    }
}
