#include "last_error.h"

#include <string.h>

#include "holdfast.h"

// A text of 512 bytes in each thread that ever calls; here because Swift has no thread-local variables. (C++ like the
// other target of its kind: with the language standard of the package, symbol graphs of C targets cannot be made.)
static const size_t capacity = 512;
static thread_local char latest[capacity];
static thread_local size_t latest_length;

void choldfast_set_last_error(const char *text, size_t length) {
    if (length > capacity - 1) {
        length = capacity - 1;
        // Not in the middle of a UTF-8 sequence: continuation bytes are 10xxxxxx.
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) length--;
    }
    if (length > 0) memcpy(latest, text, length);
    latest[length] = 0;
    latest_length = length;
}

size_t holdfast_last_error(char *buffer, size_t size) {
    if (buffer != NULL && size > 0) {
        size_t count = latest_length < size - 1 ? latest_length : size - 1;
        memcpy(buffer, latest, count);
        buffer[count] = 0;
    }
    return latest_length;
}
