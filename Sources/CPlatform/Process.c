#define _GNU_SOURCE
#include "PlatformProcess.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int cplatform_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cplatform_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int cplatform_tcp_bytes(int fd, uint64_t *sent, uint64_t *received) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -1;
    *sent = info.tcpi_bytes_acked;
    *received = info.tcpi_bytes_received;
    return 0;
}

static int port_of(const struct sockaddr_storage *address, int *port) {
    switch (address->ss_family) {
    case AF_INET: *port = ntohs(((const struct sockaddr_in *)address)->sin_port); return 0;
    case AF_INET6: *port = ntohs(((const struct sockaddr_in6 *)address)->sin6_port); return 0;
    default: return -1;
    }
}

int cplatform_tcp_ports(int fd, int *own, int *peer) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0 || port_of(&address, own) != 0) return -1;
    length = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &length) != 0) return -1;
    return port_of(&address, peer);
}

int cplatform_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int cplatform_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
