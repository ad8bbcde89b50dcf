/* The lifecycle as a hand-written switch: what a careful C programmer would put into an event loop.
 *
 * Like the engine's machine it drops late results (by generation, and by round for a probe), drops deadlines before
 * their time, and sets the next deadline, with jitter. */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MILLISECONDS 1000000ull
#define SECONDS 1000000000ull

enum state { IDLE, CONNECTING, OPEN, PROBING, STALE, TERMINATING, BACKOFF, STOPPED };

enum event {
    START, STOP, RECONNECT, PROBE, READY, ATTEMPT_FAILED, LOST, ALIVE, DEAF, INCONCLUSIVE, SUSPICION, CLOSED,
    CONNECT_TIMEOUT, PROBE_DUE, PROBE_TIMEOUT, DRAINED, CLOSE_TIMEOUT, RETRY_DUE
};

struct input {
    enum event event;
    uint32_t generation, round;
    bool fatal;
};

struct settings {
    uint64_t connect_timeout, first_probe, probe_interval, probe_again, probe_timeout, drain, close_timeout;
    uint64_t retry_initial, retry_cap, retry_at_once, reset_after;
    uint32_t misses_allowed, attempt_budget;
};

struct lifecycle {
    enum state state;
    uint32_t generation, round, misses, failures;
    bool stop_wanted, retry_at_once, was_ready;
    uint64_t due, ready_since, random;
    struct settings settings;
};

static uint64_t below(struct lifecycle *machine, uint64_t limit) {
    /* xorshift64*, then a multiplication in place of a division. */
    uint64_t x = machine->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    machine->random = x;
    return (uint64_t)(((unsigned __int128)(x * 0x2545F4914F6CDD1Dull) * limit) >> 64);
}

static bool may_retry(const struct lifecycle *machine, const struct input *input) {
    return !input->fatal && machine->failures < machine->settings.attempt_budget;
}

static void settle(struct lifecycle *machine, uint64_t now) {
    if (!machine->was_ready) return;
    machine->was_ready = false;
    if (now - machine->ready_since >= machine->settings.reset_after) machine->failures = 0;
}

static void count_failure(struct lifecycle *machine, uint64_t now) {
    settle(machine, now);
    machine->failures++;
    machine->retry_at_once = false;
}

static uint64_t retry_delay(struct lifecycle *machine) {
    const struct settings *settings = &machine->settings;
    if (machine->retry_at_once) return MILLISECONDS + below(machine, settings->retry_at_once);
    uint64_t wait = settings->retry_cap;
    if (machine->failures < 32) {
        uint64_t grown = settings->retry_initial << (machine->failures > 0 ? machine->failures - 1 : 0);
        if (grown < wait) wait = grown;
    }
    return wait - below(machine, wait / 4);
}

/* Entering a state sets its deadline. */

static void connecting(struct lifecycle *machine, uint64_t now) {
    machine->generation++;
    machine->state = CONNECTING;
    machine->due = now + machine->settings.connect_timeout;
}

static void open_after(struct lifecycle *machine, uint64_t now, uint64_t delay) {
    machine->state = OPEN;
    machine->due = now + delay;
}

static void probing(struct lifecycle *machine, uint64_t now) {
    machine->round++;
    machine->state = PROBING;
    machine->due = now + machine->settings.probe_timeout;
}

static void stale(struct lifecycle *machine, uint64_t now) {
    count_failure(machine, now);
    machine->retry_at_once = machine->failures == 1;
    machine->state = STALE;
    machine->due = now + machine->settings.drain;
}

static void missed(struct lifecycle *machine, uint64_t now) {
    if (machine->misses < machine->settings.misses_allowed) {
        machine->misses++;
        open_after(machine, now, machine->settings.probe_again);
    } else {
        stale(machine, now);
    }
}

static void terminating(struct lifecycle *machine, uint64_t now) {
    machine->state = TERMINATING;
    machine->due = now + machine->settings.close_timeout;
}

static void backoff(struct lifecycle *machine, uint64_t now) {
    machine->state = BACKOFF;
    machine->due = now + retry_delay(machine);
}

static void stopped(struct lifecycle *machine) {
    machine->state = STOPPED;
    machine->due = UINT64_MAX;
}

