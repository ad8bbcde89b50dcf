#ifndef LOOP_CENSUS_H
#define LOOP_CENSUS_H

/// How many timers a `uv_loop_t *` has, armed or not. Call it on the loop's thread.
int loop_timer_count(void *loop);

#endif
