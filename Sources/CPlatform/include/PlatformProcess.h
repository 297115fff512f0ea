// Processes by descriptor, and counters of sockets: what Linux offers beyond its C library.
#pragma once
#include <spawn.h>
#include <stdint.h>

/// A descriptor of the process `pid`, which stays its own though the number is given to another process later.
/// -1 and errno when there is no such process (ESRCH) or no such call (ENOSYS, before Linux 5.3).
int cplatform_pidfd_open(int pid);

/// Sends a signal to the process behind the descriptor. 0, or -1 and errno.
int cplatform_pidfd_signal(int pidfd, int signal);

/// Payload bytes of a connected TCP socket since it was opened: acknowledged by the peer, and received from it.
/// 0, or -1 and errno when `fd` is none.
int cplatform_tcp_bytes(int fd, uint64_t *sent, uint64_t *received);

/// The ports of a connected TCP socket: ours and the peer's. 0, or -1 when `fd` is none.
int cplatform_tcp_ports(int fd, int *own, int *peer);

/// Has the child of a `posix_spawn` close every descriptor from `first` on. 0, or an errno.
int cplatform_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// `pipe2` with `O_CLOEXEC`: the end to read from and the one to write to. 0, or -1 and errno.
int cplatform_pipe(int ends[2]);
