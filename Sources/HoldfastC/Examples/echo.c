// A bot in C that answers each post with the same words, once. The loop is its own: a libuv program, with a timer and a
// signal of its own on the very loop that Holdfast lives on. No thread, no lock.
//
//   cc echo.c $(pkg-config --cflags --libs holdfast libuv) -o echo
//   HOLDFAST_TOKEN=… ./echo https://chat.example.com [FILE]
//
// With a FILE, what was not answered when the process ended is answered by the next one.
#include <holdfast.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

// One post that is to be answered. Not acknowledged before it is.
typedef struct echo {
    uv_timer_t retry;
    struct bot *bot;
    int64_t number;
    char *channel_id, *message, *root_id, *pending_id;
} echo;

typedef struct bot {
    uv_loop_t loop;
    uv_timer_t ticker;
    uv_signal_t interrupt;
    holdfast_engine engine;
    holdfast_connection connection;
    char account[64];
    unsigned long deliveries, answers, ticks;
    int is_leaving, status;
} bot;

static void fail(const char *what, holdfast_status status) {
    char text[512];
    holdfast_last_error(text, sizeof text);
    fprintf(stderr, "echo: %s: %s (%s)\n", what, text, holdfast_status_text(status));
}

static char *copy(holdfast_text text) {
    char *result = malloc(text.length + 1);
    if (result == NULL) abort();
    memcpy(result, text.bytes, text.length + 1);
    return result;
}

// ---- The end -------------------------------------------------------------------------------------------

static void engine_left(void *user_data) {
    bot *bot = user_data;
    // Only what is ours is left on the loop; without it, uv_run() returns.
    uv_close((uv_handle_t *)&bot->ticker, NULL);
    uv_close((uv_handle_t *)&bot->interrupt, NULL);
}

static void leave(bot *bot) {
    if (bot->is_leaving) return;
    bot->is_leaving = 1;
    holdfast_status status = holdfast_engine_leave(bot->engine, 2000, engine_left, bot);
    if (status < 0) fail("cannot leave the loop", status);
}

static void interrupted(uv_signal_t *signal, int number) {
    (void)number;
    leave(signal->data);
}

// ---- Answering -----------------------------------------------------------------------------------------

static void answer(echo *echo);

static void free_echo(uv_handle_t *handle) {
    echo *echo = handle->data;
    free(echo->channel_id);
    free(echo->message);
    free(echo->root_id);
    free(echo->pending_id);
    free(echo);
}

static void finish(echo *echo) { uv_close((uv_handle_t *)&echo->retry, free_echo); }

static void retry(uv_timer_t *timer) { answer(timer->data); }

static void answered(holdfast_connection connection, const holdfast_result *result, void *user_data) {
    echo *echo = user_data;
    bot *bot = echo->bot;
    if (result->status == HOLDFAST_OK) {
        printf("answered %lld: %s\n", (long long)echo->number, result->id.bytes);
        bot->answers++;
        holdfast_acknowledge(connection, echo->number);
        finish(echo);
    } else if (result->status == HOLDFAST_ERROR_REFUSED) {
        // The channel is closed to us, or the post is gone: no answer will ever be taken.
        fprintf(stderr, "echo: not answered: %s\n", result->error.bytes);
        holdfast_acknowledge(connection, echo->number);
        finish(echo);
    } else if (bot->is_leaving) {
        finish(echo);  // Not acknowledged: it comes again.
    } else {
        fprintf(stderr, "echo: trying again: %s\n", result->error.bytes);
        uv_timer_start(&echo->retry, retry, 2000, 0);
    }
}

// The same pending id for the same post: should an answer be sent twice, the server knows the second one.
static void answer(echo *echo) {
    bot *bot = echo->bot;
    if (bot->is_leaving) {
        finish(echo);
        return;
    }
    holdfast_status status = holdfast_post(
        bot->connection, echo->channel_id, echo->message, echo->root_id, echo->pending_id, answered, echo);
    if (status == HOLDFAST_ERROR_BUSY) {
        uv_timer_start(&echo->retry, retry, 100, 0);
    } else if (status < 0) {
        fail("cannot answer", status);
        finish(echo);
    }
}

