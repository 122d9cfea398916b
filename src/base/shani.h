/* SHA-1 by the processor's own instructions, four times as fast as libmd's; inside of base/hash.c. */
#ifndef HEPAR_BASE_SHANI_H
#define HEPAR_BASE_SHANI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool sha1_is_built_in(void); /* whether this processor has them; nothing else here may be called where it has not */
void sha1_built_in(const void *bytes, size_t n, uint8_t digest[20]);

#endif
