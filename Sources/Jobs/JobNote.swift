import World

/// What a neighbour of a home remembers of a job, so that someone can say what became of it when the home has gone.
public struct JobNote<Document: JobDocument>: Codable, Hashable, Sendable {
    /// The home's name and life.
    public let homeName: String
    public let homeLife: UInt64
    /// The job's document, at acceptance or at its end.
    public let last: Document

    public init(home: NodeIdentity, last: Document) {
        homeName = home.name
        homeLife = home.life
        self.last = last
    }

    public var home: NodeIdentity { NodeIdentity(name: homeName, life: homeLife) }
}

/// What a home knows of an id: the job's document, or whose job it is, or nothing.
public struct JobAnswer<Document: JobDocument>: Codable, Hashable, Sendable {
    public let status: Document?
    public let note: JobNote<Document>?

    public init(status: Document? = nil, note: JobNote<Document>? = nil) {
        self.status = status
        self.note = note
    }
}

/// A question about a job.
public struct JobQuery: Codable, Hashable, Sendable {
    public let id: WorkID
    /// The version that the asker has; nil for an answer at once.
    public let seen: UInt64?
    /// How long the home may wait for a later one, in milliseconds. At most 2,000.
    public let patienceMs: Int64

    public init(id: WorkID, seen: UInt64?, patience: Duration) {
        self.id = id
        self.seen = seen
        patienceMs = patience.milliseconds
    }
}
