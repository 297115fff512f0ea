#include "Scan.h"

#define MSGPACK_EMBED_STACK_SIZE GOSSAMER_SCAN_DEPTH_LIMIT
#include <msgpack/sysdep.h>
#include <msgpack/unpack.h>
#include <msgpack/unpack_define.h>

// The parser hands out "objects"; we keep none, so an object is a byte without meaning.
typedef uint8_t scan_object;

typedef struct {
    const char *stack_base; // address of the outermost container's object
    size_t stack_stride;    // bytes from one container's object to the next deeper one's
    uint32_t max_depth;
    int too_deep;
} scan_user;

#define msgpack_unpack_struct(name) struct scan##name
#define msgpack_unpack_func(ret, name) static ret scan##name
#define msgpack_unpack_callback(name) scan_on##name
#define msgpack_unpack_object scan_object
#define msgpack_unpack_user scan_user

struct scan_stack;
struct scan_context;

static inline scan_object scan_on_root(scan_user *u) { (void)u; return 0; }

#define SCAN_SCALAR(name, type)                                                                                        \
    static inline int scan_on##name(scan_user *u, type d, scan_object *o)                                              \
    {                                                                                                                  \
        (void)u; (void)d;                                                                                              \
        *o = 0;                                                                                                        \
        return 0;                                                                                                      \
    }
SCAN_SCALAR(_uint8, uint8_t)
SCAN_SCALAR(_uint16, uint16_t)
SCAN_SCALAR(_uint32, uint32_t)
SCAN_SCALAR(_uint64, uint64_t)
SCAN_SCALAR(_int8, int8_t)
SCAN_SCALAR(_int16, int16_t)
SCAN_SCALAR(_int32, int32_t)
SCAN_SCALAR(_int64, int64_t)
SCAN_SCALAR(_float, float)
SCAN_SCALAR(_double, double)

#define SCAN_WORD(name)                                                                                                \
    static inline int scan_on##name(scan_user *u, scan_object *o) { (void)u; *o = 0; return 0; }
SCAN_WORD(_nil)
SCAN_WORD(_true)
SCAN_WORD(_false)

// The parser tells no depth, but it keeps each container's object in a stack, so its address does.
#define SCAN_CONTAINER(name)                                                                                           \
    static inline int scan_on##name(scan_user *u, unsigned int n, scan_object *o)                                      \
    {                                                                                                                  \
        (void)n;                                                                                                       \
        if ((size_t)((const char *)o - u->stack_base) / u->stack_stride >= u->max_depth) {                             \
            u->too_deep = 1;                                                                                           \
            return -1;                                                                                                 \
        }                                                                                                              \
        *o = 0;                                                                                                        \
        return 0;                                                                                                      \
    }
SCAN_CONTAINER(_array)
SCAN_CONTAINER(_map)

static inline int scan_on_array_item(scan_user *u, scan_object *c, scan_object o)
{
    (void)u; (void)c; (void)o;
    return 0;
}
static inline int scan_on_map_item(scan_user *u, scan_object *c, scan_object k, scan_object v)
{
    (void)u; (void)c; (void)k; (void)v;
    return 0;
}

static inline int scan_on_str(scan_user *u, const char *b, const char *p, unsigned int l, scan_object *o)
{
    (void)u; (void)b; (void)p; (void)l;
    *o = 0;
    return 0;
}
static inline int scan_on_bin(scan_user *u, const char *b, const char *p, unsigned int l, scan_object *o)
{
    return scan_on_str(u, b, p, l, o);
}
// `l` counts the type byte as well. The parser adds that one in 32 bits, so that an ext 32 of 2^32-1 bytes arrives here
// with l = 0 and would pass for complete: it is refused, and told apart from a reserved byte by its format.
static inline int scan_on_ext(scan_user *u, const char *b, const char *p, unsigned int l, scan_object *o)
{
    (void)u; (void)b; (void)p;
    *o = 0;
    return l == 0 ? -1 : 0;
}

#include <msgpack/unpack_template.h>

gossamer_scan_result gossamer_scan(const uint8_t *bytes, size_t length, uint32_t max_depth)
{
    struct scan_context context;
    context.user.stack_base = (const char *)&context.stack[0].obj;
    context.user.stack_stride = sizeof(context.stack[0]);
    context.user.max_depth = max_depth < GOSSAMER_SCAN_DEPTH_LIMIT ? max_depth : GOSSAMER_SCAN_DEPTH_LIMIT;
    context.user.too_deep = 0;
    scan_init(&context);

    gossamer_scan_result result = {GOSSAMER_SCAN_TRUNCATED, 0};
    if (length == 0) {
        return result;
    }
    int status = scan_execute(&context, (const char *)bytes, length, &result.offset);
    if (status > 0) {
        result.status = GOSSAMER_SCAN_COMPLETE;
    } else if (status < 0) {
        if (context.user.too_deep || status == MSGPACK_UNPACK_NOMEM_ERROR) {
            result.status = GOSSAMER_SCAN_TOO_DEEP;
        } else if (result.offset < length && bytes[result.offset] == 0xc1) {
            result.status = GOSSAMER_SCAN_RESERVED;
        }
    }
    return result;
}
