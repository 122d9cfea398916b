/* Which of our kernels this process may use: the instruction sets that the library found, or was told (DNNL_MAX_CPU_ISA). */
#include "nn/onednn_api.h"
#include "nn/tile.h"

const struct tile_kernel *tile_kernel(void)
{
#ifdef __x86_64__
    int isa = (int)onednn()->isa;
    if ((isa & (int)dnnl_cpu_isa_avx512_core) == (int)dnnl_cpu_isa_avx512_core)
        return &tile_avx512;
    if ((isa & (int)dnnl_cpu_isa_avx2) == (int)dnnl_cpu_isa_avx2)
        return &tile_avx2;
#endif
    return NULL;
}
