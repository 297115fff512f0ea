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
    /// From where to look; nil when the ring may choose a node for each service.
    public let vantage: LookupVantage?

    /// Services that one job may ask for.
    public static let servicesAllowed = 10

    public init(target: LookupTarget, services: [Int], isFresh: Bool = false, vantage: LookupVantage? = nil) {
        self.target = target
        self.services = services
        self.isFresh = isFresh
        self.vantage = vantage
    }

    /// What came with later releases may be missing: a job is read for as long as it is kept.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        target = try container.decode(LookupTarget.self, forKey: .target)
        services = try container.decode([Int].self, forKey: .services)
        isFresh = try container.decodeIfPresent(Bool.self, forKey: .isFresh) ?? false
        vantage = try container.decodeIfPresent(LookupVantage.self, forKey: .vantage)
    }

    /// What no validation would have let through: a peer may send anything.
    public var objection: String? {
        if services.isEmpty || services.count > Self.servicesAllowed {
            return "\(services.count) services; give 1 to \(Self.servicesAllowed)"
        }
        if Set(services).count < services.count { return "a service is named twice" }
        if let objection = vantage?.objection { return objection }
        if vantage != nil, parts.count > LookupVantage.partsAllowed {
            return "\(parts.count) lookups; at most \(LookupVantage.partsAllowed) are allowed"
        }
        return nil
    }

    /// A minute for a job, 10,000 of them at a time with one home.
    public static let defaultLimits = JobLimits(deadline: .seconds(60), runningJobs: 10_000)
}
