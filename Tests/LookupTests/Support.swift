import Foundation
import JSONDocument
import Lookup
import Testing
import TestSupport
import World

/// The document of a lookup, or the sentence that it failed with.
func look(_ worker: some LookupWorker, _ target: String) async throws -> Result<JSON, LookupFailure> {
    do {
        return .success(try await worker.lookUp(try LookupTarget(target), SystemWorld()))
    } catch let failure as LookupFailure {
        return .failure(failure)
    }
}

extension Result<JSON, LookupFailure> {
    var json: JSON? { try? get() }
    var complaint: String? { if case .failure(let failure) = self { failure.message } else { nil } }
}

/// Workers ask nobody but the name server of the tests.
enum Names {
    /// Started, and installed if need be, once for all.
    private static let starting = Task {
        let many = (1...60).map { "--host-record=many.lookup.test,198.51.100.\($0)" }
        return try await NameServer.start(records: [
            "--local=/test/", "--local=/in-addr.arpa/", "--local=/ip6.arpa/", "--host-record=host.lookup.test,192.0.2.1,2001:db8::1",
            "--host-record=loop.lookup.test,127.0.0.1", "--host-record=six.lookup.test,::1", "--cname=alias.lookup.test,loop.lookup.test",
            "--ptr-record=9.2.0.192.in-addr.arpa,first.lookup.test", "--ptr-record=9.2.0.192.in-addr.arpa,second.lookup.test",
            "--txt-record=text.lookup.test,nothing else", "--host-record=google.lookup.test,8.8.8.8",
        ] + many)
    }

    static func client() async throws -> DNSClient { DNSClient(.init(servers: [try await starting.value.address])) }

    static func resolver() async throws -> LookupResolver { LookupResolver(try await client()) }

    /// Nobody listens there.
    static var deadAddress: String { "127.0.0.1:\(TestPorts.block(of: 1))" }
}

/// A folder that is removed when this value goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "lookup-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
