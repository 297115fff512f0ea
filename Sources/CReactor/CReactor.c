#define _GNU_SOURCE
#include "CReactor.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int creactor_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void creactor_eventfd_signal(int fd) {
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

void creactor_eventfd_clear(int fd) {
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {}
}

void creactor_eventfd_wait(int fd) {
    struct pollfd item = {.fd = fd, .events = POLLIN};
    while (poll(&item, 1, -1) < 0 && errno == EINTR) {}
}

int creactor_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int creactor_epoll_add(int epoll, int fd, uint64_t key, int output) {
    struct epoll_event event = {.events = output ? EPOLLOUT : EPOLLIN, .data.u64 = key};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

void creactor_epoll_remove(int epoll, int fd) { epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0); }

int creactor_epoll_wait(int epoll, uint64_t *keys, int capacity, int64_t nanoseconds) {
    struct epoll_event events[64];
    if (capacity > 64) capacity = 64;
    // Milliseconds, rounded up: a loop that woke too early would only go round again. A signal counts as waking.
    int milliseconds = -1;
    if (nanoseconds >= 0) {
        int64_t rounded = nanoseconds / 1000000 + (nanoseconds % 1000000 != 0);
        milliseconds = rounded > 60000 ? 60000 : (int)rounded;
    }
    int count = epoll_wait(epoll, events, capacity, milliseconds);
    for (int i = 0; i < count; i++) keys[i] = events[i].data.u64;
    return count < 0 ? 0 : count;
}

int creactor_connect_begin(const char *host, uint16_t port) {
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = 0;
    if (getaddrinfo(host, service, &hints, &found) != 0 || !found) return -EINVAL;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int result = fd;
    if (fd < 0) {
        result = -errno;
    } else if (connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
        result = -errno;
        close(fd);
    }
    freeaddrinfo(found);
    return result;
}

int creactor_connect_result(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

void creactor_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}
