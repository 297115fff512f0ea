import World

/// Keeps outcomes, so that an order that comes again is answered without another lookup.
public protocol LookupResultStore: Sendable {
    /// Keeps the outcome until room is needed for later ones. Durable, as far as the store is, when it returns.
    /// - Throws: when it could not be kept.
    func save(_ outcome: LookupOutcome, of job: WorkID) async throws

    /// What was saved for this service of this job, if it is still kept.
    func outcome(of job: WorkID, service: Int) async -> LookupOutcome?
}