static void delivered(holdfast_connection connection, const holdfast_delivery_info *delivery, void *user_data) {
    static const char *const sources[] = {"live", "resumed", "caught up"};
    bot *bot = user_data;
    bot->deliveries++;
    // Whoever answers bots, or itself, never ends.
    if (delivery->kind != HOLDFAST_KIND_POSTED || delivery->is_from_bot || delivery->post_type.length > 0 ||
        delivery->message.length == 0 || strcmp(delivery->user_id.bytes, bot->account) == 0) {
        holdfast_acknowledge(connection, delivery->number);
        return;
    }
    // A later version may know sources that this one does not.
    const char *source = (size_t)delivery->source < sizeof sources / sizeof *sources ? sources[delivery->source] : "?";
    printf("delivered %lld (%s): %s\n", (long long)delivery->number, source, delivery->message.bytes);
    echo *echo = calloc(1, sizeof *echo);
    if (echo == NULL) abort();
    echo->bot = bot;
    echo->number = delivery->number;
    echo->channel_id = copy(delivery->channel_id);
    echo->message = copy(delivery->message);
    echo->root_id = copy(delivery->root_id.length > 0 ? delivery->root_id : delivery->post_id);
    size_t length = delivery->post_id.length + sizeof "echo:";
    echo->pending_id = malloc(length);
    if (echo->pending_id == NULL) abort();
    snprintf(echo->pending_id, length, "echo:%s", delivery->post_id.bytes);
    uv_timer_init(&bot->loop, &echo->retry);
    echo->retry.data = echo;
    answer(echo);
}

// ---- The connection ------------------------------------------------------------------------------------

static void observed(holdfast_connection connection, const holdfast_observation *seen, void *user_data) {
    (void)connection, (void)user_data;
    if (seen->kind == HOLDFAST_OBSERVED_TRANSITION || seen->level >= HOLDFAST_LEVEL_WARNING)
        fprintf(stderr, "%s\n", seen->text.bytes);
}

static void stopped(holdfast_connection connection, holdfast_status status, holdfast_text reason, void *user_data) {
    (void)connection;
    bot *bot = user_data;
    if (status == HOLDFAST_OK) return;
    fprintf(stderr, "echo: %s: %s\n", holdfast_status_text(status), reason.bytes);
    bot->status = 1;
    leave(bot);
}

// Who we are comes first, so that we never answer ourselves.
static void account_known(holdfast_connection connection, const holdfast_result *result, void *user_data) {
    bot *bot = user_data;
    if (result->status == HOLDFAST_ERROR_CANCELLED) return;
    if (result->status != HOLDFAST_OK) {
        fprintf(stderr, "echo: %s\n", result->error.bytes);
        bot->status = 1;
        leave(bot);
        return;
    }
    snprintf(bot->account, sizeof bot->account, "%s", result->id.bytes);
    holdfast_connection_start(connection);
}

static void tick(uv_timer_t *timer) { ((bot *)timer->data)->ticks++; }

int main(int count, char **arguments) {
    const char *token = getenv("HOLDFAST_TOKEN");
    if (count < 2 || token == NULL) {
        fprintf(stderr, "usage: HOLDFAST_TOKEN=… echo SERVER [FILE]\n");
        return 64;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    static bot bot;
    uv_loop_init(&bot.loop);
    uv_timer_init(&bot.loop, &bot.ticker);
    uv_signal_init(&bot.loop, &bot.interrupt);
    bot.ticker.data = bot.interrupt.data = &bot;
    uv_timer_start(&bot.ticker, tick, 50, 50);
    uv_signal_start(&bot.interrupt, interrupted, SIGINT);

    holdfast_options options;
    holdfast_options_init(&options, sizeof options);
    options.server = arguments[1];
    options.token = token;
    options.store_path = count > 2 ? arguments[2] : NULL;
    options.on_delivery = delivered;
    options.on_observation = observed;
    options.on_stopped = stopped;
    options.user_data = &bot;
    const char *interval = getenv("ECHO_PROBE_INTERVAL_MS");
    if (interval != NULL) options.probe_interval_ms = (uint32_t)strtoul(interval, NULL, 10);

    holdfast_status status = holdfast_engine_adopt(&bot.loop, &bot.engine);
    if (status < 0) return fail("cannot live on the loop", status), 1;
    status = holdfast_connection_open(bot.engine, &options, &bot.connection);
    if (status == HOLDFAST_OK) status = holdfast_account(bot.connection, account_known, &bot);
    if (status < 0) {
        fail("cannot open the connection", status);
        bot.status = 1;
        leave(&bot);
    }

    uv_run(&bot.loop, UV_RUN_DEFAULT);
    int code = uv_loop_close(&bot.loop);
    if (code != 0) {
        fprintf(stderr, "echo: something is left on the loop: %s\n", uv_strerror(code));
        bot.status = 1;
    }
    printf("%lu deliveries, %lu answers, %lu ticks\n", bot.deliveries, bot.answers, bot.ticks);
    return bot.status;
}