static void stop(struct lifecycle *machine, uint64_t now) {
    settle(machine, now);
    machine->stop_wanted = true;
    terminating(machine, now);
}

static void reconnect(struct lifecycle *machine, uint64_t now) {
    settle(machine, now);
    machine->retry_at_once = true;
    terminating(machine, now);
}

static void lost(struct lifecycle *machine, uint64_t now) {
    count_failure(machine, now);
    backoff(machine, now);
}

/* Whether the event is of the present attempt, the present probe, or a deadline that is due. */
static bool timely(const struct lifecycle *machine, const struct input *input, uint64_t now) {
    switch (input->event) {
    case START: case STOP: case RECONNECT: case PROBE: return true;
    case READY: case ATTEMPT_FAILED: case LOST: case SUSPICION: case CLOSED:
        return input->generation == machine->generation;
    case ALIVE: case DEAF: case INCONCLUSIVE:
        return input->generation == machine->generation && input->round == machine->round;
    case CONNECT_TIMEOUT: case PROBE_DUE: case PROBE_TIMEOUT: case DRAINED: case CLOSE_TIMEOUT: case RETRY_DUE:
        return now >= machine->due;
    }
    return false;
}

/* Whether there was a transition. Not inlined: an event loop calls it from many places. */
static __attribute__((noinline)) bool handle(struct lifecycle *machine, const struct input *input, uint64_t now) {
    if (!timely(machine, input, now)) return false;
    switch (machine->state) {
    case IDLE:
        switch (input->event) {
        case START: connecting(machine, now); return true;
        case STOP: machine->stop_wanted = true; stopped(machine); return true;
        default: return false;
        }
    case CONNECTING:
        switch (input->event) {
        case READY:
            machine->misses = 0;
            machine->was_ready = true;
            machine->ready_since = now;
            machine->retry_at_once = false;
            open_after(machine, now, machine->settings.first_probe);
            return true;
        case ATTEMPT_FAILED:
            if (may_retry(machine, input)) {
                lost(machine, now);
            } else {
                machine->stop_wanted = true;
                stopped(machine);
            }
            return true;
        case CONNECT_TIMEOUT:
            if (may_retry(machine, input)) count_failure(machine, now);
            else machine->stop_wanted = true;
            terminating(machine, now);
            return true;
        case STOP: stop(machine, now); return true;
        default: return false;
        }
    case OPEN:
        switch (input->event) {
        case PROBE_DUE: case SUSPICION: case PROBE: probing(machine, now); return true;
        case LOST: lost(machine, now); return true;
        case RECONNECT: reconnect(machine, now); return true;
        case STOP: stop(machine, now); return true;
        default: return false;
        }
    case PROBING:
        switch (input->event) {
        case ALIVE: {
            uint64_t interval = machine->settings.probe_interval;
            machine->misses = 0;
            open_after(machine, now, interval - below(machine, interval / 10));
            return true;
        }
        case DEAF: stale(machine, now); return true;
        case INCONCLUSIVE: case PROBE_TIMEOUT: missed(machine, now); return true;
        case LOST: lost(machine, now); return true;
        case RECONNECT: reconnect(machine, now); return true;
        case STOP: stop(machine, now); return true;
        default: return false;
        }
    case STALE:
        switch (input->event) {
        case DRAINED: terminating(machine, now); return true;
        case LOST: backoff(machine, now); return true;
        case RECONNECT: reconnect(machine, now); return true;
        case STOP: stop(machine, now); return true;
        default: return false;
        }
    case TERMINATING:
        switch (input->event) {
        case CLOSED: case CLOSE_TIMEOUT:
            if (machine->stop_wanted) stopped(machine);
            else backoff(machine, now);
            return true;
        case STOP: machine->stop_wanted = true; return true;
        case RECONNECT: machine->retry_at_once = true; return true;
        default: return false;
        }
    case BACKOFF:
        switch (input->event) {
        case RETRY_DUE: case RECONNECT: connecting(machine, now); return true;
        case STOP: machine->stop_wanted = true; stopped(machine); return true;
        default: return false;
        }
    case STOPPED: return false;
    }
    return false;
}

/* The walk: one turn from connecting to connecting. The first probe without an answer is forgiven, the second is not:
 * the guard decides, not the event. Not constant, so that the compiler cannot walk ahead. */

