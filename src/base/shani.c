/* FIPS 180-4, section 6.1, with the SHA extensions of x86: sha1rnds4 does four rounds, sha1nexte rotates e and adds
 * the schedule, sha1msg1 and sha1msg2 make the schedule's next four words. libmd is the plain twin. */
#include "base/shani.h"

#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

bool sha1_is_built_in(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0)
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}

/* Rounds 4 * GROUP to 4 * GROUP + 3; w[GROUP % 4] holds their words of the schedule and is then replaced by those of
 * group GROUP + 4. */
#define ROUNDS(GROUP)                                                                                            \
    do {                                                                                                         \
        __m128i before = abcd, words = w[(GROUP) % 4];                                                           \
        e = (GROUP) == 0 ? _mm_add_epi32(e, words) : _mm_sha1nexte_epu32(e, words);                              \
        abcd = _mm_sha1rnds4_epu32(abcd, e, (GROUP) / 5);                                                        \
        e = before;                                                                                              \
        if ((GROUP) < 16)                                                                                        \
            w[(GROUP) % 4] = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(words, w[((GROUP) + 1) % 4]), w[((GROUP) + 2) % 4]), \
                                                w[((GROUP) + 3) % 4]);                                           \
    } while (0)
#define FIVE(GROUP) ROUNDS(GROUP); ROUNDS((GROUP) + 1); ROUNDS((GROUP) + 2); ROUNDS((GROUP) + 3); ROUNDS((GROUP) + 4)

__attribute__((target("sha,ssse3,sse4.1"))) static void add_blocks(uint32_t state[5], const uint8_t *bytes, size_t block_n)
{
    const __m128i reverse = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    __m128i abcd = _mm_set_epi32((int)state[0], (int)state[1], (int)state[2], (int)state[3]), e = _mm_set_epi32((int)state[4], 0, 0, 0), w[4];
    for (; block_n > 0; block_n--, bytes += 64) {
        __m128i abcd_before = abcd, e_before = e;
        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i)), reverse);
        FIVE(0);
        FIVE(5);
        FIVE(10);
        FIVE(15);
        e = _mm_sha1nexte_epu32(e, e_before);
        abcd = _mm_add_epi32(abcd, abcd_before);
    }
    uint32_t out[4];
    _mm_storeu_si128((__m128i *)(void *)out, abcd);
    for (int i = 0; i < 4; i++)
        state[i] = out[3 - i];
    state[4] = (uint32_t)_mm_extract_epi32(e, 3);
}
#else
bool sha1_is_built_in(void)
{
    return false;
}

static void add_blocks(uint32_t state[5], const uint8_t *bytes, size_t block_n)
{
    (void)state;
    (void)bytes;
    (void)block_n;
}
#endif

void sha1_built_in(const void *bytes, size_t n, uint8_t digest[20])
{
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t end[128] = {0};
    size_t rest = n % 64, end_n = rest < 56 ? 64 : 128;
    add_blocks(state, bytes, n / 64);
    if (rest > 0)
        memcpy(end, (const uint8_t *)bytes + n - rest, rest);
    end[rest] = 0x80;
    for (int i = 0; i < 8; i++)
        end[end_n - 1 - (size_t)i] = (uint8_t)((uint64_t)n * 8 >> 8 * i);
    add_blocks(state, end, end_n / 64);
    for (int i = 0; i < 20; i++)
        digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}
