import World

/// What one node knows of a job.
enum JobFinding<Document: JobDocument>: Sendable {
    case status(Document, NodeIdentity)
    case note(JobNote<Document>)
    case unknown
    case unheard(NodeIdentity)
}

/// What others than the known home say of a job.
extension JobClient {
    typealias Found = JobFinding<Document>

    // MARK: Searching

    func search(_ id: WorkID, seen: UInt64?) async throws(JobGatewayError) -> Document {
        let candidates = homes.candidates(for: id)
        guard let owner = candidates.first else {
            throw JobGatewayError(.nobody, "no node with the role \(role) is alive; ask again")
        }
        var found = [await ask(owner, for: id)]
        if case .status = found[0] {} else { found += await ask(all: candidates.dropFirst(), for: id) }
        if let document = learn(found) { return document }
        // The other notes say whom to ask.
        if case .note(let note)? = found.first(where: { if case .note = $0 { true } else { false } }) {
            let entry = JobMemory<Document>.Entry(
                home: note.home, accepted: note.last.atAcceptance, status: note.last.status, version: note.last.version)
            return try await ask(entry, seen: seen, patience: .zero, heard: found)
        }
        if let unheard = unheard(found, id) { throw unheard }
        throw JobGatewayError.unknown(id, role)
    }

    /// The document that a home has given, or that of the job's end by a neighbour's note; it is remembered.
    private func learn(_ found: [Found]) -> Document? {
        for case .status(let document, let home) in found {
            learn(document, home: home)
            return document
        }
        for case .note(let note) in found where note.last.status.isTerminal {
            learn(note.last, home: note.home)
            return note.last
        }
        return nil
    }

    private func unheard(_ found: [Found], _ id: WorkID) -> JobGatewayError? {
        for case .unheard(let node) in found {
            return JobGatewayError(
                .unavailable, "nobody who answers knows job \(id), but \(node.name) does not answer; ask again")
        }
        return nil
    }

    private func ask(all nodes: ArraySlice<NodeIdentity>, for id: WorkID) async -> [Found] {
        await withTaskGroup(of: (Int, Found).self) { group in
            for (index, node) in nodes.enumerated() { group.addTask { (index, await self.ask(node, for: id)) } }
            var found: [(Int, Found)] = []
            for await answer in group { found.append(answer) }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func ask(_ node: NodeIdentity, for id: WorkID) async -> Found {
        do throws(JobCallFailure) {
            let answer = try await homes.status(id, seen: nil, patience: .zero, on: node)
            if let status = answer.status { return .status(status, node) }
            if let note = answer.note { return .note(note) }
            return .unknown
        } catch {
            // The dead know nothing, nor does who has no home; from anyone else the answer may still come.
            return error == .absent || homes.isDead(node) ? .unknown : .unheard(node)
        }
    }

    // MARK: A home that does not answer

    /// What a failed call to the home means for the job. That the call failed means nothing by itself: this node may have stood still,
    /// or been cut off. Membership decides, and then the neighbours' word comes before the edge's own verdict.
    /// - Parameters:
    ///   - seen: the version that the asker has.
    ///   - heard: what the others have said of the job, if they have been asked already.
    func explain(
        _ entry: JobMemory<Document>.Entry, seen: UInt64?, heard: [Found]? = nil
    ) async throws(JobGatewayError) -> Document {
        let id = entry.accepted.jobId, home = entry.home
        guard homes.isDead(home) else {
            throw JobGatewayError(.unavailable, "\(home.name), the home of job \(id), does not answer now; ask again")
        }
        var found = heard ?? []
        if heard == nil { found = await ask(all: homes.candidates(for: id)[...], for: id) }
        if let document = learn(found) { return document }
        if let unheard = unheard(found, id) { throw unheard }
        if entry.status.isTerminal {
            // A client may have read the end here, so another end must not be told.
            throw JobGatewayError(
                .notFound, "job \(id) had ended as \(entry.status.rawValue), but its document has gone with its home, \(home.name)")
        }
        return verdict(entry, seen: seen)
    }

    private func verdict(_ entry: JobMemory<Document>.Entry, seen: UInt64?) -> Document {
        let home = entry.home
        var document = entry.accepted
        document.status = .failed
        document.warnings = [
            "home lost: \(home.name) (life \(home.life)), which had this job, is gone, and whether the job had ended is not known; "
                + "submit it again"
        ]
        // Later than all that was heard, and than what its reader has seen elsewhere. All these numbers come from outside.
        let later = Self.successor(of: entry.version)
        document.version = if let seen, seen > later { Self.successor(of: seen) } else { later }
        return document
    }

    private static func successor(of version: UInt64) -> UInt64 { version == .max ? version : version + 1 }
}
