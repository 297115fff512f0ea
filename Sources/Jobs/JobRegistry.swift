import Synchronization

/// Whoever can list jobs of one kind whose home this node is. A ``JobDesk`` does.
public protocol JobLister: Sendable {
    /// Running jobs first, then those that ended last.
    /// - Parameter limit: how many at most.
    func summaries(limit: Int) async -> [JobSummary]
}

/// The desks of one node, so that the jobs of all kinds can be listed by who knows none of the kinds.
public final class JobRegistry: Sendable {
    /// Jobs in one list unless somebody asks for fewer.
    public static let defaultLimit = 50
    /// Jobs in one list whoever asks.
    public static let limitsAllowed = 1...200

    private let listers = Mutex<[any JobLister]>([])

    public init() {}

    /// Adds the desk of one kind of work. Once for each, before the node starts.
    public func add(_ lister: some JobLister) { listers.withLock { $0.append(lister) } }

    /// The jobs whose home this node is: what runs first, then the newest.
    public func summaries(limit: Int = defaultLimit) async -> [JobSummary] {
        let limit = min(Self.limitsAllowed.upperBound, max(Self.limitsAllowed.lowerBound, limit))
        var summaries: [JobSummary] = []
        for lister in listers.withLock({ $0 }) {
            summaries += await lister.summaries(limit: limit).prefix(limit).map(\.bounded)
        }
        return Array(summaries.sorted(by: JobSummary.comesFirst).prefix(limit))
    }
}
