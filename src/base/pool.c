/* The pool: threads that wait for a job, take its chunks by a counter, and sleep again; see pool.h.
 *
 * Chunks are handed out in rising order, so when one fails all lower ones have been taken already and run to
 * their end: the lowest failing chunk, and with it the error, does not depend on the number of threads. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/mem.h"

struct job {
    size_t n, grain, chunk_n;
    par_fn *fn;
    void *ctx;
    atomic_size_t next;    /* the next chunk to hand out */
    atomic_bool ended;     /* hand out no more */
    atomic_bool stopped;   /* a chunk was left out because of Ctrl-C */
    pthread_mutex_t lock;  /* guards the two below */
    size_t failed_chunk;   /* SIZE_MAX: none */
    struct err err;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    pthread_t *thread;
    size_t thread_n;       /* besides the caller */
    struct job *job;       /* what to work on; NULL: sleep */
    unsigned long round;   /* counts jobs, so that a thread joins each at most once */
    size_t busy;           /* threads inside the job */
    bool ending;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER};

static pthread_mutex_t one_job = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool inside;
static _Thread_local size_t this_worker;

static void note_failure(struct job *job, size_t chunk, const struct err *err)
{
    pthread_mutex_lock(&job->lock);
    if (chunk < job->failed_chunk) {
        job->failed_chunk = chunk;
        job->err = *err;
    }
    pthread_mutex_unlock(&job->lock);
    atomic_store(&job->ended, true);
}

static void run_chunks(struct job *job, size_t worker)
{
    while (!atomic_load(&job->ended)) {
        size_t chunk = atomic_fetch_add(&job->next, 1);
        if (chunk >= job->chunk_n)
            return;
        if (stop_requested()) {
            atomic_store(&job->stopped, true);
            atomic_store(&job->ended, true);
            return;
        }
        size_t begin = chunk * job->grain;
        size_t end = job->n - begin < job->grain ? job->n : begin + job->grain;
        struct err err = ERR_INIT;
        if (!job->fn(job->ctx, begin, end, worker, &err))
            note_failure(job, chunk, &err);
    }
}

static void *thread_main(void *argument)
{
    this_worker = (size_t)argument;
    inside = true; /* whatever runs here is a task, so par_for() runs inline */
    unsigned long seen = 0;
    pthread_mutex_lock(&pool.lock);
    for (;;) {
        while (!pool.ending && (pool.job == NULL || pool.round == seen))
            pthread_cond_wait(&pool.work, &pool.lock);
        if (pool.ending)
            break;
        struct job *job = pool.job;
        seen = pool.round;
        pool.busy++;
        pthread_mutex_unlock(&pool.lock);
        run_chunks(job, this_worker);
        pthread_mutex_lock(&pool.lock);
        if (--pool.busy == 0)
            pthread_cond_signal(&pool.idle);
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

static size_t core_n(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : (size_t)n;
}

bool pool_start(size_t threads, struct err *err)
{
    pool_stop();
    if (threads == 0)
        threads = core_n();
    if (threads == 1)
        return true;
    pool.thread = mem_alloc(threads - 1, sizeof *pool.thread, err);
    if (pool.thread == NULL)
        return err_add(err, "starting %zu threads", threads);
    for (size_t i = 0; i + 1 < threads; i++) {
        int failed = fault_here(CALL_SITE) ? 1 : pthread_create(&pool.thread[i], NULL, thread_main, (void *)(i + 1));
        if (failed) {
            pool_stop();
            return err_set(err, ERR_SYSTEM, "cannot start %zu threads: the system allows %zu", threads, i + 1);
        }
        pool.thread_n = i + 1;
    }
    return true;
}

void pool_stop(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.ending = true;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    for (size_t i = 0; i < pool.thread_n; i++)
        pthread_join(pool.thread[i], NULL);
    mem_free(pool.thread);
    pool.thread = NULL;
    pool.thread_n = 0;
    pool.ending = false;
}

size_t pool_size(void)
{
    return pool.thread_n + 1;
}

static void share_with_threads(struct job *job)
{
    pthread_mutex_lock(&pool.lock);
    pool.job = job;
    pool.round++;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
}

/* The job lives on the caller's stack: nobody may be inside when this returns, and nobody may enter. */
static void wait_for_threads(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.job = NULL;
    while (pool.busy > 0)
        pthread_cond_wait(&pool.idle, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

static bool job_end(struct job *job, struct err *err)
{
    pthread_mutex_destroy(&job->lock);
    if (job->failed_chunk != SIZE_MAX) {
        if (err != NULL)
            *err = job->err;
        return false;
    }
    return !atomic_load(&job->stopped) || err_set(err, ERR_STOPPED, "stopped by the user");
}

bool par_for(size_t n, size_t grain, par_fn *fn, void *ctx, struct err *err)
{
    if (n == 0)
        return true;
    if (grain == 0)
        grain = 1;
    struct job job = {.n = n, .grain = grain, .chunk_n = (n - 1) / grain + 1, .fn = fn, .ctx = ctx,
                      .failed_chunk = SIZE_MAX, .err = ERR_INIT};
    pthread_mutex_init(&job.lock, NULL);
    if (inside) {
        run_chunks(&job, this_worker);
        return job_end(&job, err);
    }
    pthread_mutex_lock(&one_job); /* worker 0 is whoever calls: two callers take turns */
    inside = true;
    bool shared = pool.thread_n > 0 && job.chunk_n > 1;
    if (shared)
        share_with_threads(&job);
    run_chunks(&job, 0);
    if (shared)
        wait_for_threads();
    inside = false;
    pthread_mutex_unlock(&one_job);
    return job_end(&job, err);
}
