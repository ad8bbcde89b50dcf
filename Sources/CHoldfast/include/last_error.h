// Between the parts of the library; not installed.
#ifndef HOLDFAST_LAST_ERROR_H
#define HOLDFAST_LAST_ERROR_H

#include <stddef.h>

#if defined(__cplusplus)
extern "C" {
#endif

// Keeps a text as the latest error of this thread; what does not fit is cut where a character ends.
void choldfast_set_last_error(const char *text, size_t length);

#if defined(__cplusplus)
}
#endif

#endif
