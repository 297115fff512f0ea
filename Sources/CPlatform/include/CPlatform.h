// What the system's C library offers only as GNU extensions, macros or variadic functions, which Swift cannot see.
#pragma once
#include "PlatformProcess.h"
#include <pthread.h>

/// Names the calling thread, for debuggers and `top -H`. At most 15 bytes are kept.
void cplatform_name_thread(const char *name);

/// The number of processors that the calling thread may run on, or 0 when the system does not tell.
int cplatform_affinity_count(void);

/// Restricts the calling thread, and the threads it starts from now on, to one processor. 0, or an errno.
int cplatform_pin_to_processor(int processor);
