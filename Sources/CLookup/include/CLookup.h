// What lookups need of the system and of libmaxminddb and Swift cannot see: control messages, a variadic function, a union.
#pragma once
#include <stdint.h>
#include <maxminddb.h>
#include <sys/socket.h>

/// A non-blocking socket for echoes of `family`, that tells the hop limit of what it receives; raw, or of the kind that needs
/// no right (net.ipv4.ping_group_range). The descriptor, or the negative errno.
int clookup_icmp_open(int family, int raw);

/// Takes one packet. `hops` becomes the hop limit that it arrived with, or -1. Its bytes, or the negative errno.
long clookup_icmp_receive(int fd, void *_Nonnull buffer, unsigned long capacity, int *_Nonnull hops);

/// Connects without waiting. 0, or the negative errno, -EINPROGRESS among them.
int clookup_connect(int fd, const uint8_t *_Nonnull address, int count, uint16_t port, uint32_t scope);

/// A non-blocking TCP socket, or the negative errno.
int clookup_tcp_open(int family);

/// How a connect has ended: 0, or its errno.
int clookup_connect_result(int fd);

/// The number of an interface, given its name or its number as text; 0 when there is none.
uint32_t clookup_interface(const char *_Nonnull name);

typedef enum { CLOOKUP_NOTHING, CLOOKUP_TEXT, CLOOKUP_WHOLE, CLOOKUP_NUMBER } clookup_kind;

typedef struct {
    clookup_kind kind;
    /// Into the database, not ended by a zero.
    const char *_Nullable text;
    uint32_t length;
    /// Of CLOOKUP_WHOLE: a whole number that is not negative.
    uint64_t whole;
    /// Of CLOOKUP_NUMBER: any other number. Whoever made the file has chosen it, so it may be NaN.
    double number;
} clookup_value;

/// Opens what lies at `path` for reading, without waiting for anybody where that is no file: a descriptor, or the negative errno.
int clookup_file_open(const char *_Nonnull path);

/// A file in memory with what is left of `fd`, which nobody can change: its descriptor, or the negative errno, -EFBIG for more bytes
/// than `limit`.
int clookup_memory_copy(int fd, uint64_t limit);

/// Finds the record of an address of 4 or 16 bytes. 1 when there is one, 0 when there is none, else the library's error, negative.
int clookup_mmdb_find(const MMDB_s *_Nonnull database, const uint8_t *_Nonnull address, int count, MMDB_entry_s *_Nonnull entry);

/// What lies in the record at `path`, its steps separated by slashes: `location/latitude`, `subdivisions/0/iso_code`.
clookup_value clookup_mmdb_value(MMDB_entry_s *_Nonnull entry, const char *_Nonnull path);
