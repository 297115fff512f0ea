// What Swift cannot see of msgpack-c: its packer and its parser are header templates (pack_template.h,
// unpack_template.h) that a user instantiates with macros. Here they are instantiated twice over, both times without
// callbacks through pointers, without a zone and without any allocation, as static inline functions that the compiler
// folds into their Swift callers.
#pragma once
#include "PackTemplate.h"
#include "Scan.h"
