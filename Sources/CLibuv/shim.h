#include <signal.h>
#include <stdint.h>
#include <uv.h>
#if defined(__linux__)
#include <sys/eventfd.h>
#include <sys/prctl.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

// A write to a socket whose peer is gone must be an error, not the end of the process. A handler that the host has set
// itself stays.
static inline void clibuv_ignore_broken_pipe(void) {
    struct sigaction current;
    if (sigaction(SIGPIPE, NULL, &current) != 0) return;
    if ((current.sa_flags & SA_SIGINFO) != 0 || current.sa_handler != SIG_DFL) return;
    signal(SIGPIPE, SIG_IGN);
}

// Two ends of a stream within this machine, which no child inherits. Zero, or libuv's code.
static inline int clibuv_stream_pair(uv_os_sock_t ends[2]) { return uv_socketpair(SOCK_STREAM, 0, ends, 0, 0); }

// glibc returns the memory of a thread's arena eagerly; a loop that works in bursts then faults its pages in and out.
static inline void clibuv_keep_arena_memory(void) {
#if defined(__GLIBC__)
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_TOP_PAD, 256 << 10);
#endif
}

// The name in debuggers of the thread that calls; Linux cuts it at 15 bytes. (pthread_setname_np of glibc hides behind
// _GNU_SOURCE, which an importer of a module cannot set.)
static inline void clibuv_name_thread(const char *name) {
#if defined(__linux__)
    prctl(PR_SET_NAME, name, 0, 0, 0);
#elif defined(__APPLE__)
    pthread_setname_np(name);
#endif
}

// uv_thread_t is an integer here and a pointer there; both are one word, and never zero for a live thread.
static inline uintptr_t clibuv_current_thread(void) { return (uintptr_t)uv_thread_self(); }
