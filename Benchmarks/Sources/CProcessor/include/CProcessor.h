#ifndef CPROCESSOR_H
#define CPROCESSOR_H

#include <stdbool.h>

// Whether this process may use that processor; false too where the system does not tell.
bool cprocessor_is_allowed(int processor);

// Keeps the calling thread, and those that it starts from now on, on that processor; false where it cannot.
bool cprocessor_pin(int processor);

#endif
