import Jobs

/// A valid order to look up a target.
///
/// What a user has written becomes one by ``LookupTarget`` and by the edge's check of the services; `Codable`, because it
/// travels to the job, which asks for its ``objection`` before it uses it.
public struct LookupRequest: JobRequest {
    public let target: LookupTarget
    /// The numbers of the services, in the order in which the user named them.
    public let services: [Int]
    /// The user wants no answer that was kept from an earlier lookup.
    public let isFresh: Bool

    /// Services that one job may ask for.
    public static let servicesAllowed = 10

    public init(target: LookupTarget, services: [Int], isFresh: Bool = false) {
        self.target = target
        self.services = services
        self.isFresh = isFresh
    }

    /// What came with later releases may be missing: a job is read for as long as it is kept.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        target = try container.decode(LookupTarget.self, forKey: .target)
        services = try container.decode([Int].self, forKey: .services)
        isFresh = try container.decodeIfPresent(Bool.self, forKey: .isFresh) ?? false
    }

    /// What no validation would have let through: a peer may send anything.
    public var objection: String? {
        if services.isEmpty || services.count > Self.servicesAllowed {
            return "\(services.count) services; give 1 to \(Self.servicesAllowed)"
        }
        if Set(services).count < services.count { return "a service is named twice" }
        return nil
    }

    /// A minute for a job, 10,000 of them at a time with one home.
    public static let defaultLimits = JobLimits(deadline: .seconds(60), runningJobs: 10_000)
}
