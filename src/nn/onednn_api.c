/* Loading oneDNN; see onednn_api.h. */
#include "nn/onednn_api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct onednn lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct err fault = ERR_INIT; /* why it could not be loaded */

const char *onednn_isa_name(dnnl_cpu_isa_t isa)
{
    switch (isa) {
    case dnnl_cpu_isa_avx512_core_amx: return "avx512_core_amx";
    case dnnl_cpu_isa_avx512_core:
    case dnnl_cpu_isa_avx512_core_vnni:
    case dnnl_cpu_isa_avx512_core_bf16: return "avx512_core";
    case dnnl_cpu_isa_avx2:
    case dnnl_cpu_isa_avx2_vnni: return "avx2";
    default: return "sse41";
    }
}

const char *onednn_status_text(dnnl_status_t status)
{
    switch (status) {
    case dnnl_success: return "no error";
    case dnnl_out_of_memory: return "no memory";
    case dnnl_invalid_arguments: return "refused arguments";
    case dnnl_unimplemented: return "no implementation";
    default: return "failed at run time";
    }
}

/* The library stays open until the program ends: its generated code is in use. */
static bool load(struct err *err)
{
    void *library = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return err_set(err, ERR_SYSTEM, "cannot load libdnnl.so.2 (oneDNN 2, Debian's libdnnl2), which computes networks: %s", dlerror());
#define FIND(name) \
    if ((*(void **)&lib.name = dlsym(library, #name)) == NULL) \
        return err_set(err, ERR_SYSTEM, "libdnnl.so.2 has no %s; oneDNN 2.6 or a later 2.x is needed", #name);
    ONEDNN_CALLS(FIND)
    if ((*(void **)&lib.set_threads = dlsym(library, "omp_set_num_threads")) == NULL)
        return err_set(err, ERR_SYSTEM, "libdnnl.so.2 is built without OpenMP; Debian's build is needed");
    const dnnl_version_t *version = lib.dnnl_version();
    if (version->major != 2 || version->minor < 6)
        return err_set(err, ERR_SYSTEM, "libdnnl.so.2 is oneDNN %d.%d; 2.6 or a later 2.x is needed", version->major, version->minor);
    dnnl_status_t status = lib.dnnl_engine_create(&lib.engine, dnnl_cpu, 0);
    if (status == dnnl_success)
        status = lib.dnnl_stream_create(&lib.stream, lib.engine, dnnl_stream_default_flags);
    if (status != dnnl_success)
        return err_set(err, ERR_SYSTEM, "oneDNN: no engine: %s", onednn_status_text(status));
    lib.isa = lib.dnnl_get_effective_cpu_isa();
    snprintf(lib.name, sizeof lib.name, "oneDNN %d.%d.%d %s", version->major, version->minor, version->patch, onednn_isa_name(lib.isa));
    return true;
}

static void load_once(void)
{
    load(&fault);
}

const struct onednn *onednn_load(struct err *err)
{
    pthread_once(&once, load_once);
    if (fault.kind == ERR_NONE)
        return onednn();
    if (err != NULL)
        *err = fault;
    return NULL;
}

const struct onednn *onednn(void)
{
    static _Thread_local bool one_thread;
    if (!one_thread)
        lib.set_threads(1);
    one_thread = true;
    return &lib;
}
