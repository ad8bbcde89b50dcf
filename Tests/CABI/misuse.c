// Calls everything of holdfast.h as it must not be called. Each call must be answered with the right error; a crash, or
// another answer, fails. With a server, deliveries are misused as well:
//
//   HOLDFAST_TOKEN=… misuse [SERVER CHANNEL]
#include <holdfast.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static int checks, failures;

static void check(int line, const char *call, holdfast_status got, holdfast_status wanted) {
    char text[512] = "";
    checks++;
    if (got < 0 && holdfast_last_error(text, sizeof text) == 0) {
        fprintf(stderr, "misuse.c:%d: %s: no words for the error\n", line, call);
        failures++;
    }
    if (got == wanted) return;
    fprintf(stderr, "misuse.c:%d: %s: %d instead of %d; %s\n", line, call, got, wanted, text);
    failures++;
}

#define EXPECT(call, wanted) check(__LINE__, #call, call, HOLDFAST_##wanted)
#define EXPECT_TRUE(condition) check(__LINE__, #condition, (condition) ? 0 : -99, 0)

// One of each kind of number that is no handle of this kind.
static holdfast_engine own;
static uint64_t garbage[] = {
    0,
    1,
    UINT64_MAX,
    0x0100000100000000u,
    0x0200000100000000u,
    0x0300000100000000u,
    0x01FFFFFF00000000u,
    0x02000001FFFFFFFFu,
};

static void ignore_left(void *user_data) { (void)user_data; }
static void ignore_result(holdfast_connection connection, const holdfast_result *result, void *user_data) {
    (void)connection, (void)result, (void)user_data;
}
static void ignore_delivery(holdfast_connection connection, const holdfast_delivery_info *info, void *user_data) {
    (void)connection, (void)info, (void)user_data;
}

static holdfast_options good_options(void) {
    holdfast_options options;
    holdfast_options_init(&options, sizeof options);
    // Nobody listens there.
    options.server = "http://127.0.0.1:1";
    options.token = "abcdefghijklmnopqrstuvwxyz";
    options.proxy = "";
    return options;
}

static void library(void) {
    EXPECT_TRUE(strcmp(holdfast_version(), HOLDFAST_VERSION) == 0);
    EXPECT_TRUE(holdfast_abi_version() == (HOLDFAST_ABI_MAJOR << 16 | HOLDFAST_ABI_MINOR));
    EXPECT_TRUE(strlen(holdfast_status_text(12345)) > 0 && strlen(holdfast_status_text(INT32_MIN)) > 0);
    EXPECT_TRUE(strcmp(holdfast_state_text(-1), "unknown") == 0 && strcmp(holdfast_state_text(8), "unknown") == 0);
    EXPECT_TRUE(strcmp(holdfast_state_text(HOLDFAST_STATE_STALE), "stale") == 0);
    EXPECT_TRUE(holdfast_last_error(NULL, 0) == 0);
    EXPECT(holdfast_engine_start(NULL), ERROR_ARGUMENT);
    char tiny[4] = "xyz";
    EXPECT_TRUE(holdfast_last_error(NULL, 100) > 3);
    EXPECT_TRUE(holdfast_last_error(tiny, sizeof tiny) > 3 && strlen(tiny) == 3);
    EXPECT_TRUE(holdfast_last_error(tiny, 0) > 3);
}

