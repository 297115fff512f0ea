#include "CStoreFile.h"
#include <sqlite3.h>
#include <string.h>

// One open database: this, and right behind it the file of the system's own layer.
typedef struct {
    sqlite3_file base;
    // The file is a store's.
    int is_sealed;
} sealed_file;

static sqlite3_vfs *below;
static sqlite3_vfs layer;
static uint32_t wanted_application;

static sqlite3_file *under(sqlite3_file *file) { return (sqlite3_file *)((sealed_file *)file + 1); }

static uint64_t load(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

// Each step is a bijection of the state and of the word: one damaged word is always noticed. The page's place is part of it, so
// that a page that was written to another's place is noticed too.
static uint64_t checksum(const uint8_t *page, int64_t index) {
    uint64_t state = (uint64_t)index + 0x476f7373616d6572;
    for (int i = 0; i < GOSSAMER_PAGE_SIZE - GOSSAMER_PAGE_RESERVE; i += 8) {
        state = (state ^ load(page + i)) * 0x9e3779b97f4a7c15;
        state ^= state >> 32;
    }
    return state;
}

void gossamer_seal_page(uint8_t *page, int64_t index) {
    uint64_t sum = checksum(page, index);
    memcpy(page + GOSSAMER_PAGE_SIZE - GOSSAMER_PAGE_RESERVE, &sum, 8);
}

// A page that the file was extended over and that was never written. SQLite takes nothing from it: it is no node of a tree, and
// as part of a long value it does not match the value's checksum.
static int is_hole(const uint8_t *page) { return page[0] == 0 && memcmp(page, page + 1, GOSSAMER_PAGE_SIZE - 1) == 0; }

static int is_whole(const uint8_t *page, int64_t index) {
    return checksum(page, index) == load(page + GOSSAMER_PAGE_SIZE - GOSSAMER_PAGE_RESERVE) || is_hole(page);
}

// Learns from a header whose file it is. An error when it is a store's and says what no store's does.
static int learn(sealed_file *file, const uint8_t *header) {
    uint32_t application = (uint32_t)header[68] << 24 | (uint32_t)header[69] << 16 | (uint32_t)header[70] << 8 | header[71];
    file->is_sealed = memcmp(header, "SQLite format 3", 16) == 0 && application == wanted_application;
    if (!file->is_sealed) return SQLITE_OK;
    int size = header[16] << 8 | header[17];
    return size == GOSSAMER_PAGE_SIZE && header[20] == GOSSAMER_PAGE_RESERVE ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int is_page(const sealed_file *file, int count, sqlite3_int64 offset) {
    return file->is_sealed && count == GOSSAMER_PAGE_SIZE && offset % GOSSAMER_PAGE_SIZE == 0;
}

static int sealed_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    sealed_file *self = (sealed_file *)file;
    int code = under(file)->pMethods->xRead(under(file), bytes, count, offset);
    if (code != SQLITE_OK) return code;
    if (offset == 0 && count >= 100) code = learn(self, bytes);
    if (code != SQLITE_OK || !is_page(self, count, offset)) return code;
    return is_whole(bytes, offset / GOSSAMER_PAGE_SIZE) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int sealed_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    sealed_file *self = (sealed_file *)file;
    if (offset == 0 && count >= 100) {
        int code = learn(self, bytes);
        if (code != SQLITE_OK) return code;
    }
    if (!is_page(self, count, offset)) return under(file)->pMethods->xWrite(under(file), bytes, count, offset);
    uint8_t page[GOSSAMER_PAGE_SIZE];
    memcpy(page, bytes, GOSSAMER_PAGE_SIZE);
    gossamer_seal_page(page, offset / GOSSAMER_PAGE_SIZE);
    return under(file)->pMethods->xWrite(under(file), page, count, offset);
}

// No page is read past the checksum, through a mapping.
static int sealed_fetch(sqlite3_file *file, sqlite3_int64 offset, int count, void **page) {
    (void)file, (void)offset, (void)count;
    *page = NULL;
    return SQLITE_OK;
}

static int sealed_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page) {
    (void)file, (void)offset, (void)page;
    return SQLITE_OK;
}

