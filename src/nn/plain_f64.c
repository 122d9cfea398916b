/* The plain backend's loops in f64. */
#define REAL double
#define PLAIN_LOOPS plain_f64

#include "nn/plain_conv.inc"
#include "nn/plain_norm.inc"
#include "nn/plain_pool.inc"
#include "nn/plain_pass.inc"
#include "nn/plain_table.inc"
