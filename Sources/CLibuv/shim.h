#pragma once
#include <uv.h>

#ifdef __linux__
#include <malloc.h>
#include <sys/eventfd.h>

/* EFD_* and M_* are macros or enums that Swift's Glibc does not export. */
static inline int holdfast_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline void holdfast_keep_freed_memory(void) {
#ifdef M_TRIM_THRESHOLD
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, 1 << 20);
#endif
}
#else
static inline void holdfast_keep_freed_memory(void) {}
#endif
