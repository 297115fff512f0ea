import Foundation
import World

/// A dnsmasq of the tests' own, on a free port of 127.0.0.1, that ends with this process, however that ends.
public final class NameServer: Sendable {
    /// `127.0.0.1:PORT`.
    public let address: String
    private let process: ChildProcess

    /// - Parameter records: arguments of dnsmasq, as `--host-record=a.test,192.0.2.1`. Domains for which it shall say that there are no
    ///   others need a `--local=/test/`; what it knows nothing of it refuses.
    /// - Throws: ``CommandLineTool/Failure`` when it is not there and cannot be installed, or does not start.
    public static func start(records: [String]) async throws -> NameServer {
        try await onOwnThread { try NameServer(records: records) }
    }

    private init(records: [String]) throws {
        let program = try SystemPackages.program(["/usr/sbin/dnsmasq"], from: ["dnsmasq-base"], purpose: "ask a real name server")
        let port = TestPorts.block(of: 1)
        address = "127.0.0.1:\(port)"
        let arguments = [
            "--no-daemon", "--conf-file=/dev/null", "--port=\(port)", "--listen-address=127.0.0.1", "--bind-interfaces",
            "--no-resolv", "--no-hosts", "--no-poll", "--pid-file=", "--local-ttl=120", "--log-facility=/dev/null",
        ] + records
        // The shell waits for the end of its input, which comes with the end of this process.
        let line = "\"$0\" \"$@\" </dev/null & cat; kill $!; wait $!"
        process = try ChildProcess(
            path: "/bin/sh", arguments: ["-c", line, program] + arguments, input: .lifeline, output: .file("/dev/null"),
            error: .file("/dev/null"))
        try Self.wait(for: port)
    }

    /// It listens for TCP on the same port.
    private static func wait(for port: UInt16) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        for _ in 0..<1_000 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            let isOpen = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isOpen { return }
            usleep(20_000)
        }
        throw CommandLineTool.Failure(description: "dnsmasq did not listen on port \(port) within 20 s")
    }
}
