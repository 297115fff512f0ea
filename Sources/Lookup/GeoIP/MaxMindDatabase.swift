import CLookup
import CMaxMindDB
import Glibc
import Synchronization
import World

/// A database file of the MaxMind format, kept open, and opened again when it has been replaced.
///
/// Files are mapped into memory by libmaxminddb. Replace one by renaming another over it: a file that is written in place may
/// change while it is read.
final class MaxMindDatabase: Sendable {
    /// What tells a file from the one that had its name before.
    private struct Identity: Equatable {
        let device, inode, size, seconds, nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = Int(truncatingIfNeeded: status.st_dev)
            inode = Int(truncatingIfNeeded: status.st_ino)
            size = Int(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private final class Handle {
        let pointer: UnsafeMutablePointer<MMDB_s>
        let identity: Identity?

        init(_ path: String) throws(LookupFailure) {
            identity = Identity(path)
            pointer = .allocate(capacity: 1)
            let code = MMDB_open(path, UInt32(MMDB_MODE_MMAP), pointer)
            guard code == MMDB_SUCCESS else {
                let reason = code == MMDB_FILE_OPEN_ERROR ? String(cString: strerror(errno)) : String(cString: MMDB_strerror(code))
                pointer.deallocate()
                isOpen = false
                throw LookupFailure("the database \(path) cannot be used: \(reason)")
            }
            isOpen = true
        }

        private let isOpen: Bool

        deinit {
            guard isOpen else { return }
            MMDB_close(pointer)
            pointer.deallocate()
        }
    }

    /// What a file says of an address.
    struct Record: Sendable {
        /// By path, as `location/latitude`.
        let values: [String: Value]
    }

    enum Value: Hashable, Sendable {
        case text(String)
        case whole(UInt64)
        /// What is negative or broken; any value at all, NaN among them.
        case number(Double)
    }

    struct Answer: Sendable {
        let record: Record?
        /// `GeoLite2-City` and the like, as the file calls itself.
        let type: String
        let builtAt: WallTime
    }

    let path: String
    private let handle = Mutex<Handle?>(nil)

    init(path: String) { self.path = path }

    /// What the file says at `paths` of the address. Reads a file: not for an actor's thread.
    func find(_ address: IPAddress, _ paths: [String]) throws(LookupFailure) -> Answer {
        try handle.withLock { handle throws(LookupFailure) in
            let current: Handle
            if let known = handle, known.identity == Identity(path) { current = known } else { current = try Handle(path) }
            handle = current
            var entry = MMDB_entry_s()
            let found = clookup_mmdb_find(current.pointer, address.bytes, Int32(address.bytes.count), &entry)
            guard found >= 0 else {
                throw LookupFailure("the database \(path) is damaged: \(String(cString: MMDB_strerror(-found)))")
            }
            let metadata = current.pointer.pointee.metadata
            // A damaged file may name any second; one that is none of ours becomes some other.
            let builtAt = WallTime(nanosecondsSince1970: Int64(truncatingIfNeeded: metadata.build_epoch) &* 1_000_000_000)
            return Answer(
                record: found == 1 ? Self.record(&entry, paths) : nil,
                type: metadata.database_type.map { String(cString: $0) } ?? "", builtAt: builtAt)
        }
    }

    private static func record(_ entry: inout MMDB_entry_s, _ paths: [String]) -> Record {
        var values: [String: Value] = [:]
        for path in paths {
            let value = clookup_mmdb_value(&entry, path)
            switch value.kind {
            case CLOOKUP_TEXT:
                guard let text = value.text else { continue }
                let bytes = UnsafeRawBufferPointer(start: text, count: Int(value.length))
                values[path] = .text(String(decoding: bytes, as: UTF8.self))
            case CLOOKUP_WHOLE: values[path] = .whole(value.whole)
            case CLOOKUP_NUMBER: values[path] = .number(value.number)
            default: continue
            }
        }
        return Record(values: values)
    }
}
