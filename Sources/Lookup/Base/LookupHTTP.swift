import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import World

/// Asks servers outside the mesh over HTTP: no redirect is followed, no body is longer than allowed, and every error is a sentence.
package enum LookupHTTP {
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]
        let headers: HTTPHeaders

        func header(_ name: String) -> String? { headers.first(name: name) }
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
    ///   - address: connect to this, whatever the name of the host leads to.
    /// - Throws: ``NoAnswer``, ``OutsideRefusal``, `CancellationError`.
    package static func get(
        _ url: String, accept: String, patience: Duration, limit: Int, through outside: OutsideHosts, at address: IPAddress? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: accept)
        request.headers.add(name: "User-Agent", value: "gossamer")
        let question = request, call = OutsideCall(HTTPReference.endpoint(url), patience: patience)
        return try await outside.ask(call) { rest in
            do {
                let answer = try await once(question, rest, limit, outside.world, at: address)
                return OutsideAnswer(answer, answer.verdict)
            } catch is TooLate {
                // A host that was given too little time has not failed.
                let words = "no whole answer within \(patience.milliseconds) ms"
                let verdict = rest < call.silence ? OutsideVerdict.untold : .faulty(words, isTransient: false)
                throw NoAnswer(description: words, verdict: verdict)
            }
        }
    }

    private static func once(
        _ request: HTTPClientRequest, _ patience: Duration, _ limit: Int, _ world: any World, at address: IPAddress?
    ) async throws -> Answer {
        do {
            guard let address else { return try await exchange(request, by: client, patience, limit, world) }
            // The library knows only of addresses for all that a client asks, so this question has a client of its own.
            let own = makeClient([HTTPReference.host(request.url): address.addressText])
            let answer: Result<Answer, any Error>
            do { answer = .success(try await exchange(request, by: own, patience, limit, world)) } catch { answer = .failure(error) }
            try? await own.shutdown()
            return try answer.get()
        } catch let error as CancellationError {
            throw error
        } catch let error as TooLate {
            throw error
        } catch {
            try Task.checkCancellation()
            throw NoAnswer(error, limit: limit)
        }
    }

    private struct TooLate: Error {}

    /// The library's own deadline ends with the head, and a body may trickle for ever: so one clock is set against both together.
    private static func exchange(
        _ request: HTTPClientRequest, by client: HTTPClient, _ patience: Duration, _ limit: Int, _ world: any World
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                let response = try await client.execute(request, deadline: .distantFuture)
                let body = try await response.body.collect(upTo: limit)
                return Answer(status: Int(response.status.code), body: Array(body.readableBytesView), headers: response.headers)
            }
            group.addTask {
                try await world.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else {
                throw TooLate()
            }
            return answer
        }
    }

    /// The name that the contract's texts use for a status, as `NotFound` for 404; the number where there is none.
    static func name(ofStatus status: Int) -> String {
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        let name = phrase.filter { $0.isASCII && $0.isLetter }
        return name.isEmpty || phrase == "Unknown" ? "\(status)" : name
    }
}
