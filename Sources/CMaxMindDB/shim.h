/* libmaxminddb by MaxMind: Debian and Ubuntu package libmaxminddb-dev. */
#include <maxminddb.h>
