import Jobs

/// A valid order to look up a target.
///
/// What a user has written becomes one by ``LookupTarget`` and by the edge's check of the services; `Codable`, because it
/// travels to the job, which asks for its ``objection`` before it uses it.
public struct LookupRequest: JobRequest {
    public let target: LookupTarget
    /// The numbers of the services, in the order in which the user named them.
    public let services: [Int]

    /// Services that one job may ask for.
    public static let servicesAllowed = 10

    public init(target: LookupTarget, services: [Int]) {
        self.target = target
        self.services = services
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