static void bad_handles(uint64_t bad) {
    holdfast_options options = good_options();
    holdfast_delivery_info info = {.size = sizeof info};
    holdfast_counters counters = {.size = sizeof counters};
    int32_t state;
    uint64_t handle;
    EXPECT(holdfast_engine_close(bad, 0), ERROR_HANDLE);
    EXPECT(holdfast_engine_leave(bad, 0, ignore_left, NULL), ERROR_HANDLE);
    EXPECT(holdfast_connection_open(bad, &options, &handle), ERROR_HANDLE);
    EXPECT_TRUE(handle == 0);
    EXPECT(holdfast_connection_start(bad), ERROR_HANDLE);
    EXPECT(holdfast_connection_stop(bad, 0), ERROR_HANDLE);
    EXPECT(holdfast_connection_wait(bad, 0), ERROR_HANDLE);
    EXPECT(holdfast_connection_reconnect(bad), ERROR_HANDLE);
    EXPECT(holdfast_connection_probe(bad), ERROR_HANDLE);
    EXPECT(holdfast_connection_state(bad, &state), ERROR_HANDLE);
    EXPECT(holdfast_connection_counters(bad, &counters), ERROR_HANDLE);
    EXPECT(holdfast_connection_close(bad), ERROR_HANDLE);
    EXPECT(holdfast_acknowledge(bad, 1), ERROR_HANDLE);
    EXPECT(holdfast_next(bad, 0, &handle), ERROR_HANDLE);
    EXPECT(holdfast_delivery_read(bad, &info), ERROR_HANDLE);
    EXPECT(holdfast_delivery_free(bad), ERROR_HANDLE);
    EXPECT(holdfast_post(bad, "channel", "message", NULL, NULL, ignore_result, NULL), ERROR_HANDLE);
    EXPECT(holdfast_account(bad, ignore_result, NULL), ERROR_HANDLE);
}

static void bad_options(void) {
    holdfast_options options;
    holdfast_connection connection;
    EXPECT(holdfast_options_init(NULL, sizeof options), ERROR_ARGUMENT);
    EXPECT(holdfast_options_init(&options, 0), ERROR_ARGUMENT);
    EXPECT(holdfast_options_init(&options, sizeof options - 1), ERROR_ARGUMENT);
    EXPECT(holdfast_connection_open(own, NULL, &connection), ERROR_ARGUMENT);
    options = good_options();
    EXPECT(holdfast_connection_open(own, &options, NULL), ERROR_ARGUMENT);

    // No more than the size is read of a struct that is too small: this one has nothing behind it.
    size_t *small = malloc(sizeof *small);
    if (small == NULL) abort();
    for (*small = 0; *small < 9; ++*small)
        EXPECT(holdfast_connection_open(own, (const holdfast_options *)small, &connection), ERROR_ARGUMENT);
    *small = SIZE_MAX;
    EXPECT(holdfast_connection_open(own, (const holdfast_options *)small, &connection), ERROR_ARGUMENT);
    free(small);

    static char endless[10000];
    memset(endless, 'a', sizeof endless - 1);
#define WITH(member, value, wanted)                                     \
    do {                                                                \
        options = good_options();                                       \
        options.member = value;                                         \
        EXPECT(holdfast_connection_open(own, &options, &connection), wanted); \
        EXPECT_TRUE(connection == 0);                                   \
    } while (0)
    WITH(server, NULL, ERROR_ARGUMENT);
    WITH(server, "", ERROR_ARGUMENT);
    WITH(server, "chat.example.com", ERROR_ARGUMENT);
    WITH(server, "http://user:word@chat.example.com", ERROR_ARGUMENT);
    WITH(server, "http://\xff\xfe", ERROR_ARGUMENT);
    WITH(server, endless, ERROR_ARGUMENT);
    WITH(token, NULL, ERROR_ARGUMENT);
    WITH(token, "", ERROR_ARGUMENT);
    WITH(token, "two words", ERROR_ARGUMENT);
    WITH(token, endless, ERROR_ARGUMENT);
    WITH(store_path, "", ERROR_ARGUMENT);
    WITH(mailbox, endless, ERROR_ARGUMENT);
    WITH(ca_file, endless, ERROR_ARGUMENT);
    WITH(proxy, "socks5://localhost", ERROR_ARGUMENT);
    WITH(probe_interval_ms, 1, ERROR_ARGUMENT);
    WITH(connect_timeout_ms, 99, ERROR_ARGUMENT);
    WITH(maximum_waiting, UINT32_MAX, ERROR_ARGUMENT);

    // A token must not be told.
    options = good_options();
    options.token = "secret secret";
    EXPECT(holdfast_connection_open(own, &options, &connection), ERROR_ARGUMENT);
    char text[512];
    holdfast_last_error(text, sizeof text);
    EXPECT_TRUE(strstr(text, "secret") == NULL);
}

