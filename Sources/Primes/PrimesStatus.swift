import Jobs
import World

/// What is known of a job at one moment: the document that clients read.
public struct PrimesStatus: JobDocument {
    /// How many parts a node has counted. Parts that two nodes have counted count for the first to answer.
    public struct NodeShare: Codable, Hashable, Sendable {
        public let node: String
        public let parts: Int

        package init(node: String, parts: Int) {
            self.node = node
            self.parts = parts
        }
    }

    /// The parts, counted.
    public struct Chunks: Codable, Hashable, Sendable {
        public var total: Int
        public var done: Int
        /// Ordered of workers, and not answered.
        public var inFlight: Int
        /// Calls, of one part or a few, that went to another worker as well, because one died or was silent.
        public var resent: Int

        package init(total: Int, done: Int, inFlight: Int, resent: Int) {
            self.total = total
            self.done = done
            self.inFlight = inFlight
            self.resent = resent
        }
    }

    public let jobId: WorkID
    public let request: PrimesRequest
    public var status: JobPhase
    /// When it was accepted, by the wall clock of the home of its register, milliseconds since 1970.
    public let createdAtMs: Int64
    /// The same at the end; nil before.
    public var completedAtMs: Int64?
    /// The primes in the range; nil until completed, exact then.
    public var count: UInt64?
    public var chunks: Chunks
    /// Sorted by node.
    public var nodes: [NodeShare]
    /// From acceptance to the end, or to now, by the wall clock.
    public var elapsedMs: Int64
    /// Why it failed, or what it waits for. See ``JobWarning``.
    public var warnings: [String]
    /// Rises with every change; 1 at acceptance.
    public var version: UInt64

    /// 0 ... 100, rounded down, so that 100 means done.
    public var completionPercentage: Int { chunks.total == 0 ? 0 : chunks.done * 100 / chunks.total }

    public var subject: String {
        "\(request.from) to \(request.to)" + (request.algorithm == .sieve ? "" : " by \(request.algorithm.rawValue)")
    }

    public var shares: [JobSummary.Share] { nodes.map { JobSummary.Share(name: $0.node, parts: $0.parts) } }

    package init(
        jobId: WorkID, request: PrimesRequest, status: JobPhase, createdAtMs: Int64, completedAtMs: Int64? = nil,
        count: UInt64? = nil, chunks: Chunks, nodes: [NodeShare] = [], elapsedMs: Int64 = 0, warnings: [String] = [],
        version: UInt64 = 1
    ) {
        self.jobId = jobId
        self.request = request
        self.status = status
        self.createdAtMs = createdAtMs
        self.completedAtMs = completedAtMs
        self.count = count
        self.chunks = chunks
        self.nodes = nodes
        self.elapsedMs = elapsedMs
        self.warnings = warnings
        self.version = version
    }
}
