/* Hashes by libmd, and SHA-1 by the processor where it can (shani.h); see hash.h. */
#include "base/hash.h"

#include <sha1.h>
#include <sha2.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/shani.h"

struct sha256 {
    SHA2_CTX context;
};

static void to_hex(const uint8_t *digest, size_t n, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[2 * n] = '\0';
}

void sha256_hex(const void *bytes, size_t n, char hex[65])
{
    SHA2_CTX context;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Init(&context);
    SHA256Update(&context, bytes, n);
    SHA256Final(digest, &context);
    to_hex(digest, sizeof digest, hex);
}

void sha1_hex(const void *bytes, size_t n, char hex[41])
{
    SHA1_CTX context;
    uint8_t digest[SHA1_DIGEST_LENGTH];
    if (sha1_is_built_in())
        sha1_built_in(bytes, n, digest);
    else {
        SHA1Init(&context);
        SHA1Update(&context, bytes, n);
        SHA1Final(digest, &context);
    }
    to_hex(digest, sizeof digest, hex);
}

struct sha256 *sha256_start(void)
{
    struct sha256 *sha = mem_alloc(1, sizeof *sha, NULL);
    if (sha != NULL)
        SHA256Init(&sha->context);
    return sha;
}

void sha256_add(struct sha256 *sha, const void *bytes, size_t n)
{
    SHA256Update(&sha->context, bytes, n);
}

void sha256_end(struct sha256 *sha, char hex[65])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Final(digest, &sha->context);
    to_hex(digest, sizeof digest, hex);
    mem_free(sha);
}
