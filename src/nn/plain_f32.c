/* The plain backend's loops in f32; sums are taken in f64. */
#define REAL float
#define PLAIN_LOOPS plain_f32

#include "nn/plain_conv.inc"
#include "nn/plain_norm.inc"
#include "nn/plain_pool.inc"
#include "nn/plain_pass.inc"
#include "nn/plain_table.inc"
