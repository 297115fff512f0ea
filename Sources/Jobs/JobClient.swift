import Synchronization
import World

// FINDING A JOB'S HOME
//
// The home of a job is the ring's owner of its id among the nodes with the role of its kind, at the moment of submission. The
// ring moves afterwards, the job does not. So whoever is asked for a job looks
//  1. into its own directory of jobs it has accepted or found before (bounded; a hint, never the truth about a job),
//  2. at the ring's owner of the id, who nearly always is the home,
//  3. at all other nodes with the role, at the same time. One of them is the neighbour that the home has told, and knows at
//     least whose job it was.
// Only when all of those have answered "unknown" is it 404; when one could not be heard it is 503, since that one may know.
//
// A home that has died or left takes its running jobs with it; of those that had ended, its neighbour knows how. Whoever knows that a
// job was there (1 or 3) answers for the dead: the job has failed, because of this node, and what to do about it. While membership has not decided the answer is 503 for a
// moment. Nothing waits longer than the calls do, a second or so.

/// A ``JobGateway`` that finds every job's home.
public final class JobClient<Document: JobDocument>: JobGateway {
    /// Jobs whose homes are remembered.
    static var directorySize: Int { 10_000 }
    /// Nodes that are asked to become a job's home, in turn.
    static var attempts: Int { 3 }

    /// What is known of a job from outside its home.
    private struct Entry {
        let home: NodeIdentity
        /// The last document seen.
        var last: Document
    }

    private let role: String
    private let world: any World
    private let homes: any JobHomes<Document>
    private let ids: WorkIDGenerator
    private let directory = Mutex(BoundedTable<Entry>(limit: directorySize))

    /// - Parameter role: of the nodes that are homes; it names the kind of work.
    public init(world: any World, homes: any JobHomes<Document>, role: String) {
        self.role = role
        self.world = world
        self.homes = homes
        ids = WorkIDGenerator(world, name: "\(role).ids")
    }

    // MARK: Submitting

    public func submit(_ request: Document.Request) async throws(JobGatewayError) -> Document {
        let id = ids.next()
        let candidates = homes.candidates(for: id).prefix(Self.attempts)
        guard !candidates.isEmpty else {
            throw JobGatewayError(.unavailable, "no node with the role \(role) is alive; start one, or ask again")
        }
        var last = ""
        for node in candidates {
            do throws(JobCallFailure) {
                let status = try await homes.submit(request, id: id, to: node)
                learn(status, home: node)
                return status
            } catch {
                switch error {
                case .refused(let refusal) where refusal.code != .overloaded:
                    throw JobGatewayError(.invalid, refusal.message)
                // It may have begun. Another home would do the work twice, so the client decides.
                case .silent: throw JobGatewayError(.unavailable, "\(node.name) has not answered; ask again")
                case .cutOff: throw JobGatewayError(.unavailable, "\(node.name) was cut off before it answered; ask again")
                case .broken(let reason):
                    throw JobGatewayError(.unavailable, "\(node.name) gave no answer that can be read: \(reason); ask again")
                case .refused(let refusal): last = refusal.message
                case .overloaded: last = "\(node.name) has too much to do"
                case .absent: last = "\(node.name) starts or drains"
                case .nodeDown: last = "\(node.name) is gone"
                case .failed(let reason): last = reason
                }
            }
        }
        throw JobGatewayError(.unavailable, "no home for the job: \(last)", retryAfterSeconds: 2)
    }

    // MARK: Asking

    public func status(
        _ id: WorkID, seen: UInt64?, patience: Duration
    ) async throws(JobGatewayError) -> Document {
        guard let entry = directory.withLock({ $0[id] }) else { return try await search(id) }
        // How a job has ended never changes.
        if entry.last.status.isTerminal { return entry.last }
        return try await ask(entry, seen: seen, patience: patience)
    }

    /// Asks the home of a job that is known to be there, or to have been.
    private func ask(
        _ entry: Entry, seen: UInt64?, patience: Duration
    ) async throws(JobGatewayError) -> Document {
        let id = entry.last.jobId
        let answer: JobAnswer<Document>
        do throws(JobCallFailure) {
            answer = try await homes.status(id, seen: seen, patience: patience, on: entry.home)
        } catch {
            return try explain(entry)
        }
        guard let status = answer.status else { throw JobGatewayError.forgotten(id, entry.home) }
        learn(status, home: entry.home)
        return status
    }

