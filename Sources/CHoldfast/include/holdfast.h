// Holdfast for C: connections to a chat server that are kept honest. README.md beside the sources of this library
// explains the whole; here stands what each call promises.
//
// Calls never crash on what they are given wrongly: NULL, a handle that was never valid or is not any more, a call from
// a thread that may not make it. They return an error, and holdfast_last_error() tells the calling thread in words what
// to do. What no library can notice stays the caller's duty: a pointer that is neither NULL nor valid, and text that
// does not end.
//
// Threads. Each engine has one loop, and that has one thread: the engine's own (holdfast_engine_start) or the host's
// (holdfast_engine_adopt). All callbacks run there, one at a time. They may make every call that does not wait; those
// that wait return HOLDFAST_ERROR_THREAD there. They must not block for long, since nothing else happens on the loop
// meanwhile, and must not leave by an exception or longjmp. Without another word, a call may be made from any thread.
#ifndef HOLDFAST_H
#define HOLDFAST_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

// The version of the library that this header belongs to.
#define HOLDFAST_VERSION "0.1.0"

// The version of the ABI: what was built for one major version runs with each later minor version of it. The major
// version is part of the library's file name (libholdfast.so.0) and of its symbols' version (HOLDFAST_0).
#define HOLDFAST_ABI_MAJOR 0
#define HOLDFAST_ABI_MINOR 1

// What a call came to. Zero and more is no error.
typedef int32_t holdfast_status;
enum {
    HOLDFAST_OK = 0,
    // Nothing more will come.
    HOLDFAST_END = 1,
    // The time has passed, and it has not happened yet.
    HOLDFAST_TIMEOUT = 2,

    // An argument is NULL, out of range, too long, not UTF-8, or a struct's size is not one of this ABI.
    HOLDFAST_ERROR_ARGUMENT = -1,
    // The handle is none of this kind, or was closed or freed before.
    HOLDFAST_ERROR_HANDLE = -2,
    // This call must not be made on this thread.
    HOLDFAST_ERROR_THREAD = -3,
    // Not now: it has been started before, is stopping, or works the other way.
    HOLDFAST_ERROR_STATE = -4,
    // Too much is under way; try again when some of it is done.
    HOLDFAST_ERROR_BUSY = -5,
    // The system has no more of something: descriptors, threads, memory.
    HOLDFAST_ERROR_SYSTEM = -6,
    // The store of deliveries failed.
    HOLDFAST_ERROR_STORE = -7,
    // The server was not reached, or the connection ended. A post may have been made or not.
    HOLDFAST_ERROR_NETWORK = -8,
    // The server failed (5xx), or something else than Mattermost answers. A post may have been made or not.
    HOLDFAST_ERROR_SERVER = -9,
    // The server refuses it (400, 403, 404): trying again is no use.
    HOLDFAST_ERROR_REFUSED = -10,
    // The server does not accept the token (401): it may again later.
    HOLDFAST_ERROR_UNAUTHORIZED = -11,
    // The server limits the rate of requests: ask less often.
    HOLDFAST_ERROR_RATE_LIMITED = -12,
    // It was given up, because the connection stopped. A post may have been made or not.
    HOLDFAST_ERROR_CANCELLED = -13,
    // A mistake of this library; please report it.
    HOLDFAST_ERROR_INTERNAL = -14
};

// Handles are numbers. 0 is never valid, and no number is used twice.
typedef uint64_t holdfast_engine;
typedef uint64_t holdfast_connection;
typedef uint64_t holdfast_delivery;

// For a time in milliseconds: without end.
#define HOLDFAST_FOREVER UINT32_MAX

// UTF-8. `bytes` is never NULL, and a zero byte follows the text; there may be others inside, where a server sent them.
typedef struct {
    const char *bytes;
    size_t length;
} holdfast_text;

// ---- The library ---------------------------------------------------------------------------------------

// HOLDFAST_VERSION of the library that is loaded.
const char *holdfast_version(void);

// HOLDFAST_ABI_MAJOR << 16 | HOLDFAST_ABI_MINOR of the library that is loaded.
uint32_t holdfast_abi_version(void);

