/* The stable C API over libhepar: opaque handles, no struct layouts. */
#ifndef HEPAR_H
#define HEPAR_H

#ifdef __cplusplus
extern "C" {
#endif

const char *hepar_version(void); /* "0.1.0"; static */

#ifdef __cplusplus
}
#endif

#endif
