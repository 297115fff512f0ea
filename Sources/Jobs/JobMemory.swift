import World

/// What an edge remembers of the jobs that it has accepted or found: bounded, and never the truth about a job but for its end.
struct JobMemory<Document: JobDocument>: Sendable {
    /// Where a job is. Small whatever the job has found out, for the document itself is the home's.
    struct Entry: Sendable {
        let home: NodeIdentity
        /// The document as it was at acceptance.
        let accepted: Document
        /// What was heard last.
        var status: JobPhase
        var version: UInt64
    }

    /// Jobs whose homes are remembered.
    static var homesKept: Int { 10_000 }
    /// Documents of ended jobs, which are worth keeping because they never change, and the bytes of them.
    static var endsKept: Int { 1_000 }
    static var endBytesKept: Int { 16 << 20 }

    private var entries = BoundedTable<Entry>(limit: homesKept)
    private var ends = BoundedTable<Document>(limit: endsKept, byteLimit: endBytesKept) { $0.approximateBytes }

    subscript(id: WorkID) -> Entry? { entries[id] }

    /// How the job has ended, in the words of its home or of the home's neighbour.
    func end(of id: WorkID) -> Document? { ends[id] }

    /// Takes in a document that the home, or its neighbour, has given. What an edge thinks of a silent home does not belong here.
    mutating func learn(_ document: Document, home: NodeIdentity) {
        let id = document.jobId
        if document.status.isTerminal { ends.insert(document, for: id) }
        let known = entries[id]
        // Two answers may overtake each other.
        if let known, known.home == home, known.version > document.version { return }
        let entry = Entry(
            home: home, accepted: known?.accepted ?? document.atAcceptance, status: document.status, version: document.version)
        entries.insert(entry, for: id)
    }
}
