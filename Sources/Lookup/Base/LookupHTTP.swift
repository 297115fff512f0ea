import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import World

/// Asks servers outside the mesh over HTTP: no redirect is followed, no proxy of the environment is used, no body is longer than allowed or
/// arrives packed, and every error is a sentence.
package enum LookupHTTP {
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]
        let headers: HTTPHeaders
        /// By this node's clock.
        let receivedAt: WallTime

        func header(_ name: String) -> String? { headers.first(name: name) }

        /// For how long it holds, by its own word.
        var freshness: HTTPFreshness {
            let control = headers["Cache-Control"]
            return HTTPFreshness(
                cacheControl: control.isEmpty ? nil : control.joined(separator: ","), expires: header("Expires"), date: header("Date"),
                age: header("Age"), now: receivedAt)
        }
    }

    /// What has no answer: nobody there, too late, too long.
    package struct NoAnswer: OutsideError, Sendable, CustomStringConvertible {
        package let description: String
        package let verdict: OutsideVerdict
    }

    /// One for the process, which ends with it.
    private static let client = makeClient()

    /// - Parameter addresses: what names of hosts lead to, whatever the system says.
    private static func makeClient(_ addresses: [String: String] = [:]) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        // How many there may be is the door's to say.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = OutsideFigures.callsAllowed.upperBound
        configuration.timeout.connect = .seconds(5)
        configuration.dnsOverride = addresses
        return HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    /// - Parameters:
    ///   - patience: for everything, from the waiting for a place to the last byte of the body, repetitions included.
    ///   - limit: bytes of the body.
    ///   - outside: the door to the host.
    ///   - addresses: connect to the first of these that can be reached, whatever the name of the host leads to, which is not asked for.
    ///     The name stays the one of `Host` and of TLS. With none, to whatever the system says.
    /// - Throws: ``NoAnswer``, ``OutsideRefusal``, `CancellationError`.
    package static func get(
        _ url: String, accept: String, patience: Duration, limit: Int, through outside: OutsideHosts, at addresses: [IPAddress] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: accept)
        // A body that is packed has no length that could be bounded before it is read.
        request.headers.add(name: "Accept-Encoding", value: "identity")
        request.headers.add(name: "User-Agent", value: "gossamer")
        // The library takes any number for a port, and does not survive it.
        guard HTTPReference.port(url) != nil else { throw NoAnswer(description: "its address has no good port", verdict: .untold) }
        let question = request, call = OutsideCall(HTTPReference.endpoint(url), patience: patience)
        return try await outside.ask(call) { rest in
            do {
                let answer = try await once(question, rest, limit, outside.world, at: addresses)
                return OutsideAnswer(answer, answer.verdict)
            } catch let late as TooLate {
                // A host that was given too little time has not failed.
                let words = "no \(late.hadHead ? "whole " : "")answer within \(patience.milliseconds) ms"
                let verdict = rest < call.silence ? OutsideVerdict.untold : .faulty(words, isTransient: false)
                throw NoAnswer(description: words, verdict: verdict)
            }
        }
    }

    private static func once(
        _ request: HTTPClientRequest, _ patience: Duration, _ limit: Int, _ world: any World, at addresses: [IPAddress]
    ) async throws -> Answer {
        let deadline = world.now + patience, host = HTTPReference.host(request.url)
        // An address needs no name to be found by, and is its own judged one.
        let isNamed = IPAddress(host) == nil
        var places = isNamed ? addresses.prefix(addressLimit).map(Optional.some) : []
        if places.isEmpty { places = [nil] }
        while true {
            let place = places.removeFirst()
            do {
                guard let place else { return try await exchange(request, by: client, deadline - world.now, limit, world) }
                // The library knows only of addresses for all that a client asks, so this question has a client of its own.
                let own = makeClient(Dictionary([host, host.lowercased()].map { ($0, place.addressText) }, uniquingKeysWith: { $1 }))
                let answer: Result<Answer, any Error>
                do { answer = .success(try await exchange(request, by: own, deadline - world.now, limit, world)) } catch {
                    answer = .failure(error)
                }
                try? await own.shutdown()
                return try answer.get()
            } catch let error as CancellationError {
                throw error
            } catch let error as TooLate {
                throw error
            } catch {
                try Task.checkCancellation()
                // Where nobody was reached, nobody was asked.
                if !places.isEmpty, error.isWithoutConnection, world.now < deadline { continue }
                throw NoAnswer(error, limit: limit)
            }
        }
    }

    /// Of one host's addresses, that are tried.
    private static let addressLimit = 4

    private struct TooLate: Error {
        /// The server had begun to answer.
        let hadHead: Bool
    }

    /// The library's own deadline ends with the head, and a body may trickle for ever: so one clock is set against both together.
    private static func exchange(
        _ request: HTTPClientRequest, by client: HTTPClient, _ patience: Duration, _ limit: Int, _ world: any World
    ) async throws -> Answer {
        let progress = Progress()
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                let response = try await client.execute(request, deadline: .distantFuture)
                progress.hasHead.store(true, ordering: .relaxed)
                let body = try await response.body.collect(upTo: limit)
                return Answer(
                    status: Int(response.status.code), body: Array(body.readableBytesView), headers: response.headers,
                    receivedAt: world.wallTime)
            }
            group.addTask {
                try await world.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else {
                throw TooLate(hadHead: progress.hasHead.load(ordering: .relaxed))
            }
            return answer
        }
    }

    private final class Progress: Sendable {
        let hasHead = Atomic(false)
    }

    /// The name that the contract's texts use for a status, as `NotFound` for 404; the number where there is none.
    static func name(ofStatus status: Int) -> String {
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        let name = phrase.filter { $0.isASCII && $0.isLetter }
        return name.isEmpty || phrase == "Unknown" ? "\(status)" : name
    }
}
