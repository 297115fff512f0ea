import CLookup
import CMaxMindDB
import Glibc
import World

/// What tells a file from the one that had its name before, and from itself before it was written to.
struct FileIdentity: Equatable {
    private let device, inode, size, seconds, nanoseconds: Int

    /// `nil` when there is none.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        device = Int(truncatingIfNeeded: status.st_dev)
        inode = Int(truncatingIfNeeded: status.st_ino)
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// One state of a database file, as libmaxminddb reads it.
///
/// The library maps files into memory, where one that is cut short while it is read would end the process. So it is given a copy that
/// nobody can change, which costs as much memory as the file has bytes.
final class MaxMindImage {
    /// Why a file cannot be used, in words that follow its name and a colon.
    struct Refusal: Error {
        let description: String
    }

    /// Bytes of a file that is read. The largest that are sold have half as many.
    static let limit: UInt64 = 1 << 30

    let identity: FileIdentity
    private let pointer: UnsafeMutablePointer<MMDB_s>

    /// - Throws: ``Refusal``. A file that changes while it is copied, or whose tree leads out of it, is none that can be used.
    init(_ path: String) throws(Refusal) {
        let file = clookup_file_open(path)
        guard file >= 0 else { throw Refusal(description: String(cString: strerror(-file))) }
        defer { close(file) }
        let before = try Self.status(file)
        guard before.st_mode & S_IFMT == S_IFREG else { throw Refusal(description: "it is no file") }
        let copy = clookup_memory_copy(file, Self.limit)
        guard copy >= 0 else { throw Refusal(description: String(cString: strerror(-copy))) }
        defer { close(copy) }
        identity = FileIdentity(before)
        guard identity == FileIdentity(try Self.status(file)) else { throw Refusal(description: "it is being written") }
        let pointer = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)
        let code = MMDB_open("/proc/self/fd/\(copy)", UInt32(MMDB_MODE_MMAP), pointer)
        guard code == MMDB_SUCCESS else {
            pointer.deallocate()
            throw Refusal(description: String(cString: MMDB_strerror(code)))
        }
        self.pointer = pointer
        guard isSound else { throw Refusal(description: "its tree is damaged") }
    }

    deinit {
        MMDB_close(pointer)
        pointer.deallocate()
    }

    private static func status(_ file: Int32) throws(Refusal) -> stat {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Refusal(description: String(cString: strerror(errno))) }
        return status
    }

    /// As the file calls itself.
    var type: String { pointer.pointee.metadata.database_type.map { String(cString: $0) } ?? "" }

    /// A damaged file may name any second; one that is none of ours becomes some other.
    var builtAt: WallTime {
        WallTime(nanosecondsSince1970: Int64(truncatingIfNeeded: pointer.pointee.metadata.build_epoch) &* 1_000_000_000)
    }

    /// For sentences.
    var words: String { "\(type), built \(builtAt.iso8601.prefix(10))" }

    /// Whether the tree leads somewhere from all its ends that are looked at: one address of each /8 of IPv4, and of each /8 of what IPv6
    /// gives to hosts. The whole of a large tree would take seconds.
    private var isSound: Bool {
        let four = (UInt8.min...UInt8.max).map { [$0, 0, 0, 1] }
        let six = (UInt8(0x20)...0x3F).map { [$0, 1] + [UInt8](repeating: 0, count: 14) }
        return (four + six).allSatisfy { bytes in
            var entry = MMDB_entry_s()
            return clookup_mmdb_find(pointer, bytes, Int32(bytes.count), &entry) >= 0
        }
    }

    /// What it says at `paths` of the address; empty when it does not know it, `nil` when it is damaged there.
    func find(_ address: IPAddress, _ paths: [String]) -> [String: MaxMindDatabase.Value]? {
        var entry = MMDB_entry_s()
        let found = clookup_mmdb_find(pointer, address.bytes, Int32(address.bytes.count), &entry)
        guard found >= 0 else { return nil }
        var values: [String: MaxMindDatabase.Value] = [:]
        for path in found == 1 ? paths : [] {
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
        return values
    }
}
