import World

// A LOOKUP ON ITS NODE
//
// An order names a service and a target. The bench of the node takes it and looks into what is kept of earlier lookups. If that says nothing,
// it waits for one of the service's places, has the service's worker look the target up, and keeps what comes for as long as it holds.
// Of that it makes an outcome: the document, the worker's own sentence about a failure, or the time-out. The outcome is saved before it is
// returned, so that an order that is sent again (because its answer was lost, or its sender has changed) is answered from what is saved
// and bothers nobody outside.
//
// A worker is only the lookup: a target in, a document out. It is cancelled when its time is over or nobody wants its answer.

/// One kind of lookup.
public protocol LookupWorker: Sendable {
    var service: LookupService { get }

    /// The longest a lookup of this kind may take.
    var timeout: Duration { get }

    /// What will keep it from working, as far as that can be seen before it is asked: sentences for the operator. Reads files.
    func obstacles(_ world: any World) -> [String]

    /// What the worker itself has to tell, beside what the bench counts of it.
    var metrics: [MetricSample] { get }

    /// Looks the target up; timing, time-out, saving and answering are the bench's.
    /// - Throws: ``LookupFailure`` with what the user shall read; `CancellationError`.
    func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer
}

extension LookupWorker {
    public func obstacles(_ world: any World) -> [String] { [] }

    public var metrics: [MetricSample] { [] }
}

/// A request for one lookup of a job.
public struct LookupOrder: Codable, Hashable, Sendable {
    /// Its ``LookupService/value``.
    public let service: Int
    public let target: LookupTarget
    /// What was kept from an earlier lookup is no answer.
    public let isFresh: Bool

    public init(service: Int, target: LookupTarget, isFresh: Bool = false) {
        self.service = service
        self.target = target
        self.isFresh = isFresh
    }

    /// A node of an earlier release says nothing of what came later.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        service = try container.decode(Int.self, forKey: .service)
        target = try container.decode(LookupTarget.self, forKey: .target)
        isFresh = try container.decodeIfPresent(Bool.self, forKey: .isFresh) ?? false
    }
}

/// How a lookup has ended.
public struct LookupOutcome: Codable, Hashable, Sendable {
    /// The ``LookupService/value`` of what was asked.
    public let service: Int
    public let isSuccess: Bool
    /// The document as JSON text; `nil` after a failure.
    public let data: String?
    /// The sentence for the user; `nil` after a success.
    public let errorMessage: String?
    /// By the node's wall clock, milliseconds since 1970.
    public let completedAtMs: Int64
    /// From the beginning of the lookup to its end, without the waiting for a place; 0 for what was kept, and for one that joined a lookup
    /// which had begun, from then on.
    public let durationMs: Int64
    /// The name of the node that looked.
    public let node: String
    /// The address that was looked up: the target itself, or what its name was resolved to; nil when no address was chosen.
    public let resolvedAddress: String?
    /// Where the reason of a failure lies; nil after a success, and when the node that looked is of a release that does not say.
    public let failureSource: LookupFailure.Source?
    /// What the node's cache had to do with it; nil when nobody looked, or a node of an earlier release.
    public let cache: CacheUse?

    public init(
        service: Int, result: Result<String, LookupFailure>, completedAtMs: Int64, durationMs: Int64, node: String,
        resolvedAddress: String? = nil, cache: CacheUse? = nil
    ) {
        self.service = service
        self.resolvedAddress = resolvedAddress
        switch result {
        case .success(let text): (isSuccess, data, errorMessage, failureSource) = (true, text, nil, nil)
        case .failure(let failure): (isSuccess, data, errorMessage, failureSource) = (false, nil, failure.message, failure.source)
        }
        self.completedAtMs = completedAtMs
        self.durationMs = durationMs
        self.node = node
        self.cache = cache
    }
}