    public func cancel(_ id: WorkID) async throws(JobGatewayError) -> Document {
        if directory.withLock({ $0[id] }) == nil { _ = try await search(id) }
        guard let entry = directory.withLock({ $0[id] }) else { throw JobGatewayError.unknown(id, role) }
        do throws(JobCallFailure) {
            let status = try await homes.cancel(id, on: entry.home)
            learn(status, home: entry.home)
            return status
        } catch {
            switch error {
            case .refused(let refusal) where refusal.code == .alreadyEnded:
                throw JobGatewayError(.alreadyEnded, refusal.message)
            case .refused(let refusal) where refusal.code == .unknownJob:
                throw JobGatewayError.forgotten(id, entry.home)
            default:
                let lost = try explain(entry)
                throw JobGatewayError(.alreadyEnded, "job \(id) has ended already: \(lost.status.rawValue)")
            }
        }
    }

    private func learn(_ status: Document, home: NodeIdentity) {
        directory.withLock { table in
            // Two answers may overtake each other.
            if let known = table[status.jobId], known.home == home, known.last.version > status.version { return }
            table.insert(Entry(home: home, last: status), for: status.jobId)
        }
    }

    /// What a failed call to the home means for the job. That it failed with `nodeDown` means nothing by itself: a session that ended
    /// says so too (this node stood still, or was cut off), and its home may well live. A document once buried stays so.
    private func explain(_ entry: Entry) throws(JobGatewayError) -> Document {
        if homes.isDead(entry.home) { return bury(entry) }
        throw JobGatewayError(
            .unavailable, "\(entry.home.name), the home of job \(entry.last.jobId), does not answer now; ask again")
    }

    /// The document of a job whose home has died. It stays as it is from now on.
    private func bury(_ entry: Entry) -> Document {
        if entry.last.status.isTerminal { return entry.last }
        var status = entry.last
        status.bury(
            "home lost: \(entry.home.name) (life \(entry.home.life)), which had this job, is gone, and whether the job had ended is not "
                + "known; submit it again", atMs: world.wallTime.millisecondsSince1970)
        learn(status, home: entry.home)
        return status
    }

    // MARK: Searching

    private enum Found: Sendable {
        case status(Document, NodeIdentity)
        case note(JobNote<Document>)
        case unknown
        case unheard(NodeIdentity)
    }

    private func search(_ id: WorkID) async throws(JobGatewayError) -> Document {
        let candidates = homes.candidates(for: id)
        guard let owner = candidates.first else {
            throw JobGatewayError(.unavailable, "no node with the role \(role) is alive; ask again")
        }
        var found = [await ask(owner, for: id)]
        if case .status = found[0] {} else { found += await ask(all: candidates.dropFirst(), for: id) }
        for case .status(let status, let home) in found {
            learn(status, home: home)
            return status
        }
        // Notes of the end say all; the others say whom to ask.
        let notes = found.compactMap { if case .note(let note) = $0 { note } else { nil } }
        if let note = notes.first(where: \.last.status.isTerminal) {
            learn(note.last, home: note.home)
            return note.last
        }
        if let note = notes.first {
            return try await ask(Entry(home: note.home, last: note.last), seen: nil, patience: .zero)
        }
        for case .unheard(let node) in found {
            throw JobGatewayError(
                .unavailable, "nobody who answers knows job \(id), but \(node.name) does not answer; ask again")
        }
        throw JobGatewayError.unknown(id, role)
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
}

extension JobGatewayError {
    fileprivate static func unknown(_ id: WorkID, _ role: String) -> JobGatewayError {
        JobGatewayError(.notFound, "no node knows a \(role) job \(id)")
    }

    fileprivate static func forgotten(_ id: WorkID, _ home: NodeIdentity) -> JobGatewayError {
        JobGatewayError(.notFound, "job \(id) ended so long ago that \(home.name) has forgotten it")
    }
}