// A status in words, for a person. Never NULL.
const char *holdfast_status_text(holdfast_status status);

// What the latest error of the calling thread was, and what to do about it; empty before the first. Never holds a
// secret. Copies what fits, and always ends it with a zero byte. Returns the length of the whole text in bytes, less
// than 512. `buffer` may be NULL when `size` is 0.
size_t holdfast_last_error(char *buffer, size_t size);

// ---- Engines -------------------------------------------------------------------------------------------

// Makes an engine with a loop on a thread of its own.
// Errors: ARGUMENT, SYSTEM.
holdfast_status holdfast_engine_start(holdfast_engine *engine);

// Ends an engine of holdfast_engine_start: stops its connections, waits for their last callbacks, and joins its thread.
// Each connection has `deadline_ms` to close properly; stores may take longer. The caller must hold nothing that a
// callback waits for. The handles of the engine and its connections are invalid from the beginning of the call, those
// of deliveries stay.
// Not on the engine's thread (THREAD). Errors: HANDLE, THREAD, STATE (the engine was adopted), INTERNAL.
holdfast_status holdfast_engine_close(holdfast_engine engine, uint32_t deadline_ms);

// Makes an engine on a loop of the host, a `uv_loop_t *` that the host runs with uv_run(). Call it on the thread that
// runs that loop, before or while it runs, and let no other thread run it. The host must use the same libuv as this
// library does. Until the engine has left, uv_run() with UV_RUN_DEFAULT does not return for want of work.
// Errors: ARGUMENT, SYSTEM.
holdfast_status holdfast_engine_adopt(void *uv_loop, holdfast_engine *engine);

// The engine has left the host's loop; no handle of it is on it any more. A name lookup that could not be interrupted
// may still be: let uv_run() return before the loop is closed.
typedef void (*holdfast_on_left)(void *user_data);

// Begins to end an engine of holdfast_engine_adopt, and returns at once: its connections are stopped within
// `deadline_ms`, their last callbacks run, and then `on_left`, which may be NULL. The host must go on running the loop
// until then. The handles of the engine and its connections are invalid at once.
// Only on the loop's thread (THREAD). Errors: HANDLE, THREAD, STATE (the engine has its own thread).
holdfast_status holdfast_engine_leave(
    holdfast_engine engine, uint32_t deadline_ms, holdfast_on_left on_left, void *user_data);

// ---- What is told --------------------------------------------------------------------------------------

// What a delivery is.
enum {
    // Any other event: see `event` and `json`.
    HOLDFAST_KIND_OTHER = 0,
    HOLDFAST_KIND_POSTED = 1,
    // The post as it is now.
    HOLDFAST_KIND_EDITED = 2,
    // The post as it was; caught up without its text.
    HOLDFAST_KIND_DELETED = 3,
    HOLDFAST_KIND_REACTION_ADDED = 4,
    HOLDFAST_KIND_REACTION_REMOVED = 5
};

// How a delivery came.
enum {
    // Pushed by the server as it happened.
    HOLDFAST_SOURCE_LIVE = 0,
    // Pushed by the server after a dropped connection was resumed.
    HOLDFAST_SOURCE_RESUMED = 1,
    // Fetched, because it happened while nothing was heard.
    HOLDFAST_SOURCE_CAUGHT_UP = 2
};

