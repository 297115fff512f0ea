// The distributed functions that are linked into this program, as the Swift compiler lists them for its own runtime.
#pragma once
#include <stddef.h>

/// The number of distributed functions in the program's image.
size_t ccontracts_count(void);

/// The mangled name of the distributed function with this index; it lives as long as the program.
const char *ccontracts_name(size_t index);

/// What a mangled Swift name says, as the Swift runtime reads it; null when it is none. The caller frees it.
char *ccontracts_demangle(const char *name, size_t length);
