import Glibc

/// Asks whether a TCP port can be bound, by binding it for a moment.
public enum PortProbe {
    public enum Answer: Hashable, Sendable {
        case free
        case inUse
        /// Below 1024 and not root, or the address is not of this machine: the system's own words.
        case refused(String)
    }

    /// - Parameter host: an IPv4 address, or `*` for all of them.
    public static func probe(host: String, port: Int) -> Answer {
        guard let number = UInt16(exactly: port) else { return .refused("\(port) is no port") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        if host == "*" || host == "0.0.0.0" {
            address.sin_addr.s_addr = 0
        } else if inet_pton(AF_INET, host, &address.sin_addr) != 1 {
            // A name: whoever binds it resolves it, and says so when it cannot.
            return .free
        }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .refused(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        // As the nodes themselves do, so that connections of a node that has just ended do not count as use.
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 1) == 0 else {
            return errno == EADDRINUSE ? .inUse : .refused(String(cString: strerror(errno)))
        }
        return .free
    }
}
