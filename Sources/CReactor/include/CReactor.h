// What a reactor needs of Linux and Swift cannot see: event descriptors, epoll, non-blocking connects.
#pragma once
#include <stdint.h>

/// A counter that makes its descriptor readable, for waking a sleeping loop from another thread. -1 on failure.
int creactor_eventfd(void);
void creactor_eventfd_signal(int fd);
void creactor_eventfd_clear(int fd);
/// Blocks until the counter has been signalled, and leaves it so.
void creactor_eventfd_wait(int fd);

/// An epoll instance. -1 on failure.
int creactor_epoll(void);
/// Watches `fd` under `key`: for input, or for the end of a connect when `output` is set. 0, or an errno.
int creactor_epoll_add(int epoll, int fd, uint64_t key, int output);
void creactor_epoll_remove(int epoll, int fd);
/// Waits for at most `nanoseconds` (for ever when negative) and puts the keys of the ready descriptors into `keys`.
/// Returns how many there are, 0 also when a signal came.
int creactor_epoll_wait(int epoll, uint64_t *keys, int capacity, int64_t nanoseconds);

/// Begins to connect to a numeric IPv4 or IPv6 address without waiting. The descriptor, or the negative errno.
int creactor_connect_begin(const char *host, uint16_t port);
/// How a connect has ended: 0, or its errno.
int creactor_connect_result(int fd);

/// Permits the process as many descriptors as the system lets it have.
void creactor_raise_descriptor_limit(void);
