#define _GNU_SOURCE
#include "CLookup.h"
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/icmp6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

static int set(int fd, int level, int option, int value) { return setsockopt(fd, level, option, &value, sizeof value); }

int clookup_icmp_open(int family, int raw)
{
    int protocol = family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    int fd = socket(family, (raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) return -errno;
    int failed = family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) : set(fd, IPPROTO_IP, IP_RECVTTL, 1);
    if (!failed && raw && family == AF_INET6) {
        struct icmp6_filter filter;
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
        failed = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    }
    if (!failed) return fd;
    int error = errno;
    close(fd);
    return -error;
}

long clookup_icmp_receive(int fd, void *buffer, unsigned long capacity, int *hops)
{
    // Aligned as control messages must be.
    union {
        char bytes[256];
        struct cmsghdr aligned;
    } control;
    struct iovec part = {buffer, capacity};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *hops = -1;
    ssize_t count = recvmsg(fd, &message, 0);
    if (count < 0) return -errno;
    for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
        int is_hops = (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_TTL)
            || (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_HOPLIMIT);
        if (is_hops && each->cmsg_len >= CMSG_LEN(sizeof(int))) memcpy(hops, CMSG_DATA(each), sizeof(int));
    }
    return count;
}

int clookup_connect(int fd, const uint8_t *address, int count, uint16_t port, uint32_t scope)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope};
    int code;
    if (count == 4) {
        memcpy(&four.sin_addr, address, 4);
        code = connect(fd, (const struct sockaddr *)&four, sizeof four);
    } else {
        memcpy(&six.sin6_addr, address, 16);
        code = connect(fd, (const struct sockaddr *)&six, sizeof six);
    }
    return code == 0 ? 0 : -errno;
}

int clookup_tcp_open(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd >= 0 ? fd : -errno;
}

int clookup_connect_result(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

uint32_t clookup_interface(const char *name)
{
    uint32_t index = if_nametoindex(name);
    if (index) return index;
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(name, &end, 10);
    char found[IF_NAMESIZE];
    if (errno || end == name || *end || number > UINT32_MAX) return 0;
    return if_indextoname((unsigned)number, found) ? (uint32_t)number : 0;
}

int clookup_file_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int clookup_memory_copy(int fd, uint64_t limit)
{
    int copy = memfd_create("gossamer-geoip", MFD_CLOEXEC);
    if (copy < 0) return -errno;
    uint64_t total = 0;
    for (;;) {
        ssize_t count = sendfile(copy, fd, NULL, 1 << 20);
        if (count == 0) return copy;
        if (count < 0 && errno == EINTR) continue;
        if (count > 0) total += (uint64_t)count;
        if (count > 0 && total <= limit) continue;
        int error = count < 0 ? errno : EFBIG;
        close(copy);
        return -error;
    }
}

int clookup_mmdb_find(const MMDB_s *database, const uint8_t *address, int count, MMDB_entry_s *entry)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    const struct sockaddr *sought;
    if (count == 4) {
        memcpy(&four.sin_addr, address, 4);
        sought = (const struct sockaddr *)&four;
    } else {
        memcpy(&six.sin6_addr, address, 16);
        sought = (const struct sockaddr *)&six;
    }
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s result = MMDB_lookup_sockaddr(database, sought, &error);
    // A database of IPv4 alone knows no address of IPv6, which is no fault of it.
    if (error == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR) return 0;
    if (error != MMDB_SUCCESS) return -error;
    if (!result.found_entry) return 0;
    *entry = result.entry;
    return 1;
}

static void set_number(clookup_value *value, double number)
{
    value->kind = CLOOKUP_NUMBER;
    value->number = number;
}

static void set_whole(clookup_value *value, uint64_t whole)
{
    value->kind = CLOOKUP_WHOLE;
    value->whole = whole;
}

clookup_value clookup_mmdb_value(MMDB_entry_s *entry, const char *path)
{
    enum { LONGEST = 127, STEPS = 8 };
    clookup_value value = {CLOOKUP_NOTHING, NULL, 0, 0, 0};
    char steps[LONGEST + 1];
    const char *parts[STEPS + 1];
    int count = 0;
    if (strlen(path) > LONGEST) return value;
    strcpy(steps, path);
    char *rest = NULL;
    for (char *step = strtok_r(steps, "/", &rest); step && count < STEPS; step = strtok_r(NULL, "/", &rest)) parts[count++] = step;
    parts[count] = NULL;
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, parts) != MMDB_SUCCESS || !data.has_data) return value;
    switch (data.type) {
    case MMDB_DATA_TYPE_UTF8_STRING:
        value.kind = CLOOKUP_TEXT;
        value.text = data.utf8_string;
        value.length = data.data_size;
        break;
    case MMDB_DATA_TYPE_DOUBLE: set_number(&value, data.double_value); break;
    case MMDB_DATA_TYPE_FLOAT: set_number(&value, data.float_value); break;
    case MMDB_DATA_TYPE_UINT16: set_whole(&value, data.uint16); break;
    case MMDB_DATA_TYPE_UINT32: set_whole(&value, data.uint32); break;
    case MMDB_DATA_TYPE_UINT64: set_whole(&value, data.uint64); break;
    case MMDB_DATA_TYPE_INT32:
        if (data.int32 < 0) set_number(&value, data.int32);
        else set_whole(&value, (uint64_t)data.int32);
        break;
    default: break;
    }
    return value;
}
