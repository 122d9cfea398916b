/* Facts of values; see facts.h. Sums are compensated, in storage order. */
#include "image/facts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "num/sum.h"

enum { CHUNK = 4096 };

static void add_value(struct value_facts *facts, struct sum *sum, double value)
{
    facts->n++;
    if (!isfinite(value)) {
        facts->nonfinite_n++;
        return;
    }
    facts->least = fmin(facts->least, value); /* fmin and fmax pass over NaN */
    facts->most = fmax(facts->most, value);
    sum_add(sum, value);
}

bool volume_value_facts(const struct volume *volume, struct value_facts *facts, struct err *err)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the hash is over little-endian doubles");
    static const uint64_t NAN_BITS = 0x7ff8000000000000;
    struct sum sum = SUM_INIT;
    double chunk[CHUNK];
    size_t n = grid_voxel_n(&volume->grid);
    struct sha256 *sha = sha256_start();
    *facts = (struct value_facts){.least = NAN, .most = NAN};
    if (sha == NULL)
        return err_set(err, ERR_SYSTEM, "out of memory");
    for (size_t at = 0; at < n; at += CHUNK) {
        size_t part = n - at < CHUNK ? n - at : CHUNK;
        volume_row(volume, at, part, chunk);
        for (size_t i = 0; i < part; i++) {
            add_value(facts, &sum, chunk[i]);
            if (isnan(chunk[i]))
                memcpy(&chunk[i], &NAN_BITS, sizeof NAN_BITS);
        }
        sha256_add(sha, chunk, part * sizeof *chunk);
    }
    facts->sum = sum_value(&sum);
    sha256_end(sha, facts->sha256);
    return true;
}

void region_value_facts(const struct volume *image, const struct roi *region, struct value_facts *facts)
{
    struct sum sum = SUM_INIT;
    const uint8_t *inside = region->inside;
    const size_t *size = image->grid.n;
    *facts = (struct value_facts){.least = NAN, .most = NAN};
    for (size_t z = region->first[2]; z < region->first[2] + region->n[2]; z++)
        for (size_t y = region->first[1]; y < region->first[1] + region->n[1]; y++)
            for (size_t x = region->first[0]; x < region->first[0] + region->n[0]; x++)
                if (*inside++ != 0)
                    add_value(facts, &sum, volume_at(image, x + size[0] * (y + size[1] * z)));
    facts->sum = sum_value(&sum);
}