// What a delivery says. Texts that do not belong to its kind are empty.
typedef struct {
    // Of this struct, in bytes, as the library knows it or as the caller of holdfast_delivery_read() does.
    size_t size;
    // In the mailbox: ascends, and is never used twice. For holdfast_acknowledge().
    int64_t number;
    // HOLDFAST_KIND_…
    int32_t kind;
    // HOLDFAST_SOURCE_…
    int32_t source;
    // 1 when it was stored before and not acknowledged: it may have been handled. Else 0.
    int32_t is_repeated;
    // 1 when the server says that a bot or an integration wrote the post. Else 0.
    int32_t is_from_bot;
    // When the post or reaction was made: milliseconds since 1970 by the server's clock; 0 where it is not known.
    int64_t created_at;
    // How the server calls the event, e.g. `posted`.
    holdfast_text event;
    // The whole event as the server sent it, or would have: one JSON object.
    holdfast_text json;
    // Why it came this way; one line for a person.
    holdfast_text reason;
    holdfast_text channel_id;
    // The post, or the one that the reaction belongs to.
    holdfast_text post_id;
    // The first post of its thread; empty when it is none of a thread's replies.
    holdfast_text root_id;
    // Who wrote the post, or reacted.
    holdfast_text user_id;
    // As Mattermost shows it, e.g. `@admin`. Only of new posts.
    holdfast_text sender_name;
    // Of the post.
    holdfast_text message;
    // Empty for a person's post, `system_…` for one of the server's.
    holdfast_text post_type;
    // Of the reaction, without colons, e.g. `thumbsup`.
    holdfast_text emoji_name;
} holdfast_delivery_info;

// The states of a connection, as in the state chart.
enum {
    HOLDFAST_STATE_IDLE = 0,
    HOLDFAST_STATE_CONNECTING = 1,
    HOLDFAST_STATE_OPEN = 2,
    HOLDFAST_STATE_PROBING = 3,
    HOLDFAST_STATE_STALE = 4,
    HOLDFAST_STATE_TERMINATING = 5,
    HOLDFAST_STATE_BACKOFF = 6,
    HOLDFAST_STATE_STOPPED = 7
};

// A state's name as in the state chart; "unknown" for what is none. Never NULL.
const char *holdfast_state_text(int32_t state);

// What an observation is about.
enum {
    HOLDFAST_OBSERVED_TRANSITION = 0,
    HOLDFAST_OBSERVED_VERDICT = 1,
    HOLDFAST_OBSERVED_CATCH_UP = 2,
    HOLDFAST_OBSERVED_LOG = 3
};

// What a probe found: proven to deliver, proven not to, no proof either way.
enum { HOLDFAST_VERDICT_ALIVE = 0, HOLDFAST_VERDICT_DEAF = 1, HOLDFAST_VERDICT_INCONCLUSIVE = 2 };

enum { HOLDFAST_LEVEL_DEBUG = 0, HOLDFAST_LEVEL_INFO = 1, HOLDFAST_LEVEL_WARNING = 2, HOLDFAST_LEVEL_ERROR = 3 };

// Something that is seen of a connection besides its deliveries. Numbers that do not belong to its kind are -1, texts
// empty.
typedef struct {
    // Of this struct, in bytes, as the library knows it.
    size_t size;
    // HOLDFAST_OBSERVED_…
    int32_t kind;
    // Of a transition: HOLDFAST_STATE_…
    int32_t from;
    int32_t to;
    // HOLDFAST_VERDICT_…
    int32_t verdict;
    // Of a log entry: HOLDFAST_LEVEL_…
    int32_t level;
    // The number of the connection attempt, from 1; 0 before the first.
    uint32_t attempt;
    // Milliseconds since 1970 (UTC).
    int64_t at;
    // Of a transition its id in the state chart, e.g. `T16`; of a verdict the check that decided, e.g. `reply`.
    holdfast_text id;
    // All of it, as one line for a person, without the time.
    holdfast_text text;
    // All of it, as one JSON object: a line of the trace that `charts trace` draws.
    holdfast_text json;
} holdfast_observation;

// Counts since the connection was opened; they only grow.
typedef struct {
    // Of this struct, in bytes: to be set by the caller. Only so much is written.
    size_t size;
    uint64_t transitions;
    // Attempts begun, those of them that became ready, and those of these that resumed where the one before was
    // dropped.
    uint64_t attempts;
    uint64_t ready;
    uint64_t resumed;
    // Verdicts, by outcome.
    uint64_t alive;
    uint64_t deaf;
    uint64_t inconclusive;
    // Times that reading stopped because the host lagged.
    uint64_t pauses;
    // Deliveries handed to the host.
    uint64_t deliveries;
} holdfast_counters;

// ---- Connections ---------------------------------------------------------------------------------------

