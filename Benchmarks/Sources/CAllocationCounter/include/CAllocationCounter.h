#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// How many times this process has asked the heap for memory.
uint64_t allocation_count(void);

/// Whether allocations can be counted on this platform.
bool allocation_count_is_available(void);

#endif
