// msgpack-c's parser as a scanner that builds nothing: it walks one whole value (containers included) and says where
// it ends, or why it does not. Used to skip values and to judge input before anything is made of it.
#pragma once
#include <stdint.h>
#include <stddef.h>

typedef enum {
    GOSSAMER_SCAN_COMPLETE,
    GOSSAMER_SCAN_TRUNCATED,
    GOSSAMER_SCAN_RESERVED,
    GOSSAMER_SCAN_TOO_DEEP,
} gossamer_scan_status;

typedef struct {
    gossamer_scan_status status;
    // COMPLETE: bytes of the value. Otherwise: where in the input the scan stopped.
    size_t offset;
} gossamer_scan_result;

// Containers inside one another that a scan can follow at all; `max_depth` is cut to this.
#define GOSSAMER_SCAN_DEPTH_LIMIT 512

// Scans the value that begins at `bytes`. A scalar has depth 0, [1] has depth 1, [[1]] has depth 2.
gossamer_scan_result gossamer_scan(const uint8_t *_Nullable bytes, size_t length, uint32_t max_depth);
