import HTTPTypes
import Hummingbird
import JSONDocument
import Limits
import Synchronization
import Web
import World

// LIMITS OF REQUESTS
//
// A request passes two buckets: its client's own for this kind of request, and that of all clients together. Who is refused by its own
// costs the others nothing. Both are wherever their keeper has them; here is only asked, told to the client, and waited.
//
// What waits holds its connection and nothing else: nothing of it has been read but the head. It leaves the queue when its client goes away
// or this edge is stopped. See `SlidingWindow` for how its time is known in advance: a client that says for how long it waits (`Prefer:
// wait=10`) and would have to wait longer is refused at once.
//
// The fields of answers are those of draft-ietf-httpapi-ratelimit-headers-06, the last one with a field for each figure.

/// Bounds what clients may ask of an edge in a time. The refusal is that of the original: 429 with its own document and `Retry-After`.
public final class EdgeLimiter: Sendable {
    /// What became of requests, as the metrics name it.
    private enum Outcome: String, CaseIterable {
        /// They went on, some after a while.
        case allowed
        /// They got a place in the queue.
        case queued
        /// There was no room in the queue.
        case refused
        /// They had a place in the queue and have left it.
        case abandoned
    }

    private struct Event: Hashable {
        let rate: WebRoute.Rate
        let outcome: Outcome
    }

    private let settings: LimitSettings
    private let keeper: any LimitKeeper
    private let world: any World
    private let counts = Mutex<[Event: UInt64]>([:])

    /// - Parameters:
    ///   - keeper: who keeps count, for this edge and the others.
    public init(_ settings: LimitSettings, keeper: any LimitKeeper, world: any World) {
        self.settings = settings
        self.keeper = keeper
        self.world = world
    }

    /// Has the handler answer when the request may go on, and refuses it otherwise.
    func answer(_ request: WebRequest, _ rate: WebRoute.Rate, _ handler: WebRoute.Handler) async throws -> Response {
        let client = LimitedClient(request, settings)
        let own = LimitOrder(name: "\(rate.rawValue) \(client.name)", policy: settings.policy(rate, of: client.key))
        let asked: WebRequest
        do throws(LimitRefusal) {
            let heard = try await pass(request, own, rate, isTold: true)
            asked = try await pass(heard, LimitOrder(name: "all", policy: settings.all), rate, isTold: false)
        } catch {
            return error.response
        }
        count(.allowed, rate)
        return try await handler(asked)
    }

    /// Passes one bucket, at once or after a while.
    /// - Parameter isTold: the bucket's figures are shown to the client even when there is room.
    private func pass(
        _ request: WebRequest, _ order: LimitOrder, _ rate: WebRoute.Rate, isTold: Bool
    ) async throws(LimitRefusal) -> WebRequest {
        let ticket = await ticket(for: order, request), verdict = ticket.verdict
        if isTold || verdict.decision != .granted { Self.tell(ticket, request) }
        switch verdict.decision {
        case .granted: return request
        case .refused:
            count(.refused, rate)
            throw LimitRefusal(ticket)
        case .waits:
            count(.queued, rate)
            guard let later = await request.waiting(verdict.pause, world) else {
                await keeper.leave(ticket)
                count(.abandoned, rate)
                throw LimitRefusal(ticket)
            }
            return later
        }
    }

    private func ticket(for order: LimitOrder, _ request: WebRequest) async -> LimitTicket {
        let ticket = await keeper.take(order)
        let verdict = ticket.verdict
        guard verdict.decision == .waits, let patience = Self.patience(of: request), patience < verdict.pause else { return ticket }
        await keeper.leave(ticket)
        return ticket.refused
    }

    /// How long the client waits for an answer (RFC 7240, 4.3); nil when it does not say.
    private static func patience(of request: WebRequest) -> Duration? {
        guard let name = HTTPField.Name("Prefer") else { return nil }
        for preference in request.headers[values: name].flatMap({ $0.split { $0 == "," || $0 == ";" } }) {
            let words = preference.filter { $0 != " " && $0 != "\"" }.lowercased()
            if words.hasPrefix("wait="), let seconds = UInt32(words.dropFirst("wait=".count)) { return .seconds(seconds) }
        }
        return nil
    }

    private static func tell(_ ticket: LimitTicket, _ request: WebRequest) {
        let policy = ticket.order.policy, verdict = ticket.verdict
        // Who has waited is answered when that time is over.
        let reset = verdict.decision == .waits ? verdict.resetMs - verdict.pauseMs : verdict.resetMs
        for (name, value) in [
            ("RateLimit-Limit", "\(policy.limit)"), ("RateLimit-Remaining", "\(verdict.remaining)"),
            ("RateLimit-Reset", "\(LimitRefusal.seconds(max(0, reset)))"),
            ("RateLimit-Policy", "\(policy.limit);w=\(LimitRefusal.seconds(policy.windowMs))"),
        ] {
            if let name = HTTPField.Name(name) { request.answers(with: value, in: name) }
        }
    }

    private func count(_ outcome: Outcome, _ rate: WebRoute.Rate) {
        counts.withLock { $0[Event(rate: rate, outcome: outcome), default: 0] += 1 }
    }

    /// What became of requests that fall under a limit.
    public var metrics: [MetricSample] {
        let counts = self.counts.withLock { $0 }
        return [WebRoute.Rate.get, .post].flatMap { rate in
            Outcome.allCases.map { outcome in
                MetricSample(
                    "gossamer_limits_requests_total", .counter, Double(counts[Event(rate: rate, outcome: outcome)] ?? 0),
                    labels: [.init("outcome", outcome.rawValue), .init("rate", rate.rawValue)],
                    help: "Requests that fall under a limit, by what became of them.")
            }
        }
    }
}

/// A request for which there is no room.
struct LimitRefusal: Error {
    /// Asked again after this, any request finds room that was alone: what the original says in the header.
    let windowSeconds: Int
    /// Until there is room for another, in the queue at least.
    let pauseSeconds: Int

    init(_ ticket: LimitTicket) {
        windowSeconds = Self.seconds(ticket.order.policy.windowMs)
        pauseSeconds = max(1, min(windowSeconds, Self.seconds(ticket.verdict.pauseMs)))
    }

    var response: Response {
        .json(
            [
                "error": "Rate limit exceeded", "message": "Too many requests. Please try again later.",
                "retryAfter": .number(pauseSeconds),
            ], status: .tooManyRequests, headers: [.retryAfter: "\(windowSeconds)"])
    }

    /// Rounded up.
    static func seconds(_ milliseconds: Int) -> Int { (milliseconds + 999) / 1_000 }
}
