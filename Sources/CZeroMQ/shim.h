// libzmq, ZeroMQ's implementation in C++ with its interface in C (Debian and Ubuntu: libzmq3-dev).
#pragma once
#include <zmq.h>
