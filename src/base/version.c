/* The version, in one place: meson.build's project(). */
#include <hepar.h>

const char *hepar_version(void)
{
    return HEPAR_VERSION;
}
