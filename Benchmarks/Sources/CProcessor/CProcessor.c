// The affinity calls hide behind _GNU_SOURCE, which an importer of a module cannot set.
#define _GNU_SOURCE
#include "CProcessor.h"

#if defined(__linux__)
#include <sched.h>

bool cprocessor_is_allowed(int processor) {
    cpu_set_t set;
    if (processor < 0 || processor >= CPU_SETSIZE) return false;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_ISSET(processor, &set);
}

bool cprocessor_pin(int processor) {
    cpu_set_t set;
    if (processor < 0 || processor >= CPU_SETSIZE) return false;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}
#else
bool cprocessor_is_allowed(int processor) {
    (void)processor;
    return false;
}

bool cprocessor_pin(int processor) {
    (void)processor;
    return false;
}
#endif
