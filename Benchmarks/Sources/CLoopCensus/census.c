#include "loop_census.h"

#include <uv.h>

static void count(uv_handle_t *handle, void *total) {
    if (uv_handle_get_type(handle) == UV_TIMER) ++*(int *)total;
}

int loop_timer_count(void *loop) {
    int total = 0;
    uv_walk(loop, count, &total);
    return total;
}
