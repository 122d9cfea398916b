/* Faults on purpose: a test makes the n-th allocation or file call fail and looks at what the user sees.
 *
 * HEPAR_FAULT=N in the environment fails the N-th call (1-based) of the process; HEPAR_FAULT=@SITE fails
 * the first call at that site ("src/io/nifti.c:120", or "src/io/nifti.c:120 open" for one of the system calls
 * behind a file function); HEPAR_FAULT_LOG=FILE appends every call's site, one a line.
 * Unset (always, outside tests) a call costs one predictable branch. Thread-safe. */
#ifndef HEPAR_BASE_FAULT_H
#define HEPAR_BASE_FAULT_H

#include <stdbool.h>

bool fault_here(const char *site);
/* The same for one system call behind a site; errno is EIO when it is to fail. */
bool fault_call(const char *site, const char *call);

#define CALL_SITE_TEXT_(line) #line
#define CALL_SITE_LINE_(line) CALL_SITE_TEXT_(line)
#define CALL_SITE __FILE__ ":" CALL_SITE_LINE_(__LINE__)

#endif