struct step {
    enum event event;
    enum state state;
    uint32_t misses;
};

#define STEPS 8
struct step cycle[STEPS] = {
    {READY, OPEN, 0}, {PROBE_DUE, PROBING, 0}, {PROBE_TIMEOUT, OPEN, 1}, {PROBE_DUE, PROBING, 1},
    {PROBE_TIMEOUT, STALE, 1}, {DRAINED, TERMINATING, 1}, {CLOSE_TIMEOUT, BACKOFF, 1}, {RETRY_DUE, CONNECTING, 1},
};

static uint64_t now;

static bool step(struct lifecycle *machine, const struct step *step) {
    if (step->event == READY) now += 50 * MILLISECONDS;
    else now = machine->due;
    struct input input = {.event = step->event, .generation = machine->generation, .round = machine->round};
    return handle(machine, &input, now);
}

static uint64_t walk(struct lifecycle *machine, uint64_t turns) {
    uint64_t taken = 0;
    for (uint64_t turn = 0; turn < turns; turn++)
        for (int index = 0; index < STEPS; index++) taken += step(machine, &cycle[index]);
    return taken;
}

static _Noreturn void fail(int status, const char *problem) {
    fprintf(stderr, "switch: %s\n", problem);
    exit(status);
}

static void check_one_turn(struct lifecycle *machine) {
    for (int index = 0; index < STEPS; index++) {
        if (!step(machine, &cycle[index]) || machine->state != cycle[index].state ||
            machine->misses != cycle[index].misses)
            fail(1, "went astray");
    }
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static double wall_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **words) {
    uint64_t wanted = 0;
    for (int index = 1; index < count; index++) {
        if (strcmp(words[index], "--help") == 0) {
            puts("usage: machines/run switch --count N\n\n"
                 "Walks the connection lifecycle as a switch in C and tells what a transition costs.\n\n"
                 "  --count N  transitions, rounded up to whole turns of 8\n"
                 "  --version  the name and the compiler");
            return 0;
        }
        if (strcmp(words[index], "--version") == 0) {
            puts("switch: " COMPILER);
            return 0;
        }
        if (strcmp(words[index], "--count") != 0) fail(64, "unknown argument; see --help");
        char *end = NULL;
        errno = 0;
        long long value = ++index < count ? strtoll(words[index], &end, 10) : 0;
        if (end == NULL || *end != 0 || errno != 0 || value < 1) fail(64, "--count must be at least 1; see --help");
        wanted = (uint64_t)value;
    }
    if (wanted == 0) fail(64, "--count is missing; see --help");

    struct lifecycle machine = {
        .state = IDLE, .due = UINT64_MAX, .random = 42,
        .settings = {
            .connect_timeout = 15 * SECONDS, .first_probe = SECONDS, .probe_interval = 30 * SECONDS,
            .probe_again = SECONDS, .probe_timeout = 5 * SECONDS, .drain = 250 * MILLISECONDS,
            .close_timeout = SECONDS, .retry_initial = 500 * MILLISECONDS, .retry_cap = 30 * SECONDS,
            .retry_at_once = 100 * MILLISECONDS, .reset_after = 10 * SECONDS, .misses_allowed = 1,
            .attempt_budget = UINT32_MAX,
        },
    };
    struct input start = {.event = START};
    handle(&machine, &start, now);
    const uint64_t warm_up = 10000, turns = (wanted + STEPS - 1) / STEPS;
    check_one_turn(&machine);
    walk(&machine, warm_up);
    double wall = wall_seconds(), cpu = cpu_seconds();
    uint64_t taken = walk(&machine, turns);
    wall = wall_seconds() - wall;
    cpu = cpu_seconds() - cpu;
    /* Each turn makes every transition and begins one attempt. */
    if (taken != turns * STEPS || machine.generation != (uint32_t)(2 + warm_up + turns) || machine.state != CONNECTING)
        fail(1, "went astray");
    printf("{\"client\":\"switch\",\"version\":\"%s\",\"mode\":\"transition\",\"transitions\":%" PRIu64
           ",\"wall_s\":%.6f,\"cpu_s\":%.6f,\"ns_per_transition\":%.2f}\n",
           COMPILER, taken, wall, cpu, cpu * 1e9 / (double)taken);
    return 0;
}
