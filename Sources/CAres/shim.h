/* c-ares, an asynchronous resolver: Debian and Ubuntu package libc-ares-dev. */
#include <ares.h>
#include <ares_nameser.h>
