import Hummingbird
import JSONDocument
import Logging
import Lookup
import Synchronization
import Web
import World

/// The lab's RDAP servers in one process: the bootstrap registries, the server that answers as it should, and all the others.
///
/// `/rdap/dns.json`, `/rdap/ipv4.json` and `/rdap/ipv6.json` are the registries, `/domain/NAME` and `/ip/ADDRESS` the objects.
/// `/trespasses` counts the questions that went where none may lead (``LabTrap``).
package final class RDAPServer: Sendable {
    /// Between two bytes of a document that is slow, and how many there are: two minutes, longer than anybody waits.
    private static let pause = Duration.milliseconds(100), slowBytes = 1_200
    /// Bytes of a document that is too long.
    private static let hugeBytes = 4 << 20
    /// Redirects one after the other, more than anybody follows.
    private static let endlessHops = 100
    /// For how long a server wants to be left alone.
    package static let rest = Duration.seconds(30)
    /// For how long a document may be kept.
    private static let lifetime = 60
    private static let type = "application/rdap+json"

    private let world: any World
    private let server: WebServer
    private let trespasses: Trespasses

    private final class Trespasses: Sendable { let count = Mutex(0) }

    /// - Parameters:
    ///   - address: where it listens.
    ///   - origin: the beginning of the address of a server, `http://` and host and port, by its name in ``RDAPHosts``.
    package init(
        _ address: WebAddress, world: any World, logger: Logger, origin: @escaping @Sendable (String) -> String = { "http://\($0)" }
    ) {
        self.world = world
        let trespasses = Trespasses()
        self.trespasses = trespasses
        let documents = RDAPDocuments(origin: origin)
        // What is slow is slow on purpose, and no deadline of the server's own may cut it short.
        let limits = WebLimits(requestDeadline: .seconds(180), stall: .seconds(180), stopGrace: .seconds(1))
        server = WebServer(
            name: "lab.rdap", address: address, routes: Self.routes(documents, trespasses, world), world: world, limits: limits,
            logger: logger)
    }

    /// Listens. Returns the port.
    /// - Throws: `WebServerError`.
    @discardableResult
    package func start() async throws(WebServerError) -> Int { try await server.start() }

    package func stop() async { await server.stop() }

    private static func routes(_ documents: RDAPDocuments, _ trespasses: Trespasses, _ world: any World) -> [WebRoute] {
        [
            WebRoute(.get, "/rdap/{registry}") { request in
                let name = request.parameter("registry")
                guard name.hasSuffix(".json"), let json = documents.registry(String(name.dropLast(".json".count))) else {
                    throw Problem.notFound("there is no registry \(name)")
                }
                return .json(json, type: "application/json", headers: [.cacheControl: "max-age=86400"])
            },
            WebRoute(.get, "/domain/{name}") { request in
                let name = request.parameter("name")
                guard let conduct = RDAPConduct(domain: name) else { return answer(documents.domain(name), "domain \(name)") }
                return try await act(conduct, documents, world)
            },
            WebRoute(.get, "/hop/{count}") { request in
                let count = Int(request.parameter("count")) ?? 0
                guard count > 0 else { return answer(documents.domain(RDAPConduct.chain.domain), "domain") }
                return redirect("/hop/\(count - 1)")
            },
            WebRoute(.get, "/ip/{address}") { request in
                let text = request.parameter("address")
                guard let address = IPAddress(text) else { throw Problem(status: 400, detail: "\"\(text.prefix(64))\" is no address") }
                return answer(documents.network(of: address), "network of \(address)")
            },
            WebRoute(.get, "/latest/meta-data/") { _ in
                trespasses.count.withLock { $0 += 1 }
                return .text("secret\n")
            },
            WebRoute(.get, "/trespasses") { _ in .json(["trespasses": .number(trespasses.count.withLock { $0 })]) },
        ]
    }

    private static func answer(_ document: JSON?, _ what: String) -> Response {
        guard let document else { return .json(RDAPDocuments.missing(what), status: .notFound, type: type) }
        return .json(document, type: type, headers: [.cacheControl: "max-age=\(lifetime)"])
    }

    private static func redirect(_ location: String) -> Response { .text("", status: .found, headers: [.location: location]) }

    private static func busy(_ retryAfter: String?) -> Response {
        .text("too many questions\n", status: .tooManyRequests, headers: retryAfter.map { [.retryAfter: $0] } ?? [:])
    }

    private static func act(_ conduct: RDAPConduct, _ documents: RDAPDocuments, _ world: any World) async throws -> Response {
        let trap = "/latest/meta-data/", document = documents.domain(conduct.domain)
        let text = (document?.text() ?? "{}") + "\n"
        return switch conduct {
        case .missing: answer(nil, "domain \(conduct.domain)")
        case .busySeconds: busy("\(rest.milliseconds / 1_000)")
        case .busyDate: busy(WallTime(nanosecondsSince1970: world.wallTime.nanosecondsSince1970 + rest.nanoseconds).httpDate)
        case .busy: busy(nil)
        case .failing: .text("out of order\n", status: .internalServerError)
        case .page: .text("<!DOCTYPE html><title>Sorry</title><p>Come back later.</p>\n", type: "text/html; charset=utf-8")
        case .garbled: .text(String(text.prefix(40)), type: type)
        case .list: .text("[\(text)]", type: type)
        case .huge: .text("{\"a\":\"" + String(repeating: "a", count: hugeBytes) + "\"}", type: type)
        case .slow: trickle(text, world)
        case .cutOff: cutOff(text)
        case .chain: redirect(documents.origin(RDAPHosts.good) + "/hop/2")
        case .loop: redirect("/domain/\(conduct.domain)")
        case .endless: redirect("/hop/\(endlessHops)")
        case .inside: redirect("http://\(LabTrap.private)\(trap)")
        case .metadata: redirect("http://\(LabTrap.metadata)\(trap)")
        case .metadataByName: redirect("http://\(LabTrap.name)\(trap)")
        case .metadataMapped: redirect("http://[::ffff:\(LabTrap.metadata)]\(trap)")
        case .elsewhere: redirect("ftp://\(RDAPHosts.good)/domain.txt")
        case .deadFirst, .dead, .unserved: answer(document, "domain \(conduct.domain)")
        }
    }

    private static func trickle(_ text: String, _ world: any World) -> Response {
        let padding = String(repeating: " ", count: max(0, slowBytes - text.utf8.count))
        let body = ResponseBody { writer in
            for byte in (text + padding).utf8 {
                try await writer.write(ByteBuffer(bytes: [byte]))
                try await world.sleep(for: pause)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: type], body: body)
    }

    /// Who cuts an answer off promises more than it gives.
    private static func cutOff(_ text: String) -> Response {
        let half = ByteBuffer(string: String(text.prefix(text.count / 2)))
        let body = ResponseBody(contentLength: text.utf8.count) { writer in
            try await writer.write(half)
            throw CancellationError()
        }
        return Response(status: .ok, headers: [.contentType: type], body: body)
    }
}