static void bad_order(void) {
    holdfast_options options = good_options();
    holdfast_connection connection;
    holdfast_delivery delivery = 42;
    holdfast_counters counters = {0};
    int32_t state = -1;
    EXPECT(holdfast_connection_open(own, &options, &connection), OK);
    EXPECT(holdfast_connection_state(connection, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_connection_counters(connection, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_connection_counters(connection, &counters), ERROR_ARGUMENT);
    counters.size = sizeof counters + 1;
    EXPECT(holdfast_connection_counters(connection, &counters), ERROR_ARGUMENT);
    EXPECT(holdfast_next(connection, 0, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_next(connection, 0, &delivery), TIMEOUT);
    EXPECT_TRUE(delivery == 0);
    EXPECT(holdfast_next(connection, 20, &delivery), TIMEOUT);
    EXPECT(holdfast_connection_wait(connection, 20), TIMEOUT);
    EXPECT(holdfast_acknowledge(connection, 1), ERROR_STATE);
    EXPECT(holdfast_delivery_read(connection, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_post(connection, NULL, "message", NULL, NULL, NULL, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_post(connection, "", "message", NULL, NULL, NULL, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_post(connection, "channel", NULL, NULL, NULL, NULL, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_post(connection, "channel", "\xc3\x28", NULL, NULL, NULL, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_account(connection, NULL, NULL), ERROR_ARGUMENT);
    // A handle of one kind is none of another.
    EXPECT(holdfast_connection_start(own), ERROR_HANDLE);
    EXPECT(holdfast_engine_close(connection, 0), ERROR_HANDLE);
    EXPECT(holdfast_delivery_free(connection), ERROR_HANDLE);
    // Without a connection these do nothing.
    EXPECT(holdfast_connection_reconnect(connection), OK);
    EXPECT(holdfast_connection_probe(connection), OK);
    EXPECT(holdfast_connection_start(connection), OK);
    EXPECT(holdfast_connection_start(connection), ERROR_STATE);
    EXPECT(holdfast_acknowledge(connection, 0), ERROR_ARGUMENT);
    EXPECT(holdfast_acknowledge(connection, INT64_MIN), ERROR_ARGUMENT);
    EXPECT(holdfast_acknowledge(connection, INT64_MAX), OK);
    EXPECT(holdfast_connection_stop(connection, 0), OK);
    EXPECT(holdfast_connection_stop(connection, 1000), OK);
    EXPECT(holdfast_connection_wait(connection, HOLDFAST_FOREVER), OK);
    EXPECT(holdfast_connection_state(connection, &state), OK);
    EXPECT_TRUE(state == HOLDFAST_STATE_STOPPED);
    EXPECT(holdfast_next(connection, HOLDFAST_FOREVER, &delivery), END);
    EXPECT(holdfast_connection_start(connection), ERROR_STATE);
    EXPECT(holdfast_post(connection, "channel", "message", NULL, NULL, NULL, NULL), ERROR_STATE);
    EXPECT(holdfast_account(connection, ignore_result, NULL), ERROR_STATE);
    EXPECT(holdfast_connection_close(connection), OK);
    bad_handles(connection);

    // Stopped without having been started; closed without having been stopped; its deliveries go to a callback.
    options.on_delivery = ignore_delivery;
    EXPECT(holdfast_connection_open(own, &options, &connection), OK);
    EXPECT(holdfast_next(connection, 0, &delivery), ERROR_STATE);
    EXPECT(holdfast_connection_stop(connection, 1000), OK);
    EXPECT(holdfast_connection_start(connection), ERROR_STATE);
    EXPECT(holdfast_connection_wait(connection, HOLDFAST_FOREVER), OK);
    EXPECT(holdfast_connection_close(connection), OK);
    EXPECT(holdfast_connection_close(connection), ERROR_HANDLE);
    EXPECT(holdfast_connection_open(own, &options, &connection), OK);
    EXPECT(holdfast_connection_close(connection), OK);

    // More requests than may be under way: the callbacks of all that were accepted come before the engine has closed.
    EXPECT(holdfast_connection_open(own, &options, &connection), OK);
    holdfast_status status = HOLDFAST_OK;
    int accepted = 0;
    while (status == HOLDFAST_OK && accepted < 100000) {
        status = holdfast_account(connection, ignore_result, NULL);
        accepted += status == HOLDFAST_OK;
    }
    EXPECT_TRUE(status == HOLDFAST_ERROR_BUSY && accepted >= 256);
}

// ---- Threads -------------------------------------------------------------------------------------------

typedef struct {
    holdfast_engine engine;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int observations, ends;
} witness;

static void misuse_in_callback(witness *witness, holdfast_connection connection) {
    holdfast_delivery delivery;
    EXPECT(holdfast_engine_close(witness->engine, 0), ERROR_THREAD);
    EXPECT(holdfast_engine_leave(witness->engine, 0, NULL, NULL), ERROR_STATE);
    EXPECT(holdfast_connection_wait(connection, 1), ERROR_THREAD);
    EXPECT(holdfast_connection_wait(connection, 0), TIMEOUT);
    EXPECT(holdfast_next(connection, HOLDFAST_FOREVER, &delivery), ERROR_THREAD);
    EXPECT(holdfast_next(connection, 0, &delivery), TIMEOUT);
}

static void witness_observation(holdfast_connection connection, const holdfast_observation *seen, void *user_data) {
    witness *witness = user_data;
    pthread_mutex_lock(&witness->mutex);
    if (witness->observations == 0) {
        EXPECT_TRUE(seen->size == sizeof *seen && seen->text.length > 0 && seen->json.bytes[0] == '{');
        misuse_in_callback(witness, connection);
    }
    witness->observations++;
    pthread_cond_signal(&witness->changed);
    pthread_mutex_unlock(&witness->mutex);
}

static void witness_stopped(
    holdfast_connection connection, holdfast_status status, holdfast_text reason, void *user_data) {
    (void)connection;
    witness *witness = user_data;
    EXPECT_TRUE(status == HOLDFAST_OK && reason.bytes != NULL);
    witness->ends++;
}

static void wrong_threads(void) {
    witness witness = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    holdfast_options options = good_options();
    options.on_observation = witness_observation;
    options.on_stopped = witness_stopped;
    options.user_data = &witness;
    holdfast_connection connection;
    EXPECT(holdfast_engine_start(&witness.engine), OK);
    EXPECT(holdfast_connection_open(witness.engine, &options, &connection), OK);
    EXPECT(holdfast_connection_start(connection), OK);
    pthread_mutex_lock(&witness.mutex);
    while (witness.observations == 0) pthread_cond_wait(&witness.changed, &witness.mutex);
    pthread_mutex_unlock(&witness.mutex);
    EXPECT(holdfast_engine_close(witness.engine, 1000), OK);
    EXPECT_TRUE(witness.ends == 1);
    EXPECT(holdfast_engine_close(witness.engine, 1000), ERROR_HANDLE);
    bad_handles(witness.engine);
    bad_handles(connection);
}

// Half of the calls of each handle find it gone; none may crash.
static uint64_t contested;
static void *race(void *closed) {
    for (int i = 0; i < 200; i++) {
        int32_t state;
        holdfast_connection_state(contested, &state);
        holdfast_connection_reconnect(contested);
        holdfast_acknowledge(contested, 1);
    }
    *(int *)closed += holdfast_connection_close(contested) == HOLDFAST_OK;
    return NULL;
}

static void races(void) {
    for (int round = 0; round < 20; round++) {
        holdfast_options options = good_options();
        EXPECT(holdfast_connection_open(own, &options, &contested), OK);
        EXPECT(holdfast_connection_start(contested), OK);
        pthread_t threads[4];
        int closed[4] = {0};
        for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, race, &closed[i]);
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
        EXPECT_TRUE(closed[0] + closed[1] + closed[2] + closed[3] == 1);
    }
}

// ---- A loop of the host --------------------------------------------------------------------------------

static void *leave_elsewhere(void *engine) {
    EXPECT(holdfast_engine_leave(*(holdfast_engine *)engine, 0, NULL, NULL), ERROR_THREAD);
    return NULL;
}

static void note_left(void *user_data) { ++*(int *)user_data; }

static void adopted(void) {
    holdfast_engine engine;
    uv_loop_t loop;
    uv_loop_init(&loop);
    EXPECT(holdfast_engine_adopt(NULL, &engine), ERROR_ARGUMENT);
    EXPECT_TRUE(engine == 0);
    EXPECT(holdfast_engine_adopt(&loop, NULL), ERROR_ARGUMENT);
    EXPECT(holdfast_engine_adopt(&loop, &engine), OK);
    EXPECT(holdfast_engine_close(engine, 0), ERROR_STATE);
    pthread_t thread;
    pthread_create(&thread, NULL, leave_elsewhere, &engine);
    pthread_join(thread, NULL);

    holdfast_options options = good_options();
    holdfast_connection connection;
    holdfast_delivery delivery;
    EXPECT(holdfast_connection_open(engine, &options, &connection), OK);
    EXPECT(holdfast_connection_wait(connection, 1), ERROR_THREAD);
    EXPECT(holdfast_next(connection, 1, &delivery), ERROR_THREAD);
    EXPECT(holdfast_next(connection, 0, &delivery), TIMEOUT);
    EXPECT(holdfast_connection_start(connection), OK);
    int left = 0;
    EXPECT(holdfast_engine_leave(engine, 100, note_left, &left), OK);
    EXPECT(holdfast_engine_leave(engine, 100, note_left, &left), ERROR_HANDLE);
    bad_handles(engine);
    bad_handles(connection);
    EXPECT_TRUE(left == 0);
    EXPECT_TRUE(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    EXPECT_TRUE(left == 1);
    EXPECT_TRUE(uv_loop_close(&loop) == 0);
}

// ---- Deliveries, of a server ---------------------------------------------------------------------------

static void deliveries(const char *server, const char *channel) {
    holdfast_options options = good_options();
    options.server = server;
    options.token = getenv("HOLDFAST_TOKEN");
    holdfast_connection connection;
    holdfast_delivery delivery;
    EXPECT(holdfast_connection_open(own, &options, &connection), OK);
    EXPECT(holdfast_connection_start(connection), OK);
    int32_t state = 0;
    while (state != HOLDFAST_STATE_OPEN && holdfast_connection_wait(connection, 10) == HOLDFAST_TIMEOUT)
        holdfast_connection_state(connection, &state);
    EXPECT(holdfast_post(connection, channel, "misused", NULL, NULL, NULL, NULL), OK);
    holdfast_delivery_info info = {0};
    int found = 0;
    while (!found && holdfast_next(connection, 10000, &delivery) == HOLDFAST_OK) {
        EXPECT(holdfast_delivery_read(delivery, NULL), ERROR_ARGUMENT);
        info.size = 0;
        EXPECT(holdfast_delivery_read(delivery, &info), ERROR_ARGUMENT);
        info.size = sizeof info;
        EXPECT(holdfast_delivery_read(delivery, &info), OK);
        EXPECT_TRUE(info.json.bytes[info.json.length] == 0 && strlen(info.json.bytes) == info.json.length);
        found = info.kind == HOLDFAST_KIND_POSTED && strcmp(info.message.bytes, "misused") == 0;
        EXPECT(holdfast_acknowledge(connection, info.number), OK);
        EXPECT(holdfast_acknowledge(connection, info.number), OK);
        EXPECT(holdfast_acknowledge(connection, info.number + 1000), OK);
        // A delivery outlives its connection's handle, but not its own.
        if (found) EXPECT(holdfast_connection_close(connection), OK);
        EXPECT(holdfast_delivery_read(delivery, &info), OK);
        EXPECT(holdfast_delivery_free(delivery), OK);
        EXPECT(holdfast_delivery_free(delivery), ERROR_HANDLE);
        EXPECT(holdfast_delivery_read(delivery, &info), ERROR_HANDLE);
    }
    EXPECT_TRUE(found);
}

int main(int count, char **arguments) {
    library();
    EXPECT(holdfast_engine_start(&own), OK);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        if (garbage[i] != own) bad_handles(garbage[i]);
    bad_options();
    bad_order();
    wrong_threads();
    races();
    adopted();
    if (count == 3) deliveries(arguments[1], arguments[2]);
    EXPECT(holdfast_engine_close(own, 1000), OK);
    EXPECT(holdfast_engine_close(own, 1000), ERROR_HANDLE);
    printf("misuse: %d calls, %d wrong answers\n", checks, failures);
    return failures > 0;
}
