#include <string.h>

#include "holdfast.h"
#include "last_error.h"

const char *holdfast_version(void) { return HOLDFAST_VERSION; }

uint32_t holdfast_abi_version(void) { return (uint32_t)HOLDFAST_ABI_MAJOR << 16 | HOLDFAST_ABI_MINOR; }

const char *holdfast_status_text(holdfast_status status) {
    switch (status) {
    case HOLDFAST_OK: return "done";
    case HOLDFAST_END: return "nothing more will come";
    case HOLDFAST_TIMEOUT: return "the time has passed";
    case HOLDFAST_ERROR_ARGUMENT: return "an argument is wrong";
    case HOLDFAST_ERROR_HANDLE: return "the handle is not valid, or not any more";
    case HOLDFAST_ERROR_THREAD: return "this call must not be made on this thread";
    case HOLDFAST_ERROR_STATE: return "this call does not fit the state";
    case HOLDFAST_ERROR_BUSY: return "too much is under way";
    case HOLDFAST_ERROR_SYSTEM: return "the system refuses a resource";
    case HOLDFAST_ERROR_STORE: return "the store of deliveries failed";
    case HOLDFAST_ERROR_NETWORK: return "the server was not reached";
    case HOLDFAST_ERROR_SERVER: return "the server failed";
    case HOLDFAST_ERROR_REFUSED: return "the server refuses the request";
    case HOLDFAST_ERROR_UNAUTHORIZED: return "the server does not accept the token";
    case HOLDFAST_ERROR_RATE_LIMITED: return "the server limits the rate of requests";
    case HOLDFAST_ERROR_CANCELLED: return "given up, because the connection stopped";
    case HOLDFAST_ERROR_INTERNAL: return "a mistake of the library";
    default: return "unknown status";
    }
}

const char *holdfast_state_text(int32_t state) {
    static const char *const names[] = {"idle",  "connecting",  "open",    "probing",
                                        "stale", "terminating", "backoff", "stopped"};
    return state >= 0 && (size_t)state < sizeof names / sizeof *names ? names[state] : "unknown";
}

// Later versions append members, and then know more than one size.
holdfast_status holdfast_options_init(holdfast_options *options, size_t size) {
    static const char no_options[] = "options is NULL; give a pointer to a holdfast_options";
    static const char no_size[] = "the size is not that of a holdfast_options; give sizeof(holdfast_options)";
    if (options == NULL) {
        choldfast_set_last_error(no_options, sizeof no_options - 1);
        return HOLDFAST_ERROR_ARGUMENT;
    }
    if (size != sizeof *options) {
        choldfast_set_last_error(no_size, sizeof no_size - 1);
        return HOLDFAST_ERROR_ARGUMENT;
    }
    memset(options, 0, size);
    options->size = size;
    return HOLDFAST_OK;
}
