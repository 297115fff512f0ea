import Glibc
import Synchronization

/// Hands out ports of 127.0.0.1 that nobody listens on, to tests of one process and of several. Those below them are written
/// into the tests of whole meshes.
public enum TestPorts {
    private static let range = 28_000..<32_500
    private static let next = Mutex(range.lowerBound + Int(getpid()) * 37 % 4_000)

    /// The first of `count` consecutive free ports.
    public static func block(of count: Int = 3) -> UInt16 {
        for _ in 0..<4000 {
            let first = next.withLock { next in
                if next + count >= range.upperBound { next = range.lowerBound }
                defer { next += count }
                return next
            }
            if (first..<first + count).allSatisfy(isFree) { return UInt16(first) }
        }
        preconditionFailure("no \(count) consecutive free ports in \(range)")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
