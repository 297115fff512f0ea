/// One lookup of a job: a service, and the node that is to ask it when the user has said from where to look.
public struct LookupPart: Hashable, Sendable {
    public let service: Int
    /// The only node that may do it; nil when any may.
    public let place: String?

    /// Names the part among those of its job, and the row of its outcome.
    public var name: String { place.map { "\(service)@\($0)" } ?? "\(service)" }
}

extension LookupRequest {
    /// What is to be looked up, in the order in which results are shown: all nodes of the first service, then those of the next.
    public var parts: [LookupPart] {
        guard let vantage else { return services.map { LookupPart(service: $0, place: nil) } }
        return services.flatMap { service in vantage.nodes.map { LookupPart(service: service, place: $0) } }
    }
}
