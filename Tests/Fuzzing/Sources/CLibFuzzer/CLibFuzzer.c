// Only the header is needed; a target must have a source.
#include "CLibFuzzer.h"
