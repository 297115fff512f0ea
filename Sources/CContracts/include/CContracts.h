// The distributed functions that are linked into this program, as the Swift compiler lists them for its own runtime.
#pragma once
#include <stddef.h>

/// The number of distributed functions in the program's image.
size_t ccontracts_count(void);

/// The mangled name of the distributed function with this index; it lives as long as the program.
const char *ccontracts_name(size_t index);
