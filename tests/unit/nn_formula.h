/* The formula of tests/ref/nn_torch.py: values of a name and an index, the same to the last bit in C and in Python. */
#ifndef HEPAR_TESTS_UNIT_NN_FORMULA_H
#define HEPAR_TESTS_UNIT_NN_FORMULA_H

#include <math.h>
#include <stdio.h>

#include "nn/nets.h"

static inline uint64_t formula_key(size_t salt, const char *name)
{
    char key[128];
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    snprintf(key, sizeof key, "%zu:%s", salt, name);
    for (const char *at = key; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    return hash;
}

/* In [-1, 1), a multiple of 2^-23. */
static inline double formula_at(uint64_t key, size_t i)
{
    uint64_t z = key + (i + 1) * UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 40) / 8388608 - 1;
}

static inline double formula_parameter(const struct parameter *parameter, bool both, double u)
{
    switch (parameter->role) {
    case PARAMETER_WEIGHT: return u * sqrt(6 / (double)parameter->fan_in);
    case PARAMETER_SCALE: return 1 + 0.2 * u;
    case PARAMETER_SHIFT: return 0.5 * u + (both && u < 0 ? -1.5 : 1.5);
    case PARAMETER_RUNNING_VAR: return 1 + 0.5 * u;
    default: return 0.1 * u;
    }
}

/* both: shifts to both sides of 0 */
static inline void formula_fill(struct net *net, size_t salt, bool both)
{
    for (size_t p = 0; p < net->parameter_n; p++) {
        const struct parameter *parameter = &net->parameter[p];
        uint64_t key = formula_key(salt, parameter->name);
        for (size_t i = 0; i < parameter->n; i++)
            net->value[parameter->offset + i] = (float)formula_parameter(parameter, both, formula_at(key, i));
    }
}

#endif
