#include "CContracts.h"
#include <stdint.h>

// The layout is TargetAccessibleFunctionRecord of swift/ABI/Metadata.h: five 32-bit words, the first four of them
// relative pointers. The linker defines the two symbols at the ends of a section whose name is a C identifier.
struct record {
    int32_t name, generic_environment, function_type, function;
    uint32_t flags;
};

extern const struct record section_start[] __asm__("__start_swift5_accessible_functions")
    __attribute__((weak, visibility("hidden")));
extern const struct record section_stop[] __asm__("__stop_swift5_accessible_functions")
    __attribute__((weak, visibility("hidden")));

size_t ccontracts_count(void) { return section_start ? (size_t)(section_stop - section_start) : 0; }

extern char *swift_demangle(const char *name, size_t length, char *buffer, size_t *capacity, uint32_t flags);

char *ccontracts_demangle(const char *name, size_t length) { return swift_demangle(name, length, NULL, NULL, 0); }

const char *ccontracts_name(size_t index) {
    const int32_t *name = &section_start[index].name;
    return (const char *)name + *name;
}
