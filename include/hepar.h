/* hepar's C API: small and stable. Link with `pkg-config --cflags --libs hepar`.
 *
 * Whatever is declared here keeps its meaning within a major version; nothing else of libhepar does, and no
 * other symbol is meant to be called. Handles are opaque; texts are UTF-8. */
#ifndef HEPAR_H
#define HEPAR_H

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0", static. Thread-safe. */
const char *hepar_version(void);

#ifdef __cplusplus
}
#endif

#endif
