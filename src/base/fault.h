/* Faults on purpose: a test makes the n-th allocation or file call fail and looks at what the user sees.
 *
 * HEPAR_FAULT=N in the environment fails the N-th call (1-based) of the process; HEPAR_FAULT=@SITE fails
 * the first call at that site ("src/io/nifti.c:120"); HEPAR_FAULT_LOG=FILE appends every site reached.
 * Unset (always, outside tests) fault_here() costs one predictable branch. */
#ifndef HEPAR_BASE_FAULT_H
#define HEPAR_BASE_FAULT_H

#include <stdbool.h>

bool fault_here(const char *site);

#endif