// The rest is the system's.

static int sealed_close(sqlite3_file *file) { return under(file)->pMethods->xClose(under(file)); }
static int sealed_truncate(sqlite3_file *file, sqlite3_int64 size) { return under(file)->pMethods->xTruncate(under(file), size); }
static int sealed_sync(sqlite3_file *file, int flags) { return under(file)->pMethods->xSync(under(file), flags); }
static int sealed_size(sqlite3_file *file, sqlite3_int64 *size) { return under(file)->pMethods->xFileSize(under(file), size); }
static int sealed_lock(sqlite3_file *file, int lock) { return under(file)->pMethods->xLock(under(file), lock); }
static int sealed_unlock(sqlite3_file *file, int lock) { return under(file)->pMethods->xUnlock(under(file), lock); }
static int sealed_reserved(sqlite3_file *file, int *is_held) {
    return under(file)->pMethods->xCheckReservedLock(under(file), is_held);
}
static int sealed_control(sqlite3_file *file, int what, void *value) {
    return under(file)->pMethods->xFileControl(under(file), what, value);
}
static int sealed_sector(sqlite3_file *file) { return under(file)->pMethods->xSectorSize(under(file)); }
static int sealed_traits(sqlite3_file *file) { return under(file)->pMethods->xDeviceCharacteristics(under(file)); }
static int sealed_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    return under(file)->pMethods->xShmMap(under(file), region, size, extend, memory);
}
static int sealed_map_lock(sqlite3_file *file, int offset, int count, int flags) {
    return under(file)->pMethods->xShmLock(under(file), offset, count, flags);
}
static void sealed_barrier(sqlite3_file *file) { under(file)->pMethods->xShmBarrier(under(file)); }
static int sealed_unmap(sqlite3_file *file, int is_deleted) { return under(file)->pMethods->xShmUnmap(under(file), is_deleted); }

static const sqlite3_io_methods sealed_methods = {
    .iVersion = 3,
    .xClose = sealed_close,
    .xRead = sealed_read,
    .xWrite = sealed_write,
    .xTruncate = sealed_truncate,
    .xSync = sealed_sync,
    .xFileSize = sealed_size,
    .xLock = sealed_lock,
    .xUnlock = sealed_unlock,
    .xCheckReservedLock = sealed_reserved,
    .xFileControl = sealed_control,
    .xSectorSize = sealed_sector,
    .xDeviceCharacteristics = sealed_traits,
    .xShmMap = sealed_map,
    .xShmLock = sealed_map_lock,
    .xShmBarrier = sealed_barrier,
    .xShmUnmap = sealed_unmap,
    .xFetch = sealed_fetch,
    .xUnfetch = sealed_unfetch,
};

static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    // Logs, journals and temporary files are not looked at: the system's layer has them to itself.
    if (!(flags & SQLITE_OPEN_MAIN_DB)) return below->xOpen(below, name, file, flags, out_flags);
    sealed_file *self = (sealed_file *)file;
    memset(self, 0, sizeof *self);
    memset(under(file), 0, (size_t)below->szOsFile);
    int code = below->xOpen(below, name, under(file), flags, out_flags);
    // SQLite closes a file that has methods, also after an error.
    if (under(file)->pMethods) file->pMethods = &sealed_methods;
    return code;
}

int gossamer_store_files(uint32_t application_id) {
    wanted_application = application_id;
    below = sqlite3_vfs_find(NULL);
    if (!below) return SQLITE_ERROR;
    // A file's methods beyond the first version are those that a log in shared memory needs; all of the system's layers have them.
    layer = *below;
    layer.pNext = NULL;
    layer.zName = "gossamer";
    layer.szOsFile = (int)sizeof(sealed_file) + below->szOsFile;
    layer.xOpen = layer_open;
    return sqlite3_vfs_register(&layer, 1);
}
