#include "CAllocationCounter.h"

#if defined(__GLIBC__) || defined(__linux__)

#include <stdatomic.h>
#include <stddef.h>

// The executable's own definitions take precedence over the C library's, whose real ones stay reachable by these names.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t allocations;

static inline void count(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count();
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count();
    *memory = __libc_memalign(alignment, size);
    return *memory == NULL ? 12 : 0;
}

uint64_t allocation_count(void) { return atomic_load_explicit(&allocations, memory_order_relaxed); }

bool allocation_count_is_available(void) { return true; }

#else

uint64_t allocation_count(void) { return 0; }

bool allocation_count_is_available(void) { return false; }

#endif
