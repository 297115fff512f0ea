/* libprimesieve by Kim Walisch: Debian and Ubuntu package libprimesieve-dev. */
#include <primesieve.h>
