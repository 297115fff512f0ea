// A layer under SQLite that gives every page of a store's database a checksum, and holds each page that is read against it.
//
// A checksum on every row shows a row that has changed. It does not show one that is not found: a flipped bit in a page's list of
// rows, or in a key that a search passes on its way, hides rows that are whole. Of 300 single flipped bytes 5 did that, and
// nothing else was wrong. So the pages have checksums too, which is what SQLite's own extension cksumvfs does; but that is not part
// of the libraries that systems bring.
//
// The last 8 bytes of each page are reserved for it: SQLite leaves them alone when the header says so. The log has checksums of its
// own, which SQLite checks when it opens it.
#pragma once
#include <stdint.h>

/// Bytes of a page.
#define GOSSAMER_PAGE_SIZE 4096
/// Bytes at the end of each page that are the checksum's.
#define GOSSAMER_PAGE_RESERVE 8

/// Makes the layer SQLite's usual way to files, for the whole process. It acts on databases whose header has this application id,
/// and passes all else through. To be called once, before the first is opened. An SQLite result code.
int gossamer_store_files(uint32_t application_id);

/// Writes the checksum of a page, which is the `index`th of its file from 0, to its end.
void gossamer_seal_page(uint8_t *page, int64_t index);
