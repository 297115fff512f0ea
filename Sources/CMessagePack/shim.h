// msgpack-c, the reference implementation of MessagePack in C (Debian and Ubuntu: libmsgpack-dev).
#pragma once
#include <msgpack.h>
