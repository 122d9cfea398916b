/* Any bytes as CSV: read or refused; what is read and written again reads the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void write_row(struct csv_writer *writer, char *const *cell, size_t n)
{
    for (size_t c = 0; c < n; c++)
        csv_add_text(writer, cell[c]);
    csv_end_row(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct csv csv, back;
    struct err err = ERR_INIT;
    if (!csv_parse(bytes, n, "fuzz.csv", &csv, &err))
        return 0;
    csv_check_names(&csv, NULL);
    struct text out = TEXT_INIT;
    struct csv_writer writer = csv_writer(&out);
    write_row(&writer, csv.name, csv.column_n);
    for (size_t r = 0; r < csv.row_n; r++)
        write_row(&writer, csv.cell + r * csv.column_n, csv.column_n);
    /* Only a header whose cells hold other delimiters, or a mark in front, may read otherwise. */
    if (csv_parse(out.bytes, out.n, "again.csv", &back, &err)) {
        if (back.row_n == csv.row_n && back.column_n == csv.column_n)
            for (size_t i = 0; i < csv.row_n * csv.column_n; i++)
                if (strcmp(back.cell[i], csv.cell[i]) != 0)
                    abort();
        csv_free(&back);
    }
    text_free(&out);
    csv_free(&csv);
    return 0;
}