// A delivery has come. The texts are valid until the callback returns; then the delivery counts as taken, and the next
// one may come. Its duty ends with holdfast_acknowledge(), then or later.
typedef void (*holdfast_on_delivery)(
    holdfast_connection connection, const holdfast_delivery_info *delivery, void *user_data);

// Something was seen. The texts are valid until the callback returns.
typedef void (*holdfast_on_observation)(
    holdfast_connection connection, const holdfast_observation *observation, void *user_data);

// The connection has ended. Called once for each connection that was opened, as the last of its callbacks: what
// `user_data` points to is not used afterwards. OK when the host asked for it; STORE when the store failed, REFUSED
// when trying to connect again is no use, and then `reason` tells why and what to do.
typedef void (*holdfast_on_stopped)(
    holdfast_connection connection, holdfast_status status, holdfast_text reason, void *user_data);

// What connection to open. Fill it by holdfast_options_init() and set what is needed. Texts end with a zero byte, are
// copied by holdfast_connection_open(), and must not be longer than 4096 bytes.
typedef struct {
    size_t size;
    // E.g. https://chat.example.com. Required.
    const char *server;
    // The access token of the account. Required. Never shown.
    const char *token;
    // The file that keeps deliveries until they are acknowledged, also across a crash; it is made when it is missing.
    // NULL keeps them in memory. One process at a time; connections of this process may share a file.
    const char *store_path;
    // The connection's part of that file, at most 200 bytes. Connections that share a file need different ones. NULL:
    // "".
    const char *mailbox;
    // A PEM file whose certificates are trusted instead of the system's. NULL: the system's.
    const char *ca_file;
    // `http://[user:password@]host:port` or the same with https; "" is none; NULL is as https_proxy, http_proxy and
    // no_proxy say.
    const char *proxy;
    // How often to prove that events still arrive, at least 100. 0: 30,000.
    uint32_t probe_interval_ms;
    // How long an attempt to connect may take, at least 100. 0: 15,000.
    uint32_t connect_timeout_ms;
    // How many events may wait for the host before reading from the network stops, at most 1,048,576. 0: 4,096.
    uint32_t maximum_waiting;
    uint32_t reserved;
    // Fixes all jitter, for tests. 0: random.
    uint64_t seed;
    // NULL: deliveries are pulled by holdfast_next().
    holdfast_on_delivery on_delivery;
    // May be NULL.
    holdfast_on_observation on_observation;
    // May be NULL.
    holdfast_on_stopped on_stopped;
    // Handed to these callbacks.
    void *user_data;
} holdfast_options;

// Sets all options to their defaults. `size` is `sizeof(holdfast_options)`.
// Errors: ARGUMENT.
holdfast_status holdfast_options_init(holdfast_options *options, size_t size);

// Opens a connection, which does nothing yet. The handle is given back by holdfast_connection_close().
// Errors: HANDLE, ARGUMENT, STATE (the engine ends).
holdfast_status holdfast_connection_open(
    holdfast_engine engine, const holdfast_options *options, holdfast_connection *connection);

// Begins to connect. The store is opened first; when that fails, the connection stops with STORE.
// Errors: HANDLE, STATE (it was started or stopped before).
holdfast_status holdfast_connection_start(holdfast_connection connection);

// Begins to stop, and returns at once: the connection closes properly, at the latest after `deadline_ms`. What has come
// before is still delivered. Again is no error, and changes nothing.
// Errors: HANDLE.
holdfast_status holdfast_connection_stop(holdfast_connection connection, uint32_t deadline_ms);

// Waits until the connection has stopped, by itself or because it was asked to: OK, or TIMEOUT. With 0 it only asks,
// which is allowed on the engine's thread, too.
// Errors: HANDLE, THREAD.
holdfast_status holdfast_connection_wait(holdfast_connection connection, uint32_t timeout_ms);

// Replaces the connection by a new one. Without effect while there is none.
// Errors: HANDLE.
holdfast_status holdfast_connection_reconnect(holdfast_connection connection);

