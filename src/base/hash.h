/* SHA-256 and SHA-1 as lower-case hex (libmd). SHA-1 only where PyRadiomics prints it. */
#ifndef HEPAR_BASE_HASH_H
#define HEPAR_BASE_HASH_H

#include <stddef.h>

void sha256_hex(const void *bytes, size_t n, char hex[65]);
void sha1_hex(const void *bytes, size_t n, char hex[41]);

struct sha256;
struct sha256 *sha256_start(void); /* NULL when out of memory */
void sha256_add(struct sha256 *sha, const void *bytes, size_t n);
void sha256_end(struct sha256 *sha, char hex[65]); /* frees */

#endif
