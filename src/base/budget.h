/* The memory that cases in work may take together (--memory): a case says what it will need before it starts, and waits
 * while too little is left. A need that alone is over the budget is worked on by itself, and said once. Results do not
 * depend on it. A thread takes once before it gives, so that none waits for another while holding. */
#ifndef HEPAR_BASE_BUDGET_H
#define HEPAR_BASE_BUDGET_H

#include <stdint.h>

/* 0: what the machine has available now (MemAvailable); without a call there is no limit. */
void budget_set(uint64_t bytes);
void budget_take(uint64_t bytes, const char *what); /* waits; `what` names the case in the warning */
void budget_give(uint64_t bytes);                   /* the same number again */

#endif
