// msgpack-c's packer over a bare cursor. The library's own msgpack_packer calls through a function pointer for every
// few bytes; here "append" is a memcpy of constant length, which the compiler turns into one store.
//
// Every function writes at `at`, returns how many bytes it wrote, and never writes more than GOSSAMER_PACK_MAX: the
// caller has made sure that this many are free.
#pragma once
#include <stdint.h>
#include <stddef.h>
#include <string.h>
#include <msgpack.h>

// The longest header or scalar: a timestamp 96 (ext 8 header of 3 bytes, 12 bytes of body).
#define GOSSAMER_PACK_MAX 16

// pack_template.h calls this one by its plain name inside the timestamp's packer.
#define msgpack_pack_ext gossamer_template_ext
#define msgpack_pack_inline_func(name) static inline int gossamer_template##name
#define msgpack_pack_inline_func_cint(name) static inline int gossamer_template##name
#define msgpack_pack_inline_func_fixint(name) static inline int gossamer_template_fix##name
#define msgpack_pack_user uint8_t **
#define msgpack_pack_append_buffer(user, buf, len)                                                                     \
    do {                                                                                                               \
        memcpy(*(user), (const void *)(buf), (len));                                                                   \
        *(user) += (len);                                                                                              \
        return 0;                                                                                                      \
    } while (0)
#include <msgpack/pack_template.h>
#undef msgpack_pack_ext

#define GOSSAMER_PACK(name, ...)                                                                                       \
    {                                                                                                                  \
        uint8_t *cursor = at;                                                                                          \
        gossamer_template_##name(&cursor, ##__VA_ARGS__);                                                              \
        return (size_t)(cursor - at);                                                                                  \
    }

static inline size_t gossamer_pack_nil(uint8_t *_Nonnull at) GOSSAMER_PACK(nil)
static inline size_t gossamer_pack_true(uint8_t *_Nonnull at) GOSSAMER_PACK(true)
static inline size_t gossamer_pack_false(uint8_t *_Nonnull at) GOSSAMER_PACK(false)
static inline size_t gossamer_pack_int64(uint8_t *_Nonnull at, int64_t value) GOSSAMER_PACK(int64, value)
static inline size_t gossamer_pack_uint64(uint8_t *_Nonnull at, uint64_t value) GOSSAMER_PACK(uint64, value)
static inline size_t gossamer_pack_float(uint8_t *_Nonnull at, float value) GOSSAMER_PACK(float, value)
static inline size_t gossamer_pack_double(uint8_t *_Nonnull at, double value) GOSSAMER_PACK(double, value)
static inline size_t gossamer_pack_str(uint8_t *_Nonnull at, uint32_t length) GOSSAMER_PACK(str, length)
static inline size_t gossamer_pack_bin(uint8_t *_Nonnull at, uint32_t length) GOSSAMER_PACK(bin, length)
static inline size_t gossamer_pack_array(uint8_t *_Nonnull at, uint32_t count) GOSSAMER_PACK(array, count)
static inline size_t gossamer_pack_map(uint8_t *_Nonnull at, uint32_t count) GOSSAMER_PACK(map, count)
static inline size_t gossamer_pack_ext(uint8_t *_Nonnull at, uint32_t length, int8_t type)
    GOSSAMER_PACK(ext, length, type)
static inline size_t gossamer_pack_timestamp(uint8_t *_Nonnull at, int64_t seconds, uint32_t nanoseconds)
{
    msgpack_timestamp stamp = {seconds, nanoseconds};
    uint8_t *cursor = at;
    gossamer_template_timestamp(&cursor, &stamp);
    return (size_t)(cursor - at);
}
#undef GOSSAMER_PACK
