/// Who keeps count of requests.
public protocol LimitKeeper: Sendable {
    /// Takes a permit, or a place in the queue. Always comes back soon, whoever is silent: what waits is told for how long, and waits
    /// where it is.
    func take(_ order: LimitOrder) async -> LimitTicket

    /// Gives back the place of a request that waits no longer. Once only.
    func leave(_ ticket: LimitTicket) async
}

/// What a keeper has said to one request.
public struct LimitTicket: Sendable {
    public let verdict: LimitVerdict
    /// What was asked, with the figures by which it was judged: those of a share when ``isShare``.
    public let order: LimitOrder
    /// The bucket's home was silent, and the edge has gone by its own share of the limit.
    public let isShare: Bool

    public init(_ verdict: LimitVerdict, _ order: LimitOrder, isShare: Bool = false) {
        self.verdict = verdict
        self.order = order
        self.isShare = isShare
    }

    /// The same for a request that does not wait though it could: its place is to be given back.
    public var refused: LimitTicket { LimitTicket(verdict.refused, order, isShare: isShare) }
}
