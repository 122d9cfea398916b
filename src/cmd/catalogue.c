#include "cmd/catalogue.h"

#include "nn/nets.h"
#include "radiomics/class.h"

/* '|' ends a cell of a table. */
static void add_cell(struct text *text, const char *cell)
{
    for (; *cell != '\0'; cell++)
        text_add(text, *cell == '|' ? "\\%c" : "%c", *cell);
}

static void add_class(struct text *text, const struct feature_class *kind)
{
    size_t by_default = 0;
    for (size_t f = 0; f < kind->feature_n; f++)
        by_default += !kind->feature[f].deprecated && !kind->feature[f].gone;
    text_add(text, "\n## %s (`%s`)\n\n%zu features; %s.\n\n", kind->title, kind->name, by_default,
             kind->of_mask ? "from the mask alone, before resegmentation unless resegmentShape is set" : "from the intensities of the region");
    text_add(text, "| feature | formula | IBSI | |\n|---|---|---|---|\n");
    for (size_t f = 0; f < kind->feature_n; f++) {
        const struct feature *feature = &kind->feature[f];
        text_add(text, "| %s | ", feature->name);
        add_cell(text, feature->formula);
        text_add(text, " | %s | ", feature->ibsi == NULL ? "" : feature->ibsi);
        if (feature->gone)
            text_add(text, "named but never computed, as in PyRadiomics");
        else if (feature->deprecated)
            text_add(text, "only when named in the parameter file");
        if (feature->edge != NULL)
            add_cell(text, feature->edge);
        text_add(text, " |\n");
    }
}

void catalogue_document(struct text *text)
{
    text_add(text, "# Features\n\n"
                   "What `hepar extract` computes, made from the tables of the feature classes (`doc/refresh`). Columns are named `original_CLASS_FEATURE`. Names,\n"
                   "formulas and conventions are PyRadiomics'; P(i, j) counts, p = P / sum P, eps = 2^-52. IBSI: the code of the feature of the Image Biomarker\n"
                   "Standardisation Initiative (arXiv:1612.07003) with this formula; grey levels, distances and averaging may still differ from IBSI's\n"
                   "profiles. The last column says where a value is undefined (an empty cell, with its reason in the notes) or stands by convention\n"
                   "(the notes say so then).\n");
    for (size_t i = 0; i < feature_classes_n; i++)
        add_class(text, feature_classes[i]);
}

void catalogue_networks(struct text *text)
{
    text_add(text, "| name | network | input | channels by default | features | source |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < net_kind_n; i++) {
        const struct net_kind *kind = net_kinds[i];
        text_add(text, "| `%s` | %s | %u-D | %zu | %zu | %s |\n", kind->name, kind->title, kind->rank, kind->channel_n, kind->embedding_n, kind->source);
    }
}
