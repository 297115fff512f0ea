/* GNU libidn2, internationalized domain names (IDNA2008, TR46): Debian and Ubuntu package libidn2-dev. */
#include <idn2.h>