// Proves now that events still arrive; the verdict comes as an observation. Without effect while it is not open.
// Errors: HANDLE.
holdfast_status holdfast_connection_probe(holdfast_connection connection);

// The state of now: HOLDFAST_STATE_…
// Errors: HANDLE, ARGUMENT.
holdfast_status holdfast_connection_state(holdfast_connection connection, int32_t *state);

// The counts as they were at the latest observation. Set `counters->size`.
// Errors: HANDLE, ARGUMENT.
holdfast_status holdfast_connection_counters(holdfast_connection connection, holdfast_counters *counters);

// Gives the handle back; it is invalid at once. A connection that runs is stopped, within a second; deliveries that
// were not handed over stay unacknowledged, and a holdfast_next() that waits ends. Until `on_stopped`, only
// observations and the ends of requests are told.
// Errors: HANDLE.
holdfast_status holdfast_connection_close(holdfast_connection connection);

// The delivery was handled: it will not be handed over again, also not after a crash. Noted soon after, at the latest
// before the connection has closed. Where it cannot be noted, it comes again; until `on_stopped`, a log entry says so. A
// number that is not there is no error.
// Errors: HANDLE, STATE (it was never started), ARGUMENT (numbers begin with 1), BUSY (65,536 wait for the store).
holdfast_status holdfast_acknowledge(holdfast_connection connection, int64_t number);

// ---- Pull ----------------------------------------------------------------------------------------------

// The next delivery, in order, or a wait for it. While the host does not ask, no more than a bounded number wait, and
// then reading from the network stops; nothing is dropped. Several threads may ask; each gets its own.
// With 0 it does not wait. Otherwise not on the engine's thread (THREAD).
// END when the connection has stopped and all was handed over. Errors: HANDLE, ARGUMENT, THREAD, STATE (the connection
// has a callback for deliveries), STORE.
holdfast_status holdfast_next(holdfast_connection connection, uint32_t timeout_ms, holdfast_delivery *delivery);

// What the delivery says. Set `info->size`; only so much is written. The texts are valid until the delivery is freed.
// Errors: HANDLE, ARGUMENT.
holdfast_status holdfast_delivery_read(holdfast_delivery delivery, holdfast_delivery_info *info);

// Frees a delivery, which does not acknowledge it.
// Errors: HANDLE.
holdfast_status holdfast_delivery_free(holdfast_delivery delivery);

// ---- Requests ------------------------------------------------------------------------------------------

// How a request ended. The texts are valid until the callback returns.
typedef struct {
    // Of this struct, in bytes, as the library knows it.
    size_t size;
    // OK, or one of NETWORK, SERVER, REFUSED, UNAUTHORIZED, RATE_LIMITED, CANCELLED.
    holdfast_status status;
    int32_t reserved;
    // The new post, or the account.
    holdfast_text id;
    // Of the account.
    holdfast_text name;
    // What failed and what to do; empty where nothing did.
    holdfast_text error;
} holdfast_result;

// A request has ended. Called once for each that was accepted, also when it was cancelled.
typedef void (*holdfast_on_result)(holdfast_connection connection, const holdfast_result *result, void *user_data);

// Writes a post, as the connection's account; it need not have been started. At most 256 requests of a connection may
// be under way (BUSY). `root_id`: the first post of the thread, NULL or "" for none. `pending_id` names the post before
// it has an id: with the same one again, within 30 s, the server makes no second post; NULL or "" makes one. `message`
// has at most 1 MiB; servers allow less. `on_result` may be NULL.
// Errors: HANDLE, ARGUMENT, STATE (it has stopped or is about to), BUSY.
holdfast_status holdfast_post(
    holdfast_connection connection, const char *channel_id, const char *message, const char *root_id,
    const char *pending_id, holdfast_on_result on_result, void *user_data);

// Asks the server whose connection this is.
// Errors: HANDLE, ARGUMENT (no `on_result`), STATE (it has stopped or is about to), BUSY.
holdfast_status holdfast_account(holdfast_connection connection, holdfast_on_result on_result, void *user_data);

#if defined(__cplusplus)
}
#endif

#endif
