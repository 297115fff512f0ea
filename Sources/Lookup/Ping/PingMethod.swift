import CLookup
import Glibc

/// How a node finds out whether a host answers.
public enum PingMethod: String, Codable, Hashable, Sendable, CaseIterable {
    /// Echoes through a socket that needs no right, where the system permits it (`net.ipv4.ping_group_range`).
    case icmp
    /// Echoes through a raw socket, for root and whoever has CAP_NET_RAW.
    case icmpRaw = "icmp-raw"
    /// The beginning of TCP connections; a refusal is an answer, too. Always permitted, and seen by more firewalls.
    case tcp

    /// Why this process may not use it for addresses of this kind; `nil` when it may. Opens a socket, and sends nothing.
    func refusal(_ version: IPAddress.Version) -> String? {
        guard self != .tcp else { return nil }
        do throws(SystemFailure) {
            _ = try PingSocket.icmp(version, raw: self == .icmpRaw)
            return nil
        } catch {
            // Where there is no such network, no method has anything to say.
            return error.number == EAFNOSUPPORT ? nil : refusal(error)
        }
    }

    /// The same, of a socket that was not opened.
    func refusal(_ failure: SystemFailure) -> String {
        let remedy = switch self {
        case .icmp: "net.ipv4.ping_group_range must have the group of the process"
        case .icmpRaw: "the process needs CAP_NET_RAW"
        case .tcp: "another method must be allowed"
        }
        return "\(rawValue): \(failure) (\(remedy))"
    }
}

/// A descriptor that is closed with its last user.
final class PingSocket: Sendable {
    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// A connected socket for echoes, so that the system drops what others send and reports what is in the way.
    /// - Throws: ``SystemFailure`` from opening (``SystemFailure/isForbidden`` where the method is not for this process) or connecting.
    static func icmp(_ address: IPAddress, raw: Bool) throws(SystemFailure) -> PingSocket {
        let socket = try icmp(address.version, raw: raw)
        try SystemFailure.check(clookup_connect(socket.descriptor, address.bytes, Int32(address.bytes.count), 0, address.scope))
        return socket
    }

    /// The same, not connected.
    static func icmp(_ version: IPAddress.Version, raw: Bool) throws(SystemFailure) -> PingSocket {
        PingSocket(try SystemFailure.check(clookup_icmp_open(version.family, raw ? 1 : 0)))
    }

    /// A socket on its way to a connection, or already there.
    static func tcp(_ address: IPAddress, port: UInt16) throws(SystemFailure) -> PingSocket {
        let socket = PingSocket(try SystemFailure.check(clookup_tcp_open(address.version.family)))
        let code = clookup_connect(socket.descriptor, address.bytes, Int32(address.bytes.count), port, address.scope)
        if code != -EINPROGRESS { try SystemFailure.check(code) }
        return socket
    }
}

/// An error number of the system.
struct SystemFailure: Error, Hashable, Sendable, CustomStringConvertible {
    let number: Int32

    var description: String { String(cString: strerror(number)) }

    /// True when this process may not do it, or this system cannot.
    var isForbidden: Bool { [EACCES, EPERM, EPROTONOSUPPORT, ESOCKTNOSUPPORT].contains(number) }

    @discardableResult
    static func check(_ code: Int32) throws(SystemFailure) -> Int32 {
        guard code < 0 else { return code }
        throw SystemFailure(number: -code)
    }
}

extension IPAddress.Version {
    fileprivate var family: Int32 { self == .v4 ? AF_INET : AF_INET6 }
}

extension IPAddress {
    /// The number of the zone's interface; 0 without one.
    fileprivate var scope: UInt32 { zone.map { clookup_interface($0) } ?? 0 }

    /// Why this node cannot send to it whatever it tries; `nil` when it may. (The system would say "Invalid argument".)
    var obstacle: String? {
        if let zone, scope == 0 { return "it has no interface \(zone)" }
        guard zone == nil, version == .v6, specialRange?.kind == .linkLocal else { return nil }
        return "a link-local address needs a zone, such as \(addressText)%eth0"
    }
}
