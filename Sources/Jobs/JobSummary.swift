import World

/// A job of any kind in a few words: what an overview of the whole mesh shows of it.
///
/// Travels between nodes of different releases, so it holds plain values only and reads whatever it is sent:
/// ``bounded`` cuts what is longer than an overview needs.
public struct JobSummary: Codable, Hashable, Sendable {
    /// What one node, or one service, has contributed.
    public struct Share: Codable, Hashable, Sendable {
        public let name: String
        /// Parts done, of whatever the kind of work counts.
        public let parts: Int

        public init(name: String, parts: Int) {
            self.name = name
            self.parts = parts
        }
    }

    /// Bounds of one summary.
    public enum Limits {
        public static let shares = 64
        public static let warnings = 4
        /// Characters of one text.
        public static let text = 160
    }

    public let id: WorkID
    /// The role of its kind of work: `primes`, `lookup`.
    public let kind: String
    /// The node that looks after it.
    public let home: String
    /// What the job is about, for people; may be empty.
    public let subject: String
    /// ``JobPhase`` in its own word. A text, so that a word of a later release can be read too.
    public let status: String
    public let isEnded: Bool
    /// 0 ... 100, rounded down.
    public let percentage: Int
    /// Wall clock of the home at acceptance, milliseconds since 1970.
    public let createdAtMs: Int64
    /// From acceptance to the end, or to now, by the home's clock. Milliseconds.
    public let elapsedMs: Int64
    /// Who has done how much, sorted by name.
    public let shares: [Share]
    public let warnings: [String]
    /// Rises with every change of the job; 1 at acceptance.
    public let version: UInt64

    public init(
        id: WorkID, kind: String, home: String, subject: String, status: String, isEnded: Bool, percentage: Int,
        createdAtMs: Int64, elapsedMs: Int64, shares: [Share] = [], warnings: [String] = [], version: UInt64
    ) {
        self.id = id
        self.kind = kind
        self.home = home
        self.subject = subject
        self.status = status
        self.isEnded = isEnded
        self.percentage = percentage
        self.createdAtMs = createdAtMs
        self.elapsedMs = elapsedMs
        self.shares = shares
        self.warnings = warnings
        self.version = version
    }

    /// - Parameter now: wall clock of whoever reads.
    public init(_ document: some JobDocument, kind: String, home: String, now: WallTime) {
        let until = document.completedAtMs ?? now.millisecondsSince1970
        self.init(
            id: document.jobId, kind: kind, home: home, subject: document.subject, status: document.status.rawValue,
            isEnded: document.status.isTerminal, percentage: document.completionPercentage,
            createdAtMs: document.createdAtMs, elapsedMs: max(0, until - document.createdAtMs), shares: document.shares,
            warnings: document.warnings, version: document.version)
    }

    /// The same within the ``Limits``: what is made here may name many nodes, what comes from a peer may be anything.
    var bounded: JobSummary {
        func cut(_ text: String) -> String { String(text.prefix(Limits.text)) }
        return JobSummary(
            id: id, kind: cut(kind), home: cut(home), subject: cut(subject), status: cut(status), isEnded: isEnded,
            percentage: min(100, max(0, percentage)), createdAtMs: createdAtMs, elapsedMs: max(0, elapsedMs),
            shares: shares.prefix(Limits.shares).map { Share(name: cut($0.name), parts: max(0, $0.parts)) },
            warnings: warnings.prefix(Limits.warnings).map(cut), version: version)
    }

    /// What runs before what has ended, then the newest first.
    static func comesFirst(_ a: JobSummary, _ b: JobSummary) -> Bool {
        if a.isEnded != b.isEnded { return !a.isEnded }
        if a.createdAtMs != b.createdAtMs { return a.createdAtMs > b.createdAtMs }
        return a.id > b.id
    }
}
